package io.chapar.processor;

import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/// The timers of one step at one partition, or whatever else of its rows becomes due, as a task: each that is due is a
/// record of it, one at a time, and is worked on, tried again and given up as a record is. Such a record is of the
/// step's changelog, its key the row in the store, its time that of the clock. Its offset is a number of this task, the
/// same when it is made again after an abort: no position is committed for it, since what was due is not due any more
/// by what it has changed in the state.
final class TimerTask {
    private final TopicPartition changelog;
    private final DueStep step;
    private final Store store;
    private final Task task;
    /// Of the inputs of its stage.
    private final List<Task> inputs = new ArrayList<>();
    private long next;
    private long committed;
    /// By number: timers of which outputs were refused, until the next commit.
    private final TreeMap<Long, byte[]> refused = new TreeMap<>();

    TimerTask(TopicPartition changelog, DueStep step, Store store, TaskState state) {
        this.changelog = changelog;
        this.step = step;
        this.store = store;
        task = new Task(new Schedule.InOrder(), false, false, state);
    }

    Task task() {
        return task;
    }

    /// The tasks of its stage's inputs that are here.
    List<Task> inputs() {
        return inputs;
    }

    boolean isDue(long wallClockMs) {
        return step.due(store, wallClockMs) != null;
    }

    /// [Long#MAX_VALUE] is never.
    long nextWallClockMs() {
        return step.nextWallClockMs(store);
    }

    /// The first one that is due waits to be worked on, if none does yet.
    void read(long wallClockMs) {
        byte[] row = task.isEmpty() ? step.due(store, wallClockMs) : null;
        if (row == null) {
            return;
        }
        byte[] before = refused.get(next);
        if (before != null && !Arrays.equals(before, row)) {
            refused.remove(next);
            task.forgetRefusal(next);
        }
        task.read(new SourceRecord(changelog, next, 0, wallClockMs, row, null, List.of()));
    }

    void refused(Refusal refusal, boolean certain) {
        byte[] row = refusal.input().key();
        if (row != null) {
            refused.put(refusal.input().offset(), row);
            task.refused(refusal, certain);
        }
    }

    void finished() {
        next++;
    }

    /// Whether the next commit is for timers too.
    boolean isUncommitted() {
        return next != committed;
    }

    void committed() {
        committed = next;
        refused.headMap(next).clear();
        task.committed();
    }

    void dropAll() {
        next = committed;
        task.dropPosition();
    }
}
