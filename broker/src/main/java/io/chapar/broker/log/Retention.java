package io.chapar.broker.log;

import io.chapar.broker.runtime.Loop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// How the beginning of a log moves, and what lies before it goes.
final class Retention {
    private final PartitionLog log;
    private final LogFolder folder;

    Retention(PartitionLog log, LogFolder folder) {
        this.log = log;
        this.folder = folder;
    }

    /// As [PartitionLog#advanceLogStart].
    void advance(long to, long highWatermark, Loop loop, Consumer<IOException> done) {
        log.checkpoints.alone(() -> {
            Away away = new Away(log, folder.disk(), loop, failure -> log.checkpoints.ended(failure, done));
            away.step(() -> advance(to, highWatermark, away));
        });
    }

    private void advance(long to, long highWatermark, Away away) throws IOException {
        Check.that(to <= log.logEnd(), "log start beyond the log end");
        if (to <= log.logStart()) {
            away.end();
            return;
        }
        if (to == log.logEnd() && log.segments.lastEntry().getValue().size() > 0) {
            log.rolling.roll().create();
        }
        if (!folder.exists()) {
            show(to);
            away.end();
            return;
        }
        long first = log.segments.floorKey(to);
        if (first > log.segments.firstKey() && log.checkpoints.saved().recoveryPoint() <= first) {
            // Of what the producers did in the segments that go, this snapshot alone will tell.
            away.sync(List.of(folder.snapshotPath(first)), () -> save(to, first, highWatermark, away));
        } else {
            save(to, first, highWatermark, away);
        }
    }

    /// What was deleted stays so: nobody is shown the new beginning before it would be found again. And the segments
    /// before may end before this one begins.
    ///
    /// @param first the segment that the log begins in
    private void save(long to, long first, long highWatermark, Away away) throws IOException {
        LogOffsets saved = log.checkpoints.saved();
        LogOffsets moved = saved.segment() >= first ? saved : log.checkpoints.offsetsAt(first, highWatermark);
        log.checkpoints.saveLater(moved.readableFrom(to, highWatermark), away, () -> {
            delete(show(to));
            away.end();
        });
    }

    /// Gives the segments before.
    private List<Segment> show(long to) {
        log.startAt(to);
        log.epochs.truncateFromStart(to);
        List<Segment> gone = new ArrayList<>();
        while (log.segments.size() > 1 && log.segments.higherKey(log.segments.firstKey()) <= to) {
            gone.add(log.segments.pollFirstEntry().getValue());
        }
        log.memory.changed();
        return gone;
    }

    private void delete(List<Segment> gone) throws IOException {
        folder.save(log.epochs);
        List<String> paths = new ArrayList<>();
        for (Segment each : gone) {
            each.forgetFiles();
            paths.addAll(each.paths());
            paths.add(folder.snapshotPath(each.baseOffset()));
        }
        folder.deleteLater(paths);
    }

    /// As [PartitionLog#retain].
    void retain(long nowMs, long highWatermark, Loop loop, Consumer<IOException> done) throws IOException {
        long start = log.config().delete() ? outlived(nowMs, highWatermark) : log.logStart();
        if (start > log.logStart()) {
            advance(start, highWatermark, loop, done);
        } else {
            done.accept(null);
        }
    }

    /// Where the log may begin.
    private long outlived(long nowMs, long highWatermark) throws IOException {
        LogConfig config = log.config();
        long over = config.retentionBytes() < 0 ? 0 : log.sizeInBytes() - config.retentionBytes();
        long start = log.logStart();
        for (Segment segment : log.segments.values()) {
            long end = log.segmentEnd(segment);
            if (segment.size() == 0 || end > highWatermark) {
                break;
            }
            boolean active = segment.baseOffset() == log.segments.lastKey();
            boolean expired = config.retentionMs() >= 0 && isOlder(segment, nowMs - config.retentionMs());
            boolean tooMuch = config.retentionBytes() >= 0 && !active && over >= segment.size();
            if (!expired && !tooMuch) {
                break;
            }
            over -= segment.size();
            start = end;
        }
        return start;
    }

    /// Whether all of it is. Not known, and so not yet, while its index is being built anew.
    private static boolean isOlder(Segment segment, long timeMs) throws IOException {
        try {
            long last = segment.index().maxTimestamp();
            return last >= 0 && last < timeMs;
        } catch (IndexBeingBuilt e) {
            return false;
        }
    }
}
