package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

/// What a producer's records and its transaction have to say to each other. A producer without a transactional id has
/// nothing at the other end: it may always send, and nobody is told. On the loop only.
///
/// A record that is refused spoils the open transaction, but not at once: it may just be on its way off a list that the
/// end of a transaction changes too. [#spoil] makes up for it in a step of its own, before anything is committed.
final class TxnLink {
    private @Nullable TxnCore txn;
    private @Nullable ChaparException refusal;

    void to(TxnCore core) {
        txn = core;
    }

    boolean isTransactional() {
        return txn != null;
    }

    /// In transactions version 2.
    boolean isV2() {
        return txn != null && txn.isV2();
    }

    boolean isCommitting() {
        return txn != null && txn.isCommitting();
    }

    /// Null when a record may be accepted.
    @Nullable ChaparException refusalToSend() {
        return txn == null ? null : txn.refusalToSend();
    }

    /// See [TxnCore#maySend].
    boolean maySend(TopicPartition partition) {
        return txn == null || txn.maySend(partition);
    }

    boolean mayRetry() {
        return txn == null || txn.mayRetry();
    }

    /// A record that was handed over will not be written: the open transaction, if any, cannot be committed without it.
    void refused(ChaparException cause) {
        if (txn != null && txn.isOpen() && refusal == null) {
            refusal = cause;
        }
    }

    void spoil() {
        if (refusal != null && txn != null) {
            ChaparException cause = refusal;
            refusal = null;
            txn.makeAbortable(cause);
        }
    }

    void onBatchFailed(Batch batch, ChaparException cause) {
        if (txn != null) {
            txn.onBatchFailed(cause, batch.attempts() > 0);
        }
    }

    void broken(ChaparException cause) {
        if (txn != null) {
            txn.broken(cause);
        }
    }

    void onProgress(long nowMs) {
        if (txn != null) {
            txn.onProgress(nowMs);
        }
    }
}
