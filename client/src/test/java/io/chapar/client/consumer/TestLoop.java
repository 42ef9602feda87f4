package io.chapar.client.consumer;

import io.chapar.transport.ClientLoop;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/// A loop on virtual time, in the test's own thread: tasks run in the order given, timers when the time is set forward.
final class TestLoop implements ClientLoop {
    private static final class Entry implements Timer {
        final long atMs;
        final long order;
        final Runnable task;
        boolean cancelled;

        Entry(long atMs, long order, Runnable task) {
            this.atMs = atMs;
            this.order = order;
            this.task = task;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Entry> timers = new PriorityQueue<>(
            Comparator.<Entry>comparingLong(entry -> entry.atMs).thenComparingLong(entry -> entry.order));
    private long nowMs = 1_000;
    private long order;

    @Override
    public void execute(Runnable task) {
        tasks.addLast(task);
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        Entry entry = new Entry(nowMs + Math.max(0, delayMs), order++, task);
        timers.add(entry);
        return entry;
    }

    @Override
    public long nowMs() {
        return nowMs;
    }

    @Override
    public long wallClockMs() {
        return 1_700_000_000_000L + nowMs;
    }

    /// That would still fire.
    long openTimers() {
        return timers.stream().filter(entry -> !entry.cancelled).count();
    }

    /// Runs everything that can run now.
    void settle() {
        boolean more = true;
        while (more) {
            for (Runnable task = tasks.pollFirst(); task != null; task = tasks.pollFirst()) {
                task.run();
            }
            more = fireNext(nowMs);
        }
    }

    /// Lets time pass, timer by timer.
    void advance(long ms) {
        long endMs = nowMs + ms;
        settle();
        while (fireNext(endMs)) {
            settle();
        }
        nowMs = endMs;
    }

    /// Whether there was one to fire up to this moment.
    private boolean fireNext(long untilMs) {
        while (!timers.isEmpty() && timers.peek().atMs <= untilMs) {
            Entry next = timers.poll();
            if (!next.cancelled) {
                nowMs = Math.max(nowMs, next.atMs);
                next.task.run();
                return true;
            }
        }
        return false;
    }
}
