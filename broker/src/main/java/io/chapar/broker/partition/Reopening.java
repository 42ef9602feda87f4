package io.chapar.broker.partition;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Brings a partition back that a failing disk took offline, and opens one whose folder is there already: its log is
/// opened and recovered, away from the loop, after a pause that doubles from try to try until a write has succeeded.
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
    private @Nullable String said;
    private long saidMs;

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
        if (!why.equals(said) || setup.loop().nowMs() - saidMs >= SAY_AGAIN_MS) {
            said = why;
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
        attempt();
    }

    /// The log takes writes.
    void succeeded() {
        pauseMs = FIRST_PAUSE_MS;
    }

    private void attempt() {
        PartitionLog[] found = new PartitionLog[1];
        LogConfig now = config.get();
        setup.folder().disk().runLater(
                () -> {
                    setup.folder().reserve().relieve();
                    found[0] = PartitionLog.reopen(setup.id(), setup.topicId(), now, setup.folder());
                },
                setup.loop(),
                failure -> {
                    if (stopped) {
                        return;
                    }
                    if (failure != null) {
                        failed.accept(failure);
                        plan(failure);
                        return;
                    }
                    opened.accept(found[0]);
                    String end = said == null ? null : LINES.line(setup.loop().nowMs());
                    if (end != null) {
                        LOG.warn("{} is online again, its log ends at offset {}{}",
                                setup.id(), found[0].logEnd(), end);
                    }
                });
    }

    static String reason(IOException cause) {
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    void stop() {
        stopped = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}
