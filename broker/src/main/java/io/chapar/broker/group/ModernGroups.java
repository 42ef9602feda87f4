package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.Set;
import java.util.function.Consumer;

/// Groups whose coordinator shares out what there is to do. A group without members takes the protocol of the first
/// that comes.
final class ModernGroups {
    private final GroupWriter writer;
    private final ConsumerUpkeep consumerUpkeep;
    private final ConsumerMembership consumers;
    private final StreamsUpkeep streamsUpkeep;
    private final StreamsMembership streams;

    ModernGroups(GroupLimits limits, GroupWriter writer) {
        this.writer = writer;
        consumerUpkeep = new ConsumerUpkeep(limits.consumer(), writer);
        consumers = new ConsumerMembership(limits, writer, consumerUpkeep);
        streamsUpkeep = new StreamsUpkeep(limits, writer);
        streams = new StreamsMembership(limits, writer, streamsUpkeep);
    }

    // ---- heartbeats

    /// The answer to a member that says nothing new; null when there is more to it.
    @Nullable GroupReply steady(@Nullable Group group, ConsumerHeartbeat beat, Step step) {
        return group == null ? null : consumers.steady(group, beat, step);
    }

    @Nullable GroupReply steady(@Nullable Group group, StreamsHeartbeat beat, Step step) {
        return group == null ? null : streams.steady(group, beat, step);
    }

    void heartbeat(Group group, ConsumerHeartbeat beat, long request, Step step) {
        if (beat.isJoin() && group.streams() != null) {
            if (group.isEmpty()) {
                forget(group, group.streams(), beat, request, step, then -> heartbeat(group, beat, request, then));
            } else {
                step.reply(request, Beat.refused(
                        ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a consumer group."));
            }
            return;
        }
        consumers.heartbeat(group, beat, request, step);
    }

    void heartbeat(Group group, StreamsHeartbeat beat, long request, Step step) {
        if (group.isDead()) {
            step.reply(request, beat.refused(ErrorCode.COORDINATOR_NOT_AVAILABLE));
        } else if (!beat.isJoin() || group.streams() != null || (group.side() == null && group.isEmpty())) {
            streams.heartbeat(group, beat, request, step);
        } else if (group.side() != null && group.isEmpty()) {
            forget(group, group.side(), beat, request, step, then -> heartbeat(group, beat, request, then));
        } else {
            step.reply(request, StreamsBeat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a streams group."));
        }
    }

    // ---- the classic protocol

    /// By a request of the classic protocol, as administrators remove static members.
    void leave(Group group, ModernSide side, Leave leave, long request, Step step) {
        switch (side) {
            case ConsumerSide of -> consumers.leave(group, of, leave, request, step);
            case StreamsSide _ -> step.reply(request, new Left(
                    ErrorCode.NONE, leave.members().stream().map(_ -> ErrorCode.UNKNOWN_MEMBER_ID).toList()));
        }
    }

    /// `then` lets the member in.
    void becomeClassic(Group group, ModernSide side, Join join, long request, Step step, Consumer<Step> then) {
        if (!side.isEmpty()) {
            step.reply(request, join.refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
        } else {
            forget(group, side, join, request, step, then);
        }
    }

    private void forget(
            Group group, ModernSide side, GroupCommand<?> command, long request, Step step, Consumer<Step> then) {
        LongWrite.write(writer, group, side.forget(), request, step, (error, later) -> {
            if (error != ErrorCode.NONE) {
                later.reply(request, command.refused(error));
            } else {
                then.accept(later);
            }
        });
    }

    // ---- ask

    GroupReply describe(@Nullable Group group, DescribeConsumers describe) {
        ConsumerSide side = group == null ? null : group.consumers();
        return side == null ? describe.refused(ErrorCode.GROUP_ID_NOT_FOUND) : consumers.describe(side);
    }

    GroupReply describe(@Nullable Group group, DescribeStreams describe) {
        StreamsSide side = group == null ? null : group.streams();
        return side == null ? describe.refused(ErrorCode.GROUP_ID_NOT_FOUND) : streams.describe(side);
    }

    // ---- time

    /// @return how many members it has looked at
    int begin(Group group, long nowMs) {
        return switch (group.side()) {
            case null -> 0;
            case ConsumerSide side -> {
                consumerUpkeep.begin(side, nowMs);
                yield side.group().size();
            }
            case StreamsSide side -> {
                streamsUpkeep.begin(side, nowMs);
                yield side.group().size();
            }
        };
    }

    void expire(Group group, Step step) {
        switch (group.side()) {
            case null -> { }
            case ConsumerSide side -> consumerUpkeep.expire(group, side, step);
            case StreamsSide side -> streamsUpkeep.expire(group, side, step);
        }
    }

    void see(GroupOutlook cluster) {
        consumerUpkeep.see(cluster);
        streamsUpkeep.see(cluster);
    }

    /// @param topics those of the cluster that have changed; none where settings have
    void tell(Group group, Set<String> topics) {
        switch (group.side()) {
            case null -> { }
            case ConsumerSide side -> consumerUpkeep.tell(side, topics);
            case StreamsSide side -> streamsUpkeep.tell(side, topics);
        }
    }
}
