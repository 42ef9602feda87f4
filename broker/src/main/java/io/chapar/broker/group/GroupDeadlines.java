package io.chapar.broker.group;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Function;

/// When groups want to be looked at.
///
/// Deadlines mostly move away, with every heartbeat: the earlier one stays armed and finds nothing to do.
final class GroupDeadlines {
    private final PriorityQueue<Due> queue =
            new PriorityQueue<>(Comparator.comparingLong(Due::atMs).thenComparingLong(Due::order));
    private long armed = 0;

    private record Due(long atMs, long order, String groupId) {}

    /// Not while the group is being written: what becomes of it then is not known yet.
    void arm(Group group) {
        if (group.isWriting() || group.state() instanceof GroupState.Dead) {
            return;
        }
        long next = group.nextDeadlineMs();
        if (next < group.armedAtMs()) {
            group.setArmedAtMs(next);
            queue.add(new Due(next, armed++, group.id()));
        }
    }

    /// Long.MAX_VALUE for never.
    long nextMs() {
        return queue.isEmpty() ? Long.MAX_VALUE : queue.peek().atMs();
    }

    /// Each group that is due, once, the earliest first, and no more than so many.
    ///
    /// @param find null for a group that is no more
    List<Group> takeDue(long nowMs, Function<String, Group> find, int most) {
        List<Group> due = new ArrayList<>();
        while (due.size() < most && !queue.isEmpty() && queue.peek().atMs() <= nowMs) {
            Due first = queue.poll();
            Group group = find.apply(first.groupId());
            if (group != null && group.armedAtMs() == first.atMs()) {
                group.setArmedAtMs(Long.MAX_VALUE);
                due.add(group);
            }
        }
        return due;
    }
}
