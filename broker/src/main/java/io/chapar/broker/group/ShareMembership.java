package io.chapar.broker.group;

import io.chapar.broker.group.ShareCommands.AlterShares;
import io.chapar.broker.group.ShareCommands.ForgetShares;
import io.chapar.broker.group.ShareCommands.Place;
import io.chapar.broker.group.ShareCommands.ShareHeartbeat;
import io.chapar.broker.group.ShareReplies.DescribedSharer;
import io.chapar.broker.group.ShareReplies.ShareBeat;
import io.chapar.broker.group.ShareReplies.SharesDescribed;
import io.chapar.broker.group.ShareReplies.SharesDone;
import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.share.ShareGroup;
import io.chapar.broker.group.share.ShareGroupRecord;
import io.chapar.broker.group.share.ShareGroupRecord.EpochSet;
import io.chapar.broker.group.share.ShareGroupRecord.MemberSet;
import io.chapar.broker.group.share.ShareGroupRecord.StandingSet;
import io.chapar.broker.group.share.ShareGroupRecord.TopicsSet;
import io.chapar.broker.group.share.ShareMember;
import io.chapar.broker.group.share.ShareStanding;
import io.chapar.broker.group.share.ShareTopics;
import io.chapar.broker.share.state.ShareKey;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateCommand.Delete;
import io.chapar.broker.share.state.ShareStateCommand.Initialize;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/// Share groups (KIP-932): who is in, and which partitions each reads. A partition may be read by several members, so
/// that nobody waits for anybody else to give it up.
final class ShareMembership {
    private final GroupLimits limits;
    private final ShareUpkeep upkeep;

    ShareMembership(GroupLimits limits, ShareUpkeep upkeep) {
        this.limits = limits;
        this.upkeep = upkeep;
    }

    // ---- heartbeat

    /// The answer to a member that has all that it is to have, and says nothing new; null when there is more to it.
    @Nullable ShareBeat steady(Group group, ShareHeartbeat beat, Step step) {
        ShareSide side = group.shares();
        ShareMember member = side == null ? null : side.group().member(beat.memberId());
        if (side == null || member == null || beat.memberEpoch() <= 0) {
            return null;
        }
        ShareStanding standing = side.group().standing(member.id());
        boolean settled = standing.epoch() == beat.memberEpoch()
                && standing.epoch() == side.group().targetEpoch()
                && !side.isTargetDue(step.nowMs());
        return settled && member.equals(updated(beat, member))
                ? answer(side, member, beat.topicNames() != null, step) : null;
    }

    /// Comes, goes, says what is new, and takes the next step.
    void heartbeat(Group group, ShareHeartbeat beat, long request, Step step) {
        ShareSide side = group.shares();
        boolean mayBegin = group.side() == null && group.isEmpty() && !group.hasGeneration();
        if (group.isDead()) {
            step.reply(request, beat.refused(ErrorCode.COORDINATOR_NOT_AVAILABLE));
            return;
        }
        if (side == null && !(beat.isJoin() && mayBegin)) {
            step.reply(request, ShareBeat.refused(
                    ErrorCode.GROUP_ID_NOT_FOUND, "Group " + group.id() + " is not a share group."));
            return;
        }
        ShareGroup known = side == null ? new ShareGroup(group.id()) : side.group();
        ShareMember before = known.member(beat.memberId());
        ShareBeat refusal = refusal(known, before, beat);
        if (refusal != null) {
            step.reply(request, refusal);
        } else if (beat.isLeave()) {
            leave(group, known, requireNonNull(before, "it was looked at"), request, step);
        } else {
            accept(group, known, before, beat, request, step);
        }
    }

    private @Nullable ShareBeat refusal(ShareGroup known, @Nullable ShareMember before, ShareHeartbeat beat) {
        if (before == null && !beat.isJoin()) {
            return ShareBeat.refused(ErrorCode.UNKNOWN_MEMBER_ID, null);
        }
        if (before == null && known.size() >= limits.maxShareMembers()) {
            return ShareBeat.refused(ErrorCode.GROUP_MAX_SIZE_REACHED,
                    "The group has as many members as it may have (group.share.max.size).");
        }
        if (before != null && beat.memberEpoch() > 0 && !known.standing(before.id()).admits(beat.memberEpoch())) {
            return ShareBeat.refused(ErrorCode.FENCED_MEMBER_EPOCH, "The member speaks of epoch " + beat.memberEpoch()
                    + ", and is in epoch " + known.standing(before.id()).epoch() + ". It must join again.");
        }
        long growth = updated(beat, before).bytes() - (before == null ? 0 : before.bytes());
        return growth > 0 && known.memberBytes() + growth > limits.size().maxGroupBytes()
                ? ShareBeat.refused(ErrorCode.GROUP_MAX_SIZE_REACHED,
                        "The group's members say more about themselves than they may together (group.max.bytes).")
                : null;
    }

