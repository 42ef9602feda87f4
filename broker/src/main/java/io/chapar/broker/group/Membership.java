package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Done;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.broker.group.GroupReply.Synced;
import io.chapar.broker.group.GroupState.CompletingRebalance;
import io.chapar.broker.group.GroupState.PreparingRebalance;
import io.chapar.broker.group.GroupState.Stable;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.UUID;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNullElse;

/// The classic group protocol: who is in, who leads, who has which part.
final class Membership {
    /// A name may fill a string as the protocol has them, and the id is to fit into one too.
    private static final int MAX_NAME_IN_ID = 255;
    /// Of the parts that somebody shares out who does not lead: nobody looks at them, but they would be kept while
    /// their request waits.
    private static final int MAX_IGNORED_BYTES = 4096;
    /// Members whose sessions have ended; of more, the others are looked at in the next turn.
    static final int MAX_LOST_AT_ONCE = 1000;

    private final GroupLimits limits;
    private final RandomGenerator random;
    private final Rebalance rebalance;
    private final GroupWriter writer;

    Membership(GroupLimits limits, RandomGenerator random, GroupWriter writer) {
        this.limits = limits;
        this.random = random;
        this.rebalance = new Rebalance(limits, writer);
        this.writer = writer;
    }

    /// NONE, or why the request cannot be meant for any group.
    ErrorCode precheck(Join join) {
        if (join.sessionTimeoutMs() < limits.minSessionMs() || join.sessionTimeoutMs() > limits.maxSessionMs()) {
            return ErrorCode.INVALID_SESSION_TIMEOUT;
        }
        boolean tooMuch = join.protocols().size() > limits.size().maxProtocols()
                || GroupSizes.protocols(join.protocols()) > limits.size().maxMemberBytes();
        return tooMuch ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE;
    }

    // ---- join

    void join(Group group, Join join, long request, Step step) {
        ErrorCode error = ErrorCode.NONE;
        if (group.state() instanceof GroupState.Dead) {
            error = ErrorCode.COORDINATOR_NOT_AVAILABLE;
        } else if (!hasRoom(group, join)) {
            refuseForRoom(group, join, request, step);
            return;
        } else if (!group.accepts(join.protocolType(), join.protocols())) {
            error = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
        }
        if (error != ErrorCode.NONE) {
            step.reply(request, join.refused(error));
            return;
        }
        if (!join.memberId().isEmpty()) {
            joinAgain(group, join, request, step);
            return;
        }
        String instance = join.instanceId();
        Member before = instance == null ? null : group.instance(instance);
        if (before != null) {
            comeBack(group, before, join, request, step);
        } else if (instance == null && join.memberIdRequired()) {
            step.reply(request, promise(group, join, step));
        } else {
            enter(group, newMemberId(join), join, request, step);
        }
    }

    /// A newcomer's name, under which it is to come again.
    Joined promise(Group group, Join join, Step step) {
        String promised = newMemberId(join);
        group.promised().add(promised, step.nowMs() + join.sessionTimeoutMs());
        return Joined.refused(ErrorCode.MEMBER_ID_REQUIRED, promised);
    }

    private boolean hasRoom(Group group, Join join) {
        Member before = group.before(join);
        long growth = GroupSizes.newcomer(join) - (before == null ? 0 : before.bytes());
        if (growth > 0 && group.memberBytes() + growth > limits.size().maxGroupBytes()) {
            return false;
        }
        boolean known = before != null;
        return switch (group.state()) {
            case GroupState.Empty _, GroupState.Dead _ -> true;
            case PreparingRebalance preparing ->
                preparing.joined().containsKey(join.memberId()) || preparing.joined().size() < limits.maxMembers();
            case CompletingRebalance _, Stable _ -> known || group.size() < limits.maxMembers();
        };
    }

    private void refuseForRoom(Group group, Join join, long request, Step step) {
        step.reply(request, Joined.refused(ErrorCode.GROUP_MAX_SIZE_REACHED, ""));
        group.promised().remove(join.memberId());
        Member member = group.member(join.memberId());
        if (member != null) {
            rebalance.remove(group, member, ErrorCode.GROUP_MAX_SIZE_REACHED, step);
        }
        rebalance.completeIfAllJoined(group, step);
    }

