package io.chapar.broker.log;

import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;

/// Whether the offset and time index of a segment tell the truth. The files have no checksum, but what an entry says
/// can be asked of the batch that it is about.
final class IndexTruth {
    private final Segment segment;

    IndexTruth(Segment segment) {
        this.segment = segment;
    }

    /// What an entry of the offset index says is believed when a batch begins there that ends no later than it says: a
    /// reader that begins there passes over nothing.
    boolean isSound(SegmentIndex index, int position) throws IOException {
        if (position == 0) {
            return true;
        }
        try (Segment.Reader reader = segment.reader(position, RecordBatch.HEADER_BYTES, false)) {
            RecordBatch batch = reader.scan().advance();
            return batch != null
                    && batch.baseOffset() >= segment.baseOffset()
                    && batch.lastOffset() - segment.baseOffset() <= index.offsetAt(position);
        }
    }

    /// Whether the batch that an entry of the time index names has that time, and is the first that has: a search
    /// begins there. Of the batches before it those are looked at that lie behind the entry before, or, where that is
    /// far, the nearest: where times do not fall, all others are earlier still.
    ///
    /// @param entry -1 for none, which is true
    boolean isTrue(SegmentIndex index, int entry) throws IOException {
        if (entry < 0) {
            return true;
        }
        int offset = index.timeOffset(entry);
        try (Segment.Reader reader = segment.reader(before(index, entry), BatchScan.NEAR, false)) {
            for (RecordBatch b = reader.scan().advance(); b != null; b = reader.scan().advance()) {
                long last = b.lastOffset() - segment.baseOffset();
                if (last >= offset) {
                    return last == offset && b.maxTimestamp() == index.timestamp(entry);
                }
                if (b.maxTimestamp() >= index.timestamp(entry)) {
                    return false;
                }
            }
            return false;
        }
    }

    /// The start of a batch before the one that the entry names, if there is any.
    private static int before(SegmentIndex index, int entry) {
        int nearest = index.floorPosition(index.timeOffset(entry) - 1);
        int first = entry == 0 ? 0 : index.floorPosition(index.timeOffset(entry - 1));
        return first < nearest && nearest - first <= BatchScan.NEAR ? first : nearest;
    }

    /// Whether the time index of a segment that nothing is appended to is there up to its end: the last entry has the
    /// largest time, on which retention depends, and which segments a look-up passes over. The batches behind the last
    /// entry of the offset index are looked at, as far as they can be, and the first one. A batch far behind that entry
    /// would have got one of its own.
    boolean isComplete(SegmentIndex index) throws IOException {
        if (index.times() == 0 && segment.firstTimestamp() >= 0) {
            return false;
        }
        int boundary = index.floorBoundary(segment.size());
        try (Segment.Reader reader = segment.reader(boundary, BatchScan.NEAR, false)) {
            for (RecordBatch b = reader.scan().advance(); b != null; b = reader.scan().advance()) {
                boolean isFar = reader.scan().position() - boundary > SegmentIndex.LONGEST_INTERVAL_BYTES;
                if (isFar || b.maxTimestamp() > index.maxTimestamp()) {
                    return false;
                }
            }
            boolean isAstray = boundary > 0 && reader.scan().torn() && reader.scan().position() == boundary;
            return !isAstray && isTrue(index, index.times() - 1);
        }
    }

    /// Whether an offset index without an entry is as it should be: no batch begins so far behind the first one that it
    /// would have got one.
    boolean isRightlyEmpty() throws IOException {
        try (Segment.Reader reader = segment.reader(0, BatchScan.NEAR, false)) {
            BatchScan scan = reader.scan();
            RecordBatch batch = scan.advance();
            while (batch != null && scan.position() <= IndexRebuild.INTERVAL_BYTES) {
                batch = scan.advance();
            }
            return batch == null;
        }
    }
}
