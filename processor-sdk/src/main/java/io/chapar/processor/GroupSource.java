package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.consumer.Standbys;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

import static java.util.Objects.requireNonNull;

/// A [RecordSource] over the client's consumer. What it knows of partitions lives on the consumer's loop.
final class GroupSource implements RecordSource {
    private static final long LAG_EVERY_MS = 100;

    private final LoopConsumer consumer;
    private final ClientCalls calls;
    private final SortedSet<TopicPartition> owned = new TreeSet<>();
    /// Where reading began in partitions that had no committed position, so that a rewind goes back there.
    private final TreeMap<TopicPartition, Long> began = new TreeMap<>();
    /// Of which something has come.
    private final TreeSet<TopicPartition> known = new TreeSet<>();
    private final Stages stages;
    private final @Nullable StandbyCopies copies;
    private final StartAtEnd starts;
    /// As the last poll has said.
    private SortedSet<TopicPartition> full = new TreeSet<>();
    private final ReadWatch watch;
    private final LongSupplier nowMs;
    /// On the consumer's loop.
    private boolean subscribed;
    private volatile @Nullable Rebalance listener;
    /// Of the last look at it.
    private volatile long lag;
    private long lagAtMs = -LAG_EVERY_MS;

    GroupSource(ProcessorConfig config, Stages stages, String memberName, ClientRuntime runtime,
            ClientLoop home) {
        this(config, stages, memberName, runtime, home, null);
    }

    /// `copies` null: there is no state.
    GroupSource(ProcessorConfig config, Stages stages, String memberName, ClientRuntime runtime, ClientLoop home,
            @Nullable StandbyCopies copies) {
        this.copies = copies;
        calls = new ClientCalls(runtime, home);
        consumer = new LoopConsumer(ClientSettings.consumer(config, stages, memberName), runtime);
        this.stages = stages;
        watch = new ReadWatch(memberName);
        nowMs = runtime.loop()::nowMs;
        TreeSet<String> others = new TreeSet<>();
        if (config.startFrom() == StartFrom.LATEST) {
            others.addAll(stages.topics());
            others.removeAll(stages.ownInputs());
        }
        starts = new StartAtEnd(new Starting(), others);
    }

    /// Not before the first poll: by then the application's own topics are there. Whoever leads the group and has found
    /// them missing would share the others out without them.
    private void subscribe() {
        if (!subscribed) {
            subscribed = true;
            if (copies != null) {
                consumer.state(copies::report);
            }
            consumer.subscribe(stages.topics(), new Listening());
        }
    }

