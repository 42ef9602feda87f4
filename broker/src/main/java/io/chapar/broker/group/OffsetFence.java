package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.protocol.ErrorCode;

import java.util.List;

/// Who may commit and fetch offsets of a group whose coordinator shares out what there is to do.
///
/// A member speaks of its epoch. Of one before it may speak too, where it has had the partition since then and still
/// has it: the answer that told of the next may not have come yet (KIP-1251). A member that was taken for lost has
/// another epoch when it comes back, and those who got its partitions have them since a later one.
///
/// A share group has no offsets: for those who would commit some it is not there, as at Kafka.
final class OffsetFence {
    private OffsetFence() {}

    static ErrorCode commit(ModernSide side, CommitOffsets commit) {
        if (side instanceof ShareSide) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        if (commit.generation() < 0 && side.isEmpty()) {
            return ErrorCode.NONE;
        }
        boolean isModern = side.epochOf(commit.memberId()) != null && !side.isClassic(commit.memberId());
        if (isModern && !commit.knowsGroupIdNotFound()) {
            return ErrorCode.UNSUPPORTED_VERSION;
        }
        return check(side, commit.memberId(), commit.generation(), commit.offsets());
    }

    /// Who names neither member nor epoch cannot be fenced here at all.
    static ErrorCode commitTxn(ModernSide side, CommitTxnOffsets commit) {
        if (side instanceof ShareSide) {
            return ErrorCode.GROUP_ID_NOT_FOUND;
        }
        boolean namesNothing =
                commit.generation() < 0 && commit.memberId().isEmpty() && commit.instanceId() == null;
        if (namesNothing || (commit.generation() < 0 && side.isEmpty())) {
            return ErrorCode.NONE;
        }
        return check(side, commit.memberId(), commit.generation(), commit.offsets());
    }

    private static ErrorCode check(ModernSide side, String memberId, int epoch, List<Offset> offsets) {
        Integer now = side.epochOf(memberId);
        if (now == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        if (epoch >= 0 && epoch == now) {
            return ErrorCode.NONE;
        }
        ErrorCode stale = side.isClassic(memberId) ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.STALE_MEMBER_EPOCH;
        if (epoch > now || epoch < 0) {
            return stale;
        }
        for (Offset one : offsets) {
            if (!side.heldIn(memberId, epoch, one)) {
                return stale;
            }
        }
        return ErrorCode.NONE;
    }

    /// A client that is no member may look at any time.
    static ErrorCode fetch(ModernSide side, FetchOffsets fetch) {
        String memberId = fetch.memberId();
        if ((memberId == null || memberId.isEmpty()) && fetch.memberEpoch() < 0) {
            return ErrorCode.NONE;
        }
        Integer now = memberId == null ? null : side.epochOf(memberId);
        if (now == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        return now == fetch.memberEpoch() ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH;
    }
}
