package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordCursor;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// [Consumer] for a caller that lives on the loop itself: the same cores, no thread, and nothing blocks. Calls are made
/// on the loop only, one [#poll] at a time; what they mean is as there.
public final class LoopConsumer {
    /// Hears of partitions within [#poll] and [#close].
    public interface Rebalance {
        void assigned(SortedSet<TopicPartition> partitions);

        /// Still owned until `done` has been run.
        void revoked(SortedSet<TopicPartition> partitions, Runnable done);

        /// Owned by others already.
        void lost(SortedSet<TopicPartition> partitions);
    }

    private record Counting(List<String> topics, CompletableFuture<SortedSet<TopicPartition>> done) {
    }

    private final ConsumerConfig config;
    private final ClientRuntime runtime;
    private final ClientLoop loop;
    private final ConsumerCore core;
    private final FetchedRecords delivery = new FetchedRecords();
    private final TreeSet<TopicPartition> paused = new TreeSet<>();
    /// Under way, by their numbers.
    private final TreeMap<Long, CompletableFuture<?>> commits = new TreeMap<>();
    private final TreeMap<Long, CompletableFuture<?>> questions = new TreeMap<>();
    private final List<Counting> countings = new ArrayList<>();
    private long calls;
    /// Null until topics are subscribed.
    private @Nullable Rebalance listener;
    private boolean closed;
    private boolean ended;

    /// The runtime closes with the consumer.
    public LoopConsumer(ConsumerConfig config, ClientRuntime runtime) {
        this.config = config;
        this.runtime = runtime;
        loop = runtime.loop();
        core = new ConsumerCore(config, runtime);
        core.metadata().onChange(this::answerCountings);
        loop.execute(core.metadata()::refresh);
    }

    /// As [Consumer#assign].
    public void assign(Collection<TopicPartition> partitions) {
        TreeSet<TopicPartition> wanted = new TreeSet<>(partitions);
        for (TopicPartition gone : core.positions().partitions()) {
            if (!wanted.contains(gone)) {
                delivery.drop(gone);
            }
        }
        core.assign(wanted);
    }

    /// As [Consumer#subscribe].
    public void subscribe(Collection<String> topics, Rebalance rebalance) {
        Metadata.requireNames(topics);
        listener = rebalance;
        core.subscribe(new TreeSet<>(topics));
    }

    /// What the leader of the group is told of state whenever this member joins, if all strategies are
    /// [AssignmentStrategy#TOGETHER]. Asked on the loop; null tells nothing.
    public void state(Supplier<@Nullable StateReport> now) {
        core.membership().state(now);
    }

    /// Which copies of state the last assignment wants here. New whenever [Rebalance#assigned] is told.
    public Standbys standbys() {
        return core.membership().standbys();
    }

    /// Joins the group again, since what [#state] tells has changed.
    public void rejoin(String why) {
        if (!closed) {
            core.membership().rejoinFor(why);
        }
    }

    /// As [Consumer#poll]. Ends empty when the consumer is closed meanwhile.
    public CompletableFuture<ConsumerRecords<byte[], byte[]>> poll(long timeoutMs) {
        CompletableFuture<ConsumerRecords<byte[], byte[]>> done = new CompletableFuture<>();
        turn(loop.nowMs() + timeoutMs, done);
        return done;
    }

    private void turn(long deadlineMs, CompletableFuture<ConsumerRecords<byte[], byte[]>> done) {
        CompletableFuture<ConsumerCore.Turn> turn = new CompletableFuture<>();
        var _ = turn.whenComplete((result, failure) -> {
            if (failure != null) {
                done.completeExceptionally(failure);
                return;
            }
            // Never inside the core that answers.
            loop.execute(() -> taken(result, deadlineMs, done));
        });
        core.poll(!delivery.hasChunk(paused), deadlineMs, turn);
    }

    private void taken(
            ConsumerCore.Turn turn, long deadlineMs, CompletableFuture<ConsumerRecords<byte[], byte[]>> done) {
        delivery.add(turn.data());
        if (closed) {
            done.complete(new ConsumerRecords<>(Map.of(), Map.of()));
            return;
        }
        GroupEvent event = turn.event();
        if (event != null) {
            tell(event, () -> loop.execute(() -> {
                if (!(event instanceof GroupEvent.Assigned)) {
                    event.partitions().forEach(delivery::drop);
                }
                core.membership().acknowledge(event);
                turn(deadlineMs, done);
            }));
            return;
        }
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new TreeMap<>();
        try {
            int count = drain(records);
            if (count == 0 && !turn.woken() && loop.nowMs() < deadlineMs) {
                turn(deadlineMs, done);
                return;
            }
        } catch (ChaparException e) {
            done.completeExceptionally(e);
            return;
        }
        done.complete(new ConsumerRecords<>(records, delivery.takeMoved()));
    }

