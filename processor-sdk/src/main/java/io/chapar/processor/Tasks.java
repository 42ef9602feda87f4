package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UsageException;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The tasks of one thread of an application, and how much has been done in them since the last commit.
final class Tasks {
    private final Schedule.Choice choice;
    private final boolean commitFirst;
    private final boolean transactional;
    private final States states;
    private final long waitForOthersMs;
    private long nowMs;
    private final TreeMap<TopicPartition, Task> tasks = new TreeMap<>();
    /// By stage and partition.
    private final TreeMap<TopicPartition, TaskState> stages = new TreeMap<>();
    /// By changelog.
    private final TreeMap<TopicPartition, TimerTask> timers = new TreeMap<>();
    private int underWay;
    private int uncommittedRecords;
    private long uncommittedBytes;
    private long lateRecords;
    private long passedOver;
    /// A record of which outputs were refused is under way, or done and not committed: no other is begun meanwhile.
    private boolean alone;

    Tasks(CycleSettings settings, States states) {
        this.states = states;
        choice = settings.schedule();
        commitFirst = settings.delivery() == Delivery.AT_MOST_ONCE;
        transactional = settings.delivery() == Delivery.EXACTLY_ONCE;
        waitForOthersMs = commitFirst ? 0 : settings.waitForOthersMs();
    }

    /// `next`: for each partition that moved, the position behind everything read.
    /// `began`: where the group stood when reading began.
    void read(List<SourceRecord> records, Map<TopicPartition, OffsetAndMetadata> next,
            Map<TopicPartition, OffsetAndMetadata> began) {
        began.forEach((partition, position) -> task(partition).began(position));
        records.forEach(record -> task(record.partition()).read(record));
        next.forEach((partition, position) -> task(partition).readTo(position));
    }

    private Task task(TopicPartition partition) {
        return tasks.computeIfAbsent(partition, fresh -> {
            TaskState state = stages.computeIfAbsent(states.stage(fresh), this::begin);
            Task task = new Task(choice.schedules().of(states.stages().keysAreIndependent(fresh.topic())),
                    commitFirst, choice.early(), state, meetsOthers(fresh.topic()));
            timers.values().stream().filter(timer -> timer.task().state() == state)
                    .forEach(timer -> timer.inputs().add(task));
            return task;
        });
    }

    /// What is tried again has waited enough.
    private boolean meetsOthers(String topic) {
        return !states.stages().retries().isOne(topic) && states.stages().inputsOf(topic).size() > 1;
    }

    private TaskState begin(TopicPartition stage) {
        TaskState state = states.of(stage);
        timers.putAll(state.timed());
        return state;
    }

    void add(Set<TopicPartition> partitions) {
        partitions.forEach(this::task);
    }

    /// Whether all of these positions, or later ones, are committed.
    static boolean covers(Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, OffsetAndMetadata> staged) {
        for (Map.Entry<TopicPartition, OffsetAndMetadata> one : staged.entrySet()) {
            OffsetAndMetadata there = committed.get(one.getKey());
            OffsetAndMetadata wanted = one.getValue();
            boolean elsewhere = there != null && there.offset() == wanted.offset()
                    && !Objects.equals(there.metadata(), wanted.metadata());
            if (there == null || elsewhere || there.offset() < wanted.offset()) {
                return false;
            }
        }
        return true;
    }

    // State.

    /// As [TornStage#of].
    @Nullable UsageException torn() {
        return TornStage.of(states.stages(), tasks.keySet());
    }

    List<TaskState> unrestored() {
        return stages.values().stream().filter(state -> !state.isRestored()).toList();
    }

    boolean areRestored() {
        return countUnrestored() == 0;
    }

    int countUnrestored() {
        int count = 0;
        for (TaskState state : stages.values()) {
            count += state.isRestored() ? 0 : 1;
        }
        return count;
    }

    /// What is in the stores may not be what was committed.
    void restoreAnew() {
        stages.values().forEach(TaskState::restoreAnew);
    }

    /// By changelog: what has been written there since the last commit.
    void wrote(Map<TopicPartition, Written> written) {
        stages.values().forEach(state -> state.wrote(written));
    }

