package io.chapar.broker.net;

import io.chapar.broker.metrics.Distribution;
import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ProcessClock;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A loop that is one Netty event loop: sockets, timers and partitions share its thread.
///
/// A task that throws has met a bug, and what the loop owns may be half changed: the loop runs no further task of its
/// own, and says so.
public final class NettyLoop implements Loop {
    private static final long DELAY_EVERY_MS = 200;

    private final EventLoop eventLoop;
    private final Executor aside;
    private final Executor asideForLong;
    private final Consumer<Throwable> onBug;
    private final TrafficMeters traffic = new TrafficMeters();
    private final Distribution delay = new Distribution();
    private boolean stopped;
    /// What waits for a turn of its own.
    private final ArrayDeque<Runnable> later = new ArrayDeque<>();

    /// @param aside where long work is done
    /// @param asideForLong where work is done that takes so long that others should not wait for it
    /// @param onBug told once, on this loop
    public NettyLoop(EventLoop eventLoop, Executor aside, Executor asideForLong, Consumer<Throwable> onBug) {
        this.eventLoop = eventLoop;
        this.aside = aside;
        this.asideForLong = asideForLong;
        this.onBug = onBug;
    }

    public EventLoop eventLoop() {
        return eventLoop;
    }

    /// What the connections of this loop do. On this loop only.
    public TrafficMeters traffic() {
        return traffic;
    }

    /// How late a timer of this loop was, as [#watchDelay] sees it. On this loop only.
    public Distribution delay() {
        return delay;
    }

    /// Looks again and again how late a timer comes. On this loop only, once.
    public void watchDelay() {
        long dueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DELAY_EVERY_MS);
        schedule(DELAY_EVERY_MS, () -> {
            delay.record(Math.max(0, System.nanoTime() - dueNs));
            watchDelay();
        });
    }

    /// Whether the loop met a bug. On this loop only.
    public boolean isStopped() {
        return stopped;
    }

    /// Ends the loop because of what a task, or a request, met. On this loop only.
    public void stop(Throwable bug) {
        if (!stopped) {
            stopped = true;
            onBug.accept(bug);
        }
    }

    @Override
    public void execute(Runnable task) {
        eventLoop.execute(() -> guarded(task));
    }

    private void guarded(Runnable task) {
        if (stopped) {
            return;
        }
        try {
            task.run();
        } catch (Throwable bug) {
            stop(bug);
        }
    }

    /// By way of a timer: Netty runs what is executed until nothing is left, for up to a second, and looks at the
    /// sockets only then; timers that come due meanwhile wait for its next turn.
    @Override
    public void later(Runnable task) {
        run(() -> {
            later.add(task);
            if (later.size() == 1) {
                schedule(0, this::runOneOfLater);
            }
        });
    }

    private void runOneOfLater() {
        Runnable task = later.peek();
        try {
            task.run();
        } finally {
            later.remove();
            if (!later.isEmpty()) {
                schedule(0, this::runOneOfLater);
            }
        }
    }

    @Override
    public void aside(Runnable work, Runnable done) {
        on(aside, work, done);
    }

    @Override
    public void asideForLong(Runnable work, Runnable done) {
        on(asideForLong, work, done);
    }

    private void on(Executor where, Runnable work, Runnable done) {
        try {
            where.execute(() -> {
                Runnable then = done;
                try {
                    work.run();
                } catch (Throwable bug) {
                    then = () -> stop(bug);
                }
                try {
                    execute(then);
                } catch (RejectedExecutionException ended) {
                    // The loop has ended, and with it whoever waited.
                }
            });
        } catch (RejectedExecutionException closing) {
            // The broker ends, and nobody is there to be answered.
        }
    }

    @Override
    public boolean inLoop() {
        return eventLoop.inEventLoop();
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        Future<?> future = eventLoop.schedule(() -> guarded(task), delayMs, TimeUnit.MILLISECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public long nowMs() {
        return ProcessClock.nowMs();
    }

    @Override
    public long wallClockMs() {
        return System.currentTimeMillis();
    }
}
