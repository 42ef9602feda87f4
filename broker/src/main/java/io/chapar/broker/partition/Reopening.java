package io.chapar.broker.partition;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// Brings a partition back that a failing disk took offline, and opens one whose folder is there already: its log is
/// opened and recovered, away from the loop, after a pause that doubles from try to try until a write has succeeded.
///
/// Files are told by their names alone, and another partition may have the name once this one is deleted: an opening
/// that has not begun by then never does, and for the end of one that has, whoever comes after has to wait.
final class Reopening {
    static final long FIRST_PAUSE_MS = 1_000;
    static final long LONGEST_PAUSE_MS = 30_000;
    private static final long SAY_AGAIN_MS = TimeUnit.MINUTES.toMillis(10);
    private static final Logger LOG = LoggerFactory.getLogger(Reopening.class);
    private static final LogBudget LINES = new LogBudget(10);

    private final PartitionSetup setup;
    private final Supplier<LogConfig> config;
    private final Consumer<PartitionLog> opened;
    private final Consumer<IOException> failed;
    private long pauseMs = FIRST_PAUSE_MS;
    private Loop.@Nullable Timer timer;
    private boolean stopped;
    private final AtomicReference<Opening> opening = new AtomicReference<>(Opening.NONE);
    private final List<Runnable> afterOpening = new ArrayList<>();
    private @Nullable String said;
    private long saidMs;
    /// The last line was that it is offline.
    private boolean saidOffline;
    /// Since the last write. One that goes offline again and again without any has come back once.
    private boolean saidOnline;

    private enum Opening { NONE, PLANNED, UNDER_WAY }

    /// @param opened gets the log, on the partition's loop
    /// @param failed gets why there is none yet
    Reopening(
            PartitionSetup setup,
            Supplier<LogConfig> config,
            Consumer<PartitionLog> opened,
            Consumer<IOException> failed) {
        this.setup = setup;
        this.config = config;
        this.opened = opened;
        this.failed = failed;
    }

    /// The partition went offline just now.
    void plan(IOException cause) {
        if (stopped) {
            return;
        }
        // A reason that stays is said once, and then every now and again.
        String why = reason(cause);
        if (!why.equals(said) || !saidOffline || setup.loop().nowMs() - saidMs >= SAY_AGAIN_MS) {
            said = why;
            saidOffline = true;
            saidMs = setup.loop().nowMs();
            String end = LINES.line(saidMs);
            if (end != null) {
                LOG.error("{} is offline, next try in {} ms: {}{}", setup.id(), pauseMs, why, end);
            }
        }
        timer = setup.loop().schedule(pauseMs, this::attempt);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }

    /// The partition has never been opened in this process.
    void begin() {
        if (!stopped) {
            attempt();
        }
    }

    /// The log takes writes.
    void succeeded() {
        pauseMs = FIRST_PAUSE_MS;
        if (saidOffline) {
            sayOnline("takes writes again");
        }
        saidOnline = false;
    }

    private void attempt() {
        PartitionLog[] found = new PartitionLog[1];
        LogConfig now = config.get();
        opening.set(Opening.PLANNED);
        setup.folder().disk().runLater(
                () -> {
                    if (opening.compareAndSet(Opening.PLANNED, Opening.UNDER_WAY)) {
                        setup.folder().reserve().relieve();
                        found[0] = PartitionLog.reopen(setup.id(), setup.topicId(), now, setup.folder());
                    }
                },
                setup.loop(),
                failure -> ended(found[0], failure));
    }

    /// @param log null where there is a failure, or nobody waited for it
    private void ended(@Nullable PartitionLog log, @Nullable IOException failure) {
        opening.set(Opening.NONE);
        if (stopped) {
            if (log != null) {
                log.abandon();
            }
            afterOpening.forEach(Runnable::run);
            afterOpening.clear();
            return;
        }
        if (failure != null) {
            failed.accept(failure);
            plan(failure);
            return;
        }
        PartitionLog back = requireNonNull(log, "a log is opened, or is not");
        opened.accept(back);
        if (saidOffline && !saidOnline) {
            sayOnline("is online again, its log ends at offset " + back.logEnd());
        }
    }

    private void sayOnline(String how) {
        saidOffline = false;
        saidOnline = true;
        String end = LINES.line(setup.loop().nowMs());
        if (end != null) {
            LOG.warn("{} {}{}", setup.id(), how, end);
        }
    }

    static String reason(IOException cause) {
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /// No opening begins any more.
    void stop() {
        stopped = true;
        if (timer != null) {
            timer.cancel();
        }
        opening.compareAndSet(Opening.PLANNED, Opening.NONE);
    }

    /// After [#stop()]: runs `then` when the opening that is under way has ended.
    ///
    /// @return false when there is none
    boolean whenEnded(Runnable then) {
        return opening.get() == Opening.UNDER_WAY && afterOpening.add(then);
    }
}
