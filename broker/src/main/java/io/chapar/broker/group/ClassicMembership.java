package io.chapar.broker.group;

import io.chapar.broker.group.EmbeddedProtocol.Said;
import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Done;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.broker.group.GroupReply.Synced;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.ConsumerMember.ClassicProtocol;
import io.chapar.broker.group.consumer.ConsumerMember.ClassicSide;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.consumer.Standing.Phase;
import io.chapar.broker.group.consumer.Subscription;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// Members that speak the classic protocol in a group of consumers (KIP-848). Each is led to its part by joins of its
/// own, without the others: it is told to join again whenever it can come closer to its target, its generation is its
/// epoch, and nobody leads. What it owns it says with its join.
final class ClassicMembership {
    private final GroupLimits limits;
    private final ConsumerUpkeep upkeep;
    private final ConsumerMembership consumers;
    private final Membership classic;

    ClassicMembership(GroupLimits limits, ConsumerUpkeep upkeep, ConsumerMembership consumers, Membership classic) {
        this.limits = limits;
        this.upkeep = upkeep;
        this.consumers = consumers;
        this.classic = classic;
    }

    // ---- join

    void join(Group group, ConsumerSide side, Join join, long request, Step step) {
        ConsumerGroup known = side.group();
        List<ClassicProtocol> protocols = Migration.protocols(join.protocols());
        ConsumerMember named = known.member(join.memberId());
        ConsumerMember holder = join.instanceId() == null ? named : known.instance(join.instanceId());
        Said said = Group.CONSUMER.equals(join.protocolType())
                ? EmbeddedProtocol.read(protocols, upkeep.directory()) : null;
        if (said == null || !known.sharesProtocol(holder, protocols)) {
            step.reply(request, join.refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
            return;
        }
        ErrorCode error = check(group, known, join, holder);
        if (error != ErrorCode.NONE) {
            step.reply(request, join.refused(error));
        } else if (join.memberId().isEmpty() && join.instanceId() == null && join.memberIdRequired()) {
            step.reply(request, classic.promise(group, join, step));
        } else if (holder != null && holder.classic() == null && isLast(known, holder)) {
            // It comes in the place of the last that speaks the consumer protocol.
            upkeep.remove(group, side, List.of(holder), request, step, (failed, then) -> {
                if (failed != ErrorCode.NONE) {
                    then.reply(request, join.refused(failed));
                } else if (group.consumers() == null) {
                    classic.join(group, join, request, then);
                } else {
                    // It is too large to be classic.
                    takeIn(group, side, join, said, null, request, then);
                }
            });
        } else {
            takeIn(group, side, join, said, holder, request, step);
        }
    }

    private boolean isLast(ConsumerGroup known, ConsumerMember holder) {
        return upkeep.migration().leavesClassic(known, List.of(holder));
    }

    private ErrorCode check(Group group, ConsumerGroup known, Join join, @Nullable ConsumerMember holder) {
        if (group.isDead()) {
            return ErrorCode.COORDINATOR_NOT_AVAILABLE;
        }
        boolean isPromised = join.instanceId() == null && group.promised().has(join.memberId());
        if (!join.memberId().isEmpty() && !isPromised) {
            if (holder == null) {
                return ErrorCode.UNKNOWN_MEMBER_ID;
            }
            if (!holder.id().equals(join.memberId())) {
                return ErrorCode.FENCED_INSTANCE_ID;
            }
            return holder.classic() == null ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
        }
        return holder == null && known.size() >= limits.consumer().maxMembers()
                ? ErrorCode.GROUP_MAX_SIZE_REACHED : ErrorCode.NONE;
    }

    /// @param holder who is in under the name, or under the instance; null for nobody
    private void takeIn(Group group, ConsumerSide side, Join join, Said said, @Nullable ConsumerMember holder,
            long request, Step step) {
        ConsumerGroup known = side.group();
        String memberId = join.memberId().isEmpty() ? classic.newMemberId(join) : join.memberId();
        ConsumerMember member = new ConsumerMember(
                memberId, join.instanceId(), said.rackId(), join.clientId(), join.clientHost(),
                new Subscription(said.topics(), null), join.rebalanceTimeoutMs(), null,
                new ClassicSide(join.sessionTimeoutMs(), Migration.protocols(join.protocols())));
        boolean isSame = holder != null && holder.id().equals(memberId);
        switch (consumers.arrivals().accept(
                known, member, isSame ? holder : null, isSame ? null : holder, step.nowMs())) {
            case ConsumerArrivals.Refused no -> step.reply(request, join.refused(no.error()));
            case ConsumerArrivals.Accepted yes -> {
                group.promised().remove(memberId);
                if (yes.records().isEmpty()) {
                    goOn(group, join, memberId, said, request, step);
                    return;
                }
                long version = upkeep.directory().version();
                upkeep.write(group, ConsumerUpkeep.wrapped(yes.records()), request, step, (error, then) -> {
                    if (error != ErrorCode.NONE) {
                        then.reply(request, join.refused(error));
                    } else {
                        consumers.settleIn(group, yes, version);
                        goOn(group, join, memberId, said, request, then);
                    }
                });
            }
        }
    }

    private void goOn(Group group, Join join, String memberId, Said said, long request, Step step) {
        upkeep.advance(group, memberId, said.owned(), request, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                then.reply(request, join.refused(error));
                return;
            }
            ConsumerSide side = requireNonNull(group.consumers(), "it has a member");
            ConsumerMember member = requireNonNull(side.group().member(memberId), "nobody else changes the group");
            renew(side, member, then);
            side.deadlines().answered(memberId);
            side.deadlines().call(memberId, then.nowMs() + member.rebalanceTimeoutMs());
            then.reply(request, new Joined(ErrorCode.NONE, side.group().standing(memberId).epoch(), Group.CONSUMER,
                    nameOf(member), "", false, memberId, List.of()));
        });
    }

    private static String nameOf(ConsumerMember member) {
        return requireNonNull(member.classic(), "it speaks the classic protocol").protocols().getFirst().name();
    }

    private void renew(ConsumerSide side, ConsumerMember member, Step step) {
        side.deadlines().renewSession(member.id(), step.nowMs() + upkeep.sessionMs(side.group(), member));
    }

    // ---- sync, heartbeat

    Synced sync(ConsumerSide side, Sync sync, Step step) {
        ErrorCode error = check(side, sync.memberId(), sync.instanceId(), sync.generation());
        if (error != ErrorCode.NONE) {
            return Synced.refused(error);
        }
        ConsumerGroup known = side.group();
        ConsumerMember member = requireNonNull(known.member(sync.memberId()), "it was just looked at");
        if ((sync.protocolType() != null && !sync.protocolType().equals(Group.CONSUMER))
                || (sync.protocolName() != null && !sync.protocolName().equals(nameOf(member)))) {
            return Synced.refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
        }
        renew(side, member, step);
        Standing standing = known.standing(member.id());
        if (standing.epoch() < known.targetEpoch() && standing.phase() != Phase.UNREVOKED) {
            side.deadlines().call(member.id(), step.nowMs() + member.rebalanceTimeoutMs());
            return Synced.refused(ErrorCode.REBALANCE_IN_PROGRESS);
        }
        side.deadlines().answered(member.id());
        return new Synced(ErrorCode.NONE, Group.CONSUMER, nameOf(member), EmbeddedProtocol.assignment(
                requireNonNull(member.classic(), "it was just looked at").protocols(), standing.assigned(),
                upkeep.directory()));
    }

    /// A member that can come closer to its target is told to join again.
    Done heartbeat(ConsumerSide side, Heartbeat heartbeat, Step step) {
        ErrorCode error = check(side, heartbeat.memberId(), heartbeat.instanceId(), heartbeat.generation());
        if (error != ErrorCode.NONE) {
            return new Done(error);
        }
        ConsumerMember member = requireNonNull(side.group().member(heartbeat.memberId()), "it was just looked at");
        renew(side, member, step);
        Standing standing = side.group().standing(member.id());
        boolean isSettled = standing.phase() != Phase.UNREVOKED
                && side.group().next(member, null, upkeep.directory()).equals(standing);
        if (isSettled) {
            return new Done(ErrorCode.NONE);
        }
        side.deadlines().call(member.id(), step.nowMs() + member.rebalanceTimeoutMs());
        return new Done(ErrorCode.REBALANCE_IN_PROGRESS);
    }

    private static ErrorCode check(ConsumerSide side, String memberId, @Nullable String instanceId, int generation) {
        ConsumerMember member = side.group().holder(memberId, instanceId);
        if (member != null && !member.id().equals(memberId)) {
            return ErrorCode.FENCED_INSTANCE_ID;
        }
        if (member == null || member.classic() == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        return side.group().standing(memberId).epoch() == generation
                ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
    }

    // ---- leave

    /// Administrators remove static members of both protocols so, without their names; members say those.
    void leave(Group group, ConsumerSide side, Leave leave, long request, Step step) {
        List<ErrorCode> errors = new ArrayList<>();
        List<ConsumerMember> leaving = new ArrayList<>();
        for (Leaver leaver : leave.members()) {
            ConsumerMember member = side.group().holder(leaver.memberId(), leaver.instanceId());
            ErrorCode error = check(group, leaver, member);
            if (error == ErrorCode.NONE && member != null && leaving.contains(member)) {
                error = ErrorCode.UNKNOWN_MEMBER_ID;
            }
            errors.add(error);
            if (error == ErrorCode.NONE && member != null) {
                leaving.add(member);
            }
        }
        Left left = new Left(ErrorCode.NONE, errors);
        if (leaving.isEmpty()) {
            step.reply(request, left);
            return;
        }
        upkeep.remove(group, side, leaving, request, step, (error, then) ->
                then.reply(request, error == ErrorCode.NONE ? left : leave.refused(error)));
    }

    private static ErrorCode check(Group group, Leaver leaver, @Nullable ConsumerMember member) {
        boolean isNamed = !leaver.memberId().isEmpty();
        if (isNamed && leaver.instanceId() == null && group.promised().remove(leaver.memberId())) {
            return ErrorCode.NONE;
        }
        if (member == null) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        if (isNamed && !leaver.memberId().equals(member.id())) {
            return ErrorCode.FENCED_INSTANCE_ID;
        }
        return isNamed && member.classic() == null ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
    }
}
