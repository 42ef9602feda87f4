package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexSet;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.ConsumerSizes;
import io.chapar.broker.group.consumer.RegexSearch;
import io.chapar.broker.group.consumer.Standing;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A [Group] of the consumer protocol: what the log says of it, and what is known of it only while this coordinator
/// leads: when members are to be taken for lost, and what the group has to look at.
final class ConsumerSide implements ModernSide {
    private final ConsumerGroup group;
    private final TargetPace pace;
    private final MemberDeadlines deadlines = new MemberDeadlines();
    /// Topics may have changed since the group looked.
    private boolean stale = false;
    /// Expressions that are to be resolved anew, the one that is being resolved, and what has been found.
    private final Deque<String> unresolved = new ArrayDeque<>();
    private @Nullable RegexSearch search;
    private final Map<String, RegexSet> found = new LinkedHashMap<>();
    private long foundBytes = 0;
    /// When to look again, since there was no room for what an expression matches; Long.MAX_VALUE where there was.
    private long lookAgainAtMs = Long.MAX_VALUE;

    ConsumerSide(String groupId) {
        this.group = new ConsumerGroup(groupId);
        this.pace = new TargetPace(group);
    }

    @Override
    public ConsumerGroup group() {
        return group;
    }

    void apply(ConsumerGroupRecord record) {
        group.apply(record);
        if (record instanceof MemberForgotten gone) {
            deadlines.forget(gone.memberId());
        }
    }

    // ---- members

    @Override
    public MemberDeadlines deadlines() {
        return deadlines;
    }

    @Override
    public TargetPace pace() {
        return pace;
    }

    /// Until when a member may take to give partitions up.
    void watch(String memberId, Standing before, Standing now, long untilMs) {
        deadlines.watch(memberId, before.phase(), now.phase(), before.epoch() == now.epoch(), untilMs);
    }

    @Override
    public GroupType type() {
        return GroupType.CONSUMER;
    }

    @Override
    public List<GroupRecord> forget() {
        return ConsumerUpkeep.wrapped(group.forget());
    }

    @Override
    public long bytes() {
        return group.bytes() + foundBytes;
    }

    @Override
    public @Nullable Integer epochOf(String memberId) {
        return group.member(memberId) == null ? null : group.standing(memberId).epoch();
    }

    @Override
    public boolean heldIn(String memberId, int saidEpoch, Offset offset) {
        return group.standing(memberId).heldIn(saidEpoch, offset.topicId(), offset.partition().partition());
    }

    @Override
    public boolean isClassic(String memberId) {
        ConsumerMember member = group.member(memberId);
        return member != null && member.classic() != null;
    }

    @Override
    public String toString() {
        return group.toString();
    }

    // ---- topics

    /// Whether the group may share something else when one of these topics has changed.
    boolean concerns(Set<String> topics) {
        return group.hasRegex() || ModernSide.meet(group.topics(), topics);
    }

    @Override
    public void becomeStale() {
        stale = true;
    }

    /// What an expression matches stays as it was until then.
    void lookAgainAt(long atMs) {
        lookAgainAtMs = Math.min(lookAgainAtMs, atMs);
    }

    void becomeStaleInTime(long nowMs) {
        if (lookAgainAtMs <= nowMs) {
            lookAgainAtMs = Long.MAX_VALUE;
            stale = true;
        }
    }

    boolean isStale() {
        return stale;
    }

    /// At topics or expressions.
    @Override
    public boolean hasToLook(long nowMs) {
        return isLooking() || lookAgainAtMs <= nowMs;
    }

    private boolean isLooking() {
        return stale || search != null || !unresolved.isEmpty();
    }

    void beginLooking(List<String> regexes) {
        stale = false;
        search = null;
        found.clear();
        foundBytes = 0;
        unresolved.clear();
        unresolved.addAll(regexes);
    }

    Deque<String> unresolved() {
        return unresolved;
    }

    @Nullable RegexSearch search() {
        return search;
    }

    void setSearch(@Nullable RegexSearch next) {
        search = next;
    }

    Map<String, RegexSet> found() {
        return Collections.unmodifiableMap(found);
    }

    void keep(RegexSet result) {
        foundBytes += ConsumerSizes.of(result) - ConsumerSizes.of(found.put(result.regex(), result));
    }

    // ---- time

    @Override
    public long nextDeadlineMs() {
        return deadlines.nextMs(isLooking() ? 0 : Math.min(lookAgainAtMs, pace.dueMs()));
    }
}
