package io.chapar.transport;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ScheduledFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A [ClientLoop] on one Netty event loop with one daemon thread of its own.
final class NettyClientLoop implements ClientLoop, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NettyClientLoop.class);
    private static final long CLOSE_WAIT_MS = 2_000;

    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop events;
    private final long originNs = System.nanoTime();
    private volatile Consumer<Throwable> crashListener = cause -> { };

    NettyClientLoop(String threadName) {
        group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(threadName, true),
                NioIoHandler.newFactory());
        events = group.next();
    }

    EventLoop events() {
        return events;
    }

    void onCrash(Consumer<Throwable> listener) {
        crashListener = listener;
    }

    @Override
    public void execute(Runnable task) {
        events.execute(() -> guarded(task));
    }

    @Override
    public boolean inLoop() {
        return events.inEventLoop();
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        ScheduledFuture<?> scheduled =
                events.schedule(() -> guarded(task), Math.max(0, delayMs), TimeUnit.MILLISECONDS);
        return () -> scheduled.cancel(false);
    }

    @Override
    public long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - originNs);
    }

    @Override
    public long wallClockMs() {
        return System.currentTimeMillis();
    }

    /// Runs a task; an exception out of it is a fault of the program, and the client is told to stop.
    void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("The client stops: a fault in the client itself", e);
            crashListener.accept(e);
        }
    }

    @Override
    public void close() {
        var ended = group.shutdownGracefully(0, CLOSE_WAIT_MS, TimeUnit.MILLISECONDS);
        if (!events.inEventLoop()) {
            ended.awaitUninterruptibly(CLOSE_WAIT_MS);
        }
    }
}
