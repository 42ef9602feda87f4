package io.chapar.broker.group;

import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.JoinedMember;
import io.chapar.broker.group.GroupReply.Synced;
import io.chapar.broker.group.GroupState.CompletingRebalance;
import io.chapar.broker.group.GroupState.FirstRound;
import io.chapar.broker.group.GroupState.PreparingRebalance;
import io.chapar.broker.group.GroupState.Stable;
import io.chapar.protocol.ErrorCode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;

/// From one generation to the next.
final class Rebalance {
    private final GroupLimits limits;
    private final GroupWriter writer;

    Rebalance(GroupLimits limits, GroupWriter writer) {
        this.limits = limits;
        this.writer = writer;
    }

    // ---- begin

    /// The member's join waits for the next generation, which is called for if it is not already.
    void takeIn(Group group, Member member, long request, Step step) {
        if (!(group.state() instanceof PreparingRebalance)) {
            open(group, step);
        } else if (group.state() instanceof PreparingRebalance at && at.round() != null && member.isNewcomer()) {
            group.become(
                    new PreparingRebalance(
                            at.joined(), at.deadlineMs(), new FirstRound(at.round().remainingMs(), true)),
                    step.nowMs());
        }
        answerParked(group, member, ErrorCode.REBALANCE_IN_PROGRESS, step);
        if (group.state() instanceof PreparingRebalance preparing) {
            preparing.joined().put(member.id(), request);
            if (preparing.round() != null && limits.initialDelayMs() == 0) {
                complete(group, step);
            } else {
                completeIfAllJoined(group, step);
            }
        }
    }

    /// Asks the members of a group that is at work to join again.
    void prepare(Group group, Step step) {
        open(group, step);
        completeIfAllJoined(group, step);
    }

    private void open(Group group, Step step) {
        failSyncs(group, ErrorCode.REBALANCE_IN_PROGRESS, step);
        int timeoutMs = group.rebalanceTimeoutMs();
        boolean first = group.isEmpty();
        long waitMs = first ? limits.initialDelayMs() : timeoutMs;
        FirstRound round = first ? new FirstRound(Math.max(0, timeoutMs - limits.initialDelayMs()), false) : null;
        group.become(new PreparingRebalance(new LinkedHashMap<>(), step.nowMs() + waitMs, round), step.nowMs());
    }

    /// As [#prepare], where nobody waits for anything yet.
    void reopen(Group group, long nowMs) {
        group.become(
                new PreparingRebalance(new LinkedHashMap<>(), nowMs + group.rebalanceTimeoutMs(), null), nowMs);
    }

    // ---- end

    /// A first round lasts its time in any case.
    void completeIfAllJoined(Group group, Step step) {
        if (group.state() instanceof PreparingRebalance preparing
                && preparing.round() == null
                && group.promised().isEmpty()
                && preparing.joined().size() == group.size()) {
            complete(group, step);
        }
    }

    void timeUp(Group group, PreparingRebalance preparing, Step step) {
        FirstRound round = preparing.round();
        if (round != null && round.newcomer() && round.remainingMs() > 0) {
            long moreMs = Math.min(limits.initialDelayMs(), round.remainingMs());
            FirstRound longer = new FirstRound(round.remainingMs() - moreMs, false);
            group.become(
                    new PreparingRebalance(preparing.joined(), step.nowMs() + moreMs, longer), step.nowMs());
        } else {
            complete(group, step);
        }
    }

    private void complete(Group group, Step step) {
        if (!(group.state() instanceof PreparingRebalance preparing)) {
            throw new IllegalStateException(group.id() + " completes a rebalance in " + group.state());
        }
        for (Member member : group.memberList()) {
            // A static member may be away; its part waits for it until its session ends.
            if (!member.isStatic() && !preparing.joined().containsKey(member.id())) {
                group.remove(member);
            }
        }
        if (group.size() == 0) {
            emptied(group, step);
            return;
        }
        if (preparing.joined().isEmpty()) {
            long again = step.nowMs() + group.rebalanceTimeoutMs();
            group.become(new PreparingRebalance(preparing.joined(), again, null), step.nowMs());
            return;
        }
        boolean leaderIsHere = group.leader() != null && preparing.joined().containsKey(group.leader());
        group.beginGeneration(leaderIsHere ? group.leader() : preparing.joined().firstEntry().getKey());
        SequencedSet<String> missing = new LinkedHashSet<>();
        group.members().forEach(member -> missing.add(member.id()));
        group.become(
                new CompletingRebalance(
                        new LinkedHashMap<>(), missing, step.nowMs() + group.rebalanceTimeoutMs()),
                step.nowMs());
        group.answer(new Answers(preparing.joined(), (memberId, request, then) -> {
            Member member = group.known(memberId);
            group.admit(member, then.nowMs());
            then.reply(request, joined(group, member));
        }), step);
    }

