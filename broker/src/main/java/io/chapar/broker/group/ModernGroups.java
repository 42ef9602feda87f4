package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.OfShares;
import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.GroupReply.Done;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.consumer.TopicDirectory;
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
    private final Membership classic;
    private final ClassicMembership classicConsumers;
    private final StreamsUpkeep streamsUpkeep;
    private final StreamsMembership streams;
    private final ShareUpkeep shareUpkeep;
    private final ShareMembership shares;

    /// @param classic that groups of the classic protocol go on to
    ModernGroups(GroupLimits limits, GroupWriter writer, Membership classic) {
        this.writer = writer;
        this.classic = classic;
        consumerUpkeep = new ConsumerUpkeep(limits, writer);
        consumers = new ConsumerMembership(limits, consumerUpkeep);
        classicConsumers = new ClassicMembership(limits, consumerUpkeep, consumers, classic);
        streamsUpkeep = new StreamsUpkeep(limits, writer);
        streams = new StreamsMembership(limits, writer, streamsUpkeep);
        shareUpkeep = new ShareUpkeep(writer);
        shares = new ShareMembership(limits, shareUpkeep);
    }

    // ---- heartbeats

    /// The answer to a member that says nothing new; null when there is more to it.
    @Nullable GroupReply steady(@Nullable Group group, ConsumerHeartbeat beat, Step step) {
        return group == null ? null : consumers.steady(group, beat, step);
    }

    @Nullable GroupReply steady(@Nullable Group group, StreamsHeartbeat beat, Step step) {
        return group == null ? null : streams.steady(group, beat, step);
    }

    /// The answer to what a share group need not be asked for in turn; null when there is more to it.
    @Nullable GroupReply atOnce(@Nullable Group group, OfShares<?> command, Step step) {
        ShareSide side = group == null ? null : group.shares();
        return switch (command) {
            case ShareCommands.ShareHeartbeat beat -> group == null ? null : shares.steady(group, beat, step);
            case ShareCommands.DescribeShares describe -> side == null
                    ? describe.refused(ErrorCode.GROUP_ID_NOT_FOUND) : ShareMembership.describe(side);
            case ShareCommands.AlterShares _, ShareCommands.ForgetShares _ when side == null ->
                command.refused(ErrorCode.GROUP_ID_NOT_FOUND);
            case ShareCommands.AlterShares _, ShareCommands.ForgetShares _, ShareCommands.SharesAnswered _ -> null;
        };
    }

    void run(Group group, OfShares<?> command, long request, Step step) {
        ShareSide side = group.shares();
        switch (command) {
            case ShareCommands.ShareHeartbeat beat -> shares.heartbeat(group, beat, request, step);
            case ShareCommands.SharesAnswered answered -> shareUpkeep.answered(group, answered, step);
            case ShareCommands.AlterShares alter when side != null -> shares.alter(group, side, alter, request, step);
            case ShareCommands.ForgetShares forget when side != null ->
                shares.forget(group, side, forget, request, step);
            case ShareCommands.AlterShares _, ShareCommands.ForgetShares _, ShareCommands.DescribeShares _ ->
                step.reply(request, command.refused(ErrorCode.GROUP_ID_NOT_FOUND));
        }
    }

    /// As administrators delete groups.
    void delete(Group group, ShareSide side, DeleteGroup delete, long request, Step step) {
        shares.delete(group, side, delete, request, step);
    }

    void heartbeat(Group group, ConsumerHeartbeat beat, long request, Step step) {
        if (group.shares() != null) {
            step.reply(request, Beat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a consumer group."));
            return;
        }
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
        } else if (group.shares() != null) {
            step.reply(request, StreamsBeat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a streams group."));
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

    void join(Group group, Join join, long request, Step step) {
        switch (group.side()) {
            case null -> classic.join(group, join, request, step);
            case ConsumerSide of when !of.isEmpty() -> classicConsumers.join(group, of, join, request, step);
            case ShareSide _ -> step.reply(request, join.refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
            case ModernSide of when !of.isEmpty() ->
                step.reply(request, join.refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
            case ModernSide of -> forget(group, of, join, request, step,
                    then -> classic.join(group, join, request, then));
        }
    }

    void sync(Group group, Sync sync, long request, Step step) {
        if (group.side() instanceof ConsumerSide of) {
            step.reply(request, classicConsumers.sync(of, sync, step));
        } else {
            classic.sync(group, sync, request, step);
        }
    }

    Done heartbeat(Group group, Heartbeat heartbeat, Step step) {
        return group.side() instanceof ConsumerSide of
                ? classicConsumers.heartbeat(of, heartbeat, step) : classic.heartbeat(group, heartbeat, step);
    }

    void leave(Group group, Leave leave, long request, Step step) {
        switch (group.side()) {
            case null -> classic.leave(group, leave, request, step);
            case ConsumerSide of -> classicConsumers.leave(group, of, leave, request, step);
            case StreamsSide _, ShareSide _ -> step.reply(request, new Left(
                    ErrorCode.NONE, leave.members().stream().map(_ -> ErrorCode.UNKNOWN_MEMBER_ID).toList()));
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
        ModernSide side = group.side();
        switch (side) {
            case null -> { }
            case ConsumerSide of -> consumerUpkeep.begin(of, nowMs);
            case StreamsSide of -> streamsUpkeep.begin(of, nowMs);
            case ShareSide of -> shareUpkeep.begin(of, nowMs);
        }
        return side == null ? 0 : side.group().size();
    }

    void expire(Group group, Step step) {
        switch (group.side()) {
            case null -> { }
            case ConsumerSide side -> consumerUpkeep.expire(group, side, step);
            case StreamsSide side -> streamsUpkeep.expire(group, side, step);
            case ShareSide side -> shareUpkeep.expire(group, side, step);
        }
    }

    void see(GroupOutlook cluster) {
        consumerUpkeep.see(cluster);
        streamsUpkeep.see(cluster);
        shareUpkeep.see(cluster);
    }

    /// Of the cluster, as far as they have been told of.
    TopicDirectory topics() {
        return consumerUpkeep.directory();
    }

    /// @param topics those of the cluster that have changed; none where settings have
    void tell(Group group, Set<String> topics) {
        switch (group.side()) {
            case null -> { }
            case ConsumerSide side -> consumerUpkeep.tell(side, topics);
            case StreamsSide side -> streamsUpkeep.tell(side, topics);
            case ShareSide side -> shareUpkeep.tell(side, topics);
        }
    }
}
