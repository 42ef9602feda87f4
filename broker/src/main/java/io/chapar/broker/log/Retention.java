package io.chapar.broker.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// How the beginning of a log moves, and what lies before it goes.
final class Retention {
    private final PartitionLog log;
    private final LogFolder folder;

    Retention(PartitionLog log, LogFolder folder) {
        this.log = log;
        this.folder = folder;
    }

    /// As [PartitionLog#advanceLogStart].
    void advance(long to, long highWatermark) throws IOException {
        Check.that(to <= log.logEnd(), "log start beyond the log end");
        if (to <= log.logStart()) {
            return;
        }
        log.startAt(to);
        if (to == log.logEnd() && log.segments.lastEntry().getValue().size() > 0) {
            log.roll().create();
        }
        log.epochs.truncateFromStart(to);
        List<Segment> gone = new ArrayList<>();
        while (log.segments.size() > 1 && log.segments.higherKey(log.segments.firstKey()) <= to) {
            gone.add(log.segments.pollFirstEntry().getValue());
        }
        if (!folder.exists()) {
            return;
        }
        long first = log.segments.firstKey();
        LogOffsets saved = log.checkpoints.saved();
        if (!gone.isEmpty() && saved.recoveryPoint() <= first) {
            // Of what the producers did in the segments that go, this snapshot alone will tell.
            folder.disk().sync(List.of(folder.snapshotPath(first)));
        }
        log.checkpoints.save((saved.segment() >= first ? saved : log.checkpoints.offsetsAt(first, highWatermark))
                .readableFrom(to, highWatermark));
        // What was deleted stays so; and the segments before may end before this one begins.
        folder.disk().sync(List.of(folder.offsetsPath()));
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
    void retain(long nowMs, long highWatermark) throws IOException {
        LogConfig config = log.config();
        if (!config.delete()) {
            return;
        }
        long over = config.retentionBytes() < 0 ? 0 : log.sizeInBytes() - config.retentionBytes();
        long start = log.logStart();
        for (Segment segment : log.segments.values()) {
            long end = log.segmentEnd(segment);
            if (segment.size() == 0 || end > highWatermark) {
                break;
            }
            boolean active = segment.baseOffset() == log.segments.lastKey();
            boolean expired = config.retentionMs() >= 0
                    && segment.index().maxTimestamp() >= 0
                    && nowMs - segment.index().maxTimestamp() > config.retentionMs();
            boolean tooMuch = config.retentionBytes() >= 0 && !active && over >= segment.size();
            if (!expired && !tooMuch) {
                break;
            }
            over -= segment.size();
            start = end;
        }
        if (start > log.logStart()) {
            advance(start, highWatermark);
        }
    }
}
