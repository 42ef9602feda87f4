package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.DescribedConsumer;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
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
    private final ConsumerUpkeep upkeep;
    private final ConsumerArrivals arrivals;

    ConsumerMembership(GroupLimits limits, ConsumerUpkeep upkeep) {
        this.limits = limits.consumer();
        this.upkeep = upkeep;
        this.arrivals = new ConsumerArrivals(limits, upkeep);
    }

    ConsumerArrivals arrivals() {
        return arrivals;
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
        if (side != null && beat.isLeave()) {
            leave(group, side, beat, request, step);
        } else if (side != null) {
            judge(group, side.group(), List.of(), beat, request, step);
        } else if (beat.isJoin() && group.isEmpty()) {
            judge(group, new ConsumerGroup(group.id()), List.of(), beat, request, step);
        } else if (beat.isJoin()) {
            upgrade(group, beat, request, step);
        } else {
            step.reply(request, Beat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a consumer group."));
        }
    }

    /// The first of the consumer protocol comes into a classic group with members.
    private void upgrade(Group group, ConsumerHeartbeat beat, long request, Step step) {
        Migration.Upgrade upgrade = upkeep.migration().upgrade(group, upkeep.directory());
        if (upgrade.problem() != null) {
            step.reply(request, Beat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " " + upgrade.problem() + "."));
            return;
        }
        ConsumerGroup then = new ConsumerGroup(group.id());
        upgrade.records().forEach(then::apply);
        judge(group, then, upgrade.records(), beat, request, step);
    }

    /// @param known the group as it is, or as it will be with what is to be written before
    /// @param before what makes a classic group with members one of consumers; else nothing
    private void judge(Group group, ConsumerGroup known, List<ConsumerGroupRecord> before, ConsumerHeartbeat beat,
            long request, Step step) {
        switch (arrivals.judge(known, beat, step.nowMs())) {
            case ConsumerArrivals.Refused no -> step.reply(request, Beat.refused(no.error(), no.message()));
            case ConsumerArrivals.Accepted yes -> {
                HeldPartitions had = known.standing(yes.memberId()).assigned();
                List<GroupRecord> records = ConsumerUpkeep.wrapped(before);
                records.addAll(ConsumerUpkeep.wrapped(yes.records()));
                // Of a classic generation that was never shared out there are members, and nothing in the log.
                if (!before.isEmpty() || (!records.isEmpty() && group.hasGeneration())) {
                    records.add(new GroupRecord.GroupForgotten(group.id()));
                }
                long version = upkeep.directory().version();
                GroupWriter.Settled settled = (error, then) -> {
                    if (error != ErrorCode.NONE) {
                        then.reply(request, beat.refused(error));
                        return;
                    }
                    if (!before.isEmpty()) {
                        upkeep.begin(requireNonNull(group.consumers(), "it is one now"), then.nowMs());
                    }
                    settleIn(group, yes, version);
                    goOn(group, yes.memberId(), beat, had, request, then);
                };
                if (records.isEmpty()) {
                    goOn(group, yes.memberId(), beat, had, request, step);
                } else if (before.isEmpty()) {
                    upkeep.write(group, records, request, step, settled);
                } else {
                    upkeep.migration().upgrade(group, records, request, step, settled);
                }
            }
        }
    }

    /// @param version of the topics that were looked at when the member was accepted
    void settleIn(Group group, ConsumerArrivals.Accepted accepted, long version) {
        ConsumerSide side = requireNonNull(group.consumers(), "a group with members");
        side.pace().set(upkeep.times(side.group()).assignmentMs());
        if (accepted.isUnresolved() || version != upkeep.directory().version()) {
            side.becomeStale();
        }
    }

    private void goOn(Group group, String memberId, ConsumerHeartbeat beat, HeldPartitions had, long request,
            Step step) {
        upkeep.advance(group, memberId, beat.owned(), request, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                then.reply(request, beat.refused(error));
                return;
            }
            ConsumerSide side = requireNonNull(group.consumers(), "it has a member");
            ConsumerMember member = requireNonNull(side.group().member(memberId), "nobody else changes the group");
            boolean changed = !side.group().standing(memberId).assigned().coversSame(had);
            then.reply(request, answer(side, member, changed || beat.isJoin() || beat.isFull(), then));
        });
    }

    private Beat answer(ConsumerSide side, ConsumerMember member, boolean withAssignment, Step step) {
        side.deadlines().renewSession(member.id(), step.nowMs() + upkeep.sessionMs(side.group(), member));
        Standing standing = side.group().standing(member.id());
        return new Beat(
                ErrorCode.NONE, null, member.id(), standing.epoch(), upkeep.times(side.group()).heartbeatMs(),
                withAssignment ? standing.assigned().partitions() : null);
    }

    // ---- leave

    private void leave(Group group, ConsumerSide side, ConsumerHeartbeat beat, long request, Step step) {
        ConsumerGroup known = side.group();
        ConsumerMember member = known.holder(beat.memberId(), beat.instanceId());
        if (member == null) {
            step.reply(request, beat.refused(ErrorCode.UNKNOWN_MEMBER_ID));
            return;
        }
        if (!member.id().equals(beat.memberId())) {
            step.reply(request, beat.refused(ErrorCode.FENCED_INSTANCE_ID));
            return;
        }
        GroupWriter.Settled settled = (error, then) -> then.reply(request, error != ErrorCode.NONE
                ? beat.refused(error)
                : new Beat(ErrorCode.NONE, null, member.id(), beat.memberEpoch(), 0, null));
        if (beat.memberEpoch() == Standing.AWAY) {
            Standing away = known.standing(member.id()).away();
            upkeep.write(group, ConsumerUpkeep.wrapped(List.of(new StandingSet(group.id(), member.id(), away))),
                    request, step, settled);
        } else {
            upkeep.remove(group, side, List.of(member), request, step, settled);
        }
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
