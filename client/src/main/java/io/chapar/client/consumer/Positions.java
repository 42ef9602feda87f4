package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Alarm;
import io.chapar.transport.Backoff;
import io.chapar.transport.ClientLoop;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import static io.chapar.client.consumer.PartitionPosition.Phase.NeedsReset.UNKNOWN;
import static java.util.Objects.requireNonNull;

/// Which partitions are read, and where; finds positions that are missing and checks those that a change of leaders put
/// in doubt. On the loop only.
final class Positions {
    /// Where a group's committed offsets are asked for. The answer lacks partitions without one.
    interface CommittedOffsets {
        void fetch(SortedSet<TopicPartition> partitions, long deadlineMs,
                BiConsumer<SortedMap<TopicPartition, OffsetAndMetadata>, ChaparException> done);
    }

    private final ClientLoop loop;
    private final Metadata metadata;
    private final Backoff backoff;
    private final OffsetReset policy;
    private final Set<String> earliest;
    private final int apiTimeoutMs;
    private final LeaderQuestions<Long, OffsetAndTimestamp> offsets;
    private final LeaderQuestions<Integer, EpochQuestions.EpochEnd> epochs;
    private final @Nullable CommittedOffsets committed;
    private final Runnable changed;
    private final TreeMap<TopicPartition, PartitionPosition> tracked = new TreeMap<>();
    private final Alarm alarm;
    /// Of each partition since somebody took them.
    private final TreeMap<TopicPartition, PositionReset> resets = new TreeMap<>();

    /// `committed` null: there is no group. `changed` runs when a position was found, or the user has to be told
    /// something.
    Positions(ClientLoop loop, Metadata metadata, Backoff backoff, ConsumerConfig config,
            LeaderQuestions<Long, OffsetAndTimestamp> offsets,
            LeaderQuestions<Integer, EpochQuestions.EpochEnd> epochs, @Nullable CommittedOffsets committed,
            Runnable changed) {
        this.loop = loop;
        alarm = new Alarm(loop, this::step);
        this.metadata = metadata;
        this.backoff = backoff;
        this.policy = config.offsetReset();
        this.earliest = config.earliest();
        this.apiTimeoutMs = config.client().apiTimeoutMs();
        this.offsets = offsets;
        this.epochs = epochs;
        this.committed = committed;
        this.changed = changed;
    }

    SortedMap<TopicPartition, PartitionPosition> all() {
        return tracked;
    }

    SortedSet<TopicPartition> partitions() {
        return new TreeSet<>(tracked.keySet());
    }

    /// Null when it is not assigned.
    @Nullable PartitionPosition get(TopicPartition partition) {
        return tracked.get(partition);
    }

    /// Those that stay keep their position; the others begin. `held`: not before [#release].
    void add(Collection<TopicPartition> partitions, boolean held) {
        for (TopicPartition partition : partitions) {
            if (!tracked.containsKey(partition)) {
                PartitionPosition one = new PartitionPosition(partition);
                one.held = held;
                if (committed == null) {
                    reset(one, UNKNOWN);
                }
                tracked.put(partition, one);
                metadata.watch(partition.topic());
            }
        }
        step();
    }

