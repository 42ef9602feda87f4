package io.chapar.processor;

import io.chapar.transport.ClientLoop;
import org.jspecify.annotations.Nullable;

import java.util.PriorityQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// A [ClientLoop] on the thread that calls [#run], for a runner and the user code it calls.
final class ThreadLoop implements ClientLoop {
    private record Alarm(long atMs, long number, Runnable task, AtomicBoolean cancelled)
            implements Comparable<Alarm> {
        @Override
        public int compareTo(Alarm other) {
            return atMs != other.atMs ? Long.compare(atMs, other.atMs) : Long.compare(number, other.number);
        }
    }

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    /// On the loop only.
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();
    private final Runnable interrupted;
    private volatile @Nullable Thread thread;
    private volatile boolean ended;
    private long alarmsSet;

    /// `interrupted` runs on the loop when its thread was interrupted, which is over by then.
    ThreadLoop(Runnable interrupted) {
        this.interrupted = interrupted;
    }

    /// Until [#end]. Throws what a task throws.
    void run() {
        thread = Thread.currentThread();
        while (!ended) {
            try {
                Runnable task = next();
                if (task != null) {
                    task.run();
                }
            } catch (InterruptedException e) {
                interrupted.run();
            }
        }
    }

    private Runnable next() throws InterruptedException {
        while (!alarms.isEmpty() && alarms.peek().cancelled.get()) {
            alarms.remove();
        }
        long waitMs = alarms.isEmpty() ? Long.MAX_VALUE : alarms.peek().atMs - nowMs();
        if (waitMs <= 0) {
            return alarms.remove().task;
        }
        return tasks.poll(waitMs, TimeUnit.MILLISECONDS);
    }

    /// Nothing runs after the present task. From any thread.
    void end() {
        ended = true;
        tasks.add(() -> { });
    }

    @Override
    public void execute(Runnable task) {
        if (ended) {
            throw new RejectedExecutionException("The thread has ended");
        }
        tasks.add(task);
    }

    @Override
    public boolean inLoop() {
        Thread own = thread;
        return own != null && own.threadId() == Thread.currentThread().threadId();
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        AtomicBoolean cancelled = new AtomicBoolean();
        alarms.add(new Alarm(nowMs() + Math.max(0, delayMs), alarmsSet++, task, cancelled));
        return () -> cancelled.set(true);
    }

    @Override
    public long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    @Override
    public long wallClockMs() {
        return System.currentTimeMillis();
    }
}
