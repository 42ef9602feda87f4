package io.chapar.broker.group.streams;

import java.util.Collections;
import java.util.SortedMap;

/// How far a member says it has brought the state of tasks that it restores or keeps: of all changelogs of a task
/// together, up to where, and where they end. Lives with the coordinator alone.
public record TaskProgress(SortedMap<TaskId, Long> offsets, SortedMap<TaskId, Long> ends) {
    public static final TaskProgress NONE =
            new TaskProgress(Collections.emptySortedMap(), Collections.emptySortedMap());

    /// Long.MAX_VALUE when it does not say.
    long lag(TaskId task) {
        Long offset = offsets.get(task);
        Long end = ends.get(task);
        return offset == null || end == null ? Long.MAX_VALUE : Math.max(0, end - offset);
    }

    public boolean isCaughtUp(TaskId task, long acceptableLag) {
        return lag(task) <= acceptableLag && lag(task) < Long.MAX_VALUE;
    }

    /// Whether it has something of the task's state.
    boolean knows(TaskId task) {
        return offsets.containsKey(task);
    }

    int size() {
        return offsets.size() + ends.size();
    }
}
