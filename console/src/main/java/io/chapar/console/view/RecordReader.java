package io.chapar.console.view;

import io.chapar.client.admin.LogSlice;
import io.chapar.console.view.RecordRow.Kind;
import io.chapar.console.view.Records.RecordPage;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.BatchFault;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.RecordCursor;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads a log forward, a piece after the other, until there are enough rows or enough has been read for one answer.
/// Up to where readers of committed records stop, the broker says what was aborted; behind that, each record is told by
/// what its producer has open and by the markers that follow. Not thread-safe; for one answer.
final class RecordReader {
    private static final int PIECE_BYTES = 1 << 20;
    private static final long MOST_SCANNED_BYTES = 16L << 20;
    private static final long LONGEST_NS = 3_000_000_000L;
    private static final int MOST_ANSWER_BYTES = 1 << 20;
    private static final int MOST_UNPACKED_BYTES = 32 << 20;

    private final ClusterLink cluster;
    private final TopicPartition partition;
    private final boolean all;
    private final RecordRow.Sizes sizes;
    private final List<RecordRow> rows = new ArrayList<>();
    private long position;
    private long scanned;
    private int weight;

    /// @param all aborted records, markers, and what follows an open transaction, too
    RecordReader(ClusterLink cluster, TopicPartition partition, boolean all, RecordRow.Sizes sizes) {
        this.cluster = cluster;
        this.partition = partition;
        this.all = all;
        this.sizes = sizes;
    }

    /// @param key null for any
    RecordPage read(long from, int limit, byte @Nullable [] key) {
        position = Math.max(0, from);
        long endNs = System.nanoTime() + LONGEST_NS;
        LogSlice slice;
        boolean moved;
        do {
            slice = piece(true);
            boolean behind = position >= slice.stable();
            if (behind && all && position < slice.end()) {
                slice = piece(false);
            }
            long before = position;
            read(slice, behind, limit, key);
            moved = position > before;
        } while (moved && rows.size() < limit && weight < MOST_ANSWER_BYTES && scanned < MOST_SCANNED_BYTES
                && System.nanoTime() < endNs);
        long readable = all ? slice.end() : Math.min(slice.stable(), slice.end());
        return new RecordPage(partition.topic(), partition.partition(), slice.start(), slice.stable(), slice.end(),
                position, position < readable, scanned, rows);
    }

    private LogSlice piece(boolean committedOnly) {
        return ClusterLink.value(cluster.admin().readLog(partition, position, PIECE_BYTES, committedOnly),
                "partition", partition.toString());
    }

    private Map<Long, Long> opened() {
        Map<Long, Long> open = new TreeMap<>();
        ClusterLink.value(cluster.admin().describeProducers(List.of(partition)).get(partition), "partition",
                partition.toString()).stream().filter(one -> one.openSinceOffset() >= 0)
                .forEach(one -> open.put(one.producerId(), one.openSinceOffset()));
        return open;
    }

    private void read(LogSlice slice, boolean behind, int limit, byte @Nullable [] key) {
        try {
            Fates fates = behind ? Fates.behind(slice, opened()) : Fates.stable(slice);
            for (RecordBatch batch : RecordBatches.of(slice.records())) {
                if (rows.size() >= limit || weight >= MOST_ANSWER_BYTES) {
                    return;
                }
                scanned += batch.sizeInBytes();
                long wanted = position;
                BatchFault fault = batch.fault();
                if (fault != null || !batch.isCrcValid()) {
                    add(RecordRow.unreadable(batch.baseOffset(), fault == null ? "its checksum is wrong"
                            : fault.toString()));
                    position = Math.max(position + 1, batch.nextOffset());
                } else if (batch.nextOffset() > wanted) {
                    read(batch, fates.of(batch), wanted, limit, key);
                } else {
                    fates.of(batch);
                }
            }
        } catch (MalformedMessageException e) {
            add(RecordRow.unreadable(position, String.valueOf(e.getMessage())));
            position++;
        }
    }

    private void read(RecordBatch batch, RecordRow.@Nullable Fate fate, long wanted, int limit,
            byte @Nullable [] key) {
        if (batch.isControl()) {
            if (all && key == null) {
                add(RecordRow.mark(batch, kind(batch)));
            }
            position = batch.nextOffset();
            return;
        }
        if (fate == RecordRow.Fate.ABORTED && !all) {
            position = batch.nextOffset();
            return;
        }
        try (RecordCursor cursor = batch.cursor(MOST_UNPACKED_BYTES)) {
            while (cursor.advance()) {
                if (cursor.offset() < wanted) {
                    continue;
                }
                if (rows.size() >= limit || weight >= MOST_ANSWER_BYTES) {
                    return;
                }
                if (key == null || Bytes.equal(cursor.key(), key)) {
                    add(RecordRow.record(batch, cursor, fate, sizes));
                }
                position = cursor.offset() + 1;
            }
            position = batch.nextOffset();
        } catch (MalformedMessageException e) {
            add(RecordRow.unreadable(batch.baseOffset(), String.valueOf(e.getMessage())));
            position = batch.nextOffset();
        }
    }

    private static Kind kind(RecordBatch batch) {
        EndTxnMarker marker = EndTxnMarker.of(batch);
        return marker == null ? Kind.CONTROL : marker.commit() ? Kind.COMMIT : Kind.ABORT;
    }

    private void add(RecordRow row) {
        rows.add(row);
        weight += row.weight();
    }
}
