package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.protocol.ErrorCode;

import java.util.List;

/// Who may commit and fetch offsets of a group of the consumer protocol.
///
/// A member speaks of its epoch. Of one before it may speak too, where it has had the partition since then and still
/// has it: the answer that told of the next may not have come yet (KIP-1251). A member that was taken for lost has
/// another epoch when it comes back, and those who got its partitions have them since a later one.
final class ConsumerFence {
    private ConsumerFence() {}

    static ErrorCode commit(ConsumerSide side, CommitOffsets commit) {
        if (commit.generation() < 0 && side.group().isEmpty()) {
            return ErrorCode.NONE;
        }
        ConsumerMember member = side.group().member(commit.memberId());
        if (member != null && member.classic() == null && !commit.knowsGroupIdNotFound()) {
            return ErrorCode.UNSUPPORTED_VERSION;
        }
        return check(side, commit.memberId(), commit.generation(), commit.offsets());
    }

    /// Who names neither member nor epoch cannot be fenced here at all.
    static ErrorCode commitTxn(ConsumerSide side, CommitTxnOffsets commit) {
        boolean namesNothing =
                commit.generation() < 0 && commit.memberId().isEmpty() && commit.instanceId() == null;
        if (namesNothing || (commit.generation() < 0 && side.group().isEmpty())) {
            return ErrorCode.NONE;
        }
        return check(side, commit.memberId(), commit.generation(), commit.offsets());
    }

    private static ErrorCode check(ConsumerSide side, String memberId, int epoch, List<Offset> offsets) {
        ConsumerMember member = side.group().member(memberId);
        if (member == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        Standing standing = side.group().standing(memberId);
        if (epoch >= 0 && epoch == standing.epoch()) {
            return ErrorCode.NONE;
        }
        ErrorCode stale = member.classic() == null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION;
        if (epoch > standing.epoch() || epoch < 0) {
            return stale;
        }
        for (Offset one : offsets) {
            if (!standing.heldIn(epoch, one.topicId(), one.partition().partition())) {
                return stale;
            }
        }
        return ErrorCode.NONE;
    }

    /// A client that is no member may look at any time.
    static ErrorCode fetch(ConsumerSide side, FetchOffsets fetch) {
        String memberId = fetch.memberId();
        if ((memberId == null || memberId.isEmpty()) && fetch.memberEpoch() < 0) {
            return ErrorCode.NONE;
        }
        if (memberId == null || side.group().member(memberId) == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        return side.group().standing(memberId).epoch() == fetch.memberEpoch()
                ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH;
    }
}
