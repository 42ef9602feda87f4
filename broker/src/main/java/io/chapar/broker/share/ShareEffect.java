package io.chapar.broker.share;

import io.chapar.broker.share.state.StateBatch;
import io.chapar.protocol.ErrorCode;

import java.util.List;

/// What a [SharePartition] wants done, in this order.
public sealed interface ShareEffect {
    /// Write this to where the state is kept; then tell [SharePartition#written], or begin anew with what is kept.
    ///
    /// @param startOffset where the group begins afterwards
    /// @param completeCount offsets from there on that nobody gets any more
    record Write(long startOffset, int completeCount, List<StateBatch> batches) implements ShareEffect {}

    /// Every acknowledgement gets exactly one, unless its partition begins anew.
    record Answer(long request, ErrorCode error) implements ShareEffect {}

    /// There is something to acquire that was not before.
    record Available() implements ShareEffect {}
}
