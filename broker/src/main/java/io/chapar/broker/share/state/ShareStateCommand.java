package io.chapar.broker.share.state;

import java.util.List;

/// What the keeper of the states of share groups may be asked; each is answered by a [ShareStateReply].
public sealed interface ShareStateCommand {
    ShareKey key();

    /// A group is about to read the partition, or is to read it from elsewhere: all that is known is forgotten.
    ///
    /// @param stateEpoch the group's; whoever works with what was before is fenced by it
    /// @param startOffset -1 to leave it to the partition's leader
    record Initialize(ShareKey key, int stateEpoch, long startOffset) implements ShareStateCommand {}

    /// The leader of the partition begins: whoever led it before writes no more.
    record Read(ShareKey key, int leaderEpoch) implements ShareStateCommand {}

    /// One that would take something back of what is written is refused as one of an earlier state epoch.
    ///
    /// @param startOffset -1 when it has not changed
    /// @param completeCount offsets from the start on that nobody gets any more
    /// @param batches offsets of which something has become, in order
    record Write(
            ShareKey key, int stateEpoch, int leaderEpoch, long startOffset, int completeCount,
            List<StateBatch> batches) implements ShareStateCommand {}

    record Delete(ShareKey key) implements ShareStateCommand {}

    /// Changes nothing.
    record Summarize(ShareKey key) implements ShareStateCommand {}
}
