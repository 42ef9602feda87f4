package io.chapar.broker.share;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadOutcome.AbortedTxn;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Records;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Whole batches of the log, and what members are to see of them.
final class ShareSlice {
    private final ByteBuffer bytes;
    private final List<Extent> extents;
    /// Where each extent begins; one more for the end.
    private final List<Integer> positions;

    private ShareSlice(ByteBuffer bytes, List<Extent> extents, List<Integer> positions) {
        this.bytes = bytes;
        this.extents = extents;
        this.positions = positions;
    }

    /// Releases what was read.
    static ShareSlice of(ReadOutcome.Slice slice) throws IOException {
        ByteBuffer bytes = bytes(slice.records());
        List<AbortedTxn> aborted = slice.aborted() == null ? List.of() : slice.aborted();
        Set<Long> aborting = new LinkedHashSet<>();
        int nextAborted = 0;
        List<Extent> extents = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        int position = bytes.position();
        for (RecordBatch batch : RecordBatches.of(bytes)) {
            while (nextAborted < aborted.size() && aborted.get(nextAborted).firstOffset() <= batch.lastOffset()) {
                aborting.add(aborted.get(nextAborted++).producerId());
            }
            boolean isSeen = !batch.isControl()
                    && !(batch.isTransactional() && aborting.contains(batch.producerId()));
            if (batch.isControl()) {
                EndTxnMarker marker = EndTxnMarker.of(batch);
                if (marker != null && !marker.commit()) {
                    aborting.remove(batch.producerId());
                }
            }
            extents.add(new Extent(batch.baseOffset(), batch.lastOffset(), isSeen));
            positions.add(position);
            position += batch.sizeInBytes();
        }
        positions.add(position);
        return new ShareSlice(bytes, extents, positions);
    }

    private static ByteBuffer bytes(Records records) throws IOException {
        return switch (records) {
            case BufferRecords buffered -> buffered.bytes();
            case FileRecords file -> {
                try {
                    yield file.load();
                } finally {
                    file.release();
                }
            }
            default -> throw new IllegalStateException("records of an unknown kind: " + records);
        };
    }

    boolean isEmpty() {
        return extents.isEmpty();
    }

    List<Extent> extents() {
        return extents;
    }

    /// Never 0.
    int bytesPerOffset() {
        long offsets = extents.getLast().last() - extents.getFirst().first() + 1;
        return (int) Math.max(1, (positions.getLast() - positions.getFirst()) / offsets);
    }

    int sizeInBytes() {
        return positions.getLast() - positions.getFirst();
    }

    BufferRecords records() {
        ByteBuffer all = bytes.duplicate();
        all.limit(positions.getLast()).position(positions.getFirst());
        return new BufferRecords(all.slice());
    }

    /// No more batches than it takes for these offsets, which are in order.
    ShareSlice around(List<Acquired> acquired) {
        long first = acquired.getFirst().first();
        long last = acquired.getLast().last();
        int from = 0;
        while (extents.get(from).last() < first) {
            from++;
        }
        int to = extents.size();
        while (extents.get(to - 1).first() > last) {
            to--;
        }
        return new ShareSlice(bytes, extents.subList(from, to), positions.subList(from, to + 1));
    }
}
