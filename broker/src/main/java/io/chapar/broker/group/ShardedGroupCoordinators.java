package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.CoordinatorHosts;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.coordinator.CoordinatorShard;
import io.chapar.broker.coordinator.CoordinatorShards;
import io.chapar.broker.coordinator.ProducerStamp;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCoordinator.ListedGroup;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;

/// All coordinators are on this broker, spread over its loops as the partitions of `__consumer_offsets` are.
public final class ShardedGroupCoordinators implements GroupCoordinators {
    private final CoordinatorShards shards;
    private final IntSupplier partitions;
    private final TxnCoordinators transactions;
    private final Map<CoordinatorShard, CoordinatorHosts<GroupHost>> byShard = new LinkedHashMap<>();

    /// @param partitions of `__consumer_offsets`, 0 while it does not exist; from any thread. Never changes otherwise
    /// @param memory that all groups may take
    /// @param random used here alone, during construction
    public ShardedGroupCoordinators(
            CoordinatorShards shards,
            IntSupplier partitions,
            TxnCoordinators transactions,
            GroupLimits limits,
            Budget memory,
            RandomGenerator random) {
        this.shards = shards;
        this.partitions = partitions;
        this.transactions = transactions;
        for (CoordinatorShard shard : shards.all()) {
            RandomGenerator itsOwn = new SplittableRandom(random.nextLong());
            byShard.put(shard, new CoordinatorHosts<>(CoordinatorKeys.CONSUMER_OFFSETS, shard.logs(), log ->
                    new GroupHost(shard.loop(), log, limits, memory, itsOwn)));
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
        return shards.of(offsetsPartition(partition)).loop();
    }

    /// Hands the partition's coordinator over on its loop; null where it does not live there.
    private void onOwner(int partition, Consumer<GroupHost> task) {
        CoordinatorShard shard = shards.of(offsetsPartition(partition));
        shard.loop().run(() -> task.accept(byShard.get(shard).at(partition)));
    }

    private static TopicPartition offsetsPartition(int partition) {
        return new TopicPartition(CoordinatorKeys.CONSUMER_OFFSETS, partition);
    }

    @Override
    public <R extends GroupReply> void submit(GroupCommand<R> command, Loop caller, Consumer<R> done) {
        Consumer<R> back = reply -> caller.run(() -> done.accept(reply));
        onOwner(command, back, (_, host) -> host.submit(command, back));
    }

    private interface Task {
        void on(int partition, GroupHost host);
    }

    private <R extends GroupReply> void onOwner(GroupCommand<R> command, Consumer<R> back, Task task) {
        int count = partitions.getAsInt();
        if (count == 0) {
            back.accept(command.refused(ErrorCode.NOT_COORDINATOR));
            return;
        }
        int partition = CoordinatorKeys.partitionOf(command.groupId(), count);
        onOwner(partition, host -> {
            if (host == null) {
                back.accept(command.refused(ErrorCode.NOT_COORDINATOR));
            } else {
                task.on(partition, host);
            }
        });
    }

    @Override
    public void commitTxn(
            CommitTxnOffsets command,
            String transactionalId,
            AddMode mode,
            long deadlineMs,
            Loop caller,
            Consumer<PerPartition> done) {
        Consumer<PerPartition> back = reply -> caller.run(() -> done.accept(reply));
        onOwner(command, back, (partition, host) -> host.whenReady(
                () -> {
                    ProducerStamp stamp = host.stamp(command, mode == AddMode.ADD);
                    TopicPartition where = offsetsPartition(partition);
                    transactions.addPartitions(
                            transactionalId,
                            command.producerId(),
                            command.producerEpoch(),
                            List.of(where),
                            mode,
                            deadlineMs,
                            loopOf(partition),
                            errors -> {
                                if (errors.get(where) == ErrorCode.NONE) {
                                    host.submitTxn(command, stamp, back);
                                } else {
                                    back.accept(command.refused(inTxn(errors.get(where))));
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
    public void list(Loop caller, Consumer<Listed> done) {
        listFrom(0, ErrorCode.NONE, new ArrayList<>(), caller, done);
    }

    /// Goes from partition to partition with one list in hand.
    private void listFrom(
            int partition, ErrorCode error, List<ListedGroup> found, Loop caller, Consumer<Listed> done) {
        if (partition >= partitions.getAsInt()) {
            caller.run(() -> done.accept(new Listed(error, found)));
            return;
        }
        onOwner(partition, host -> {
            if (host == null) {
                listFrom(partition + 1, ErrorCode.NOT_COORDINATOR, found, caller, done);
                return;
            }
            host.whenReady(
                    () -> {
                        found.addAll(host.list());
                        listFrom(partition + 1, error, found, caller, done);
                    },
                    unfit -> listFrom(partition + 1, unfit, found, caller, done));
        });
    }

    @Override
    public void topicsDeleted(SequencedSet<String> topics) {
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            onOwner(partition, host -> {
                if (host != null) {
                    host.forgetTopics(topics);
                }
            });
        }
    }
}
