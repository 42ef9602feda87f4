package io.chapar.console.web;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Bounds how long a thread does something: it is interrupted when the time is over, which closes the connection that
/// it writes to and ends what it waits for. So whoever reads slowly, or not at all, holds nothing for long.
final class Deadlines {
    private final ScheduledThreadPoolExecutor clock;

    Deadlines() {
        clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "console-deadlines");
            thread.setDaemon(true);
            return thread;
        });
        clock.setRemoveOnCancelPolicy(true);
        // Where this is closed, the time of whoever begins something is over at once.
        clock.setRejectedExecutionHandler((_, _) -> Thread.currentThread().interrupt());
        clock.setKeepAliveTime(1, TimeUnit.MINUTES);
        clock.allowCoreThreadTimeOut(true);
    }

    /// Running until it is closed.
    interface Running extends AutoCloseable {
        @Override
        void close();
    }

    /// Interrupts the calling thread when it has not closed this by then.
    Running seconds(int seconds) {
        Thread thread = Thread.currentThread();
        AtomicBoolean over = new AtomicBoolean();
        ScheduledFuture<?> later = clock.schedule(() -> {
            if (over.compareAndSet(false, true)) {
                thread.interrupt();
            }
        }, seconds, TimeUnit.SECONDS);
        return () -> {
            over.set(true);
            later.cancel(false);
        };
    }

    void close() {
        clock.shutdownNow();
    }
}
