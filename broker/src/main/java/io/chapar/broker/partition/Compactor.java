package io.chapar.broker.partition;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.log.Cleanable;
import io.chapar.broker.log.Compaction;
import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.LogCut;
import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Compacts the partitions of one loop: one at a time, the one with the largest share of bytes to clean first, as
/// their settings say. The work itself is done by the disk away from the loop, in small steps with pauses between them
/// that keep it below its rate.
public final class Compactor {
    private static final Logger LOG = LoggerFactory.getLogger(Compactor.class);
    private static final LogBudget LINES = new LogBudget(10);
    /// A partition whose compaction failed is left alone for so long; twice as long each time that it fails again, up
    /// to [#MAX_REST_MS].
    private static final long REST_MS = 300_000;
    private static final long MAX_REST_MS = 6 * 3600_000L;
    /// That a step writes, about.
    private static final long STEP_BYTES = 1 << 20;
    /// As [Slices] counts it: of each segment is asked how far it may be compacted.
    private static final int LOOK_COST = 5;
    private static final long CUT_PAUSE_MS = 20;

    private final Loop loop;
    private final Disk disk;
    private final CompactionLimits limits;
    private final Supplier<? extends Iterable<Partition>> partitions;
    private final Map<Partition, Rest> rests = new LinkedHashMap<>();
    private @Nullable Run run;
    private boolean looking;
    private boolean closed;

    private record Rest(long fromMs, long forMs) {
        long untilMs() {
            return fromMs + forMs;
        }
    }

    private static final class Run {
        private final Partition partition;
        private final Compaction compaction;
        private final long sizeBefore;
        private final long startedMs;
        /// Set while no work is under way.
        private Loop.@Nullable Timer pause;

        private Run(Partition partition, Compaction compaction, long sizeBefore, long startedMs) {
            this.partition = partition;
            this.compaction = compaction;
            this.sizeBefore = sizeBefore;
            this.startedMs = startedMs;
        }
    }

    /// @param partitions those that the loop owns and has opened
    public Compactor(
            Loop loop, Disk disk, CompactionLimits limits, Supplier<? extends Iterable<Partition>> partitions) {
        this.loop = loop;
        this.disk = disk;
        this.limits = limits;
        this.partitions = partitions;
    }

    /// Looks now and then, until closed.
    public void start() {
        if (!closed) {
            loop.schedule(limits.everyMs(), () -> {
                look();
                start();
            });
        }
    }

    /// Begins with the filthiest partition, if one is worth it and none is being compacted: when it has looked at all,
    /// of which it takes some a turn.
    public void look() {
        if (closed || run != null || looking) {
            return;
        }
        looking = true;
        List<Partition> all = new ArrayList<>();
        partitions.get().forEach(all::add);
        Look look = new Look();
        Slices.each(loop, all, partition -> partition.config().compact() ? LOOK_COST : 1, look::at, () -> {
            looking = false;
            look.end();
        });
    }

    /// Once over all partitions.
    private final class Look {
        private final long nowMs = loop.nowMs();
        private final Map<Partition, Rest> kept = new LinkedHashMap<>();
        private @Nullable Partition best;
        private double most = 0;

        void at(Partition partition) {
            Rest rest = rests.get(partition);
            if (rest != null) {
                kept.put(partition, rest);
            }
            if (!partition.config().compact()) {
                partition.compactionFault(null);
                return;
            }
            if (closed || (rest != null && nowMs < rest.untilMs())) {
                return;
            }
            Cleanable cleanable = cleanable(partition, loop.wallClockMs());
            if (cleanable == null || !cleanable.isDue(partition.config())) {
                return;
            }
            double filth = (cleanable.overdue() ? 2 : 1) + cleanable.dirtyRatio();
            if (filth > most) {
                most = filth;
                best = partition;
            }
        }

        void end() {
            rests.clear();
            rests.putAll(kept);
            if (!closed && best != null) {
                begin(best);
                if (run == null) {
                    loop.execute(Compactor.this::look);
                }
            }
        }
    }