    /// What the stores have been told is known to be written for good. Why it cannot be kept here now: that is to be
    /// tried again, and nothing to be begun before; null when it is done.
    @Nullable ChaparException keepState(long wallClockMs) {
        try {
            stages.values().forEach(state -> state.commit(transactional, wallClockMs));
            return null;
        } catch (AbortableException lost) {
            restoreAnew();
            return null;
        } catch (ChaparException notNow) {
            return notNow;
        }
    }

    /// Nothing is worked on any more.
    void close() {
        stages.values().forEach(TaskState::close);
    }

    /// The stores hold so much that is not committed that it shall be.
    boolean isStateLarge() {
        return uncommittedRecords > 0 && states.budget().isCommitDue();
    }

    // Records.

    boolean hasWaiting() {
        for (Task task : tasks.values()) {
            if (task.hasWaiting()) {
                return true;
            }
        }
        return !timers.isEmpty() && timers.values().stream().anyMatch(timer -> timer.task().hasWaiting());
    }

    boolean isUnderWay() {
        return underWay > 0;
    }

    /// Work on this record begins, or on a timer that is due; null when none may be begun now. Timers of a stage come
    /// before its next record, and of its topics that with the earliest one.
    @Nullable Ticket start(long wallClockMs) {
        if (alone || underWay >= choice.atOnce()) {
            return null;
        }
        boolean nothingBegun = isNothingBegun();
        if (isDraining(nothingBegun)) {
            return null;
        }
        for (TimerTask timer : timers.values()) {
            if (!timer.task().state().isAtWork() && mayFire(timer)) {
                timer.read(wallClockMs);
            }
            Ticket ticket = timer.task().start(nothingBegun);
            if (ticket != null) {
                return begun(ticket);
            }
        }
        for (Map.Entry<TopicPartition, Task> task : tasks.entrySet()) {
            Ticket ticket = isNext(task.getKey(), task.getValue()) ? task.getValue().start(nothingBegun) : null;
            if (ticket != null) {
                return begun(ticket);
            }
        }
        return null;
    }

    private boolean isNothingBegun() {
        return underWay == 0 && uncommittedRecords == 0;
    }

    /// A record that has to be worked on alone waits until the others are done and committed. Where commits wait for
    /// all that was begun, that comes by itself.
    private boolean isDraining(boolean nothingBegun) {
        return choice.early() && !commitFirst && !nothingBegun && (tasks.values().stream().anyMatch(Task::hasRefused)
                || timers.values().stream().anyMatch(timer -> timer.task().hasRefused()));
    }

    /// Whether [#start] would give one.
    boolean mayStart(long wallClockMs) {
        boolean nothingBegun = isNothingBegun();
        if (alone || underWay >= choice.atOnce() || isDraining(nothingBegun)) {
            return false;
        }
        return timers.values().stream().anyMatch(timer -> timer.task().mayStart(nothingBegun)
                || (!timer.task().state().isAtWork() && mayFire(timer) && timer.isDue(wallClockMs)))
                || tasks.entrySet().stream().anyMatch(task -> isNext(task.getKey(), task.getValue())
                && task.getValue().mayStart(nothingBegun));
    }

    /// Partitions of which enough has been read for now.
    SortedSet<TopicPartition> full() {
        TreeSet<TopicPartition> full = new TreeSet<>();
        tasks.forEach((partition, task) -> {
            if (task.isFull()) {
                full.add(partition);
            }
        });
        return full;
    }

    /// As [#start], of those records alone that later ones have overtaken.
    @Nullable Ticket startGap() {
        if (alone || underWay >= choice.atOnce()) {
            return null;
        }
        for (Task task : tasks.values()) {
            Ticket ticket = task.startGap();
            if (ticket != null) {
                return begun(ticket);
            }
        }
        return null;
    }

    private Ticket begun(Ticket ticket) {
        underWay++;
        alone = ticket.refused() != null && !commitFirst;
        return ticket;
    }

