package io.chapar.broker.group;

import io.chapar.broker.share.state.ShareStateCommand;

import java.util.List;
import java.util.function.Supplier;

/// What a [GroupCoordinator] wants done, in this order.
public sealed interface GroupEffect {
    /// Append the records together; then tell [GroupCoordinator#committed] or [GroupCoordinator#failed].
    ///
    /// @param id of the append
    /// @param request the command that led to it; 0 when it was time
    /// @param producerId of the transaction that the records belong to, or -1
    record Append(long id, long request, List<GroupRecord> records, long producerId) implements GroupEffect {
        boolean isTransactional() {
            return producerId >= 0;
        }
    }

    /// Work it out beside the loop; then tell [GroupCoordinator#workedOut]. The work reads what nothing changes
    /// meanwhile, and takes long.
    record WorkOut(long id, Supplier<List<GroupRecord>> work) implements GroupEffect {}

    /// Every request gets exactly one.
    record Reply(long request, GroupReply reply) implements GroupEffect {}

    /// Ask whoever keeps the states of share groups, each command by itself; then submit what came of it
    /// ([ShareCommands.SharesAnswered]), whatever that is.
    record AskShareStates(long id, String groupId, List<ShareStateCommand> commands) implements GroupEffect {}

    /// A marker of this offset has been taken in.
    record Materialised(long markerOffset) implements GroupEffect {}
}
