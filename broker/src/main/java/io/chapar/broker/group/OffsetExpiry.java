package io.chapar.broker.group;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.NavigableMap;

import static java.util.Objects.requireNonNull;

/// The look, now and then, at all offsets of all groups for those that are past their time: so many a turn.
///
/// A group is looked at while nothing of it is under way; else the next time. One with more offsets than are looked at
/// in a turn is taken piece by piece, each when what the one before has forgotten is in the log.
final class OffsetExpiry {
    static final int LOOKS_PER_TURN = 4000;

    private final NavigableMap<String, Group> groups;
    private final OffsetCommands offsets;
    private final long everyMs;
    private long dueMs = Long.MAX_VALUE;
    /// The group that is being looked at, and the last offset in it that has been; null before the first.
    private @Nullable String at;
    private @Nullable TopicPartition after;
    /// Until what is forgotten of that group is in the log, or could not be written.
    private boolean writes;

    OffsetExpiry(NavigableMap<String, Group> groups, OffsetCommands offsets, long everyMs) {
        this.groups = groups;
        this.offsets = offsets;
        this.everyMs = everyMs;
    }

    void start(long nowMs) {
        dueMs = nowMs + everyMs;
    }

    long nextMs() {
        return dueMs;
    }

    void tick(Step step) {
        if (step.nowMs() < dueMs) {
            return;
        }
        dueMs = step.nowMs();
        int left = LOOKS_PER_TURN;
        String name = at == null ? first() : groups.ceilingKey(at);
        while (name != null) {
            Group group = requireNonNull(groups.get(name), "it was just found");
            after = name.equals(at) ? after : null;
            at = name;
            int looks = group.isQuiet() ? 1 + offsets.count(group) : 1;
            if (looks > left && left < LOOKS_PER_TURN) {
                return;
            }
            if (group.isQuiet() && !look(group, step)) {
                return;
            }
            left -= looks;
            name = groups.higherKey(name);
        }
        at = null;
        dueMs = step.nowMs() + everyMs;
    }

    private @Nullable String first() {
        return groups.isEmpty() ? null : groups.firstKey();
    }

    /// @return whether that was all of the group
    private boolean look(Group group, Step step) {
        writes = true;
        after = offsets.expire(group, after, LOOKS_PER_TURN, step, (_, then) -> {
            if (writes) {
                writes = false;
                dueMs = then.nowMs();
            }
        });
        if (after != null && writes) {
            dueMs = Long.MAX_VALUE;
            return false;
        }
        writes = false;
        return after == null;
    }
}
