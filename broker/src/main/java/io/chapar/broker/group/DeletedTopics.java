package io.chapar.broker.group;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.NavigableMap;
import java.util.SequencedSet;
import java.util.Set;

import static java.util.Objects.requireNonNull;

/// Topics that are gone, and whose offsets the groups are still to forget: so many groups a turn.
///
/// A group that is asked for something meanwhile forgets first. So what is committed to a topic that was made anew
/// under the name is never forgotten with what was committed before.
final class DeletedTopics {
    static final int LOOKS_PER_TURN = 1000;

    /// Asks a group to forget what it has of these topics.
    interface Forgetting {
        void forget(Group group, SequencedSet<String> topics, Step step);
    }

    private final NavigableMap<String, Group> groups;
    private final Forgetting forgetting;
    /// The oldest first.
    private final Deque<Deletion> deletions = new ArrayDeque<>();
    private long dueMs = Long.MAX_VALUE;

    private static final class Deletion {
        final SequencedSet<String> topics;
        /// All groups before it have been looked at.
        @Nullable String next;
        /// Those from there on that have been looked at.
        final Set<String> ahead = new LinkedHashSet<>();

        Deletion(SequencedSet<String> topics, @Nullable String next) {
            this.topics = topics;
            this.next = next;
        }
    }

    DeletedTopics(NavigableMap<String, Group> groups, Forgetting forgetting) {
        this.groups = groups;
        this.forgetting = forgetting;
    }

    long nextMs() {
        return dueMs;
    }

    void add(SequencedSet<String> topics, Step step) {
        if (!groups.isEmpty()) {
            deletions.addLast(new Deletion(topics, groups.firstKey()));
            tick(step);
        }
    }

    /// Before the group, or one that is to come under its name, does anything else.
    void before(String groupId, Step step) {
        for (Deletion deletion : deletions) {
            if (groupId.compareTo(requireNonNull(deletion.next, "there is more")) >= 0
                    && deletion.ahead.add(groupId)) {
                look(groups.get(groupId), deletion, step);
            }
        }
    }

    void tick(Step step) {
        int left = LOOKS_PER_TURN;
        while (left > 0 && !deletions.isEmpty()) {
            Deletion deletion = deletions.getFirst();
            while (left > 0 && deletion.next != null) {
                left--;
                String name = groups.ceilingKey(deletion.next);
                deletion.next = name == null ? null : groups.higherKey(name);
                if (name != null && !deletion.ahead.remove(name)) {
                    look(groups.get(name), deletion, step);
                }
            }
            if (deletion.next == null) {
                deletions.removeFirst();
            }
        }
        dueMs = deletions.isEmpty() ? Long.MAX_VALUE : step.nowMs();
    }

    private void look(@Nullable Group group, Deletion deletion, Step step) {
        if (group != null) {
            forgetting.forget(group, deletion.topics, step);
        }
    }
}
