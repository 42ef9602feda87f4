package io.chapar.broker.log;

import io.chapar.protocol.record.KeyPieces;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordWalk;

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
                Hit hit = search(segment, segment.startOfTime(timestamp), timestamp);
                if (hit != null) {
                    return hit;
                }
            }
        }
        return null;
    }

    /// The first record at or behind the log start that has the largest timestamp of all there, or null for none.
    public Hit ofLargestTimestamp() throws IOException {
        Hit best = null;
        for (Segment segment : log.segments.values()) {
            long largest = segment.size() == 0 ? -1 : segment.index().maxTimestamp();
            if (largest >= 0 && (best == null || largest > best.timestamp())) {
                Hit hit = search(segment, segment.startOf(segment.index().maxTimestampOffset()), largest);
                Hit here = hit == null ? largestBehindStart(segment) : hit;
                if (here != null && (best == null || here.timestamp() > best.timestamp())) {
                    best = here;
                }
            }
        }
        return best;
    }

    /// Where the log start lies inside a segment, the segment's largest timestamp may lie before it.
    private Hit largestBehindStart(Segment segment) throws IOException {
        Segment.Place start = segment.locate(log.logStart());
        Hit best = null;
        if (start == null) {
            return null;
        }
        try (Segment.Reader reader = segment.reader(start.position(), BatchScan.FAR, true)) {
            for (RecordBatch batch = reader.scan().advance(); batch != null; batch = reader.scan().advance()) {
                if (best == null || batch.maxTimestamp() > best.timestamp()) {
                    best = largest(batch, best);
                }
            }
        }
        return best;
    }

    private Hit largest(RecordBatch batch, Hit soFar) {
        Hit best = soFar;
        try (RecordWalk walk = walk(batch)) {
            while (walk.advance()) {
                boolean larger = walk.timestamp() >= 0 && (best == null || walk.timestamp() > best.timestamp());
                if (larger && walk.offset() >= log.logStart()) {
                    best = new Hit(walk.offset(), walk.timestamp(), batch.partitionLeaderEpoch());
                }
            }
        }
        return best;
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

    private RecordWalk walk(RecordBatch batch) {
        return batch.walk(log.config().maxDecompressedBytes(), KeyPieces.NONE);
    }

    private Hit search(RecordBatch batch, long timestamp) {
        try (RecordWalk walk = walk(batch)) {
            while (walk.advance()) {
                if (walk.timestamp() >= timestamp && walk.offset() >= log.logStart()) {
                    return new Hit(walk.offset(), walk.timestamp(), batch.partitionLeaderEpoch());
                }
            }
        }
        return null;
    }
}
