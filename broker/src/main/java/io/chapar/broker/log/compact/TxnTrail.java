package io.chapar.broker.log.compact;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.protocol.record.RecordBatch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/// Which transaction a batch belongs to, and how that ended, on a walk through a stretch of the log in which every
/// transaction is decided. The walk shows every batch, in order.
public final class TxnTrail {
    /// By first offset.
    private final List<AbortedTxnIndex.Entry> aborted;
    private int next;
    private final Map<Long, Ongoing> ongoing = new LinkedHashMap<>();
    private final SequencedSet<Long> committing = new LinkedHashSet<>();
    private List<AbortedTxnIndex.Entry> met = new ArrayList<>();

    private static final class Ongoing {
        private final AbortedTxnIndex.Entry txn;
        private boolean met;

        private Ongoing(AbortedTxnIndex.Entry txn) {
            this.txn = txn;
        }
    }

    /// @param aborted the aborted transactions that reach into the stretch, by first offset
    public TxnTrail(List<AbortedTxnIndex.Entry> aborted) {
        this.aborted = List.copyOf(aborted);
    }

    /// A data batch; whether its transaction was aborted.
    boolean isAborted(RecordBatch batch) {
        if (!batch.isTransactional()) {
            return false;
        }
        while (next < aborted.size() && aborted.get(next).firstOffset() <= batch.baseOffset()) {
            ongoing.put(aborted.get(next).producerId(), new Ongoing(aborted.get(next)));
            next++;
        }
        Ongoing txn = ongoing.get(batch.producerId());
        if (txn != null && batch.baseOffset() <= txn.txn.lastOffset()) {
            txn.met = true;
            return true;
        }
        committing.add(batch.producerId());
        return false;
    }

    /// A marker; whether the walk met a batch of the transaction that it ends.
    boolean ends(RecordBatch marker, boolean commit) {
        boolean data = committing.remove(marker.producerId());
        Ongoing txn = commit ? null : ongoing.remove(marker.producerId());
        if (txn != null && txn.met) {
            met.add(txn.txn);
            return true;
        }
        return data;
    }

    /// The aborted transactions of which the walk met both a batch and the marker since this was last asked: those that
    /// readers still have to be told of.
    public List<AbortedTxnIndex.Entry> takeMet() {
        List<AbortedTxnIndex.Entry> taken = met;
        met = new ArrayList<>();
        return taken;
    }
}
