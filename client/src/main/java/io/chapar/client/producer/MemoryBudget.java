package io.chapar.client.producer;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The bytes that records not yet answered may hold (`buffer.memory`). Callers take before a record is handed over and
/// wait in turn when it is full; the loop gives back. Thread-safe; waiting suits virtual threads and ends on
/// interruption.
final class MemoryBudget {
    private final Semaphore free;
    private final int total;
    private final AtomicInteger waiting = new AtomicInteger();

    MemoryBudget(int totalBytes) {
        total = totalBytes;
        free = new Semaphore(totalBytes, true);
    }

    int total() {
        return total;
    }

    int freeBytes() {
        return free.availablePermits();
    }

    /// Never waits, and so is not interrupted; whoever waits goes first.
    boolean tryTake(int bytes) {
        return !free.hasQueuedThreads() && free.tryAcquire(bytes);
    }

    /// Waits in turn for at most `waitMs`. `onWait` runs once it is settled that this caller counts as waiting.
    boolean take(int bytes, long waitMs, Runnable onWait) throws InterruptedException {
        waiting.incrementAndGet();
        try {
            onWait.run();
            return free.tryAcquire(bytes, waitMs, TimeUnit.MILLISECONDS);
        } finally {
            waiting.decrementAndGet();
        }
    }

    void giveBack(int bytes) {
        free.release(bytes);
    }

    /// Whether anybody waits: then batches leave without lingering.
    boolean isContended() {
        return waiting.get() > 0;
    }
}
