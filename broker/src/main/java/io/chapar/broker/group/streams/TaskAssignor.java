package io.chapar.broker.group.streams;

import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import io.chapar.broker.group.streams.TaskSharing.Instance;
import io.chapar.broker.group.streams.TaskSharing.Sharer;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

import static java.util.Objects.requireNonNull;

/// Shares the tasks of a group out: balanced first, then as they were.
///
/// 1. Who is to run what in the end: no member runs two tasks more than another, of those with state and of all. A task
///    stays where it is if it can; else it goes to where its state is, else to who has least.
/// 2. A task with state whose state is not where it is to go stays where it runs, while the member that is to have it
///    warms up; so many at a time as the group wants. When one is warm, tasks are shared out anew.
/// 3. Standby tasks, each on a process that has nothing else to do with the task.
public final class TaskAssignor {
    public static final String NAME = "sticky";
    /// Among which the place of a standby task is looked for, the least loaded first.
    private static final int MOST_CANDIDATES = 100;

    private final TaskSharing sharing;
    private final ConfiguredTopology configured;
    private final TaskConfig config;
    private final Map<TaskId, Sharer> owners = new LinkedHashMap<>();
    private final Map<String, Integer> loads = new LinkedHashMap<>();
    /// Subtopologies whose tasks have state.
    private final Set<String> stateful = new LinkedHashSet<>();
    /// How many tasks any member may run, and how many may run one more.
    private int floor = 0;
    private int extras = 0;

    private TaskAssignor(TaskSharing sharing, ConfiguredTopology configured, TaskConfig config) {
        this.sharing = sharing;
        this.configured = configured;
        this.config = config;
    }

    /// @param progress by member; nothing of a member that does not say how far it is
    /// @return by member; nothing for anybody while the topology is not ready
    public static Map<String, Tasks> assign(
            StreamsGroup group, ConfiguredTopology configured, TaskConfig config, Map<String, TaskProgress> progress) {
        TaskSharing sharing = new TaskSharing(group, progress);
        if (configured.isReady() && sharing.size() > 0) {
            new TaskAssignor(sharing, configured, config).assign();
        }
        Map<String, Tasks> all = new LinkedHashMap<>();
        group.members().forEach(member -> all.put(member.id(), Tasks.NONE));
        sharing.sharers().forEach((member, sharer) -> all.put(member, sharer.given()));
        return all;
    }

    private void assign() {
        List<TaskId> withState = tasks(true);
        withState.forEach(task -> stateful.add(task.subtopology()));
        place(withState);
        place(tasks(false));
        List<TaskId> waiting = new ArrayList<>();
        owners.forEach((task, owner) -> {
            Sharer holder = holding(task, owner);
            if (holder != null) {
                waiting.add(task);
            }
            sharing.run(holder == null ? owner : holder, task);
        });
        warmUp(waiting);
        withState.forEach(this::standBy);
    }

    private List<TaskId> tasks(boolean withState) {
        List<TaskId> all = new ArrayList<>();
        StreamsTopology topology = configured.topology();
        if (topology != null) {
            for (Subtopology one : topology.subtopologies()) {
                int count = one.isStateful() == withState ? configured.tasks().getOrDefault(one.id(), 0) : 0;
                for (int i = 0; i < count; i++) {
                    all.add(new TaskId(one.id(), i));
                }
            }
        }
        return all;
    }

    // ---- who is to run what

    private void place(List<TaskId> tasks) {
        int total = owners.size() + tasks.size();
        floor = total / sharing.size();
        extras = total % sharing.size();
        loads.values().forEach(load -> extras -= load > floor ? 1 : 0);
        List<TaskId> moving = new ArrayList<>();
        List<TaskId> warm = new ArrayList<>();
        for (TaskId task : tasks) {
            Sharer before = sharing.before(task);
            if (before == null) {
                moving.add(task);
            } else if (isWarmElsewhere(task, before)) {
                warm.add(task);
            } else if (!give(before, task)) {
                moving.add(task);
            }
        }
        for (TaskId task : warm) {
            // It left others their place there while it warmed up, and is to get its own.
            Sharer before = sharing.before(task);
            if (!toItsState(task, before) && (before == null || !give(before, task))) {
                moving.add(task);
            }
        }
        moving.removeIf(task -> toItsState(task, sharing.before(task)));
        toWhoHasLeast(moving);
    }

    private boolean isWarmElsewhere(TaskId task, Sharer before) {
        for (Sharer copy : sharing.copies(task)) {
            if (copy.process() != before.process() && copy.before().warmup().contains(task)) {
                return true;
            }
        }
        return false;
    }

    private boolean give(Sharer sharer, TaskId task) {
        int load = loads.getOrDefault(sharer.memberId(), 0);
        if (load > floor || (load == floor && extras <= 0)) {
            return false;
        }
        extras -= load == floor ? 1 : 0;
        loads.put(sharer.memberId(), load + 1);
        owners.put(task, sharer);
        return true;
    }

