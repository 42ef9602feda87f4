package io.chapar.broker.group.streams;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Who shares the tasks of a group: its members, the processes that they belong to, and who has what now. A member of
/// an earlier topology is not among them: it does not know these tasks. To share out once.
final class TaskSharing {
    private final Map<String, Sharer> sharers = new TreeMap<>();
    private final Map<String, Instance> processes = new TreeMap<>();
    private final Map<TaskId, Sharer> ranBy = new LinkedHashMap<>();
    private final Map<TaskId, List<Sharer>> copiedBy = new LinkedHashMap<>();
    private final Map<TaskId, List<Instance>> given = new LinkedHashMap<>();
    private final TreeSet<Instance> processesByLoad =
            new TreeSet<>(Comparator.comparingDouble(Instance::load).thenComparing(one -> one.id));

    /// @param progress by member
    TaskSharing(StreamsGroup group, Map<String, TaskProgress> progress) {
        for (StreamsMember member : group.members()) {
            if (group.topology() == null || member.topologyEpoch() != group.topology().epoch()) {
                continue;
            }
            Instance process = processes.computeIfAbsent(member.processId(), Instance::new);
            Sharer sharer = new Sharer(member, process, group.target(member.id()), group.standing(member.id()),
                    progress.get(member.id()));
            process.sharers.add(sharer);
            sharers.put(member.id(), sharer);
            sharer.before.active().keySet().forEach(task -> ranBy.put(task, sharer));
            sharer.copies().forEach(task -> copiedBy.computeIfAbsent(task, _ -> new ArrayList<>()).add(sharer));
        }
        processesByLoad.addAll(processes.values());
    }

    int size() {
        return sharers.size();
    }

    Map<String, Sharer> sharers() {
        return sharers;
    }

    /// Who was to run the task, and is still here; else null.
    @Nullable Sharer before(TaskId task) {
        return ranBy.get(task);
    }

    /// Who has a copy of the task's state, or says that it has something of it.
    List<Sharer> copies(TaskId task) {
        return copiedBy.getOrDefault(task, List.of());
    }

    /// Processes that have something to do with the task now.
    List<Instance> given(TaskId task) {
        return given.getOrDefault(task, List.of());
    }

    /// The least loaded first.
    Iterable<Instance> byLoad() {
        return processesByLoad;
    }

    void run(Sharer sharer, TaskId task) {
        give(sharer, task, 1);
        sharer.given.active(task, 0);
    }

    void standBy(Sharer sharer, TaskId task) {
        give(sharer, task, 1);
        sharer.given.standby(task);
    }

    void warmUp(Sharer sharer, TaskId task) {
        give(sharer, task, 0);
        sharer.given.warmup(task);
    }

    private void give(Sharer sharer, TaskId task, int weight) {
        processesByLoad.remove(sharer.process);
        sharer.load += weight;
        sharer.process.tasks += weight;
        sharer.process.has.add(task);
        processesByLoad.add(sharer.process);
        given.computeIfAbsent(task, _ -> new ArrayList<>()).add(sharer.process);
    }

    /// Members of one instance of the application, which share what is on its disk.
    static final class Instance {
        private final String id;
        private final List<Sharer> sharers = new ArrayList<>();
        private final TreeSet<TaskId> has = new TreeSet<>();
        private int tasks = 0;

        private Instance(String id) {
            this.id = id;
        }

        private double load() {
            return (double) tasks / sharers.size();
        }

        List<Sharer> sharers() {
            return sharers;
        }

        /// Whether one of its members has been given the task, for whatever.
        boolean has(TaskId task) {
            return has.contains(task);
        }

        @Nullable String tag(String key) {
            return sharers.getFirst().member.tags().get(key);
        }

        /// Whether a copy of the task's state is here that is as good as there.
        boolean isCaughtUp(TaskId task, long acceptableLag) {
            return sharers.stream().anyMatch(one -> one.standing.assigned().has(task)
                    && one.progress.isCaughtUp(task, acceptableLag));
        }

        /// Whether its members say how far their tasks are.
        boolean reports() {
            return sharers.stream().anyMatch(one -> one.reports);
        }
    }

    /// A member, and what it is given.
    static final class Sharer {
        private final StreamsMember member;
        private final Instance process;
        private final Tasks before;
        private final TaskStanding standing;
        private final TaskProgress progress;
        private final boolean reports;
        private final Tasks.Builder given = new Tasks.Builder();
        private int load = 0;

        private Sharer(StreamsMember member, Instance process, Tasks before, TaskStanding standing,
                @Nullable TaskProgress progress) {
            this.member = member;
            this.process = process;
            this.before = before;
            this.standing = standing;
            this.reports = progress != null;
            this.progress = progress == null ? TaskProgress.NONE : progress;
        }

        String memberId() {
            return member.id();
        }

        Instance process() {
            return process;
        }

        /// Of the target before.
        Tasks before() {
            return before;
        }

        TaskStanding standing() {
            return standing;
        }

        TaskProgress progress() {
            return progress;
        }

        /// Tasks that it has been given to run or to stand by for.
        int load() {
            return load;
        }

        private Set<TaskId> copies() {
            TreeSet<TaskId> all = new TreeSet<>(before.standby());
            all.addAll(before.warmup());
            all.addAll(progress.offsets().keySet());
            return all;
        }

        Tasks given() {
            return given.build();
        }
    }
}
