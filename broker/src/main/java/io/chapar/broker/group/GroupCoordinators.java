package io.chapar.broker.group;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCoordinator.ListedGroup;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.protocol.ErrorCode;
import io.chapar.txn.AddMode;

import java.util.List;
import java.util.SequencedSet;
import java.util.function.Consumer;

/// The group coordinators of this broker, from outside: finds the one that owns a group, on whatever loop it lives.
/// Callable from any loop; every answer comes once, on the caller's.
public interface GroupCoordinators {
    /// Beside the core's own answers a command may be refused with COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR or
    /// COORDINATOR_NOT_AVAILABLE. A join or a sync is answered when the group is ready, which takes as long as the
    /// members' rebalance timeout.
    <R extends GroupReply> void submit(GroupCommand<R> command, Caller caller, Consumer<R> done);

    /// Has the coordinator of the transaction put the group's partition into it, or look whether it is there; then
    /// judges and appends the offsets, in one step.
    ///
    /// Beside the core's own answers: those of [io.chapar.broker.coordinator.TxnCoordinators#submit], and
    /// INVALID_TXN_STATE or INVALID_PRODUCER_EPOCH when the transaction ended meanwhile.
    ///
    /// The caller's deadline is until when to wait for the markers of the transaction before.
    void commitTxn(
            CommitTxnOffsets command,
            String transactionalId,
            AddMode mode,
            Caller caller,
            Consumer<PerPartition> done);

    /// Groups by name within each coordinator.
    void list(Caller caller, Consumer<Listed> done);

    /// @param error COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR when some of the groups may be missing
    record Listed(ErrorCode error, List<ListedGroup> groups) {}

    /// Forgets all offsets in topics that are no more.
    void topicsDeleted(SequencedSet<String> topics);

    /// Topics have been created, deleted or given partitions, so that who subscribes to them gets another part; or
    /// settings have changed.
    ///
    /// @param topics by name; none where settings have changed
    void clusterChanged(SequencedSet<String> topics);
}
