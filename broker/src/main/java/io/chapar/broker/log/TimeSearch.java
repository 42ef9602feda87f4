package io.chapar.broker.log;

import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordCursor;

import java.io.IOException;

/// Finds records by their timestamps, exact to the record.
public final class TimeSearch {
    private final PartitionLog log;

    TimeSearch(PartitionLog log) {
        this.log = log;
    }

    public record Hit(long offset, long timestamp, int leaderEpoch) {}

    /// The first record at or after the log start whose timestamp is at least the given one, or null.
    public Hit firstAtOrAfter(long timestamp) throws IOException {
        for (Segment segment : log.segments.values()) {
            if (segment.size() > 0 && segment.index().maxTimestamp() >= timestamp) {
                Hit hit = search(segment, segment.index().floorPositionOfTime(timestamp), timestamp);
                if (hit != null) {
                    return hit;
                }
            }
        }
        return null;
    }

    /// The first record that has the largest timestamp of all, or null for an empty log.
    public Hit ofLargestTimestamp() throws IOException {
        Segment best = null;
        for (Segment segment : log.segments.values()) {
            boolean larger = segment.size() > 0
                    && (best == null || segment.index().maxTimestamp() > best.index().maxTimestamp());
            if (larger) {
                best = segment;
            }
        }
        if (best == null || best.index().maxTimestamp() < 0) {
            return null;
        }
        long largest = best.index().maxTimestamp();
        return search(best, best.index().floorPosition(best.index().maxTimestampOffset()), largest);
    }

    private Hit search(Segment segment, int from, long timestamp) throws IOException {
        try (Segment.Reader reader = segment.reader(from, BatchScan.FAR, true)) {
            BatchScan scan = reader.scan();
            for (RecordBatch batch = scan.advance(); batch != null; batch = scan.advance()) {
                if (batch.maxTimestamp() >= timestamp && batch.lastOffset() >= log.logStart()) {
                    Hit hit = search(batch, timestamp);
                    if (hit != null) {
                        return hit;
                    }
                }
            }
        }
        return null;
    }

    private Hit search(RecordBatch batch, long timestamp) {
        try (RecordCursor cursor = batch.cursor()) {
            while (cursor.advance()) {
                if (cursor.timestamp() >= timestamp && cursor.offset() >= log.logStart()) {
                    return new Hit(cursor.offset(), cursor.timestamp(), batch.partitionLeaderEpoch());
                }
            }
        }
        return null;
    }
}
