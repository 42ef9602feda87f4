package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.coordinator.CoordinatorLogs;
import io.chapar.broker.coordinator.CoordinatorPlacement;
import io.chapar.broker.coordinator.PartitionCoordinators;
import io.chapar.broker.coordinator.ProducerStamp;
import io.chapar.broker.coordinator.TransactionEntry;
import io.chapar.broker.coordinator.TransactionEntry.Writer;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCoordinator.ListedGroup;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.metrics.GroupFigures;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// All coordinators are on this broker, spread over its loops as the partitions of `__consumer_offsets` are.
public final class LocalGroupCoordinators implements GroupCoordinators {
    /// Of an offset, with its text.
    private static final int MOST_RECORD_BYTES = 4096;

    private final CoordinatorPlacement placement;
    private final IntSupplier partitions;
    private final TransactionEntry entry;
    private final LongPredicate room;
    private final Map<CoordinatorLogs, PartitionCoordinators<GroupPartitionCoordinator>> byLogs =
            new LinkedHashMap<>();

    /// @param partitions of `__consumer_offsets`, 0 while it does not exist; from any thread. Never changes otherwise
    /// @param entry by which offsets enter transactions
    /// @param memory that all groups may take
    /// @param room whether so many bytes may be written for a client; from any thread
    /// @param cluster as it is now; from any thread
    /// @param shareStates of share groups
    /// @param random used here alone, during construction
    public LocalGroupCoordinators(
            CoordinatorPlacement placement,
            IntSupplier partitions,
            TransactionEntry entry,
            GroupLimits limits,
            Budget memory,
            LongPredicate room,
            Supplier<GroupOutlook> cluster,
            ShareStates shareStates,
            RandomGenerator random) {
        this.placement = placement;
        this.partitions = partitions;
        this.entry = entry;
        this.room = room;
        for (CoordinatorLogs logs : placement.all()) {
            RandomGenerator itsOwn = new SplittableRandom(random.nextLong());
            byLogs.put(logs, new PartitionCoordinators<>(CoordinatorKeys.CONSUMER_OFFSETS, logs, log ->
                    new GroupPartitionCoordinator(logs.loop(), log, limits, memory, cluster, shareStates, itsOwn)));
        }
    }

