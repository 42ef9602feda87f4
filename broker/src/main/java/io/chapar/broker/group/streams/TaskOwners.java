package io.chapar.broker.group.streams;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/// Which member has which task of a group, or has still to give it up. One runs a task at a time; of a process only
/// one member has anything to do with it.
final class TaskOwners {
    private final Map<TaskId, String> running = new LinkedHashMap<>();
    /// Members with a standby or warm-up task.
    private final Map<TaskId, TreeSet<String>> copying = new LinkedHashMap<>();
    private final Function<String, String> processOf;

    /// @param processOf of a member, by its name
    TaskOwners(Function<String, String> processOf) {
        this.processOf = processOf;
    }

    int size() {
        int size = running.size();
        for (TreeSet<String> members : copying.values()) {
            size += members.size();
        }
        return size;
    }

    /// What the member itself has of it, it gives up by taking this.
    boolean mayRun(String memberId, TaskId task) {
        String runner = running.get(task);
        return (runner == null || runner.equals(memberId)) && !isCopiedBeside(memberId, task);
    }

    /// As a standby or warm-up task.
    boolean mayCopy(String memberId, TaskId task) {
        String runner = running.get(task);
        boolean isRunBeside = runner != null && !runner.equals(memberId)
                && processOf.apply(runner).equals(processOf.apply(memberId));
        return !isRunBeside && !isCopiedBeside(memberId, task);
    }

    /// By another member of its process.
    private boolean isCopiedBeside(String memberId, TaskId task) {
        TreeSet<String> members = copying.get(task);
        if (members == null) {
            return false;
        }
        String process = processOf.apply(memberId);
        return members.stream().anyMatch(one -> !one.equals(memberId) && processOf.apply(one).equals(process));
    }

    void take(String memberId, Tasks tasks) {
        tasks.active().keySet().forEach(task -> running.put(task, memberId));
        tasks.standby().forEach(task -> copy(memberId, task));
        tasks.warmup().forEach(task -> copy(memberId, task));
    }

    private void copy(String memberId, TaskId task) {
        copying.computeIfAbsent(task, _ -> new TreeSet<>()).add(memberId);
    }

    /// What another has taken meanwhile stays with that one: a log that was compacted may show the two the other way
    /// round.
    void release(String memberId, Tasks tasks) {
        tasks.active().keySet().forEach(task -> running.remove(task, memberId));
        tasks.standby().forEach(task -> drop(memberId, task));
        tasks.warmup().forEach(task -> drop(memberId, task));
    }

    private void drop(String memberId, TaskId task) {
        TreeSet<String> members = copying.get(task);
        if (members != null && members.remove(memberId) && members.isEmpty()) {
            copying.remove(task);
        }
    }
}