    private int drain(Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records) {
        try {
            return delivery.drain(config.maxPollRecords(), paused, (partition, reader) -> {
                RecordCursor raw = reader.record();
                records.computeIfAbsent(partition, ignored -> new ArrayList<>()).add(new ConsumerRecord<>(
                        partition.topic(), partition.partition(), raw.offset(), raw.timestamp(),
                        reader.timestampType(), raw.keyBytes(), raw.valueBytes(), raw.headers(),
                        reader.batchEpoch()));
            });
        } catch (FetchedRecords.UnreadableChunk e) {
            // Perhaps only what travelled was damaged: the next poll fetches it again.
            seek(e.partition(), new OffsetAndMetadata(e.position()));
            throw e.toUser();
        }
    }

    private void tell(GroupEvent event, Runnable then) {
        Rebalance listener = requireNonNull(this.listener, "who subscribed listens");
        switch (event) {
            case GroupEvent.Revoked(SortedSet<TopicPartition> gone) -> listener.revoked(gone, then);
            case GroupEvent.Assigned(SortedSet<TopicPartition> added) -> {
                listener.assigned(added);
                then.run();
            }
            case GroupEvent.Lost(SortedSet<TopicPartition> gone) -> {
                listener.lost(gone);
                then.run();
            }
        }
    }

    /// As [Consumer#assignment].
    public SortedSet<TopicPartition> assignment() {
        return core.positions().partitions();
    }

    /// As [Consumer#seek(TopicPartition, OffsetAndMetadata)].
    public void seek(TopicPartition partition, OffsetAndMetadata position) {
        core.seek(partition, position.offset(), position.leaderEpoch());
        delivery.drop(partition);
    }

    /// As [Consumer#pause] for these of the assignment, and as [Consumer#resume] for all the others.
    public void pauseOnly(Collection<TopicPartition> partitions) {
        Set<TopicPartition> assigned = core.positions().partitions();
        for (TopicPartition partition : assigned) {
            boolean pause = partitions.contains(partition);
            if (pause != paused.contains(partition)) {
                core.pause(List.of(partition), pause);
            }
        }
        paused.clear();
        partitions.stream().filter(assigned::contains).forEach(paused::add);
    }

    /// By what brokers said last; as [TopicView#id]. Null when they have said nothing of such a topic.
    public @Nullable UUID topicId(String topic) {
        TopicView known = core.metadata().view().topic(topic);
        return known == null ? null : known.id();
    }

    /// Where the group stood when reading of this partition began by itself; null when it had committed nothing, or
    /// somebody sought first.
    public @Nullable OffsetAndMetadata began(TopicPartition partition) {
        PartitionPosition position = core.positions().get(partition);
        return position == null ? null : position.began;
    }

    /// How many offsets of the assignment polls have not passed yet, by what brokers said last. Nothing is counted of
    /// a partition before its first answer.
    public long lag() {
        long lag = 0;
        for (PartitionPosition one : core.positions().all().values()) {
            OffsetAndMetadata taken = delivery.position(one.partition);
            long position = taken != null ? taken.offset() : one.deliveredOffset();
            lag += one.end < 0 || !one.hasPosition() ? 0 : Math.max(0, one.end - position);
        }
        return lag;
    }

    /// Positions that were not in the log, and where reading has gone on since this was last asked; forgets them.
    public List<PositionReset> takeResets() {
        return core.positions().takeResets();
    }

    /// Why some partition of the assignment cannot be read for now; null when nothing is known to be in the way.
    public @Nullable String hindrance() {
        return core.positions().hindrance();
    }