    /// Loads every coordinator whose partition is here, so that sessions and retention run even if nobody asks. To be
    /// called when the partitions are open; harmless twice.
    public void start() {
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            onOwner(partition, _ -> { });
        }
    }

    private Loop loopOf(int partition) {
        return placement.of(offsetsPartition(partition)).loop();
    }

    /// Hands the partition's coordinator over on its loop; null where it does not live there.
    private void onOwner(int partition, Consumer<@Nullable GroupPartitionCoordinator> task) {
        CoordinatorLogs logs = placement.of(offsetsPartition(partition));
        logs.loop().run(() -> task.accept(
                requireNonNull(byLogs.get(logs), "each loop has its coordinators").at(partition)));
    }

    private static TopicPartition offsetsPartition(int partition) {
        return new TopicPartition(CoordinatorKeys.CONSUMER_OFFSETS, partition);
    }

    @Override
    public <R extends GroupReply> void submit(GroupCommand<R> command, Caller caller, Consumer<R> done) {
        Consumer<R> back = caller.answering(done);
        onOwner(command, back, (_, coordinator) -> coordinator.submit(command, back));
    }

    private interface Task {
        void on(int partition, GroupPartitionCoordinator coordinator);
    }

    private <R extends GroupReply> void onOwner(GroupCommand<R> command, Consumer<R> back, Task task) {
        int count = partitions.getAsInt();
        if (count == 0) {
            back.accept(command.refused(ErrorCode.NOT_COORDINATOR));
            return;
        }
        if (!hasRoom(command)) {
            back.accept(command.refused(ErrorCode.COORDINATOR_NOT_AVAILABLE));
            return;
        }
        int partition = CoordinatorKeys.partitionOf(command.groupId(), count);
        onOwner(partition, coordinator -> {
            if (coordinator == null) {
                back.accept(command.refused(ErrorCode.NOT_COORDINATOR));
            } else {
                task.on(partition, coordinator);
            }
        });
    }

    /// On a disk that is nearly full. What makes a group smaller, or ends what has begun, is not refused.
    private boolean hasRoom(GroupCommand<?> command) {
        return switch (command) {
            case GroupCommand.CommitOffsets commit -> room.test(recordBytes(commit.offsets().size()));
            case CommitTxnOffsets commit -> room.test(recordBytes(commit.offsets().size()));
            case GroupCommand.Join _ -> room.test(recordBytes(1));
            case GroupCommand.ConsumerHeartbeat beat -> !beat.isJoin() || room.test(recordBytes(1));
            case GroupCommand.StreamsHeartbeat beat -> !beat.isJoin() || room.test(recordBytes(1));
            case ShareCommands.ShareHeartbeat beat -> !beat.isJoin() || room.test(recordBytes(1));
            case GroupCommand.OfShares<?> _ -> true;
            case GroupCommand.Sync _, GroupCommand.Leave _, GroupCommand.Heartbeat _, GroupCommand.FetchOffsets _,
                    GroupCommand.Describe _, GroupCommand.DescribeConsumers _, GroupCommand.DescribeStreams _,
                    GroupCommand.DeleteOffsets _, GroupCommand.DeleteGroup _, GroupCommand.ForgetTopics _ -> true;
        };
    }

    private static long recordBytes(int records) {
        return (long) records * MOST_RECORD_BYTES;
    }

    @Override
    public void commitTxn(
            CommitTxnOffsets command,
            String transactionalId,
            AddMode mode,
            Caller caller,
            Consumer<PerPartition> done) {
        Consumer<PerPartition> back = caller.answering(done);
        onOwner(command, back, (partition, coordinator) -> coordinator.whenReady(
                () -> {
                    ProducerStamp stamp = coordinator.stamp(command, mode == AddMode.ADD);
                    TopicPartition where = offsetsPartition(partition);
                    Writer writer = new Writer(
                            transactionalId, command.producerId(), command.producerEpoch(), mode);
                    entry.ask(writer, List.of(where), caller.on(loopOf(partition)), answer -> {
                        ErrorCode error = answer.errors().getOrDefault(where, ErrorCode.UNKNOWN_SERVER_ERROR);
                        if (error == ErrorCode.NONE) {
                            coordinator.submitTxn(command, stamp, back);
                        } else {
                            back.accept(command.refused(inTxn(error)));
                        }
                    });
                },
                error -> back.accept(command.refused(error))));
    }

    /// The client would take these for the group's coordinator being somewhere else.
    private static ErrorCode inTxn(ErrorCode error) {
        return switch (error) {
            case NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS -> ErrorCode.COORDINATOR_NOT_AVAILABLE;
            default -> error;
        };
    }

    @Override
    public void list(Caller caller, Consumer<Listed> done) {
        listFrom(0, ErrorCode.NONE, new ArrayList<>(), caller.answering(done));
    }

    /// Goes from partition to partition with one list in hand.
    private void listFrom(
            int partition, ErrorCode error, List<ListedGroup> found, Consumer<Listed> done) {
        if (partition >= partitions.getAsInt()) {
            done.accept(new Listed(error, found));
            return;
        }
        onOwner(partition, coordinator -> {
            if (coordinator == null) {
                // Another broker's to list.
                listFrom(partition + 1, error, found, done);
                return;
            }
            coordinator.whenReady(
                    () -> {
                        found.addAll(coordinator.list());
                        listFrom(partition + 1, error, found, done);
                    },
                    unfit -> listFrom(partition + 1, unfit, found, done));
        });
    }

    private record At(GroupPartitionCoordinator coordinator, String groupId) {}

    /// Adds what the coordinators of this loop know, some groups in each turn; then runs `then`. On that loop.
    public void measure(Loop loop, Totals into, Runnable then) {
        List<At> all = new ArrayList<>();
        byLogs.forEach((logs, coordinators) -> {
            if (logs.loop().equals(loop)) {
                for (GroupPartitionCoordinator one : coordinators.all()) {
                    if (one.availability() == ErrorCode.NONE) {
                        one.list().forEach(group -> all.add(new At(one, group.groupId())));
                    } else {
                        into.groupsLoading();
                    }
                }
            }
        });
        Slices.each(loop, all, at -> at.coordinator().costOf(at.groupId()), at -> {
            GroupFigures figures = at.coordinator().figures(at.groupId());
            if (figures != null) {
                into.add(figures);
            }
        }, then);
    }

    @Override
    public void topicsDeleted(SequencedSet<String> topics) {
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            onOwner(partition, coordinator -> {
                if (coordinator != null) {
                    coordinator.forgetTopics(topics);
                }
            });
        }
    }

    @Override
    public void clusterChanged(SequencedSet<String> changed) {
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            onOwner(partition, coordinator -> {
                if (coordinator != null) {
                    coordinator.see(changed);
                }
            });
        }
    }
}