    /// Without members there is nothing to lose: if the record cannot be written, a successor finds the members of
    /// the generation before and waits for them in vain. Here the group stays, so that its generations go on rising.
    private void emptied(Group group, Step step) {
        if (group.protocolType() == null) {
            group.become(new GroupState.Empty(), step.nowMs());
            return;
        }
        group.beginGeneration(null);
        writer.write(group, List.of(group.snapshot(Map.of(), step.nowMs())), 0, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                group.become(new GroupState.Empty(), then.nowMs());
            }
        });
    }

    /// Members that took no notice of the new generation are out.
    void dropMissing(Group group, SequencedSet<String> missing, Step step) {
        for (String memberId : List.copyOf(missing)) {
            Member member = group.member(memberId);
            if (member != null) {
                group.remove(member);
            }
        }
        missing.clear();
        prepare(group, step);
    }

    // ---- members

    /// Whoever waits in the member's name is told why.
    void remove(Group group, Member member, ErrorCode why, Step step) {
        answerParked(group, member, why, step);
        group.remove(member);
        switch (group.state()) {
            case CompletingRebalance completing -> completing.missing().remove(member.id());
            case Stable stable -> stable.missing().remove(member.id());
            case PreparingRebalance _, GroupState.Empty _, GroupState.Dead _ -> { }
        }
    }

    void answerParked(Group group, Member member, ErrorCode why, Step step) {
        switch (group.state()) {
            case PreparingRebalance preparing -> {
                Long request = preparing.joined().remove(member.id());
                if (request != null) {
                    boolean forgotten = why == ErrorCode.UNKNOWN_MEMBER_ID;
                    step.reply(request, Joined.refused(why, forgotten ? "" : member.id()));
                }
            }
            case CompletingRebalance completing -> {
                Long request = completing.syncs().remove(member.id());
                if (request != null) {
                    step.reply(request, Synced.refused(why));
                }
            }
            case Stable _, GroupState.Empty _, GroupState.Dead _ -> { }
        }
    }

    /// The parts of this generation will not be handed out.
    void failSyncs(Group group, ErrorCode error, Step step) {
        if (!(group.state() instanceof CompletingRebalance completing)) {
            return;
        }
        group.members().forEach(member -> group.assign(member, GroupReply.NOTHING));
        completing.syncs().forEach((memberId, request) -> {
            group.renewSession(group.known(memberId), step.nowMs());
            step.reply(request, Synced.refused(error));
        });
        completing.syncs().clear();
    }

    static Joined joined(Group group, Member member) {
        return new Joined(
                ErrorCode.NONE,
                group.generation(),
                group.protocolType(),
                group.protocol(),
                group.leader(),
                false,
                member.id(),
                group.isLeader(member.id()) && !(group.state() instanceof Stable) ? everybody(group) : List.of());
    }

    static List<JoinedMember> everybody(Group group) {
        List<JoinedMember> all = new ArrayList<>();
        for (Member member : group.members()) {
            all.add(new JoinedMember(member.id(), member.instanceId(), member.metadata(group.protocol())));
        }
        return all;
    }

    static Synced synced(Group group, Member member) {
        return new Synced(ErrorCode.NONE, group.protocolType(), group.protocol(), member.assignment());
    }

    /// Hands out the parts that have just been applied, to those who asked before.
    void answerSyncs(Group group, SequencedMap<String, Long> syncs, Step step) {
        group.answer(new Answers(syncs, (memberId, request, then) -> {
            Member member = group.known(memberId);
            group.renewSession(member, then.nowMs());
            then.reply(request, synced(group, member));
        }), step);
    }
}