    /// No timer of its stage waits, nor an earlier record of another of the stage's topics.
    private boolean isNext(TopicPartition partition, Task task) {
        if (!task.hasWaiting() || (!timers.isEmpty() && timers.values().stream()
                .anyMatch(timer -> timer.task().state() == task.state() && timer.task().hasWaiting()))) {
            return false;
        }
        if (!task.meetsOthers()) {
            return true;
        }
        for (String topic : states.stages().inputsOf(partition.topic())) {
            Task other = tasks.get(new TopicPartition(topic, partition.partition()));
            if (other != null && other.hasWaiting() && other.waitingSinceMs() < task.waitingSinceMs()) {
                return false;
            }
        }
        return !isHeldBack(partition, task);
    }

    /// Nothing has come of another topic of its stage, and there is still time for it.
    private boolean isHeldBack(TopicPartition partition, Task task) {
        if (waitForOthersMs == 0) {
            return false;
        }
        TaskState.HeldBack heldBack = task.state().heldBack();
        for (String topic : states.stages().inputsOf(partition.topic())) {
            Task other = tasks.get(new TopicPartition(topic, partition.partition()));
            if (other != null && !other.hasWaiting()) {
                if (heldBack == null || !heldBack.topic().equals(topic)) {
                    heldBack = new TaskState.HeldBack(topic, nowMs);
                    task.state().heldBack(heldBack);
                }
                return nowMs - heldBack.sinceMs() < waitForOthersMs;
            }
        }
        task.state().heldBack(null);
        return false;
    }

    /// What waits waits for other topics' records, for that long at most; [Long#MAX_VALUE]: nothing does.
    long untilOthersMs() {
        long untilMs = Long.MAX_VALUE;
        for (Task task : tasks.values()) {
            TaskState.HeldBack heldBack = task.hasWaiting() ? task.state().heldBack() : null;
            long leftMs = heldBack == null ? 0 : heldBack.sinceMs() + waitForOthersMs - nowMs;
            untilMs = leftMs > 0 ? Math.min(untilMs, leftMs) : untilMs;
        }
        return untilMs;
    }

    /// `nowMs`: of a clock that never goes back.
    void at(long nowMs) {
        this.nowMs = nowMs;
    }

    // Timers.

    boolean isTimer(Ticket ticket) {
        return timers.containsKey(ticket.record().partition());
    }

    /// A transaction that holds timers alone has to commit a position too: by that the group knows who may not. So one
    /// of the stage's has to be known, or to be in this transaction already.
    private boolean mayFire(TimerTask timer) {
        return timer.task().state().isRestored() && (!transactional || timer.inputs().stream()
                .anyMatch(task -> task.place() != null || task.position() != null));
    }

    /// Timers are due, and where the group stands in their stages has to be asked for first.
    boolean needPlaces(long wallClockMs) {
        return transactional && timers.values().stream().anyMatch(timer -> timer.isDue(wallClockMs)
                && !mayFire(timer) && timer.inputs().stream().anyMatch(task -> !task.isLocated()));
    }

    boolean haveDue(long wallClockMs) {
        return timers.values().stream().anyMatch(timer -> timer.isDue(wallClockMs) && mayFire(timer));
    }

    /// At least 1.
    long untilTimerMs(long wallClockMs) {
        long untilMs = Long.MAX_VALUE;
        for (TimerTask timer : timers.values()) {
            if (mayFire(timer)) {
                untilMs = Math.min(untilMs, Math.max(1, timer.nextWallClockMs() - wallClockMs));
            }
        }
        return untilMs;
    }

    /// Where the group stands in the partitions in which it has committed anything.
    void located(Map<TopicPartition, OffsetAndMetadata> committed) {
        tasks.forEach((partition, task) -> task.located(committed.get(partition)));
    }

    // What has been done.

    /// The effects of this record have been handed over. `changes` null: none of state.
    void finish(Ticket ticket, @Nullable Changes changes) {
        if (changes != null) {
            ticket.task().state().apply(changes);
            lateRecords += changes.late().isEmpty() ? 0 : 1;
            passedOver += changes.wasPassedOver() ? 1 : 0;
            for (Row row : changes.rows()) {
                uncommittedBytes += commitFirst ? 0 : row.sizeInBytes();
            }
            uncommittedBytes += commitFirst || transactional ? 0 : ticket.task().state().heldBytes(changes);
        }
        underWay--;
        if (!commitFirst) {
            uncommittedRecords++;
            uncommittedBytes += ticket.record().sizeInBytes();
        }
        ticket.task().finish(ticket);
        TimerTask timer = timers.get(ticket.record().partition());
        if (timer != null) {
            timer.finished();
        }
    }

