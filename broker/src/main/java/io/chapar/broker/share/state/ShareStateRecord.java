package io.chapar.broker.share.state;

import java.util.List;

/// What is written to `__share_group_state`. Applying the records of the log in their order is the only way in which
/// anything changes there.
public sealed interface ShareStateRecord {
    ShareKey key();

    /// All of it.
    ///
    /// @param snapshotEpoch grows with each of them
    /// @param startOffset -1 when the group has not begun to read the partition
    /// @param completeCount offsets from the start on that nobody gets any more; -1 when not known
    record Snapshot(
            ShareKey key,
            int snapshotEpoch,
            int stateEpoch,
            int leaderEpoch,
            long startOffset,
            int completeCount,
            long createdMs,
            long writtenMs,
            List<StateBatch> batches) implements ShareStateRecord {}

    /// What has changed since.
    ///
    /// @param snapshotEpoch of the snapshot before it
    /// @param startOffset -1 when it has not changed
    record Update(
            ShareKey key,
            int snapshotEpoch,
            int leaderEpoch,
            long startOffset,
            int completeCount,
            List<StateBatch> batches) implements ShareStateRecord {}

    /// A tombstone.
    record Forgotten(ShareKey key) implements ShareStateRecord {}
}
