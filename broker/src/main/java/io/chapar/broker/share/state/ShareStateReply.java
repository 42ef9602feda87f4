package io.chapar.broker.share.state;

import io.chapar.protocol.ErrorCode;

import java.util.List;

/// How a [ShareStateCommand] is answered; what it does not ask for is at its default.
///
/// @param startOffset -1 when the group has not begun to read the partition
/// @param completeCount offsets from the start on that nobody gets any more; -1 when not known
/// @param batches in order; offsets from the start on that are in none of them have not been delivered, as far as that
///        is known
public record ShareStateReply(
        ErrorCode error, int stateEpoch, int leaderEpoch, long startOffset, int completeCount,
        List<StateBatch> batches) {
    public static final ShareStateReply DONE = of(ErrorCode.NONE);

    public static ShareStateReply of(ErrorCode error) {
        return new ShareStateReply(error, 0, 0, -1, -1, List.of());
    }
}
