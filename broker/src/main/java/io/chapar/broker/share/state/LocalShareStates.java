package io.chapar.broker.share.state;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.coordinator.CoordinatorLogs;
import io.chapar.broker.coordinator.CoordinatorPlacement;
import io.chapar.broker.coordinator.PartitionCoordinators;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongPredicate;

import static java.util.Objects.requireNonNull;

/// Those that are kept on this broker, spread over its loops as the partitions of `__share_group_state` are.
public final class LocalShareStates implements ShareStates {
    private static final int RECORD_BYTES = 500;
    private static final int BATCH_BYTES = 24;

    private final CoordinatorPlacement placement;
    private final IntSupplier partitions;
    private final LongPredicate room;
    private final Map<CoordinatorLogs, PartitionCoordinators<ShareStateCoordinator>> byLogs = new LinkedHashMap<>();

    /// @param partitions of `__share_group_state`, 0 while it does not exist; from any thread. Never changes otherwise
    /// @param memory that all states may take
    /// @param room whether so many bytes may be written for a client; from any thread
    public LocalShareStates(
            CoordinatorPlacement placement,
            IntSupplier partitions,
            ShareStateCore.Limits limits,
            Budget memory,
            LongPredicate room) {
        this.placement = placement;
        this.partitions = partitions;
        this.room = room;
        for (CoordinatorLogs logs : placement.all()) {
            byLogs.put(logs, new PartitionCoordinators<>(CoordinatorKeys.SHARE_STATE, logs,
                    log -> new ShareStateCoordinator(logs.loop(), log, limits, memory)));
        }
    }

    @Override
    public void submit(ShareStateCommand command, Caller caller, Consumer<ShareStateReply> done) {
        Consumer<ShareStateReply> back = caller.answering(done);
        int count = partitions.getAsInt();
        if (count == 0) {
            back.accept(ShareStateReply.of(ErrorCode.COORDINATOR_NOT_AVAILABLE));
            return;
        }
        if (!hasRoom(command)) {
            back.accept(ShareStateReply.of(ErrorCode.COORDINATOR_NOT_AVAILABLE));
            return;
        }
        int partition = CoordinatorKeys.partitionOf(command.key().text(), count);
        CoordinatorLogs logs = placement.of(new TopicPartition(CoordinatorKeys.SHARE_STATE, partition));
        logs.loop().run(() -> {
            ShareStateCoordinator coordinator =
                    requireNonNull(byLogs.get(logs), "each loop has its coordinators").at(partition);
            if (coordinator == null) {
                back.accept(ShareStateReply.of(ErrorCode.NOT_COORDINATOR));
            } else {
                coordinator.submit(command, back);
            }
        });
    }

    /// On a disk that is nearly full. What ends what has begun is not refused.
    private boolean hasRoom(ShareStateCommand command) {
        return switch (command) {
            case ShareStateCommand.Initialize _ -> room.test(RECORD_BYTES);
            case ShareStateCommand.Write write ->
                room.test(RECORD_BYTES + (long) BATCH_BYTES * write.batches().size());
            case ShareStateCommand.Read _, ShareStateCommand.Delete _, ShareStateCommand.Summarize _ -> true;
        };
    }
}
