package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupReply.DescribedStreamsMember;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.GroupReply.StreamsDescribed;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.streams.StreamsGroup;
import io.chapar.broker.group.streams.StreamsGroupRecord.StandingSet;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.TaskStanding;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// The streams group protocol (KIP-1071): who is in, and which tasks each may work on. What that comes to is worked out
/// here, for all members; each is led to it by its own heartbeats.
final class StreamsMembership {
    private final GroupWriter writer;
    private final StreamsUpkeep upkeep;
    private final StreamsArrivals arrivals;
    private final StreamsAnswers answers;

    StreamsMembership(GroupLimits limits, GroupWriter writer, StreamsUpkeep upkeep) {
        this.writer = writer;
        this.upkeep = upkeep;
        this.arrivals = new StreamsArrivals(limits, upkeep);
        this.answers = new StreamsAnswers(upkeep);
    }

    // ---- heartbeat

    /// The answer to a member that has all that it is to have, and says nothing new; null when there is more to it.
    @Nullable StreamsBeat steady(Group group, StreamsHeartbeat beat, Step step) {
        StreamsSide side = group.streams();
        StreamsMember member = side == null ? null : side.group().member(beat.memberId());
        if (side == null || member == null || beat.memberEpoch() <= 0) {
            return null;
        }
        TaskStanding standing = side.group().standing(member.id());
        boolean settled = standing.epoch() == beat.memberEpoch()
                && standing.isAt(side.group().targetEpoch())
                && !side.isTargetDue(step.nowMs());
        boolean isFull = beat.owned() != null;
        return settled && StreamsArrivals.saysNothingNew(member, beat)
                ? answers.to(beat, side, member, isFull, step) : null;
    }

    /// Comes, goes, says what is new, and takes the next step. The group is one of streams, or of nothing yet.
    void heartbeat(Group group, StreamsHeartbeat beat, long request, Step step) {
        StreamsSide side = group.streams();
        if (side == null && !beat.isJoin()) {
            step.reply(request, StreamsBeat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a streams group."));
            return;
        }
        StreamsGroup known = side == null ? new StreamsGroup(group.id()) : side.group();
        if (beat.isLeave()) {
            leave(group, known, beat, request, step);
            return;
        }
        switch (arrivals.judge(known, side == null ? null : side.configured(), beat)) {
            case StreamsArrivals.Refused no -> step.reply(request, StreamsBeat.refused(no.error(), no.message()));
            case StreamsArrivals.Accepted yes -> accept(group, known, yes, beat, request, step);
        }
    }

    private void accept(Group group, StreamsGroup known, StreamsArrivals.Accepted yes, StreamsHeartbeat beat,
            long request, Step step) {
        Tasks had = known.standing(yes.memberId()).assigned();
        List<GroupRecord> records = StreamsUpkeep.wrapped(yes.records());
        if (!records.isEmpty() && group.hasGeneration()) {
            records.add(new GroupRecord.GroupForgotten(group.id()));
        }
        Progress progress = new Progress(yes.memberId(), beat, had, request);
        if (records.isEmpty()) {
            settleIn(group, progress);
            goOn(group, progress, step);
            return;
        }
        boolean isFirst = known.isEmpty();
        long version = upkeep.directory().version();
        upkeep.write(group, records, request, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                then.reply(request, beat.refused(error));
                return;
            }
            StreamsSide side = requireNonNull(group.streams(), "a group with members");
            side.set(upkeep.settings(group.id()));
            if (isFirst) {
                side.pace().delayUntil(then.nowMs() + side.settings().initialDelayMs());
            }
            if (version != upkeep.directory().version()) {
                side.becomeStale();
            }
            settleIn(group, progress);
            goOn(group, progress, then);
        });
    }

    /// A heartbeat that was accepted, and what it still takes to answer it.
    ///
    /// @param had what the member was assigned when it came
    private record Progress(String memberId, StreamsHeartbeat beat, Tasks had, long request) {}

    /// What is known of the member while this coordinator leads.
    private static void settleIn(Group group, Progress progress) {
        StreamsSide side = requireNonNull(group.streams(), "it has a member");
        if (progress.beat().progress() != null) {
            side.report(progress.memberId(), progress.beat().progress());
        }
        if (progress.beat().shutdown()) {
            side.shutDown(progress.memberId());
        }
    }

    /// Everybody's part, if that is due; then the member's next step; then the answer.
    private void goOn(Group group, Progress progress, Step step) {
        StreamsSide side = requireNonNull(group.streams(), "it has a member");
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
        StreamsGroup known = side.group();
        StreamsMember member = requireNonNull(known.member(progress.memberId()), "nobody else changes the group");
        TaskStanding before = known.standing(member.id());
        TaskStanding next = known.next(member, progress.beat().owned());
        if (next.equals(before)) {
            finish(side, member, progress, step);
            return;
        }
        List<GroupRecord> records = StreamsUpkeep.wrapped(List.of(new StandingSet(group.id(), member.id(), next)));
        writer.write(group, records, progress.request(), step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                then.reply(progress.request(), progress.beat().refused(error));
            } else {
                side.watch(member.id(), before, next, then.nowMs() + member.rebalanceTimeoutMs());
                finish(side, member, progress, then);
            }
        });
    }

    private void finish(StreamsSide side, StreamsMember member, Progress progress, Step step) {
        StreamsHeartbeat beat = progress.beat();
        boolean changed = !side.group().standing(member.id()).assigned().coversSame(progress.had());
        boolean isTold = changed || beat.isJoin() || beat.owned() != null;
        step.reply(progress.request(), answers.to(beat, side, member, isTold, step));
    }

    // ---- leave

    private void leave(Group group, StreamsGroup known, StreamsHeartbeat beat, long request, Step step) {
        StreamsMember member = known.holder(beat.memberId(), beat.instanceId());
        if (member == null) {
            step.reply(request, beat.refused(ErrorCode.UNKNOWN_MEMBER_ID));
            return;
        }
        if (!member.id().equals(beat.memberId())) {
            step.reply(request, beat.refused(ErrorCode.FENCED_INSTANCE_ID));
            return;
        }
        List<GroupRecord> records = StreamsUpkeep.wrapped(beat.memberEpoch() == Standing.AWAY
                ? List.of(new StandingSet(group.id(), member.id(), known.standing(member.id()).away()))
                : upkeep.gone(known, List.of(member)));
        upkeep.write(group, records, request, step, (error, then) -> then.reply(request, error != ErrorCode.NONE
                ? beat.refused(error) : StreamsAnswers.farewell(member.id(), beat.memberEpoch())));
    }

    // ---- ask

    StreamsDescribed describe(StreamsSide side) {
        StreamsGroup known = side.group();
        List<DescribedStreamsMember> members = new ArrayList<>();
        for (StreamsMember member : known.members()) {
            members.add(new DescribedStreamsMember(member, known.standing(member.id()), known.target(member.id()),
                    side.progress(member.id())));
        }
        return new StreamsDescribed(ErrorCode.NONE, known.state(), known.epoch(), known.targetEpoch(),
                upkeep.configured(side), members);
    }
}