    private static @Nullable Cleanable cleanable(Partition partition, long nowMs) {
        return partition.onLog(log -> {
            log.rollIfOverdue(nowMs);
            if (log.needsCheckpoint(partition.lastStableOffset())) {
                partition.flush();
            }
            return log.cleanable(nowMs, partition.lastStableOffset());
        });
    }

    private void begin(Partition partition) {
        long segment = Math.min(partition.sizeInBytes(), partition.config().segmentBytes());
        String full = partition.onLog(log -> log.noRoomFor(segment));
        if (full != null) {
            failed(partition, partition.id() + " is not compacted: " + full);
            return;
        }
        Compaction compaction;
        try {
            compaction = partition.onLog(
                    log -> log.compact(loop.wallClockMs(), partition.lastStableOffset(), limits.keyBytes()));
        } catch (RuntimeException e) {
            failed(partition, partition.id() + " is not compacted: " + e);
            return;
        }
        if (compaction == null) {
            rests.put(partition, new Rest(loop.nowMs(), REST_MS));
            return;
        }
        Run begun = new Run(partition, compaction, partition.sizeInBytes(), loop.nowMs());
        run = begun;
        work(begun);
    }

    private void work(Run current) {
        current.pause = null;
        disk.workLater(current.compaction::work, loop, () -> worked(current));
    }

    private void worked(Run current) {
        current.pause = null;
        if (Boolean.TRUE.equals(current.partition.onLog(LogCut::isBeingMade))) {
            current.pause = loop.schedule(CUT_PAUSE_MS, () -> worked(current));
            return;
        }
        String full = current.partition.onLog(log -> log.noRoomFor(STEP_BYTES));
        if (full != null) {
            run = null;
            cancel(current);
            failed(current.partition, current.partition.id() + " is not compacted any further: " + full);
            return;
        }
        boolean more = proceed(current);
        if (!more) {
            run = null;
            tell(current);
            loop.execute(this::look);
            return;
        }
        long dueMs = current.startedMs + limits.durationMs(current.compaction.movedBytes());
        if (closed) {
            cancel(current);
        } else if (dueMs > loop.nowMs()) {
            current.pause = loop.schedule(dueMs - loop.nowMs(), () -> work(current));
        } else {
            work(current);
        }
    }

    /// A partition that went offline or away meanwhile is not touched any more.
    private static boolean proceed(Run current) {
        Boolean more = current.partition.onLog(log -> current.compaction.proceed());
        if (more == null) {
            cancel(current);
            return false;
        }
        return more;
    }

    private static void cancel(Run current) {
        try {
            current.compaction.cancel();
        } catch (IOException e) {
            LOG.debug("What a compaction of {} left is removed at the next start", current.partition.id(), e);
        }
    }

    private void tell(Run done) {
        String failure = done.compaction.failure();
        if (failure != null) {
            failed(done.partition, failure);
            return;
        }
        rests.remove(done.partition);
        done.partition.compactionFault(null);
        String end = LINES.line(loop.nowMs());
        if (end != null) {
            LOG.info("{} was compacted in {} ms: {} bytes before, {} less now{}", done.partition.id(),
                    loop.nowMs() - done.startedMs, done.sizeBefore, done.compaction.removedBytes(), end);
        }
    }

    private void failed(Partition partition, String why) {
        Rest before = rests.get(partition);
        long forMs = before == null || partition.compactionFault() == null
                ? REST_MS : Math.min(MAX_REST_MS, 2 * before.forMs());
        rests.put(partition, new Rest(loop.nowMs(), forMs));
        partition.compactionFault(why);
        String end = LINES.line(loop.nowMs());
        if (end != null) {
            LOG.error("{}; tried again in {} s{}", why, forMs / 1000, end);
        }
    }

    /// Begins nothing more; what is under way ends with its step.
    public void close() {
        closed = true;
        if (run != null && run.pause != null) {
            run.pause.cancel();
            cancel(run);
            run = null;
        }
    }
}
