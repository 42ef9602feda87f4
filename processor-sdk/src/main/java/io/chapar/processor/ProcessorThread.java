package io.chapar.processor;

import io.chapar.client.ChaparException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/// One thread of an application: a member of its group with its own sink and its own cycle. User code runs on it.
///
/// A stop ends a wait and a poll at once, user code when it returns; from the deadline on the thread is interrupted.
final class ProcessorThread {
    /// How long after its deadline a thread may still take to give everything up.
    private static final long GRACE_MS = 5_000;
    private static final Logger LOG = LoggerFactory.getLogger(ProcessorThread.class);

    /// Called on this thread.
    interface Observer {
        void joined();

        /// `cause` null: stopped as asked.
        void ended(Throwable cause);
    }

    private final ProcessorConfig config;
    private final Observer observer;
    private final RecordSource source;
    private final Cycle cycle;
    private final PlanWork work;
    private final CycleRunner runner;
    private final Thread thread;
    private final AtomicBoolean stopRequested = new AtomicBoolean();
    private volatile long stopDeadlineMs = Long.MAX_VALUE;
    private volatile CycleReport report;
    private boolean joined;

    ProcessorThread(String name, ProcessorConfig config, Plan plan, RecordSource source, RecordSink.Factory sinks,
            Observer observer) {
        this.config = config;
        this.observer = observer;
        this.source = source;
        cycle = new Cycle(Cycle.Settings.of(config));
        report = cycle.report();
        work = new PlanWork(plan, config.onError());
        runner = new CycleRunner(cycle, source, sinks, work, ProcessorThread::nowMs, this::waitUntil);
        thread = Thread.ofPlatform().name(name).unstarted(this::run);
    }

    private static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }

    void start() {
        thread.start();
    }

    /// Instead of [#start].
    void discard() {
        runner.giveUp();
    }

    boolean isCurrent() {
        return Thread.currentThread().threadId() == thread.threadId();
    }

    CycleReport report() {
        return report;
    }

    /// From any thread; the first call sets the deadline.
    void stop() {
        if (stopRequested.compareAndSet(false, true)) {
            stopDeadlineMs = nowMs() + config.closeTimeoutMs();
            source.wakeup();
            LockSupport.unpark(thread);
        }
    }

    /// Waits for the end, and interrupts the thread when its time is over. True if the caller was interrupted
    /// meanwhile.
    boolean join(long timeoutMs) {
        boolean interrupted = false;
        long deadlineMs = nowMs() + timeoutMs;
        boolean pressed = false;
        while (thread.isAlive()) {
            long leftMs = deadlineMs - nowMs();
            if (leftMs <= 0 && pressed) {
                LOG.warn("{} does not end; it is left behind", thread.getName());
                break;
            }
            if (leftMs <= 0 || (interrupted && !pressed)) {
                work.interrupting();
                thread.interrupt();
                pressed = true;
                deadlineMs = nowMs() + GRACE_MS;
                continue;
            }
            try {
                thread.join(leftMs);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted;
    }

    private void run() {
        Throwable cause = null;
        try {
            while (runner.step()) {
                observe();
            }
            report = cycle.report();
            cause = ((CycleState.Closed) cycle.state()).cause();
            if (cause instanceof ChaparException known) {
                LOG.error("{} stopped: {}", thread.getName(), StopReason.of(known, config));
            } else if (cause != null) {
                LOG.error("{} stopped: {}", thread.getName(), cause.getMessage(), cause);
            }
        } catch (Throwable e) {
            cause = e;
            LOG.error("{} failed", thread.getName(), e);
            runner.giveUp();
        } finally {
            observer.ended(cause);
        }
    }

    private void observe() {
        report = cycle.report();
        if (!joined && report.joined()) {
            joined = true;
            observer.joined();
        }
        boolean interrupted = Thread.interrupted();
        if (stopRequested.get()) {
            cycle.stop(interrupted ? nowMs() : stopDeadlineMs);
        } else if (interrupted) {
            LOG.warn("{}: a function left an interrupt behind, which is ignored", thread.getName());
        }
    }

    private void waitUntil(long untilMs) {
        while (nowMs() < untilMs && !stopRequested.get() && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(untilMs - nowMs()));
        }
    }
}