    /// As [Consumer#commit]. Ends as unknown when the consumer is given up before it is known.
    public CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        if (ended) {
            return CompletableFuture.failedFuture(BlockingCalls.closed());
        }
        CompletableFuture<Void> done = openAmong(commits);
        core.commit(new TreeMap<>(positions), loop.nowMs() + config.client().apiTimeoutMs(), done);
        return done;
    }

    /// As [Consumer#committed].
    public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> committed(Collection<TopicPartition> partitions) {
        if (ended) {
            return CompletableFuture.failedFuture(BlockingCalls.closed());
        }
        CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> done = openAmong(questions);
        core.committed(new TreeSet<>(partitions), loop.nowMs() + config.client().apiTimeoutMs(), done);
        return done;
    }

    /// The partitions of these topics, once a broker has said which there are; none of a topic that is not there. From
    /// then on the topics are watched.
    public CompletableFuture<SortedSet<TopicPartition>> partitions(Collection<String> topics) {
        if (ended) {
            return CompletableFuture.failedFuture(BlockingCalls.closed());
        }
        CompletableFuture<SortedSet<TopicPartition>> done = openAmong(questions);
        topics.forEach(core.metadata()::watch);
        countings.add(new Counting(List.copyOf(topics), done));
        ClientLoop.Timer timer = loop.schedule(config.client().apiTimeoutMs(), () -> done.completeExceptionally(
                new RetriableException("No broker has said which partitions there are of " + topics)));
        var _ = done.whenComplete((_, _) -> timer.cancel());
        answerCountings();
        return done;
    }

    private void answerCountings() {
        for (Counting one : List.copyOf(countings)) {
            SortedSet<TopicPartition> found = one.done().isDone() ? null : counted(one.topics());
            if (found != null) {
                one.done().complete(found);
            }
        }
        countings.removeIf(one -> one.done().isDone());
    }

    /// Null when something is not known yet.
    private @Nullable SortedSet<TopicPartition> counted(Collection<String> topics) {
        TreeSet<TopicPartition> found = new TreeSet<>();
        ClusterView view = core.metadata().view();
        boolean missing = false;
        for (String topic : topics) {
            TopicView known = view.topic(topic);
            ErrorCode error = view.errors().get(topic);
            if (known != null) {
                known.partitions().forEach(one -> found.add(new TopicPartition(topic, one.partition())));
            } else if (error == null) {
                missing = true;
            } else if (error != ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && Disposition.of(error).mayRetry()) {
                missing = true;
                core.metadata().askAgain(topic);
            }
        }
        return missing ? null : found;
    }

    /// As [Consumer#beginningOffsets] and [Consumer#endOffsets].
    public CompletableFuture<SortedMap<TopicPartition, OffsetAndTimestamp>> offsets(
            Collection<TopicPartition> partitions, OffsetReset which) {
        SortedMap<TopicPartition, Long> asked = new TreeMap<>();
        partitions.forEach(partition -> asked.put(partition, which.timestamp()));
        return offsetsForTimes(asked);
    }

    /// As [Consumer#offsetsForTimes].
    public CompletableFuture<SortedMap<TopicPartition, OffsetAndTimestamp>> offsetsForTimes(
            SortedMap<TopicPartition, Long> times) {
        if (ended) {
            return CompletableFuture.failedFuture(BlockingCalls.closed());
        }
        CompletableFuture<SortedMap<TopicPartition, OffsetAndTimestamp>> done = openAmong(questions);
        core.offsetsFor(times, loop.nowMs() + config.client().apiTimeoutMs(), done);
        return done;
    }

    private <T> CompletableFuture<T> openAmong(SortedMap<Long, CompletableFuture<?>> others) {
        CompletableFuture<T> call = new CompletableFuture<>();
        long number = calls++;
        others.put(number, call);
        var _ = call.whenComplete((_, _) -> others.remove(number));
        return call;
    }

    /// As [Consumer#groupMetadata].
    public GroupMetadata groupMetadata() {
        GroupMetadata identity = core.identity();
        return identity != null ? identity : new GroupMetadata(config.requireGroupId());
    }

    /// As [Consumer#wakeup].
    public void wakeup() {
        core.wakeup();
    }

    /// As [Consumer#close]; `done` runs when the coordinator knows, or will not.
    public void close(Runnable done) {
        if (closed) {
            done.run();
            return;
        }
        closed = true;
        GroupEvent farewell = core.isSubscribed() ? core.membership().farewell() : null;
        Runnable leave = () -> core.close(() -> {
            end();
            done.run();
        });
        if (farewell == null) {
            leave.run();
        } else {
            tell(farewell, leave);
        }
    }

    /// Gives up everything that is open, at once; the group finds out by itself.
    public void drop() {
        closed = true;
        end();
    }

    private void end() {
        if (!ended) {
            ended = true;
            delivery.clear();
            core.stop();
            endAll(commits, new UnknownOutcomeException(
                    "The consumer was given up before it was known whether these offsets are committed"));
            endAll(questions, new RetriableException("The consumer was given up before this was answered"));
            runtime.close();
        }
    }

    private static void endAll(SortedMap<Long, CompletableFuture<?>> calls, ChaparException cause) {
        List.copyOf(calls.values()).forEach(call -> call.completeExceptionally(cause));
    }
}