    /// What waits may not be begun before the rest is committed.
    boolean needsCommit() {
        return underWay == 0 && uncommittedRecords > 0 && hasWaiting();
    }

    /// Outputs of these were refused. What was refused together is tried one by one, until each refusal is one
    /// record's doing. Where positions are committed first, each record is worked on once more, here.
    void refused(List<Refusal> refusals) {
        List<Refusal> each = Refusal.ofEachInput(refusals);
        long together = each.stream().filter(refusal -> !refusal.isExact()).count();
        for (Refusal refusal : each) {
            TimerTask timer = timers.get(refusal.input().partition());
            Task task = tasks.get(refusal.input().partition());
            if (timer != null) {
                timer.refused(refusal, refusal.isExact() || together == 1);
            } else if (task != null && commitFirst) {
                task.again(refusal);
            } else if (task != null) {
                task.refused(refusal, refusal.isExact() || together == 1);
            }
        }
    }

    /// How many records have come too late for some step.
    long lateRecords() {
        return lateRecords;
    }

    /// How many records some step could do nothing with, for want of a key or a value.
    long passedOver() {
        return passedOver;
    }

    int uncommittedRecords() {
        return uncommittedRecords;
    }

    long uncommittedBytes() {
        return uncommittedBytes;
    }

    /// What may be committed and is not.
    Map<TopicPartition, OffsetAndMetadata> positions() {
        TreeMap<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>();
        tasks.forEach((partition, task) -> {
            if (task.position() != null) {
                positions.put(partition, task.position());
            }
        });
        if (transactional) {
            timers.values().stream().filter(TimerTask::isUncommitted).forEach(timer -> places(timer, positions));
        }
        return positions;
    }

    private void places(TimerTask timer, Map<TopicPartition, OffsetAndMetadata> positions) {
        tasks.forEach((partition, task) -> {
            if (task.state() == timer.task().state() && task.place() != null) {
                positions.putIfAbsent(partition, task.place());
            }
        });
    }

    /// Nothing waits, and nothing is to be committed, not even what lies behind markers and aborted records alone:
    /// nothing may come behind that for long, and the group would lag for that long.
    boolean areDone() {
        return !hasWaiting() && tasks.values().stream().allMatch(task -> task.position() == null);
    }

    boolean isNothingToCommit() {
        return tasks.values().stream().allMatch(task -> task.position() == null);
    }

    void committed() {
        tasks.values().forEach(Task::committed);
        timers.values().forEach(TimerTask::committed);
        nothingUncommitted();
    }

    private void nothingUncommitted() {
        uncommittedRecords = 0;
        uncommittedBytes = 0;
        alone = false;
    }

    void dropTails() {
        tasks.values().forEach(Task::dropTail);
        timers.values().forEach(timer -> timer.task().dropTail());
    }

    /// What waits or is under way does not count any more; what is done does.
    void callIn() {
        tasks.values().forEach(Task::callIn);
        timers.values().forEach(timer -> timer.task().callIn());
        underWay = 0;
    }

    /// Nothing counts of what was read and not committed.
    void dropAll() {
        callIn();
        tasks.values().forEach(Task::dropPosition);
        timers.values().forEach(TimerTask::dropAll);
        stages.values().forEach(TaskState::rollback);
        nothingUncommitted();
    }

    void forget(Set<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Task gone = tasks.remove(partition);
            if (gone != null) {
                underWay -= gone.callIn();
                gone.state().restoreAnew();
                timers.values().forEach(timer -> timer.inputs().remove(gone));
            }
        }
        stages.values().removeIf(state -> {
            boolean goes = tasks.values().stream().noneMatch(task -> task.state() == state);
            if (goes) {
                state.close();
            }
            return goes;
        });
        timers.values().removeIf(timer -> {
            boolean goes = !timer.task().state().isRestored() || !stages.containsValue(timer.task().state());
            underWay -= goes ? timer.task().callIn() : 0;
            return goes && !stages.containsValue(timer.task().state());
        });
    }
}
