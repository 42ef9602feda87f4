package io.chapar.client.consumer;

import io.chapar.client.FatalException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.SerdeException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordCursor;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Reads records, alone ([#assign]) or sharing the partitions of topics with the other members of a group
/// ([#subscribe]).
///
/// Nothing is committed by itself: the caller commits what it has processed, with [#commit] or in a producer's
/// transaction.
///
/// Used by one thread at a time; a second one that comes meanwhile is refused. Only [#wakeup] may be called from
/// anywhere. All calls that wait suit virtual threads and end early on interruption. Fetching, heartbeats and commits
/// go on by themselves on a thread of the consumer's own, on which the futures of [#commitAsync] complete: what is
/// attached to them must not block.
///
/// It shares all cores with [LoopConsumer] and is no face of it: batches are decompressed and records made on the
/// caller's thread here, so that a slow poll never holds up heartbeats, and there on the loop.
public final class Consumer<K, V> implements AutoCloseable {
    /// Longer waits are cut to this, which no clock here overflows.
    private static final Duration LONGEST_WAIT = Duration.ofDays(3_650);

    private final ConsumerConfig config;
    private final Serde<K> keySerde;
    private final Serde<V> valueSerde;
    private final ClientRuntime runtime;
    private final ClientLoop loop;
    private final ConsumerCore core;
    private final FetchedRecords delivery = new FetchedRecords();
    private final TreeSet<TopicPartition> paused = new TreeSet<>();
    private final BlockingCalls way;
    private RebalanceListener listener = RebalanceListener.NONE;

    private Consumer(ConsumerConfig config, Serde<K> keySerde, Serde<V> valueSerde, ClientRuntime runtime) {
        this.config = config;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.runtime = runtime;
        loop = runtime.loop();
        core = new ConsumerCore(config, runtime);
        way = new BlockingCalls(loop, config.client());
        runtime.onCrash(cause -> way.broken(cause, core::stop));
        loop.execute(core.metadata()::refresh);
    }

    /// Connects in the background; the first call that needs a broker waits for it.
    public static <K, V> Consumer<K, V> open(ConsumerConfig config, Serde<K> keySerde, Serde<V> valueSerde) {
        return new Consumer<>(config, keySerde, valueSerde,
                ClientRuntime.open(config.client().connections(), "chapar-consumer"));
    }

    /// Runs on the given loop and transport, which close with the consumer: for simulations and tests.
    public static <K, V> Consumer<K, V> open(ConsumerConfig config, Serde<K> keySerde, Serde<V> valueSerde,
            ClientRuntime runtime) {
        return new Consumer<>(config, keySerde, valueSerde, runtime);
    }

    /// Reads exactly these partitions from now on; those that were read before go on where they are. Without group
    /// membership.
    public void assign(Collection<TopicPartition> partitions) {
        TreeSet<TopicPartition> wanted = new TreeSet<>(partitions);
        way.run(() -> {
            if (way.onLoop(core::isSubscribed)) {
                throw new UsageException("The consumer is subscribed; unsubscribe before assigning partitions");
            }
            for (TopicPartition gone : assignment()) {
                if (!wanted.contains(gone)) {
                    forget(gone);
                }
            }
            way.runOnLoop(() -> {
                core.assign(wanted);
            });
        });
    }

    public void subscribe(Collection<String> topics) {
        subscribe(topics, RebalanceListener.NONE);
    }

    /// Joins the group in the next poll, and shares these topics with its other members.
    public void subscribe(Collection<String> topics, RebalanceListener rebalanceListener) {
        if (topics.isEmpty()) {
            unsubscribe();
            return;
        }
        requireGroup("subscribe");
        Metadata.requireNames(topics);
        TreeSet<String> wanted = new TreeSet<>(topics);
        way.run(() -> {
            if (way.onLoop(() -> !core.isSubscribed() && !core.positions().all().isEmpty())) {
                throw new UsageException("Partitions are assigned; unsubscribe before subscribing");
            }
            listener = rebalanceListener;
            way.runOnLoop(() -> {
                core.subscribe(wanted);
            });
        });
    }

    /// Reads nothing any more, and leaves the group; the listener hears of the partitions first.
    public void unsubscribe() {
        way.run(() -> {
            RuntimeException failure = sayFarewell();
            delivery.clear();
            paused.clear();
            way.runOnLoop(() -> {
                core.unsubscribe("unsubscribed", () -> { });
            });
            if (failure != null) {
                throw failure;
            }
        });
    }

    /// The partitions that are read at present.
    public SortedSet<TopicPartition> assignment() {
        return way.call(() -> way.onLoop(() -> core.positions().partitions()));
    }

    /// Waits for records, at most this long, and returns up to `max.poll.records` of them. The listener is called in
    /// here. An empty result means that the time was over, or [#wakeup].
    ///
    /// What throws: [FatalException] for what cannot be read or is not allowed, [SerdeException] for a record whose
    /// bytes are not of the type (nothing is skipped: seek over it to go on), [io.chapar.client.FencedException] when
    /// another consumer has this one's instance id.
    public ConsumerRecords<K, V> poll(Duration timeout) {
        return way.call(() -> {
            long deadlineMs = loop.nowMs()
                    + (timeout.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : timeout).toMillis();
            Map<TopicPartition, List<ConsumerRecord<K, V>>> records = new TreeMap<>();
            while (true) {
                ConsumerCore.Turn turn = turn(!delivery.hasChunk(paused), deadlineMs);
                if (turn.event() != null) {
                    handle(turn.event());
                    continue;
                }
                int count = drain(records);
                if (count > 0 || turn.woken() || loop.nowMs() >= deadlineMs) {
                    return new ConsumerRecords<>(records, delivery.takeMoved());
                }
            }
        });
    }

    private ConsumerCore.Turn turn(boolean wantsData, long deadlineMs) {
        CompletableFuture<ConsumerCore.Turn> done = new CompletableFuture<>();
        way.execute(() -> core.poll(wantsData, deadlineMs, done), done);
        boolean interrupted = false;
        while (true) {
            try {
                ConsumerCore.Turn turn = done.get();
                // Taken over before anything else, so that nothing that has left the loop is lost.
                delivery.add(turn.data());
                if (interrupted) {
                    Thread.currentThread().interrupt();
                    throw new RetriableException("Interrupted while polling");
                }
                return turn;
            } catch (InterruptedException e) {
                interrupted = true;
                loop.execute(core::endPoll);
            } catch (ExecutionException e) {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                throw BlockingCalls.failure(e);
            }
        }
    }

    private void handle(GroupEvent event) {
        RuntimeException failure = tell(event);
        if (!(event instanceof GroupEvent.Assigned)) {
            event.partitions().forEach(this::forget);
        }
        way.runOnLoop(() -> {
            core.membership().acknowledge(event);
        });
        if (failure != null) {
            throw failure;
        }
    }

    private @Nullable RuntimeException tell(GroupEvent event) {
        try {
            switch (event) {
                case GroupEvent.Revoked(SortedSet<TopicPartition> gone) -> listener.onPartitionsRevoked(gone);
                case GroupEvent.Assigned(SortedSet<TopicPartition> added) -> listener.onPartitionsAssigned(added);
                case GroupEvent.Lost(SortedSet<TopicPartition> gone) -> listener.onPartitionsLost(gone);
            }
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    private @Nullable RuntimeException sayFarewell() {
        GroupEvent farewell = way.askLoop(() -> core.isSubscribed() ? core.membership().farewell() : null);
        return farewell == null ? null : tell(farewell);
    }

    private void forget(TopicPartition partition) {
        delivery.drop(partition);
        paused.remove(partition);
    }

    private int drain(Map<TopicPartition, List<ConsumerRecord<K, V>>> records) {
        try {
            return delivery.drain(config.maxPollRecords(), paused, (partition, reader) -> records
                    .computeIfAbsent(partition, ignored -> new ArrayList<>()).add(record(partition, reader)));
        } catch (FetchedRecords.UnreadableChunk e) {
            // Perhaps only what travelled was damaged: the next poll fetches it again.
            seekTo(e.partition(), e.position(), OffsetAndMetadata.NO_LEADER_EPOCH);
            throw e.toUser();
        }
    }

    private ConsumerRecord<K, V> record(TopicPartition partition, ChunkReader reader) {
        RecordCursor raw = reader.record();
        try {
            return new ConsumerRecord<>(partition.topic(), partition.partition(), raw.offset(), raw.timestamp(),
                    reader.timestampType(), keySerde.deserialize(partition.topic(), bytes(raw.key())),
                    valueSerde.deserialize(partition.topic(), bytes(raw.value())), raw.headers(),
                    reader.batchEpoch());
        } catch (RuntimeException e) {
            throw new SerdeException("The record at offset " + raw.offset() + " of " + partition
                    + " is not of the type asked for: " + e.getMessage(), e);
        }
    }

    /// Reading goes on at this offset.
    public void seek(TopicPartition partition, long offset) {
        seek(partition, new OffsetAndMetadata(offset));
    }

    /// As [#seek(TopicPartition, long)]; with a leader epoch the log is checked for having been cut since.
    public void seek(TopicPartition partition, OffsetAndMetadata position) {
        way.run(() -> {
            seekTo(partition, position.offset(), position.leaderEpoch());
        });
    }

    private void seekTo(TopicPartition partition, long offset, int epoch) {
        way.runOnLoop(() -> {
            core.seek(partition, offset, epoch);
        });
        delivery.drop(partition);
    }

    /// Reading goes on at the first record there is. For all assigned partitions when none is given.
    public void seekToBeginning(Collection<TopicPartition> partitions) {
        seekToReset(partitions, OffsetReset.EARLIEST);
    }

    /// Reading goes on with what is written from now on. For all assigned partitions when none is given.
    public void seekToEnd(Collection<TopicPartition> partitions) {
        seekToReset(partitions, OffsetReset.LATEST);
    }

    private void seekToReset(Collection<TopicPartition> partitions, OffsetReset to) {
        way.run(() -> {
            Collection<TopicPartition> wanted = partitions.isEmpty() ? assignment() : List.copyOf(partitions);
            way.runOnLoop(() -> {
                core.seekToReset(wanted, to);
            });
            wanted.forEach(delivery::drop);
        });
    }

    /// The offset of the next record that [#poll] returns; found first if it is not known yet.
    public long position(TopicPartition partition) {
        return way.call(() -> {
            OffsetAndMetadata here = delivery.position(partition);
            return here != null ? here.offset()
                    : way.await(config.client().apiTimeoutMs(), "find the position", RetriableException::new,
                            (deadlineMs, done) -> core.position(partition, deadlineMs, done));
        });
    }

    /// These stay assigned, but nothing of them is returned until they are resumed.
    public void pause(Collection<TopicPartition> partitions) {
        List<TopicPartition> some = List.copyOf(partitions);
        way.run(() -> {
            way.runOnLoop(() -> {
                core.pause(some, true);
            });
            paused.addAll(some);
        });
    }

    public void resume(Collection<TopicPartition> partitions) {
        List<TopicPartition> some = List.copyOf(partitions);
        way.run(() -> {
            way.runOnLoop(() -> {
                core.pause(some, false);
            });
            some.forEach(paused::remove);
        });
    }

    public SortedSet<TopicPartition> paused() {
        return way.call(() -> Collections.unmodifiableSortedSet(new TreeSet<>(paused)));
    }

    /// Commits these positions, each the offset of the next record to process. Repeats until the coordinator has
    /// answered.
    ///
    /// [io.chapar.client.FencedException]: not committed, the partitions may have gone to others. [RetriableException]:
    /// not committed, the group is rebalancing or the coordinator was not reached. [UnknownOutcomeException]: no answer
    /// in time.
    public void commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        requireGroup("commit");
        way.call(() -> {
            TreeMap<TopicPartition, OffsetAndMetadata> copy = new TreeMap<>(positions);
            return way.<Void>await(config.client().apiTimeoutMs(), "commit", UnknownOutcomeException::new,
                    (deadlineMs, done) -> core.commit(copy, deadlineMs, done));
        });
    }

    /// As [#commit], without waiting. Commits take effect in the order of the calls.
    public CompletableFuture<Void> commitAsync(Map<TopicPartition, OffsetAndMetadata> positions) {
        requireGroup("commit");
        TreeMap<TopicPartition, OffsetAndMetadata> copy = new TreeMap<>(positions);
        return way.call(() -> {
            CompletableFuture<Void> done = new CompletableFuture<>();
            long deadlineMs = loop.nowMs() + config.client().apiTimeoutMs();
            way.execute(() -> core.commit(copy, deadlineMs, done), done);
            return done;
        });
    }

    /// What the group has committed; partitions without a commit are missing. Positions in a transaction that is being
    /// decided are waited for.
    public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
        requireGroup("ask for committed positions");
        return way.call(() -> {
            TreeSet<TopicPartition> wanted = new TreeSet<>(partitions);
            return way.<Map<TopicPartition, OffsetAndMetadata>>await(config.client().apiTimeoutMs(),
                    "ask for committed positions", RetriableException::new,
                    (deadlineMs, done) -> core.committed(wanted, deadlineMs, done));
        });
    }

    /// The first offset of each.
    public Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions) {
        return offsets(partitions, OffsetReset.EARLIEST.timestamp());
    }

    /// Behind the last record of each that this consumer could read: up to open transactions when it reads committed
    /// ones only.
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
        return offsets(partitions, OffsetReset.LATEST.timestamp());
    }

    private Map<TopicPartition, Long> offsets(Collection<TopicPartition> partitions, long timestamp) {
        TreeMap<TopicPartition, Long> asked = new TreeMap<>();
        partitions.forEach(partition -> asked.put(partition, timestamp));
        TreeMap<TopicPartition, Long> found = new TreeMap<>();
        lookUp(asked).forEach((partition, one) -> found.put(partition, one.offset()));
        return found;
    }

    /// For each partition the first record at or after the moment given; null where there is none.
    public Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> timestamps) {
        timestamps.values().forEach(timestamp -> {
            if (timestamp < 0) {
                throw new UsageException("A timestamp is not negative: " + timestamp);
            }
        });
        SortedMap<TopicPartition, OffsetAndTimestamp> found = lookUp(new TreeMap<>(timestamps));
        found.replaceAll((partition, one) -> one.offset() < 0 ? null : one);
        return found;
    }

    private SortedMap<TopicPartition, OffsetAndTimestamp> lookUp(SortedMap<TopicPartition, Long> timestamps) {
        return way.call(() -> way.<SortedMap<TopicPartition, OffsetAndTimestamp>>await(config.client().apiTimeoutMs(),
                "look up offsets", RetriableException::new,
                (deadlineMs, done) -> core.offsetsFor(timestamps, deadlineMs, done)));
    }

    /// Who this consumer is in its group at present, for [io.chapar.client.producer.Producer#sendOffsets].
    public GroupMetadata groupMetadata() {
        requireGroup("take part in a group");
        return way.call(() -> {
            GroupMetadata identity = way.askLoop(core::identity);
            return identity != null ? identity : new GroupMetadata(config.requireGroupId());
        });
    }

    /// From any thread: the poll under way, or else the next one, returns at once, with what it has.
    public void wakeup() {
        try {
            loop.execute(core::wakeup);
        } catch (RejectedExecutionException e) {
            // Closed: nobody is polling.
        }
    }

    /// Lets commits under way end, tells the listener what goes, and leaves the group (unless it is a static member).
    /// An interrupt meanwhile ends the waiting; one that came before is set again afterwards.
    @Override
    public void close() {
        if (way.isClosed()) {
            return;
        }
        way.enter();
        boolean interruptedBefore = Thread.interrupted();
        try {
            RuntimeException failure = way.isBroken() ? null : sayFarewell();
            way.close();
            if (!way.isBroken()) {
                CompletableFuture<Void> done = new CompletableFuture<>();
                loop.execute(() -> core.close(() -> done.complete(null)));
                done.get(config.client().requestTimeoutMs(), TimeUnit.MILLISECONDS);
            }
            if (failure != null) {
                throw failure;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            // The coordinator finds out by itself that this member is gone.
        } finally {
            way.close();
            delivery.clear();
            stop();
            way.leave();
            if (interruptedBefore) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void stop() {
        try {
            loop.execute(core::stop);
        } catch (RejectedExecutionException e) {
            // It has stopped.
        }
        runtime.close();
        way.fail(BlockingCalls.closed());
    }

    private void requireGroup(String what) {
        if (config.groupId() == null) {
            throw new UsageException("Cannot " + what + ": no " + KafkaConfigNames.GROUP_ID + " is set");
        }
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] array = new byte[buffer.remaining()];
        buffer.get(buffer.position(), array);
        return array;
    }
}
