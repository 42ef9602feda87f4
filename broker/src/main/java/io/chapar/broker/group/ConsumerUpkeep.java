package io.chapar.broker.group;

import io.chapar.broker.group.GroupRecord.OfConsumers;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingSet;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.ConsumerSizes;
import io.chapar.broker.group.consumer.RegexSearch;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.consumer.Standing.Owned;
import io.chapar.broker.group.consumer.Targets;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.pattern.PatternFault;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// What becomes of groups of the consumer protocol with time: members are lost, topics change, and what everybody is to
/// have is worked out anew.
final class ConsumerUpkeep implements Upkeep<ConsumerSide> {
    /// Of expressions, in one turn.
    static final long STEPS_PER_TURN = 1_000_000;
    /// Until expressions are looked at again for which there was no room.
    static final long ROOM_MS = 60_000;

    private final GroupLimits.Consumer limits;
    private final GroupWriter writer;
    private final Migration migration;
    private GroupOutlook cluster = GroupOutlook.EMPTY;

    ConsumerUpkeep(GroupLimits limits, GroupWriter writer) {
        this.limits = limits.consumer();
        this.writer = writer;
        this.migration = new Migration(limits, writer);
    }

    Migration migration() {
        return migration;
    }

    TopicDirectory directory() {
        return cluster.topics();
    }

    GroupOutlook.OfGroup times(ConsumerGroup group) {
        return cluster.times().of(group.id());
    }

    @Override
    public void see(GroupOutlook now) {
        cluster = now;
    }

    @Override
    public void tell(ConsumerSide side, Set<String> topics) {
        if (topics.isEmpty()) {
            side.pace().set(times(side.group()).assignmentMs());
        } else if (side.concerns(topics)) {
            side.becomeStale();
        }
    }

    // ---- write

    static List<GroupRecord> wrapped(List<? extends ConsumerGroupRecord> records) {
        List<GroupRecord> all = new ArrayList<>(records.size());
        records.forEach(record -> all.add(new OfConsumers(record)));
        return all;
    }

    @Override
    public GroupWriter writer() {
        return writer;
    }

    /// Everybody's part, if that is due; then the member's next step towards its own. `settled` runs at the end.
    ///
    /// @param owned what the member says it owns; null when it does not say
    void advance(Group group, String memberId, @Nullable List<Owned> owned, long request, Step step,
            GroupWriter.Settled settled) {
        ConsumerSide side = requireNonNull(group.consumers(), "it has a member");
        if (side.isTargetDue(step.nowMs()) && !side.deadlines().isPaused(step.nowMs())) {
            shareOut(group, side, request, step, (error, then) -> {
                if (error != ErrorCode.NONE) {
                    settled.now(error, then);
                } else {
                    advance(group, memberId, owned, request, then, settled);
                }
            });
            return;
        }
        ConsumerGroup known = side.group();
        ConsumerMember member = requireNonNull(known.member(memberId), "nobody else changes the group");
        Standing before = known.standing(memberId);
        Standing next = known.next(member, owned, directory());
        if (next.equals(before)) {
            settled.now(ErrorCode.NONE, step);
            return;
        }
        writer.write(group, wrapped(List.of(new StandingSet(group.id(), memberId, next))), request, step,
                (error, then) -> {
                    if (error == ErrorCode.NONE) {
                        side.watch(memberId, before, next, then.nowMs() + member.rebalanceTimeoutMs());
                    }
                    settled.now(error, then);
                });
    }

    @Override
    public Shares shares(ConsumerSide side, long nowMs) {
        ConsumerGroup known = side.group();
        TopicDirectory topics = directory();
        return new Shares(Targets.steps(known, topics), () -> wrapped(
                Targets.share(known, known.id(), topics, limits.assignors(), nowMs)));
    }

    /// Members that are no more. Where only such are left that speak the classic protocol, so does the group.
    void remove(Group group, ConsumerSide side, List<ConsumerMember> members, long request, Step step,
            GroupWriter.Settled settled) {
        if (!migration.downgrade(group, side, members, directory(), request, step, settled)) {
            write(group, wrapped(gone(side.group(), group.id(), members)), request, step, settled);
        }
    }

