package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupCommand.Describe;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.ForgetTopics;
import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What cannot be meant for any group, or not for one that is not there.
final class Refusals {
    private final GroupLimits limits;
    private final Membership membership;

    Refusals(GroupLimits limits, Membership membership) {
        this.limits = limits;
        this.membership = membership;
    }

    /// What can be said without asking a group, in particular when there is none; null when the group decides.
    @Nullable GroupReply of(@Nullable Group group, GroupCommand<?> command) {
        ErrorCode name = nameError(command.groupId());
        return switch (command) {
            case Join join -> {
                ErrorCode error = name != ErrorCode.NONE ? name : membership.precheck(join);
                if (error == ErrorCode.NONE && group == null && !join.memberId().isEmpty()) {
                    error = ErrorCode.UNKNOWN_MEMBER_ID;
                }
                yield error == ErrorCode.NONE ? null : join.refused(error);
            }
            case Leave leave -> {
                if (name != ErrorCode.NONE) {
                    yield leave.refused(name);
                }
                yield group != null ? null : new Left(
                        ErrorCode.NONE, leave.members().stream().map(_ -> ErrorCode.UNKNOWN_MEMBER_ID).toList());
            }
            case CommitOffsets commit -> group != null || commit.generation() < 0 ? null
                    : commit.refused(commit.knowsGroupIdNotFound()
                            ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION);
            case CommitTxnOffsets commit -> group != null || commit.generation() < 0 ? null
                    : commit.refused(ErrorCode.GROUP_ID_NOT_FOUND);
            case Sync sync -> {
                ErrorCode error = name != ErrorCode.NONE ? name : ErrorCode.UNKNOWN_MEMBER_ID;
                yield name == ErrorCode.NONE && group != null ? null : sync.refused(error);
            }
            case DeleteOffsets _, DeleteGroup _, ForgetTopics _ ->
                group != null ? null : command.refused(ErrorCode.GROUP_ID_NOT_FOUND);
            case ConsumerHeartbeat beat -> {
                ConsumerArrivals.Refused refused = ConsumerArrivals.precheck(beat, limits);
                if (refused.error() != ErrorCode.NONE) {
                    yield Beat.refused(refused.error(), refused.message());
                }
                yield group != null || beat.isJoin() ? null : Beat.refused(
                        ErrorCode.GROUP_ID_NOT_FOUND, "There is no group " + beat.groupId() + ".");
            }
            case ShareCommands.ShareHeartbeat beat -> {
                ShareReplies.ShareBeat refused = ShareMembership.precheck(beat, limits);
                if (refused != null) {
                    yield refused;
                }
                yield group != null || beat.isJoin() ? null : ShareReplies.ShareBeat.refused(
                        ErrorCode.GROUP_ID_NOT_FOUND, "There is no group " + beat.groupId() + ".");
            }
            case GroupCommand.OfShares<?> _ -> null;
            case StreamsHeartbeat beat -> {
                GroupReply.StreamsBeat refused = StreamsArrivals.precheck(beat, limits);
                if (refused != null) {
                    yield refused;
                }
                yield group != null || beat.isJoin() ? null : GroupReply.StreamsBeat.refused(
                        ErrorCode.GROUP_ID_NOT_FOUND, "There is no group " + beat.groupId() + ".");
            }
            case Heartbeat _, FetchOffsets _, Describe _, DescribeConsumers _, DescribeStreams _ -> null;
        };
    }

    static ErrorCode nameError(String groupId) {
        return groupId.isEmpty() ? ErrorCode.INVALID_GROUP_ID : ErrorCode.NONE;
    }
}
