package io.chapar.broker.runtime;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A loop on virtual time. The test's thread is the loop: tasks run when the test says so, in the order given, and
/// timers by deadline, then by order of arming. Other threads may hand in tasks.
public final class ManualLoop implements Loop {
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final PriorityQueue<Armed> timers =
            new PriorityQueue<>(Comparator.comparingLong(Armed::deadlineMs).thenComparingLong(Armed::order));
    private final Thread owner = Thread.currentThread();
    private long nowMs;
    private long wallClockAheadMs;
    private long armed;

    public ManualLoop() {
        this(1_700_000_000_000L);
    }

    public ManualLoop(long nowMs) {
        this.nowMs = nowMs;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread().equals(owner);
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        Armed timer = new Armed(nowMs + Math.max(0, delayMs), armed++, task);
        timers.add(timer);
        return () -> timers.remove(timer);
    }

    @Override
    public long nowMs() {
        return nowMs;
    }

    @Override
    public long wallClockMs() {
        return nowMs + wallClockAheadMs;
    }

    /// The wall clock jumps; time goes on as it did.
    public void stepWallClock(long ms) {
        wallClockAheadMs += ms;
    }

    /// Runs tasks until none is left, and timers that are due; gives the number run.
    public int runAll() {
        int ran = 0;
        while (true) {
            Runnable task = tasks.poll();
            if (task == null && !timers.isEmpty() && timers.peek().deadlineMs() <= nowMs) {
                task = timers.poll().task();
            }
            if (task == null) {
                return ran;
            }
            task.run();
            ran++;
        }
    }

    /// Moves time on, running everything that comes due on the way at its own time.
    public void advance(long ms) {
        long until = nowMs + ms;
        runAll();
        while (!timers.isEmpty() && timers.peek().deadlineMs() <= until) {
            nowMs = Math.max(nowMs, timers.peek().deadlineMs());
            runAll();
        }
        nowMs = until;
        runAll();
    }

    /// Waits, in real time, for a task from another thread, and runs it and all that follows.
    public void awaitTask() {
        try {
            Runnable task = tasks.poll(90, TimeUnit.SECONDS);
            if (task == null) {
                throw new AssertionError("no task came");
            }
            task.run();
            runAll();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private record Armed(long deadlineMs, long order, Runnable task) {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(order);
        }
    }
}