    /// Members that are no more, and what that changes for the others.
    private List<ConsumerGroupRecord> gone(ConsumerGroup known, String groupId, List<ConsumerMember> members) {
        List<ConsumerGroupRecord> records = new ArrayList<>();
        members.forEach(member -> records.addAll(known.forget(member.id())));
        known.regexesOnlyOf(members).forEach(regex -> records.add(new RegexForgotten(groupId, regex)));
        long hash = known.hashAfter(known.metadataHash(), members, null, Map.of(), directory());
        records.add(new EpochSet(groupId, known.epoch() + 1, hash));
        return records;
    }

    // ---- time

    @Override
    public void begin(ConsumerSide side, long nowMs) {
        ConsumerGroup known = side.group();
        side.pace().begin(nowMs);
        side.pace().set(times(known).assignmentMs());
        for (ConsumerMember member : known.members()) {
            side.deadlines().renewSession(member.id(), nowMs + sessionMs(known, member));
            Standing standing = known.standing(member.id());
            side.watch(member.id(), standing, standing, nowMs + member.rebalanceTimeoutMs());
        }
        side.becomeStale();
    }

    int sessionMs(ConsumerGroup group, ConsumerMember member) {
        return member.classic() == null ? times(group).sessionMs() : member.classic().sessionTimeoutMs();
    }

    @Override
    public void drop(Group group, ConsumerSide side, List<String> lost, Step step, GroupWriter.Settled settled) {
        List<ConsumerMember> members = side.group().members(lost);
        if (!members.isEmpty()) {
            remove(group, side, members, 0, step, settled);
        }
    }

    // ---- topics

    @Override
    public void look(Group group, ConsumerSide side, Step step) {
        ConsumerGroup known = side.group();
        side.becomeStaleInTime(step.nowMs());
        if (side.isStale()) {
            List<String> regexes = known.regexesWanted();
            regexes.removeIf(regex -> isCurrent(known.regex(regex)));
            side.beginLooking(regexes);
        }
        if (!resolve(group, side, step)) {
            return;
        }
        Map<String, RegexSet> found = new LinkedHashMap<>(side.found());
        side.beginLooking(List.of());
        if (known.isEmpty()) {
            return;
        }
        long now = Targets.metadataHash(known.topics(), directory());
        long hash = known.hashAfter(now, List.of(), null, found, directory());
        List<ConsumerGroupRecord> records = new ArrayList<>(found.values());
        if (records.isEmpty() && hash == known.metadataHash()) {
            return;
        }
        records.add(new EpochSet(group.id(), known.epoch() + 1, hash));
        write(group, wrapped(records), 0, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                side.lookLater(then.nowMs());
            }
        });
    }

    private boolean isCurrent(@Nullable RegexSet known) {
        return known != null && known.version() == directory().version();
    }

    /// @return whether all expressions have been looked at
    private boolean resolve(Group group, ConsumerSide side, Step step) {
        long left = STEPS_PER_TURN;
        while (left > 0) {
            RegexSearch search = side.search();
            if (search == null) {
                String next = side.unresolved().pollFirst();
                if (next == null) {
                    return true;
                }
                begin(group, side, next, step);
                continue;
            }
            left = search.look(left);
            if (search.isDone()) {
                side.setSearch(null);
                keep(side, search.result(group.id(), step.nowMs()), step);
            }
        }
        return false;
    }

    /// What the log says is an expression may be none to those who came after.
    private void begin(Group group, ConsumerSide side, String regex, Step step) {
        try {
            side.setSearch(new RegexSearch(regex, directory()));
        } catch (PatternFault e) {
            keep(side, new RegexSet(group.id(), regex, new TreeSet<>(), directory().version(), step.nowMs()),
                    step);
        }
    }

    /// Topics may be many, and expressions that match all of them as well.
    private void keep(ConsumerSide side, RegexSet result, Step step) {
        RegexSet before = side.group().regex(result.regex());
        if (before != null && before.topics().equals(result.topics())) {
            return;
        }
        if (takesRoom(before, result)) {
            side.keep(result);
        } else {
            side.lookAgainAt(step.nowMs() + ROOM_MS);
        }
    }

    /// Whether there is room for what an expression matches now.
    boolean takesRoom(@Nullable RegexSet before, RegexSet now) {
        return writer.takesRoom(Math.max(0, ConsumerSizes.of(now) - ConsumerSizes.of(before)));
    }
}