    void remove(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            PartitionPosition gone = tracked.remove(partition);
            if (gone != null) {
                gone.jump(new PartitionPosition.Phase.NeedsCommitted());
            }
        }
    }

    void release(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            PartitionPosition one = tracked.get(partition);
            if (one != null) {
                one.held = false;
            }
        }
    }

    void seek(TopicPartition partition, long offset, int epoch) {
        moveTo(require(partition), offset, epoch);
        step();
    }

    void seekToReset(TopicPartition partition, OffsetReset to) {
        PartitionPosition one = require(partition);
        one.jump(new PartitionPosition.Phase.NeedsReset(to, UNKNOWN));
        step();
    }

    PartitionPosition require(TopicPartition partition) {
        PartitionPosition one = tracked.get(partition);
        if (one == null) {
            throw new UsageException("Partition " + partition + " is not assigned to this consumer");
        }
        return one;
    }

    /// What the next poll throws, or null. Errors that may pass are forgotten with this.
    @Nullable ChaparException takeError() {
        for (PartitionPosition one : tracked.values()) {
            if (one.phase instanceof PartitionPosition.Phase.Stuck(ChaparException cause)) {
                return cause;
            }
            if (one.error != null) {
                ChaparException error = one.error;
                one.error = null;
                return error;
            }
        }
        return null;
    }

    /// Leaders may have changed: positions are checked against the new ones.
    void onMetadata() {
        for (PartitionPosition one : tracked.values()) {
            if (one.isReady() && one.epoch != PartitionPosition.NO_EPOCH
                    && leaderEpoch(one.partition) > one.checkedEpoch) {
                one.enter(new PartitionPosition.Phase.Checking());
            }
        }
        step();
    }

    /// A broker says that the position is not in its log any more, or not yet.
    void outOfRange(PartitionPosition one) {
        if (policy == OffsetReset.NONE) {
            one.enter(new PartitionPosition.Phase.Stuck(new FatalException(ErrorCode.OFFSET_OUT_OF_RANGE,
                    "Offset " + one.offset + " of " + one.partition + " is not in the log, and "
                            + KafkaConfigNames.AUTO_OFFSET_RESET + " is none; seek to go on")));
            changed.run();
        } else {
            reset(one, one.deliveredOffset());
            step();
        }
    }

    /// What the leader says of the epoch of the record read last. When its log of that epoch ends before the position,
    /// or it has none of that epoch, records that were read are gone.
    void onEpochEnd(PartitionPosition one, EpochQuestions.EpochEnd end) {
        if (!end.isUnknown() && end.epoch() >= one.epoch && end.endOffset() >= one.offset) {
            one.checkedEpoch = Math.max(one.checkedEpoch, leaderEpoch(one.partition));
            one.enter(new PartitionPosition.Phase.Ready());
        } else if (policy == OffsetReset.NONE) {
            one.enter(new PartitionPosition.Phase.Stuck(new FatalException(ErrorCode.OFFSET_OUT_OF_RANGE,
                    "The log of " + one.partition + " was cut behind what was read: epoch " + one.epoch
                            + (end.isUnknown() || end.epoch() < one.epoch ? " is unknown there"
                                    : " ends at " + end.endOffset())
                            + ", the position is " + one.offset + "; seek to go on")));
        } else if (end.isUnknown()) {
            reset(one, one.deliveredOffset());
        } else {
            goOnAtCut(one, end);
        }
        changed.run();
    }

    private void goOnAtCut(PartitionPosition one, EpochQuestions.EpochEnd end) {
        // Of an epoch that is not in the log nobody can tell where it began.
        long cut = Math.min(one.offset, end.endOffset());
        if (one.buffered != null && one.buffered.startOffset() <= cut) {
            // What is buffered reaches over the cut: read it again from its beginning.
            moveTo(one, one.buffered.startOffset(), PartitionPosition.NO_EPOCH);
        } else {
            note(one, one.deliveredOffset(), cut);
            moveTo(one, cut, end.epoch());
            one.checkedEpoch = leaderEpoch(one.partition);
            one.enter(new PartitionPosition.Phase.Ready());
        }
    }

    /// Starts what is missing.
    void step() {
        TreeSet<TopicPartition> wanted = new TreeSet<>();
        long nowMs = loop.nowMs();
        long nextMs = Long.MAX_VALUE;
        for (PartitionPosition one : tracked.values()) {
            if (one.asking || one.notBeforeMs > nowMs) {
                nextMs = one.asking ? nextMs : Math.min(nextMs, one.notBeforeMs);
                continue;
            }
            switch (one.phase) {
                case PartitionPosition.Phase.NeedsCommitted() -> wanted.add(one.partition);
                case PartitionPosition.Phase.NeedsReset(OffsetReset to, long from) -> askReset(one, to, from);
                case PartitionPosition.Phase.Checking() -> askEpoch(one);
                case PartitionPosition.Phase.Ready() -> { }
                case PartitionPosition.Phase.Stuck(ChaparException cause) -> { }
            }
        }
        if (!wanted.isEmpty()) {
            askCommitted(wanted);
        }
        alarm.set(nextMs);
    }

    private void askCommitted(SortedSet<TopicPartition> wanted) {
        TreeMap<TopicPartition, Long> stamps = new TreeMap<>();
        for (TopicPartition partition : wanted) {
            PartitionPosition one = require(partition);
            one.asking = true;
            stamps.put(partition, one.stamp);
        }
        CommittedOffsets source = requireNonNull(committed, "only what a group has committed is looked up");
        source.fetch(wanted, loop.nowMs() + apiTimeoutMs, (found, failure) -> {
            stamps.forEach((partition, stamp) -> {
                PartitionPosition one = tracked.get(partition);
                if (one == null || one.stamp != stamp) {
                    return;
                }
                one.asking = false;
                if (failure != null) {
                    failed(one, failure);
                } else if (found.containsKey(partition)) {
                    OffsetAndMetadata position = found.get(partition);
                    one.began = position;
                    moveTo(one, position.offset(), position.leaderEpoch());
                } else if (policy == OffsetReset.NONE) {
                    one.enter(new PartitionPosition.Phase.Stuck(new UsageException("Nothing is committed for "
                            + partition + ", and " + KafkaConfigNames.AUTO_OFFSET_RESET + " is none; seek to go on")));
                } else {
                    reset(one, UNKNOWN);
                }
            });
            step();
            changed.run();
        });
    }

    private void askReset(PartitionPosition one, OffsetReset to, long from) {
        one.asking = true;
        long stamp = one.stamp;
        offsets.ask(one.partition, to.timestamp(), loop.nowMs() + apiTimeoutMs, ifCurrent(one, stamp, answer -> {
            switch (answer) {
                case LeaderQuestions.Answer.Found<OffsetAndTimestamp>(OffsetAndTimestamp found) -> {
                    note(one, from, found.offset());
                    moveTo(one, found.offset(), found.leaderEpoch());
                    one.checkedEpoch = Math.max(one.epoch, leaderEpoch(one.partition));
                    one.enter(new PartitionPosition.Phase.Ready());
                }
                case LeaderQuestions.Answer.Failed<OffsetAndTimestamp>(ChaparException cause) -> failed(one, cause);
            }
        }));
    }

    private void askEpoch(PartitionPosition one) {
        one.asking = true;
        long stamp = one.stamp;
        epochs.ask(one.partition, one.epoch, loop.nowMs() + apiTimeoutMs, ifCurrent(one, stamp, answer -> {
            switch (answer) {
                case LeaderQuestions.Answer.Found<EpochQuestions.EpochEnd>(EpochQuestions.EpochEnd end) ->
                    onEpochEnd(one, end);
                case LeaderQuestions.Answer.Failed<EpochQuestions.EpochEnd>(ChaparException cause) -> {
                    if (cause.errorCode() == ErrorCode.UNSUPPORTED_VERSION) {
                        one.checkedEpoch = Math.max(one.checkedEpoch, leaderEpoch(one.partition));
                        one.enter(new PartitionPosition.Phase.Ready());
                    } else {
                        failed(one, cause);
                    }
                }
            }
        }));
    }

    private <A> Consumer<A> ifCurrent(PartitionPosition one, long stamp, Consumer<A> then) {
        return answer -> {
            if (tracked.get(one.partition) == one && one.stamp == stamp) {
                one.asking = false;
                then.accept(answer);
                step();
                changed.run();
            }
        };
    }

    /// Tries again by and by; the user hears of what will not pass by itself.
    private void failed(PartitionPosition one, ChaparException cause) {
        one.failures++;
        one.notBeforeMs = loop.nowMs() + backoff.delayMs(one.failures);
        one.hindrance = cause;
        if (!(cause instanceof RetriableException)) {
            one.error = cause;
        }
    }

    /// A position whose epoch is known is checked before it is used, unless the leader is of that very epoch.
    private void moveTo(PartitionPosition one, long offset, int epoch) {
        one.offset = offset;
        one.epoch = epoch;
        one.checkedEpoch = epoch;
        boolean check = epoch != PartitionPosition.NO_EPOCH && leaderEpoch(one.partition) > epoch;
        one.jump(check ? new PartitionPosition.Phase.Checking() : new PartitionPosition.Phase.Ready());
    }

    private void note(PartitionPosition one, long from, long to) {
        if (from != UNKNOWN && from != to) {
            resets.merge(one.partition, new PositionReset(one.partition, from, to), PositionReset::and);
        }
    }

    /// Why some partition cannot be read for now; null when nothing is known to be in the way. For messages to users.
    @Nullable String hindrance() {
        if (!tracked.isEmpty() && !metadata.lastFault().isEmpty()) {
            return "no broker says who leads: " + metadata.lastFault();
        }
        for (PartitionPosition one : tracked.values()) {
            TopicPartition partition = one.partition;
            if (metadata.view().leader(partition.topic(), partition.partition()) == null) {
                return partition + " has no leader";
            }
            if (one.hindrance != null) {
                return "where to read " + partition + " is not known: " + one.hindrance.getMessage();
            }
        }
        return null;
    }

    /// Where reading went on elsewhere by itself since this was last asked; forgets it. By partition, the first `from`
    /// and the last `to`.
    List<PositionReset> takeResets() {
        List<PositionReset> taken = List.copyOf(resets.values());
        resets.clear();
        return taken;
    }

    private void reset(PartitionPosition one, long from) {
        if (policy == OffsetReset.NONE) {
            one.jump(new PartitionPosition.Phase.Stuck(new UsageException("Partition " + one.partition
                    + " has no position, and " + KafkaConfigNames.AUTO_OFFSET_RESET + " is none; seek to go on")));
        } else {
            one.jump(new PartitionPosition.Phase.NeedsReset(
                    earliest.contains(one.partition.topic()) ? OffsetReset.EARLIEST : policy, from));
        }
    }

    int leaderEpoch(TopicPartition partition) {
        TopicView topic = metadata.view().topic(partition.topic());
        PartitionView view = topic == null ? null : topic.partition(partition.partition());
        return view == null ? PartitionPosition.NO_EPOCH : view.leaderEpoch();
    }
}
