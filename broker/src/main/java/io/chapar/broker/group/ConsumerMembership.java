package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.DescribedConsumer;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingSet;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.HeldPartitions;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// The consumer group protocol (KIP-848): who is in, and what each may work on. What that comes to is worked out here,
/// for all members; each is led to it by its own heartbeats.
final class ConsumerMembership {
    private final GroupLimits.Consumer limits;
    private final GroupWriter writer;
    private final ConsumerUpkeep upkeep;
    private final ConsumerArrivals arrivals;

    ConsumerMembership(GroupLimits limits, GroupWriter writer, ConsumerUpkeep upkeep) {
        this.limits = limits.consumer();
        this.writer = writer;
        this.upkeep = upkeep;
        this.arrivals = new ConsumerArrivals(limits, upkeep);
    }

    // ---- heartbeat

    /// The answer to a member that has all that it is to have, and says nothing new; null when there is more to it.
    /// Costs no more among thousands of members and partitions.
    @Nullable Beat steady(Group group, ConsumerHeartbeat beat, Step step) {
        ConsumerSide side = group.consumers();
        ConsumerMember member = side == null ? null : side.group().member(beat.memberId());
        if (side == null || member == null || beat.memberEpoch() <= 0) {
            return null;
        }
        Standing standing = side.group().standing(member.id());
        boolean settled = standing.epoch() == beat.memberEpoch()
                && standing.isAt(side.group().targetEpoch())
                && !side.isTargetDue(step.nowMs());
        if (!settled || !ConsumerArrivals.saysNothingNew(member, beat)) {
            return null;
        }
        return answer(side, member, beat.isFull(), step);
    }