    /// To a member of the process that ran it, or one with a copy, the one that is furthest.
    private boolean toItsState(TaskId task, @Nullable Sharer before) {
        List<Sharer> copies = new ArrayList<>(sharing.copies(task));
        copies.sort(Comparator.comparing((Sharer one) -> !one.before().warmup().contains(task))
                .thenComparingLong(one -> one.progress().lag(task))
                .thenComparing(one -> !one.before().standby().contains(task))
                .thenComparing(Sharer::memberId));
        Set<Instance> processes = new LinkedHashSet<>();
        copies.forEach(one -> processes.add(one.process()));
        if (before != null) {
            processes.add(before.process());
        }
        for (Sharer one : copies) {
            if (give(one, task)) {
                return true;
            }
        }
        for (Instance process : processes) {
            for (Sharer one : process.sharers()) {
                if (give(one, task)) {
                    return true;
                }
            }
        }
        return false;
    }

    private void toWhoHasLeast(List<TaskId> tasks) {
        PriorityQueue<Loaded> queue = new PriorityQueue<>(
                Comparator.comparingInt(Loaded::load).thenComparing(one -> one.sharer().memberId()));
        sharing.sharers().values().forEach(one -> queue.add(new Loaded(one, loads.getOrDefault(one.memberId(), 0))));
        for (TaskId task : tasks) {
            Loaded least = queue.remove();
            if (!give(least.sharer(), task)) {
                throw new IllegalStateException("there is room for every task");
            }
            queue.add(new Loaded(least.sharer(), least.load() + 1));
        }
    }

    private record Loaded(Sharer sharer, int load) {}

    // ---- warm-up

    /// Who goes on with the task while its next owner has not its state; null when nothing speaks against a move now.
    private @Nullable Sharer holding(TaskId task, Sharer owner) {
        Sharer before = sharing.before(task);
        if (before == null || config.warmups() == 0 || before.process() == owner.process()
                || !stateful.contains(task.subtopology()) || !before.standing().assigned().active().containsKey(task)) {
            return null;
        }
        boolean isRestoring = before.progress().knows(task)
                && before.progress().lag(task) > config.acceptableLag();
        return isRestoring || !owner.process().reports()
                || owner.process().isCaughtUp(task, config.acceptableLag()) ? null : before;
    }

    /// Those that have begun go on; a standby task where the task is to go is as good.
    private void warmUp(List<TaskId> waiting) {
        waiting.sort(Comparator.comparing(task -> !ownerOf(task).before().warmup().contains(task)));
        int begun = 0;
        for (TaskId task : waiting) {
            Sharer owner = ownerOf(task);
            boolean standsBy = owner.process().sharers().stream()
                    .anyMatch(one -> one.before().standby().contains(task));
            if (begun < config.warmups() && !standsBy) {
                begun++;
                sharing.warmUp(owner, task);
            }
        }
    }

    private Sharer ownerOf(TaskId task) {
        return requireNonNull(owners.get(task), "every task has an owner");
    }

    // ---- standby

    private void standBy(TaskId task) {
        List<Instance> chosen = new ArrayList<>(sharing.given(task));
        for (int i = 0; i < config.standbys(); i++) {
            Instance best = bestFor(task, chosen);
            if (best == null) {
                return;
            }
            chosen.add(best);
            sharing.standBy(memberOf(best, task), task);
        }
    }

    /// Far from the others by tags; then where it was; then where there is least.
    private @Nullable Instance bestFor(TaskId task, List<Instance> others) {
        Instance best = null;
        int bestScore = -1;
        int looked = 0;
        List<Instance> candidates = new ArrayList<>();
        sharing.copies(task).forEach(one -> candidates.add(one.process()));
        for (Instance process : sharing.byLoad()) {
            candidates.add(process);
            if (++looked == MOST_CANDIDATES) {
                break;
            }
        }
        for (Instance process : candidates) {
            if (process.has(task)) {
                continue;
            }
            boolean was = process.sharers().stream().anyMatch(one -> one.before().standby().contains(task));
            int score = 2 * distance(process, others) + (was ? 1 : 0);
            if (score > bestScore) {
                best = process;
                bestScore = score;
            }
        }
        return best;
    }

    /// Tags whose value none of the others has.
    private int distance(Instance process, List<Instance> others) {
        int distance = 0;
        for (String tag : config.rackTags()) {
            String value = process.tag(tag);
            distance += value != null && others.stream().noneMatch(one -> value.equals(one.tag(tag))) ? 1 : 0;
        }
        return distance;
    }

    private static Sharer memberOf(Instance process, TaskId task) {
        Sharer best = process.sharers().getFirst();
        for (Sharer one : process.sharers()) {
            if (one.before().standby().contains(task)) {
                return one;
            }
            if (one.load() < best.load()) {
                best = one;
            }
        }
        return best;
    }
}