    @Override
    public CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance rebalance) {
        listener = rebalance;
        return calls.ask(() -> starts.look().thenCompose(nothing -> {
            subscribe();
            this.full = full;
            starts.step();
            pause();
            ChaparException failure = starts.takeFailure();
            return failure != null ? CompletableFuture.failedFuture(failure)
                    : consumer.poll(maxWaitMs).thenApply(this::polled);
        }));
    }

    private void pause() {
        TreeSet<TopicPartition> paused = new TreeSet<>(full);
        paused.addAll(starts.open());
        consumer.pauseOnly(paused);
    }

    private Polled polled(ConsumerRecords<byte[], byte[]> polled) {
        Rebalance told = requireNonNull(listener, "somebody polls");
        consumer.takeResets().forEach(reset -> calls.atHome(() -> told.warned(LostPlace.tell(reset))));
        ProcessorException hindered = watch.polled(consumer.hindrance(), nowMs.getAsLong());
        if (hindered != null) {
            calls.atHome(() -> told.warned(hindered));
        }
        measureLag();
        List<SourceRecord> records = new ArrayList<>(polled.count());
        for (TopicPartition partition : polled.partitions()) {
            List<ConsumerRecord<byte[], byte[]>> some = polled.records(partition);
            began.putIfAbsent(partition, some.getFirst().offset());
            for (ConsumerRecord<byte[], byte[]> record : some) {
                records.add(new SourceRecord(partition, record.offset(), record.leaderEpoch(), record.timestamp(),
                        record.key(), record.value(), record.headers()));
            }
        }
        TreeMap<TopicPartition, OffsetAndMetadata> stood = new TreeMap<>();
        for (TopicPartition partition : polled.nextOffsets().keySet()) {
            OffsetAndMetadata committed = known.add(partition) ? stood(partition) : null;
            if (committed != null) {
                stood.put(partition, committed);
            }
        }
        return new Polled(records, polled.nextOffsets(), stood);
    }

    private @Nullable OffsetAndMetadata stood(TopicPartition partition) {
        OffsetAndMetadata here = starts.began(partition);
        return here != null ? here : consumer.began(partition);
    }

    private void measureLag() {
        if (nowMs.getAsLong() - LAG_EVERY_MS >= lagAtMs) {
            lagAtMs = nowMs.getAsLong();
            lag = consumer.lag();
        }
    }

    /// How many offsets no poll has passed yet, as of one of the last polls. From any thread.
    long lag() {
        return lag;
    }

    @Override
    public CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        return positions.isEmpty() ? CompletableFuture.completedFuture(null)
                : calls.ask(() -> consumer.commit(positions));
    }

    @Override
    public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
        return calls.ask(() -> owned.isEmpty() ? CompletableFuture.completedFuture(Map.of())
                : consumer.committed(new TreeSet<>(owned)).thenApply(this::goBackTo));
    }

    private Map<TopicPartition, OffsetAndMetadata> goBackTo(Map<TopicPartition, OffsetAndMetadata> committed) {
        for (TopicPartition partition : owned) {
            OffsetAndMetadata position = committed.get(partition);
            if (position != null) {
                consumer.seek(partition, position);
            } else if (began.containsKey(partition)) {
                consumer.seek(partition, new OffsetAndMetadata(began.get(partition)));
            }
        }
        return committed;
    }

    @Override
    public CompletableFuture<SortedMap<TopicPartition, Stood>> committed(SortedSet<TopicPartition> partitions) {
        TreeSet<TopicPartition> asked = new TreeSet<>(partitions);
        return asked.isEmpty() ? CompletableFuture.completedFuture(Collections.emptySortedMap())
                : calls.ask(() -> consumer.committed(asked).thenApply(committed -> stood(asked, committed)));
    }

    private SortedMap<TopicPartition, Stood> stood(SortedSet<TopicPartition> asked,
            Map<TopicPartition, OffsetAndMetadata> committed) {
        TreeMap<TopicPartition, Stood> found = new TreeMap<>();
        for (TopicPartition partition : asked) {
            UUID id = consumer.topicId(partition.topic());
            if (id == null) {
                throw new RetriableException("Brokers have not said yet which topic " + partition.topic() + " is");
            }
            found.put(partition, new Stood(committed.get(partition), id));
        }
        return found;
    }

    @Override
    public CompletableFuture<Void> seek(Map<TopicPartition, OffsetAndMetadata> positions) {
        return calls.ask(() -> {
            starts.forget(positions.keySet());
            positions.forEach((partition, position) -> {
                if (owned.contains(partition)) {
                    consumer.seek(partition, position);
                }
            });
            return CompletableFuture.completedFuture(null);
        });
    }

    @Override
    public CompletableFuture<GroupMetadata> group() {
        return calls.ask(() -> CompletableFuture.completedFuture(consumer.groupMetadata()));
    }

    /// The group's leader hears anew what the member has.
    void rejoin(String why) {
        calls.tell(() -> consumer.rejoin(why));
    }

    @Override
    public void wakeup() {
        calls.tell(consumer::wakeup);
    }

    @Override
    public CompletableFuture<Void> close(Rebalance rebalance) {
        listener = rebalance;
        return calls.ask(() -> {
            CompletableFuture<Void> left = new CompletableFuture<>();
            consumer.close(() -> left.complete(null));
            return left;
        });
    }

    @Override
    public void drop() {
        calls.tell(consumer::drop);
    }

    private final class Starting implements StartAtEnd.Cluster {
        @Override
        public long nowMs() {
            return nowMs.getAsLong();
        }

        @Override
        public CompletableFuture<SortedSet<TopicPartition>> partitions(Collection<String> topics) {
            return consumer.partitions(topics);
        }

        @Override
        public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> committed(
                Collection<TopicPartition> partitions) {
            return consumer.committed(partitions);
        }

        @Override
        public CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> offsets(
                Collection<TopicPartition> partitions, OffsetReset which) {
            return consumer.offsets(partitions, which).thenApply(found -> {
                TreeMap<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>();
                found.forEach((partition, one) ->
                        offsets.put(partition, new OffsetAndMetadata(one.offset(), one.leaderEpoch(), "")));
                return offsets;
            });
        }

        @Override
        public CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions) {
            return consumer.commit(positions);
        }

        @Override
        public void begin(SortedMap<TopicPartition, OffsetAndMetadata> positions) {
            positions.forEach(consumer::seek);
            pause();
        }

        @Override
        public void wakeup() {
            consumer.wakeup();
        }
    }

    /// Called on the consumer's loop; the listener is told at home.
    private final class Listening implements LoopConsumer.Rebalance {
        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
            owned.addAll(partitions);
            starts.assigned(partitions);
            pause();
            Rebalance told = requireNonNull(listener, "partitions come and go within a poll");
            calls.atHome(() -> told.assigned(new TreeSet<>(partitions)));
            if (copies != null) {
                // After the tasks have begun, which take copies over.
                Standbys wanted = consumer.standbys();
                calls.atHome(() -> copies.assign(wanted));
            }
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
            Rebalance told = requireNonNull(listener, "partitions come and go within a poll");
            calls.atHome(() -> told.revoked(new TreeSet<>(partitions), () -> calls.tell(() -> {
                var _ = starts.rest().thenRun(() -> {
                    forget(partitions);
                    done.run();
                });
            })));
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            forget(partitions);
            Rebalance told = requireNonNull(listener, "partitions come and go within a poll");
            calls.atHome(() -> told.lost(new TreeSet<>(partitions)));
        }

        private void forget(Collection<TopicPartition> partitions) {
            owned.removeAll(partitions);
            starts.forget(partitions);
            partitions.forEach(began::remove);
            known.removeAll(partitions);
        }
    }
}