    /// Comes, goes, says what is new, and takes the next step.
    void heartbeat(Group group, ConsumerHeartbeat beat, long request, Step step) {
        if (group.state() instanceof GroupState.Dead) {
            step.reply(request, beat.refused(ErrorCode.COORDINATOR_NOT_AVAILABLE));
            return;
        }
        ConsumerSide side = group.consumers();
        if (side == null && !(beat.isJoin() && group.isEmpty())) {
            step.reply(request, Beat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a consumer group."));
            return;
        }
        ConsumerGroup known = side == null ? new ConsumerGroup(group.id()) : side.group();
        if (beat.isLeave()) {
            leave(group, known, beat, request, step);
            return;
        }
        switch (arrivals.judge(known, beat, step.nowMs())) {
            case ConsumerArrivals.Refused no -> step.reply(request, Beat.refused(no.error(), no.message()));
            case ConsumerArrivals.Accepted yes -> {
                HeldPartitions had = known.standing(yes.memberId()).assigned();
                List<GroupRecord> records = ConsumerUpkeep.wrapped(yes.records());
                if (!records.isEmpty() && group.stored() != null) {
                    records.add(new GroupRecord.GroupForgotten(group.id()));
                }
                Progress progress = new Progress(yes.memberId(), beat, had, request);
                long version = upkeep.directory().version();
                if (records.isEmpty()) {
                    goOn(group, progress, step);
                } else {
                    upkeep.write(group, records, request, step, (error, then) -> {
                        if (error != ErrorCode.NONE) {
                            then.reply(request, beat.refused(error));
                        } else {
                            settleIn(group, yes, version);
                            goOn(group, progress, then);
                        }
                    });
                }
            }
        }
    }

    /// @param version of the topics that were looked at when the member was accepted
    private void settleIn(Group group, ConsumerArrivals.Accepted accepted, long version) {
        ConsumerSide side = requireNonNull(group.consumers(), "a group with members");
        side.setPace(upkeep.times(side.group()).assignmentMs());
        if (accepted.isUnresolved() || version != upkeep.directory().version()) {
            side.becomeStale();
        }
    }

    /// A heartbeat that was accepted, and what it still takes to answer it.
    ///
    /// @param had what the member was assigned when it came
    private record Progress(String memberId, ConsumerHeartbeat beat, HeldPartitions had, long request) {}

    /// Everybody's part, if that is due; then the member's next step; then the answer.
    private void goOn(Group group, Progress progress, Step step) {
        ConsumerSide side = requireNonNull(group.consumers(), "it has a member");
        if (side.isTargetDue(step.nowMs()) && !side.deadlines().isPaused(step.nowMs())) {
            upkeep.shareOut(group, side, progress.request(), step, (error, then) -> {
                if (error != ErrorCode.NONE) {
                    then.reply(progress.request(), progress.beat().refused(error));
                } else {
                    goOn(group, progress, then);
                }
            });
            return;
        }
        ConsumerGroup known = side.group();
        ConsumerMember member = requireNonNull(known.member(progress.memberId()), "nobody else changes the group");
        Standing before = known.standing(member.id());
        Standing next = known.next(member, progress.beat().owned(), upkeep.directory());
        if (next.equals(before)) {
            finish(side, member, progress, step);
            return;
        }
        List<GroupRecord> records =
                ConsumerUpkeep.wrapped(List.of(new StandingSet(group.id(), member.id(), next)));
        writer.write(group, records, progress.request(), step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                then.reply(progress.request(), progress.beat().refused(error));
            } else {
                side.watch(member.id(), before, next, then.nowMs() + member.rebalanceTimeoutMs());
                finish(side, member, progress, then);
            }
        });
    }

    private void finish(ConsumerSide side, ConsumerMember member, Progress progress, Step step) {
        ConsumerHeartbeat beat = progress.beat();
        boolean changed = !side.group().standing(member.id()).assigned().coversSame(progress.had());
        step.reply(progress.request(), answer(side, member, changed || beat.isJoin() || beat.isFull(), step));
    }

    private Beat answer(ConsumerSide side, ConsumerMember member, boolean withAssignment, Step step) {
        side.deadlines().renewSession(member.id(), step.nowMs() + upkeep.sessionMs(side.group(), member));
        Standing standing = side.group().standing(member.id());
        return new Beat(
                ErrorCode.NONE, null, member.id(), standing.epoch(), upkeep.times(side.group()).heartbeatMs(),
                withAssignment ? standing.assigned().partitions() : null);
    }

    // ---- leave

    private void leave(Group group, ConsumerGroup known, ConsumerHeartbeat beat, long request, Step step) {
        String instance = beat.instanceId();
        ConsumerMember member = instance == null ? known.member(beat.memberId()) : known.instance(instance);
        if (member == null) {
            step.reply(request, beat.refused(ErrorCode.UNKNOWN_MEMBER_ID));
            return;
        }
        if (!member.id().equals(beat.memberId())) {
            step.reply(request, beat.refused(ErrorCode.FENCED_INSTANCE_ID));
            return;
        }
        List<GroupRecord> records = ConsumerUpkeep.wrapped(beat.memberEpoch() == Standing.AWAY
                ? List.of(new StandingSet(group.id(), member.id(), known.standing(member.id()).away()))
                : upkeep.gone(known, group.id(), List.of(member)));
        upkeep.write(group, records, request, step, (error, then) -> then.reply(request, error != ErrorCode.NONE
                ? beat.refused(error)
                : new Beat(ErrorCode.NONE, null, member.id(), beat.memberEpoch(), 0, null)));
    }

    /// By a request of the classic protocol, as administrators remove static members.
    void leave(Group group, ConsumerSide side, Leave leave, long request, Step step) {
        List<ErrorCode> errors = new ArrayList<>();
        List<ConsumerMember> leaving = new ArrayList<>();
        for (Leaver leaver : leave.members()) {
            ConsumerMember member = leaver.instanceId() == null ? null : side.group().instance(leaver.instanceId());
            if (member == null || leaving.contains(member)) {
                errors.add(ErrorCode.UNKNOWN_MEMBER_ID);
            } else if (!leaver.memberId().isEmpty()) {
                errors.add(leaver.memberId().equals(member.id())
                        ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.FENCED_INSTANCE_ID);
            } else {
                errors.add(ErrorCode.NONE);
                leaving.add(member);
            }
        }
        Left left = new Left(ErrorCode.NONE, errors);
        if (leaving.isEmpty()) {
            step.reply(request, left);
            return;
        }
        List<GroupRecord> records = ConsumerUpkeep.wrapped(upkeep.gone(side.group(), group.id(), leaving));
        upkeep.write(group, records, request, step, (error, then) ->
                then.reply(request, error == ErrorCode.NONE ? left : leave.refused(error)));
    }

    // ---- ask

    ConsumersDescribed describe(ConsumerSide side) {
        ConsumerGroup known = side.group();
        List<DescribedConsumer> members = new ArrayList<>();
        for (ConsumerMember member : known.members()) {
            members.add(new DescribedConsumer(member, known.standing(member.id()), known.target(member.id())));
        }
        return new ConsumersDescribed(
                ErrorCode.NONE, known.state(), known.epoch(), known.targetEpoch(),
                limits.assignors().chosen(known), members);
    }
}
