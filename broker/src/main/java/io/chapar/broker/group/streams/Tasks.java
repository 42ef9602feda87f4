package io.chapar.broker.group.streams;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Tasks by what a member does with them. Never changes.
///
/// @param active that it runs, each with the epoch since which it has it: who commits in an earlier epoch has had the
///        task in a life before. 0 in a target, which has no such epochs
/// @param standby whose state it keeps up to date
/// @param warmup whose state it brings up to date, to run them then
public record Tasks(SortedMap<TaskId, Integer> active, SortedSet<TaskId> standby, SortedSet<TaskId> warmup) {
    public static final Tasks NONE =
            new Tasks(Collections.emptySortedMap(), Collections.emptySortedSet(), Collections.emptySortedSet());

    /// Collects tasks; to be asked for them once.
    public static final class Builder {
        private final SortedMap<TaskId, Integer> active = new TreeMap<>();
        private final SortedSet<TaskId> standby = new TreeSet<>();
        private final SortedSet<TaskId> warmup = new TreeSet<>();

        public Builder active(TaskId task, int sinceEpoch) {
            active.put(task, sinceEpoch);
            return this;
        }

        public Builder standby(TaskId task) {
            standby.add(task);
            return this;
        }

        public Builder warmup(TaskId task) {
            warmup.add(task);
            return this;
        }

        public Tasks build() {
            boolean isEmpty = active.isEmpty() && standby.isEmpty() && warmup.isEmpty();
            return isEmpty ? NONE : new Tasks(active, standby, warmup);
        }
    }

    public boolean isEmpty() {
        return size() == 0;
    }

    public int size() {
        return active.size() + standby.size() + warmup.size();
    }

    /// Whatever it does with it.
    boolean has(TaskId task) {
        return active.containsKey(task) || standby.contains(task) || warmup.contains(task);
    }

    /// Whether one of the others is here, and for the same.
    boolean hasAnyOf(Tasks others) {
        return others.active.keySet().stream().anyMatch(task -> active.containsKey(task))
                || others.standby.stream().anyMatch(task -> standby.contains(task))
                || others.warmup.stream().anyMatch(task -> warmup.contains(task));
    }

    /// Whether all of these are among the others, and for the same.
    boolean isWithin(Tasks others) {
        return others.active.keySet().containsAll(active.keySet())
                && others.standby.containsAll(standby)
                && others.warmup.containsAll(warmup);
    }

    /// Whether both name the same tasks, whatever their epochs.
    public boolean coversSame(Tasks other) {
        return active.keySet().equals(other.active.keySet())
                && standby.equals(other.standby) && warmup.equals(other.warmup);
    }
}
