package io.chapar.client.consumer;

import io.chapar.protocol.message.FetchResponse.AbortedTransaction;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Hides the records of aborted transactions among the batches of one fetch answer, which are shown to it in order.
///
/// The answer lists (producer id, first offset) of each aborted transaction that reaches into it. From that offset on
/// the producer's transactional batches are dropped, until its next marker: a producer has one transaction at a time,
/// so the marker, whichever it is, ends it. Brokers send the list in the order of offsets; it is put in order anyway,
/// since one that came late would let aborted records through.
final class CommittedReadFilter {
    private static final Comparator<AbortedTransaction> BY_OFFSET =
            Comparator.comparingLong(AbortedTransaction::firstOffset);

    private final ArrayDeque<AbortedTransaction> ahead;
    private final Set<Long> aborting = new TreeSet<>();

    CommittedReadFilter(List<AbortedTransaction> aborted) {
        ahead = new ArrayDeque<>(aborted.stream().sorted(BY_OFFSET).toList());
    }

    /// Whether a reader of committed records sees this batch. Never true for control batches.
    boolean shows(RecordBatch batch) {
        while (!ahead.isEmpty() && ahead.peekFirst().firstOffset() <= batch.lastOffset()) {
            aborting.add(ahead.pollFirst().producerId());
        }
        if (batch.isControl()) {
            if (aborting.contains(batch.producerId()) && EndTxnMarker.of(batch) != null) {
                aborting.remove(batch.producerId());
            }
            return false;
        }
        return !batch.isTransactional() || !aborting.contains(batch.producerId());
    }
}
