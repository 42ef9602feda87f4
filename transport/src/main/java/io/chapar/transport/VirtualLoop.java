package io.chapar.transport;

import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// A [ClientLoop] without a thread, for tests and simulations: time moves only when its owner says so, and everything
/// happens in one order.
public final class VirtualLoop implements ClientLoop {
    private static final long EPOCH_MS = 1_700_000_000_000L;

    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private long nowMs;
    private long count;

    private record Task(long atMs, long number, Runnable body, AtomicBoolean cancelled) implements Comparable<Task> {
        @Override
        public int compareTo(Task other) {
            return atMs != other.atMs ? Long.compare(atMs, other.atMs) : Long.compare(number, other.number);
        }
    }

    public VirtualLoop() {
        this(0);
    }

    public VirtualLoop(long startMs) {
        nowMs = startMs;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(new Task(nowMs, count++, task, new AtomicBoolean()));
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        AtomicBoolean cancelled = new AtomicBoolean();
        tasks.add(new Task(nowMs + Math.max(0, delayMs), count++, task, cancelled));
        return () -> cancelled.set(true);
    }

    @Override
    public long nowMs() {
        return nowMs;
    }

    @Override
    public long wallClockMs() {
        return EPOCH_MS + nowMs;
    }

    /// Lets `ms` pass and runs everything that falls due.
    public void advance(long ms) {
        long untilMs = nowMs + ms;
        while (!tasks.isEmpty() && tasks.peek().atMs <= untilMs) {
            step();
        }
        nowMs = untilMs;
    }

    /// When something is to run, as things stand; [Long#MAX_VALUE] is never.
    public long nextDueMs() {
        while (!tasks.isEmpty() && tasks.peek().cancelled.get()) {
            tasks.remove();
        }
        return tasks.isEmpty() ? Long.MAX_VALUE : tasks.peek().atMs;
    }

    /// Lets time pass until the future ends, at most `limitMs`.
    public void runUntilDone(CompletableFuture<?> future, long limitMs) {
        long untilMs = nowMs + limitMs;
        while (!future.isDone() && !tasks.isEmpty() && tasks.peek().atMs <= untilMs) {
            step();
        }
        if (!future.isDone()) {
            throw new AssertionError("not done after " + limitMs + " ms of virtual time");
        }
    }

    private void step() {
        Task task = tasks.poll();
        if (!task.cancelled.get()) {
            nowMs = Math.max(nowMs, task.atMs);
            task.body.run();
        }
    }
}
