package io.chapar.broker.log;

import io.chapar.broker.producer.AbortedTxnIndex;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

import static java.util.Objects.requireNonNull;

/// Where in the segments the batches of an offset lie.
final class LogReads {
    private final PartitionLog log;
    private final NavigableMap<Long, Segment> segments;
    private final RecentBatches recent;

    /// @param recent the last batches of the active segment
    LogReads(PartitionLog log, NavigableMap<Long, Segment> segments, RecentBatches recent) {
        this.log = log;
        this.segments = segments;
        this.recent = recent;
    }

    /// As [PartitionLog#slice].
    PartitionLog.@Nullable Slice slice(long from, long upper, int maxBytes, boolean atLeastOne) throws IOException {
        Map.Entry<Long, Segment> entry = segments.floorEntry(from);
        Segment segment = entry == null ? segments.firstEntry().getValue() : entry.getValue();
        while (segment != null) {
            if (segment.baseOffset() >= upper) {
                return null;
            }
            Segment.Place start = start(segment, from);
            if (start != null) {
                return start.baseOffset() >= upper ? null : slice(segment, start, upper, maxBytes, atLeastOne);
            }
            Map.Entry<Long, Segment> next = segments.higherEntry(segment.baseOffset());
            segment = next == null ? null : next.getValue();
        }
        return null;
    }

    private Segment.@Nullable Place start(Segment segment, long from) throws IOException {
        if (segment.size() == 0) {
            return null;
        }
        if (segment.baseOffset() == segments.lastKey()) {
            int i = recent.find(from);
            if (i >= 0) {
                int position = recent.position(i);
                int end = recent.endPosition(i, segment.size());
                return new Segment.Place(position, recent.baseOffset(i), end - position);
            }
        }
        if (from <= segment.baseOffset()) {
            return segment.locate(segment.baseOffset());
        }
        return segment.locate(from);
    }

    private PartitionLog.@Nullable Slice slice(
            Segment segment, Segment.Place start, long upper, int maxBytes, boolean atLeastOne) throws IOException {
        int endPosition = segment.size();
        long endOffset = log.segmentEnd(segment);
        if (upper < endOffset) {
            endPosition = requireNonNull(start(segment, upper), "an offset below the end is in the segment").position();
            endOffset = upper;
        }
        int limit = (int) Math.min(endPosition, (long) start.position() + Math.max(0, maxBytes));
        if (limit < endPosition) {
            if (start.position() + start.sizeInBytes() > limit) {
                if (!atLeastOne) {
                    return null;
                }
                limit = start.position() + start.sizeInBytes();
            }
            if (limit < endPosition) {
                Segment.Place cut = segment.firstNotFitting(start.position(), limit);
                if (cut != null) {
                    endPosition = cut.position();
                    endOffset = cut.baseOffset();
                }
            }
        }
        return new PartitionLog.Slice(segment.slice(start.position(), endPosition), start.baseOffset(), endOffset);
    }

    /// As [PartitionLog#aborted].
    List<AbortedTxnIndex.Entry> aborted(long from, long upper) throws IOException {
        List<AbortedTxnIndex.Entry> found = new ArrayList<>();
        Map.Entry<Long, Segment> entry = segments.floorEntry(from);
        while (entry != null && !entry.getValue().aborted().collect(from, upper, found::add)) {
            entry = segments.higherEntry(entry.getKey());
        }
        if (found.size() > 1) {
            found.sort(Comparator.comparingLong(AbortedTxnIndex.Entry::firstOffset));
        }
        return found;
    }
}