    private void accept(
            Group group, ShareGroup known, @Nullable ShareMember before, ShareHeartbeat beat, long request, Step step) {
        ShareMember member = updated(beat, before);
        Progress progress = new Progress(member.id(), beat, known.standing(member.id()).assigned(), request);
        if (member.equals(before)) {
            goOn(group, progress, step);
            return;
        }
        List<ShareGroupRecord> records = new ArrayList<>();
        records.add(new MemberSet(known.id(), member));
        boolean changed = before == null || !before.topics().equals(member.topics());
        if (changed) {
            records.add(new EpochSet(known.id(), known.epoch() + 1, known.metadataHash()));
        }
        upkeep.write(group, ShareUpkeep.wrapped(records), request, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                then.reply(request, beat.refused(error));
                return;
            }
            ShareSide side = requireNonNull(group.shares(), "a group with members");
            side.pace().set(upkeep.times(group.id()).assignmentMs());
            if (changed) {
                side.becomeStale();
            }
            goOn(group, progress, then);
        });
    }

    /// A heartbeat that was accepted, and what it still takes to answer it.
    ///
    /// @param had what the member was assigned when it came
    private record Progress(String memberId, ShareHeartbeat beat, PartitionSet had, long request) {}

    /// What the members want is begun; then who reads what, if that is due; then the member's next step; then the
    /// answer.
    private void goOn(Group group, Progress progress, Step step) {
        ShareSide side = group.shares();
        if (side == null || side.group().member(progress.memberId()) == null) {
            // It was lost while it waited.
            step.reply(progress.request(), progress.beat().refused(ErrorCode.UNKNOWN_MEMBER_ID));
            return;
        }
        boolean isPaused = side.deadlines().isPaused(step.nowMs());
        if ((side.isStale() || side.isAsking()) && !isPaused && !group.isWriting()) {
            side.afterAsking(then -> goOnUnlessWriting(group, progress, then));
            if (!side.isAsking()) {
                upkeep.look(group, side, step);
            }
            return;
        }
        if (side.isTargetDue(step.nowMs()) && !isPaused) {
            upkeep.shareOut(group, side, progress.request(), step, (error, then) -> {
                if (error != ErrorCode.NONE) {
                    then.reply(progress.request(), progress.beat().refused(error));
                } else {
                    goOn(group, progress, then);
                }
            });
            return;
        }
        ShareGroup known = side.group();
        ShareStanding now = known.standing(progress.memberId());
        ShareStanding next = known.next(progress.memberId());
        if (next.equals(now)) {
            finish(side, progress, step);
            return;
        }
        List<GroupRecord> records =
                ShareUpkeep.wrapped(List.of(new StandingSet(known.id(), progress.memberId(), next)));
        upkeep.write(group, records, progress.request(), step,
                (error, then) -> {
                    if (error != ErrorCode.NONE) {
                        then.reply(progress.request(), progress.beat().refused(error));
                    } else {
                        finish(side, progress, then);
                    }
                });
    }

    /// Of several who waited together the first writes; the others go on when that is written.
    private void goOnUnlessWriting(Group group, Progress progress, Step step) {
        if (group.isWriting()) {
            group.await(new GroupCoordinator.Asked(progress.request(), progress.beat(), 0));
        } else {
            goOn(group, progress, step);
        }
    }

    private void finish(ShareSide side, Progress progress, Step step) {
        ShareMember member = requireNonNull(side.group().member(progress.memberId()), "nobody else changes the group");
        boolean changed = !side.group().standing(member.id()).assigned().equals(progress.had());
        boolean isTold = changed || progress.beat().isJoin() || progress.beat().topicNames() != null;
        step.reply(progress.request(), answer(side, member, isTold, step));
    }

    private ShareBeat answer(ShareSide side, ShareMember member, boolean withAssignment, Step step) {
        GroupOutlook.OfGroup times = upkeep.times(side.group().id());
        side.deadlines().renewSession(member.id(), step.nowMs() + times.sessionMs());
        ShareStanding standing = side.group().standing(member.id());
        return new ShareBeat(ErrorCode.NONE, null, member.id(), standing.epoch(), times.heartbeatMs(),
                withAssignment ? standing.assigned() : null);
    }

    private void leave(Group group, ShareGroup known, ShareMember member, long request, Step step) {
        upkeep.write(group, ShareUpkeep.gone(known, List.of(member)), request, step, (error, then) ->
                then.reply(request, error != ErrorCode.NONE ? ShareBeat.refused(error, null)
                        : new ShareBeat(ErrorCode.NONE, null, member.id(), ShareStanding.LEAVE, 0, null)));
    }

    private static ShareMember updated(ShareHeartbeat beat, @Nullable ShareMember old) {
        SortedSet<String> said = old == null ? Collections.emptySortedSet() : old.topics();
        return new ShareMember(
                beat.memberId(),
                beat.rackId() != null || old == null ? beat.rackId() : old.rackId(),
                beat.clientId(),
                beat.clientHost(),
                requireNonNullElse(beat.topicNames(), said));
    }

    /// Null, or why the heartbeat cannot be meant for any group.
    static @Nullable ShareBeat precheck(ShareHeartbeat beat, GroupLimits limits) {
        String problem = null;
        if (beat.groupId().isEmpty()) {
            problem = "The group must be named.";
        } else if (beat.memberId().isEmpty()) {
            problem = "The member must be named.";
        } else if ("".equals(beat.rackId())) {
            problem = "A rack that is given must have a name.";
        } else if (beat.memberEpoch() < ShareStanding.LEAVE) {
            problem = "There is no member epoch " + beat.memberEpoch() + ".";
        } else if (beat.isJoin() && (beat.topicNames() == null || beat.topicNames().isEmpty())) {
            problem = "A member that joins must say what it subscribes to.";
        } else if (said(beat) > limits.size().maxMemberBytes()) {
            problem = "The member says more about itself than it may (group.member.max.bytes).";
        }
        return problem == null ? null : ShareBeat.refused(ErrorCode.INVALID_REQUEST, problem);
    }

    /// By how much more is kept of the member once it has said this; less than 0 where it says less than before.
    static long growth(@Nullable ShareGroup known, ShareHeartbeat beat) {
        ShareMember before = known == null ? null : known.member(beat.memberId());
        return updated(beat, before).bytes() - (before == null ? 0 : before.bytes());
    }

    /// About as many bytes as it keeps while it waits.
    static long said(ShareHeartbeat beat) {
        return updated(beat, null).bytes();
    }

    // ---- ask

    static SharesDescribed describe(ShareSide side) {
        ShareGroup known = side.group();
        List<DescribedSharer> members = new ArrayList<>();
        for (ShareMember member : known.members()) {
            members.add(new DescribedSharer(member, known.standing(member.id())));
        }
        return new SharesDescribed(ErrorCode.NONE, known.state(), known.epoch(), known.targetEpoch(), members,
                known.begun());
    }

    // ---- what administrators want

    void alter(Group group, ShareSide side, AlterShares alter, long request, Step step) {
        ShareGroup known = side.group();
        if (!known.isEmpty()) {
            step.reply(request, alter.refused(ErrorCode.NON_EMPTY_GROUP));
            return;
        }
        int epoch = known.epoch() + 1;
        List<Place> places = List.copyOf(alter.offsets().keySet());
        List<ShareStateCommand> commands = new ArrayList<>();
        alter.offsets().forEach((place, offset) -> commands.add(new Initialize(
                new ShareKey(known.id(), place.topicId(), place.partition()), epoch, offset)));
        upkeep.ask(group, commands, step, (_, replies, then) -> {
            Map<Place, ErrorCode> errors = new LinkedHashMap<>();
            PartitionSet.Builder begun = new PartitionSet.Builder();
            for (int i = 0; i < places.size(); i++) {
                errors.put(places.get(i), replies.get(i).error());
                if (replies.get(i).error() == ErrorCode.NONE) {
                    begun.add(places.get(i).topicId(), places.get(i).partition());
                }
            }
            ShareTopics topics = known.begun().changed(
                    new TreeMap<>(alter.names()), begun.build(), PartitionSet.EMPTY);
            // A member may have come meanwhile, and read already. What has a state is known nevertheless, so that it is
            // forgotten with the group.
            SharesDone done = known.isEmpty() ? new SharesDone(ErrorCode.NONE, errors, new LinkedHashMap<>())
                    : SharesDone.of(ErrorCode.NON_EMPTY_GROUP);
            settle(group, side, topics, Math.max(epoch, known.epoch() + 1), request, done, then);
        });
    }

    void forget(Group group, ShareSide side, ForgetShares forget, long request, Step step) {
        ShareGroup known = side.group();
        if (!known.isEmpty()) {
            step.reply(request, forget.refused(ErrorCode.NON_EMPTY_GROUP));
            return;
        }
        Map<UUID, String> wanted = known.begun().named(forget.topics());
        Map<String, ErrorCode> errors = new LinkedHashMap<>();
        forget.topics().forEach(name -> errors.put(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
        wanted.values().forEach(name -> errors.put(name, ErrorCode.NONE));
        List<ShareStateCommand> commands = new ArrayList<>();
        known.begun().partitions().each((topic, partition) -> {
            if (wanted.containsKey(topic)) {
                commands.add(new Delete(new ShareKey(known.id(), topic, partition)));
            }
        });
        SharesDone done = new SharesDone(ErrorCode.NONE, new LinkedHashMap<>(), errors);
        if (commands.isEmpty()) {
            step.reply(request, done);
            return;
        }
        upkeep.ask(group, commands, step, (_, replies, then) -> {
            PartitionSet gone = deleted(commands, replies, key -> errors.put(
                    requireNonNull(wanted.get(key.topicId()), "it was asked for"),
                    ErrorCode.COORDINATOR_NOT_AVAILABLE));
            settle(group, side, known.begun().changed(new TreeMap<>(), PartitionSet.EMPTY, gone), known.epoch() + 1,
                    request, done, then);
        });
    }

    private interface Failed {
        void with(ShareKey key);
    }

    private static PartitionSet deleted(
            List<ShareStateCommand> commands, List<ShareStateReply> replies, Failed failed) {
        PartitionSet.Builder gone = new PartitionSet.Builder();
        for (int i = 0; i < commands.size(); i++) {
            ShareKey key = commands.get(i).key();
            if (replies.get(i).error() == ErrorCode.NONE) {
                gone.add(key.topicId(), key.partition());
            } else {
                failed.with(key);
            }
        }
        return gone.build();
    }

    private void settle(
            Group group, ShareSide side, ShareTopics topics, int epoch, long request, SharesDone done, Step step) {
        if (!side.equals(group.side())) {
            step.reply(request, SharesDone.of(ErrorCode.GROUP_ID_NOT_FOUND));
            return;
        }
        ShareGroup known = side.group();
        upkeep.write(group, ShareUpkeep.wrapped(List.of(new TopicsSet(known.id(), topics),
                new EpochSet(known.id(), epoch, known.metadataHash()))), request, step,
                (error, then) -> then.reply(request, error == ErrorCode.NONE ? done : SharesDone.of(error)));
    }

    /// A group without members goes when nothing is kept of it anywhere else.
    void delete(Group group, ShareSide side, GroupCommand.DeleteGroup delete, long request, Step step) {
        ShareGroup known = side.group();
        if (!known.isEmpty()) {
            step.reply(request, delete.refused(ErrorCode.NON_EMPTY_GROUP));
            return;
        }
        List<ShareStateCommand> commands = new ArrayList<>();
        known.begun().partitions().each((topic, partition) ->
                commands.add(new Delete(new ShareKey(known.id(), topic, partition))));
        upkeep.ask(group, commands, step, (_, replies, then) -> {
            boolean[] isWhole = {true};
            PartitionSet gone = deleted(commands, replies, _ -> isWhole[0] = false);
            if (!side.equals(group.side()) || !known.isEmpty()) {
                then.reply(request, delete.refused(ErrorCode.NON_EMPTY_GROUP));
                return;
            }
            List<GroupRecord> records = isWhole[0] ? side.forget() : ShareUpkeep.wrapped(List.of(new TopicsSet(
                    known.id(), known.begun().changed(new TreeMap<>(), PartitionSet.EMPTY, gone))));
            upkeep.write(group, records, request, then, (error, later) -> later.reply(request, delete.refused(
                    error == ErrorCode.NONE && !isWhole[0] ? ErrorCode.COORDINATOR_NOT_AVAILABLE : error)));
        });
    }
}
