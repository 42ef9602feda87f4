package io.chapar.console.view;

import io.chapar.client.admin.LogSlice;
import io.chapar.console.view.RecordRow.Fate;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What became of the transactions of one piece of a log, whose batches it is asked about in order.
abstract class Fates {
    /// Null where the batch is in no transaction.
    @Nullable Fate of(RecordBatch batch) {
        return batch.isTransactional() && !batch.isControl() ? ofTransactional(batch) : null;
    }

    abstract Fate ofTransactional(RecordBatch batch);

    /// Where everything is decided. From the first offset of an aborted transaction on, what its producer has written
    /// is aborted, until its next marker: a producer has one transaction at a time.
    static Fates stable(LogSlice slice) {
        ArrayDeque<LogSlice.Aborted> ahead = new ArrayDeque<>(slice.aborted());
        Set<Long> aborting = new HashSet<>();
        return new Fates() {
            @Override
            @Nullable Fate of(RecordBatch batch) {
                while (!ahead.isEmpty() && ahead.peekFirst().firstOffset() <= batch.lastOffset()) {
                    aborting.add(ahead.removeFirst().producerId());
                }
                if (batch.isControl() && EndTxnMarker.of(batch) != null) {
                    aborting.remove(batch.producerId());
                }
                return super.of(batch);
            }

            @Override
            Fate ofTransactional(RecordBatch batch) {
                return aborting.contains(batch.producerId()) ? Fate.ABORTED : Fate.COMMITTED;
            }
        };
    }

    /// Where the first open transaction may begin, and behind it.
    ///
    /// @param open the first offset of what producers have open now
    static Fates behind(LogSlice slice, Map<Long, Long> open) {
        Map<Long, ArrayDeque<RecordBatch>> markers = new HashMap<>();
        for (RecordBatch batch : RecordBatches.of(slice.records())) {
            if (batch.isControl() && batch.fault() == null && EndTxnMarker.of(batch) != null) {
                markers.computeIfAbsent(batch.producerId(), _ -> new ArrayDeque<>()).add(batch);
            }
        }
        return new Fates() {
            @Override
            Fate ofTransactional(RecordBatch batch) {
                Long since = open.get(batch.producerId());
                if (since != null && batch.baseOffset() >= since) {
                    return Fate.OPEN;
                }
                ArrayDeque<RecordBatch> its = markers.getOrDefault(batch.producerId(), new ArrayDeque<>());
                while (!its.isEmpty() && its.peekFirst().baseOffset() < batch.baseOffset()) {
                    its.removeFirst();
                }
                EndTxnMarker end = its.isEmpty() ? null : EndTxnMarker.of(its.peekFirst());
                return end == null ? Fate.ENDED : end.commit() ? Fate.COMMITTED : Fate.ABORTED;
            }
        };
    }
}
