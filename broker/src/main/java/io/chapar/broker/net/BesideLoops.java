package io.chapar.broker.net;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Where one kind of long work is done, such as to turn messages of many elements into objects, and back into bytes:
/// one after the other on a thread of their own, which is there only while there are some. A loop must not be held by
/// them.
final class BesideLoops {
    private static final Logger LOG = LoggerFactory.getLogger(BesideLoops.class);

    private static final int IDLE_SECONDS = 5;

    private final ThreadPoolExecutor thread;

    /// @param name of the thread
    BesideLoops(String name) {
        thread = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), task -> new Thread(task, name));
        thread.allowCoreThreadTimeOut(true);
    }

    /// What fails there without saying that it may has met a bug.
    void run(NettyLoop loop, Runnable task) {
        thread.execute(() -> {
            try {
                task.run();
            } catch (Throwable bug) {
                loop.execute(() -> loop.stop(bug));
            }
        });
    }

    Executor thread() {
        return thread;
    }

    /// What was not begun is not done any more: nobody is there to take it.
    void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(IDLE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("A message, its records or a group are still being worked on after {} s", IDLE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
