package io.chapar.broker.group;

import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexSet;
import io.chapar.broker.group.consumer.RegexSearch;
import io.chapar.broker.group.consumer.Standing;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A [Group] of the consumer protocol: what the log says of it, and what is known of it only while this coordinator
/// leads: when members are to be taken for lost, and what the group has to look at.
final class ConsumerSide {
    /// After what could not be written the group is left alone for so long.
    private static final int PAUSE_MS = 1_000;

    private final ConsumerGroup group;
    private int assignmentMs = GroupOutlook.OfGroup.DEFAULTS.assignmentMs();
    private final Expiries sessions = new Expiries();
    /// Until when members may take to give partitions up.
    private final Expiries revocations = new Expiries();
    private long pausedUntilMs = 0;
    /// Topics may have changed since the group looked.
    private boolean stale = false;
    /// Expressions that are to be resolved anew, the one that is being resolved, and what has been found.
    private final Deque<String> unresolved = new ArrayDeque<>();
    private @Nullable RegexSearch search;
    private final Map<String, RegexSet> found = new LinkedHashMap<>();

    ConsumerSide(String groupId) {
        this.group = new ConsumerGroup(groupId);
    }

    ConsumerGroup group() {
        return group;
    }

    void apply(ConsumerGroupRecord record) {
        group.apply(record);
        if (record instanceof MemberForgotten gone) {
            sessions.remove(gone.memberId());
            revocations.remove(gone.memberId());
        }
    }

    // ---- members

    void renewSession(String memberId, long untilMs) {
        sessions.put(memberId, untilMs);
    }

    /// A member that is told to give partitions up has so long for it, from when it is first told in that epoch.
    void watch(String memberId, Standing before, Standing now, long untilMs) {
        if (now.phase() != Standing.Phase.UNREVOKED) {
            revocations.remove(memberId);
        } else if (before.phase() != Standing.Phase.UNREVOKED || before.epoch() != now.epoch()
                || !revocations.has(memberId)) {
            revocations.put(memberId, untilMs);
        }
    }

    /// Members that were silent, or held on to what is not theirs any more, for too long. To be removed, or put off by
    /// [#putOff].
    List<String> takeLost(long nowMs, int most) {
        List<String> lost = sessions.takeDue(nowMs, most);
        for (String member : revocations.takeDue(nowMs, most - lost.size())) {
            if (!lost.contains(member)) {
                lost.add(member);
            }
        }
        return lost;
    }

    /// They could not be removed, and are to be then.
    void putOff(List<String> lost, long nowMs) {
        pause(nowMs);
        lost.forEach(member -> revocations.put(member, nowMs + PAUSE_MS));
    }

    // ---- topics

    /// Whether the group may share something else when one of these topics has changed.
    boolean concerns(Set<String> topics) {
        if (group.hasRegex()) {
            return true;
        }
        for (String topic : topics) {
            if (group.topics().contains(topic)) {
                return true;
            }
        }
        return false;
    }

    void becomeStale() {
        stale = true;
    }

    boolean isStale() {
        return stale;
    }

    /// Whether topics or expressions are to be looked at.
    boolean hasToLook() {
        return stale || search != null || !unresolved.isEmpty();
    }

    void beginLooking(List<String> regexes) {
        stale = false;
        search = null;
        found.clear();
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
        return found;
    }

    // ---- time

    /// @param assignmentMs time between two targets
    void setPace(int assignmentMs) {
        this.assignmentMs = assignmentMs;
    }

    void pause(long nowMs) {
        pausedUntilMs = nowMs + PAUSE_MS;
    }

    boolean isPaused(long nowMs) {
        return nowMs < pausedUntilMs;
    }

    /// Whether what everybody is to have may be worked out now.
    boolean isTargetDue(long nowMs) {
        return group.needsTarget() && targetDueMs() <= nowMs;
    }

    private long targetDueMs() {
        return group.targetEpoch() == 0 ? 0 : group.targetAtMs() + assignmentMs;
    }

    /// Long.MAX_VALUE for never.
    long nextDeadlineMs() {
        long work = hasToLook() ? 0 : group.needsTarget() ? targetDueMs() : Long.MAX_VALUE;
        return Math.max(pausedUntilMs, Math.min(work, Math.min(sessions.nextMs(), revocations.nextMs())));
    }
}
