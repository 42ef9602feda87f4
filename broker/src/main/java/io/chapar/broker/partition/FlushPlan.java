package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.LogCut;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import static java.util.Objects.requireNonNull;

/// When a partition's log is synced. All syncs run away from the loop, one at a time; what is appended meanwhile is
/// covered by the next.
///
/// A checkpoint follows a roll, `flush.messages`, `flush.ms`, and [#CHECKPOINT_BYTES] whatever the settings say, so
/// that a recovery never has much to read. What a recovery did have to read, from [#RECOVERED_BYTES] on, is vouched for
/// soon after: a broker that is killed again and again does not read more each time. With `flush.acks` the batches of
/// each turn of the loop are synced besides, and only then is anybody told of them; also where it is set at the leader
/// alone that is followed ([#syncAtOnce]).
final class FlushPlan {
    static final long CHECKPOINT_BYTES = 64L << 20;
    static final long RECOVERED_BYTES = 1L << 20;

    private final Loop loop;
    private final BooleanSupplier isOnline;
    private final LongSupplier highWatermark;
    private final Runnable synced;
    private final Consumer<IOException> failed;
    /// Null while there is none that could be opened.
    private @Nullable PartitionLog log;
    private LogConfig config;
    private boolean wanted;
    private int segments;
    private boolean checkpointDue;
    private boolean syncPlanned;
    private Loop.@Nullable Timer timer;
    private @Nullable Runnable afterwards;

    /// @param synced runs after each sync that went well
    FlushPlan(
            Loop loop,
            LogConfig config,
            BooleanSupplier isOnline,
            LongSupplier highWatermark,
            Runnable synced,
            Consumer<IOException> failed) {
        this.loop = loop;
        this.config = config;
        this.isOnline = isOnline;
        this.highWatermark = highWatermark;
        this.synced = synced;
        this.failed = failed;
    }

    /// @param opened null for a log that could not be opened
    void use(@Nullable PartitionLog opened) {
        log = opened;
        segments = opened == null ? 0 : opened.segmentCount();
        checkpointDue = false;
        // A sync of the log before may have ended without a word.
        releaseAfterwards();
        if (opened != null) {
            LogCut.afterwards(opened, this::resume);
        }
        if (opened != null && opened.bytesSinceCheckpoint() >= RECOVERED_BYTES) {
            loop.execute(() -> {
                if (log == opened) {
                    checkpointDue = true;
                    checkpoint();
                }
            });
        }
    }

    void configure(LogConfig to) {
        if (to.flushMs() != config.flushMs() && timer != null) {
            // Of records that wait for it, which the next plan counts from now on.
            timer.cancel();
            timer = null;
        }
        config = to;
    }

    void syncAtOnce(boolean now) {
        wanted = now;
    }

    boolean syncsAtOnce() {
        return wanted || config.flushAcks();
    }

    private PartitionLog log() {
        return requireNonNull(log, "what is synced is open");
    }

    /// How far the log counts as written by this replica.
    long committable() {
        return config.flushAcks() ? log().syncedTo() : log().logEnd();
    }

    /// Something has been appended, or settings have changed.
    void plan() {
        boolean rolled = log().segmentCount() != segments;
        segments = log().segmentCount();
        if (rolled
                || log().logEnd() - log().recoveryPoint() >= config.flushMessages()
                || log().bytesSinceCheckpoint() >= CHECKPOINT_BYTES) {
            checkpointDue = true;
            checkpoint();
        }
        if (syncsAtOnce() && !syncPlanned && log().syncedTo() < log().logEnd()) {
            // At the end of this turn, so that one sync covers all that it appends.
            syncPlanned = true;
            loop.execute(() -> {
                syncPlanned = false;
                begin(false);
            });
        }
        if (config.flushMs() != Long.MAX_VALUE && timer == null) {
            timer = loop.schedule(config.flushMs(), () -> {
                timer = null;
                if (isOnline.getAsBoolean() && !checkpoint()) {
                    checkpointDue = true;
                }
            });
        }
    }

    /// Segments have gone otherwise than by a roll.
    void recount() {
        segments = log().segmentCount();
    }

    /// False while a sync is still under way.
    boolean checkpoint() {
        return begin(true);
    }

    /// A checkpoint without hurry: `then` runs when there is no more to wait for, also where the disk refuses what a
    /// checkpoint writes before its sync.
    void checkpointThen(Runnable then) {
        if (afterwards != null || !isOnline.getAsBoolean() || log().recoveryPoint() >= log().logEnd()) {
            loop.execute(then);
            return;
        }
        // Before the checkpoint, which ends all that waits when it fails.
        afterwards = then;
        if (!checkpoint()) {
            releaseAfterwards();
        }
    }

    private boolean begin(boolean checkpoint) {
        if (!isOnline.getAsBoolean()) {
            return true;
        }
        PartitionLog which = log;
        try {
            boolean begun =
                    log().syncLater(checkpoint, loop, highWatermark.getAsLong(), failure -> ended(which, failure));
            checkpointDue &= !(begun && checkpoint);
            return begun;
        } catch (IOException e) {
            failed.accept(e);
            return true;
        }
    }

    private void ended(@Nullable PartitionLog which, IOException failure) {
        releaseAfterwards();
        if (which != log) {
            return;
        }
        if (failure != null) {
            // Also while the log is being cut: what is written may be lost, and the next sync would not say so.
            failed.accept(failure);
            return;
        }
        if (!isOnline.getAsBoolean()) {
            return;
        }
        synced.run();
        resume();
    }

    /// Goes on with what had to wait while something else had the disk to itself.
    void resume() {
        if (checkpointDue) {
            begin(true);
        } else if (syncsAtOnce() && isOnline.getAsBoolean() && log().syncedTo() < log().logEnd()) {
            begin(false);
        }
    }

    private void releaseAfterwards() {
        Runnable then = afterwards;
        afterwards = null;
        if (then != null) {
            loop.execute(then);
        }
    }

    void stop() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        releaseAfterwards();
    }
}
