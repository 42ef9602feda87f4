package io.chapar.broker.log.compact;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

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
    /// Producers with a batch left of a transaction that was not aborted.
    private final SequencedSet<Long> committing = new LinkedHashSet<>();
    private List<AbortedTxnIndex.Entry> left = new ArrayList<>();

    private static final class Ongoing {
        private final AbortedTxnIndex.Entry txn;
        private boolean left;

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
        return batch.isTransactional() && abortedTxn(batch) != null;
    }

    private @Nullable Ongoing abortedTxn(RecordBatch batch) {
        while (next < aborted.size() && aborted.get(next).firstOffset() <= batch.baseOffset()) {
            ongoing.put(aborted.get(next).producerId(), new Ongoing(aborted.get(next)));
            next++;
        }
        Ongoing txn = ongoing.get(batch.producerId());
        return txn != null && batch.baseOffset() <= txn.txn.lastOffset() ? txn : null;
    }

    /// Something is left of this data batch, if only its header.
    void isLeft(RecordBatch batch) {
        if (batch.isTransactional()) {
            Ongoing txn = abortedTxn(batch);
            if (txn == null) {
                committing.add(batch.producerId());
            } else {
                txn.left = true;
            }
        }
    }

    /// A marker; whether something is left of the transaction that it ends.
    boolean ends(RecordBatch marker, boolean commit) {
        boolean data = committing.remove(marker.producerId());
        Ongoing txn = commit ? null : ongoing.remove(marker.producerId());
        if (txn != null && txn.left) {
            left.add(txn.txn);
            return true;
        }
        return data;
    }

    /// The aborted transactions of which something is left and whose markers were met since this was last asked: those
    /// that readers still have to be told of.
    public List<AbortedTxnIndex.Entry> takeLeft() {
        List<AbortedTxnIndex.Entry> taken = left;
        left = new ArrayList<>();
        return taken;
    }
}