    String newMemberId(Join join) {
        String name = requireNonNullElse(join.instanceId(), join.clientId());
        long most = (random.nextLong() & 0xffff_ffff_ffff_0fffL) | 0x4000L;
        long least = (random.nextLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
        return name.substring(0, Math.min(name.length(), MAX_NAME_IN_ID)) + "-" + new UUID(most, least);
    }

    private void enter(Group group, String memberId, Join join, long request, Step step) {
        Member member = new Member(memberId, join);
        member.beginAsNewcomer(step.nowMs() + limits.newcomerJoinMs());
        group.promised().remove(memberId);
        group.add(member, join.protocolType());
        rebalance.takeIn(group, member, request, step);
    }

    private void joinAgain(Group group, Join join, long request, Step step) {
        if (group.promised().has(join.memberId()) && join.instanceId() == null) {
            enter(group, join.memberId(), join, request, step);
            return;
        }
        ErrorCode error = group.check(join.memberId(), join.instanceId());
        if (error != ErrorCode.NONE) {
            step.reply(request, join.refused(error));
            return;
        }
        Member member = group.known(join.memberId());
        boolean nothingNew = member.protocols().equals(join.protocols());
        switch (group.state()) {
            case PreparingRebalance _ -> rejoin(group, member, join, request, step);
            case CompletingRebalance _ -> {
                if (nothingNew) {
                    step.reply(request, Rebalance.joined(group, member));
                } else {
                    rejoin(group, member, join, request, step);
                }
            }
            case Stable _ -> {
                // The leader comes again when something changed that only it can see, such as partitions of a topic.
                if (nothingNew && !group.isLeader(member.id())) {
                    group.renewSession(member, step.nowMs());
                    step.reply(request, Rebalance.joined(group, member));
                } else {
                    rejoin(group, member, join, request, step);
                }
            }
            case GroupState.Empty _, GroupState.Dead _ ->
                step.reply(request, join.refused(ErrorCode.UNKNOWN_MEMBER_ID));
        }
    }

    private void rejoin(Group group, Member member, Join join, long request, Step step) {
        group.update(member, join);
        rebalance.takeIn(group, member, request, step);
    }

    /// A static member after its restart: it gets a new id, and the old one is fenced. If nothing depends on it, it
    /// keeps its part and nobody else notices.
    private void comeBack(Group group, Member old, Join join, long request, Step step) {
        Member fresh = new Member(newMemberId(join), join);
        fresh.renewSession(step.nowMs());
        boolean quiet = group.state() instanceof Stable && keepsProtocol(group, old, fresh);
        if (!quiet) {
            rebalance.answerParked(group, old, ErrorCode.FENCED_INSTANCE_ID, step);
            group.replace(old, fresh);
            rebalance.takeIn(group, fresh, request, step);
            return;
        }
        String leaderBefore = group.leader();
        writer.write(group, List.of(group.snapshotWith(old, fresh)), request, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                then.reply(request, Joined.refused(error, ""));
                return;
            }
            fresh.renewSession(then.nowMs());
            group.adopt(fresh);
            then.reply(request, cameBack(group, fresh, leaderBefore, join.maySkipAssignment()));
        });
    }

    private static boolean keepsProtocol(Group group, Member old, Member fresh) {
        group.replace(old, fresh);
        String next = group.vote();
        group.replace(fresh, old);
        return group.protocol() != null && group.protocol().equals(next);
    }

    /// A leader that does not know that it need not assign is told of a leader that is no more, so that it follows.
    private static Joined cameBack(Group group, Member member, @Nullable String leaderBefore, boolean maySkip) {
        boolean leads = maySkip && group.isLeader(member.id());
        return new Joined(
                ErrorCode.NONE,
                group.generation(),
                group.protocolType(),
                group.protocol(),
                maySkip ? group.leader() : leaderBefore,
                leads,
                member.id(),
                leads ? Rebalance.everybody(group) : List.of());
    }

    // ---- sync

    void sync(Group group, Sync sync, long request, Step step) {
        ErrorCode error = check(group, sync.memberId(), sync.instanceId(), sync.generation());
        if (error == ErrorCode.NONE
                && (differs(sync.protocolType(), group.protocolType())
                        || differs(sync.protocolName(), group.protocol()))) {
            error = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
        }
        if (error != ErrorCode.NONE) {
            step.reply(request, Synced.refused(error));
            return;
        }
        Member member = group.known(sync.memberId());
        switch (group.state()) {
            case GroupState.Empty _, GroupState.Dead _ ->
                step.reply(request, Synced.refused(ErrorCode.UNKNOWN_MEMBER_ID));
            case PreparingRebalance _ -> step.reply(request, Synced.refused(ErrorCode.REBALANCE_IN_PROGRESS));
            case CompletingRebalance _
                    when !group.isLeader(member.id()) && GroupSizes.shared(sync) > MAX_IGNORED_BYTES ->
                step.reply(request, Synced.refused(ErrorCode.INVALID_REQUEST));
            case CompletingRebalance _
                    when group.isLeader(member.id()) && GroupSizes.shared(sync) > limits.size().maxGroupBytes() ->
                step.reply(request, Synced.refused(ErrorCode.GROUP_MAX_SIZE_REACHED));
            case CompletingRebalance completing -> {
                rebalance.answerParked(group, member, ErrorCode.REBALANCE_IN_PROGRESS, step);
                completing.syncs().put(member.id(), request);
                completing.missing().remove(member.id());
                if (group.isLeader(member.id())) {
                    share(group, completing, sync.assignments(), request, step);
                }
            }
            case Stable stable -> {
                stable.missing().remove(member.id());
                group.renewSession(member, step.nowMs());
                step.reply(request, Rebalance.synced(group, member));
            }
        }
    }

    private static boolean differs(@Nullable String said, @Nullable String actual) {
        return said != null && actual != null && !said.equals(actual);
    }

    /// Who is left out by the leader gets nothing to do.
    private void share(
            Group group,
            CompletingRebalance completing,
            Map<String, ByteBuffer> assignments,
            long request,
            Step step) {
        writer.write(group, List.of(group.snapshot(assignments, step.nowMs())), request, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                rebalance.failSyncs(group, error, then);
                rebalance.prepare(group, then);
            } else {
                rebalance.answerSyncs(group, completing.syncs(), then);
            }
        });
    }

    // ---- heartbeat

    Done heartbeat(Group group, Heartbeat heartbeat, Step step) {
        ErrorCode error = check(group, heartbeat.memberId(), heartbeat.instanceId(), heartbeat.generation());
        if (error == ErrorCode.NONE) {
            group.renewSession(group.known(heartbeat.memberId()), step.nowMs());
            if (group.state() instanceof PreparingRebalance) {
                error = ErrorCode.REBALANCE_IN_PROGRESS;
            }
        }
        return new Done(error);
    }

    private static ErrorCode check(Group group, String memberId, @Nullable String instanceId, int generation) {
        if (group.state() instanceof GroupState.Dead) {
            return ErrorCode.COORDINATOR_NOT_AVAILABLE;
        }
        ErrorCode error = group.check(memberId, instanceId);
        if (error != ErrorCode.NONE) {
            return error;
        }
        return generation == group.generation() ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
    }

    // ---- leave

    void leave(Group group, Leave leave, long request, Step step) {
        List<ErrorCode> errors = new ArrayList<>();
        boolean changed = false;
        for (Leaver leaver : leave.members()) {
            ErrorCode error = leave(group, leaver, step);
            errors.add(error);
            changed |= error == ErrorCode.NONE;
        }
        Left left = new Left(ErrorCode.NONE, errors);
        if (!changed) {
            step.reply(request, left);
            return;
        }
        switch (group.state()) {
            case Stable _, CompletingRebalance _ -> rebalance.prepare(group, step);
            case PreparingRebalance _ -> rebalance.completeIfAllJoined(group, step);
            case GroupState.Empty _, GroupState.Dead _ -> { }
        }
        if (group.isWriting()) {
            writer.afterWrite(group, (_, then) -> then.reply(request, left));
        } else {
            step.reply(request, left);
        }
    }

    private ErrorCode leave(Group group, Leaver leaver, Step step) {
        if (leaver.memberId().isEmpty()) {
            Member member = group.instance(leaver.instanceId());
            if (member == null) {
                return ErrorCode.UNKNOWN_MEMBER_ID;
            }
            rebalance.remove(group, member, ErrorCode.UNKNOWN_MEMBER_ID, step);
            return ErrorCode.NONE;
        }
        if (group.promised().remove(leaver.memberId())) {
            return ErrorCode.NONE;
        }
        ErrorCode error = group.check(leaver.memberId(), leaver.instanceId());
        if (error == ErrorCode.NONE) {
            rebalance.remove(group, group.known(leaver.memberId()), ErrorCode.UNKNOWN_MEMBER_ID, step);
        }
        return error;
    }

    // ---- ask

    /// What members say and were given is told of a group at work alone; of another it may be out of date.
    static GroupReply.Described describe(Group group) {
        boolean stable = group.state() instanceof Stable;
        List<GroupReply.DescribedMember> all = new ArrayList<>();
        for (Member member : group.members()) {
            all.add(new GroupReply.DescribedMember(
                    member.id(),
                    member.instanceId(),
                    member.clientId(),
                    member.clientHost(),
                    stable ? member.metadata(group.protocol()) : GroupReply.NOTHING,
                    stable ? member.assignment() : GroupReply.NOTHING));
        }
        return new GroupReply.Described(
                ErrorCode.NONE,
                group.stateName(),
                requireNonNullElse(group.protocolType(), ""),
                stable ? group.protocol() : "",
                all);
    }

    // ---- time

    /// Does what is due, or a part of it; then the group is due again at once. The group is not writing.
    void expire(Group group, Step step) {
        group.promised().expire(step.nowMs());
        boolean lost = false;
        for (Member member : group.takeSilent(step.nowMs(), MAX_LOST_AT_ONCE)) {
            if (!isWaitingFor(group, member)) {
                rebalance.remove(group, member, ErrorCode.UNKNOWN_MEMBER_ID, step);
                lost = true;
            }
        }
        if (lost && (group.state() instanceof Stable || group.state() instanceof CompletingRebalance)) {
            rebalance.prepare(group, step);
            return;
        }
        switch (group.state()) {
            case PreparingRebalance preparing when preparing.deadlineMs() <= step.nowMs() ->
                rebalance.timeUp(group, preparing, step);
            case PreparingRebalance _ -> rebalance.completeIfAllJoined(group, step);
            case CompletingRebalance completing when isDue(completing.missing(), completing.deadlineMs(), step) ->
                rebalance.dropMissing(group, completing.missing(), step);
            case Stable stable when isDue(stable.missing(), stable.deadlineMs(), step) ->
                rebalance.dropMissing(group, stable.missing(), step);
            case CompletingRebalance _, Stable _, GroupState.Empty _, GroupState.Dead _ -> { }
        }
    }

    /// Whether a request of the member is parked here: then its silence is our doing, and its session does not run
    /// out. A newcomer's does, since the client may have given up and come again under another id.
    private static boolean isWaitingFor(Group group, Member member) {
        return switch (group.state()) {
            case PreparingRebalance preparing ->
                !member.isNewcomer() && preparing.joined().containsKey(member.id());
            case CompletingRebalance completing -> completing.syncs().containsKey(member.id());
            case Stable _, GroupState.Empty _, GroupState.Dead _ -> false;
        };
    }

    private static boolean isDue(SequencedSet<String> missing, long deadlineMs, Step step) {
        return !missing.isEmpty() && deadlineMs <= step.nowMs();
    }

    /// Whoever the log says is in gets a session to show up. A generation that nobody led is what a group has of the
    /// time before it became classic: its members share out anew.
    void begin(Group group, long nowMs) {
        for (Member member : group.members()) {
            group.renewSession(member, nowMs);
        }
        if (group.size() > 0 && group.leader() == null) {
            rebalance.reopen(group, nowMs);
        }
    }
}
