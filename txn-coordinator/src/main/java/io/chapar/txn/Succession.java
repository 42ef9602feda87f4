package io.chapar.txn;

import org.jspecify.annotations.Nullable;

import java.util.Collections;

import static io.chapar.txn.TxnState.NO_PRODUCER_ID;

/// Which pair of producer id and epoch follows which. An epoch only rises; where it would reach the end of its 16
/// bits, a fresh producer id goes on at 0. A pair that was given to one instance is never given to another.
///
/// Null, of every method, says that a fresh producer id is needed and none is at hand.
final class Succession {
    private final ProducerIds ids;

    Succession(ProducerIds ids) {
        this.ids = ids;
    }

    TxnReply.@Nullable Granted first() {
        return fresh();
    }

    /// For a new instance, or an old one that asks for its next epoch, while no transaction is open.
    TxnReply.@Nullable Granted after(TxnState now) {
        return ProducerEpochs.isExhausted(now.producerEpoch())
                ? fresh()
                : new TxnReply.Granted(now.producerId(), (short) (now.producerEpoch() + 1));
    }

    /// For an instance that takes over an open transaction and keeps it open. An heir is never at its last epoch, so
    /// that the end of what it inherited can raise its epoch and need not replace its producer id.
    TxnReply.@Nullable Granted heir(TxnState.Ongoing open) {
        TxnReply.Granted holder = open.holder();
        return ProducerEpochs.isExhausted((short) Math.min(holder.producerEpoch() + 1, Short.MAX_VALUE))
                ? fresh()
                : new TxnReply.Granted(holder.producerId(), (short) (holder.producerEpoch() + 1));
    }

    /// The end of version 2, which shuts out every epoch given out before. Of a transaction that never began it may
    /// be the abort alone.
    ///
    /// @param lastEpoch as in [TxnState.Preparing]
    TxnState.@Nullable Preparing end(TxnState now, Outcome outcome, short lastEpoch, long nowMs) {
        if (now instanceof TxnState.Ongoing open && open.heir() != null) {
            return endInherited(open, open.heir(), outcome, lastEpoch, nowMs);
        }
        long nextId = NO_PRODUCER_ID;
        if (ProducerEpochs.isExhausted(now.producerEpoch())) {
            nextId = ids.take();
            if (nextId == NO_PRODUCER_ID) {
                return null;
            }
        }
        boolean open = now instanceof TxnState.Ongoing;
        return new TxnState.Preparing(
                outcome,
                now.producerId(),
                ProducerEpochs.closing(now.producerEpoch()),
                lastEpoch,
                nextId,
                now.timeoutMs(),
                open ? ((TxnState.Ongoing) now).startedMs() : nowMs,
                nowMs,
                open ? ((TxnState.Ongoing) now).partitions() : Collections.emptySortedSet(),
                TxnVersion.V2);
    }

    /// The markers bear the producer id of the transaction's records; the heir goes on with its own.
    private static TxnState.Preparing endInherited(
            TxnState.Ongoing open, TxnReply.Granted heir, Outcome outcome, short lastEpoch, long nowMs) {
        boolean sameId = heir.producerId() == open.producerId();
        short raised = (short) (heir.producerEpoch() + 1);
        return new TxnState.Preparing(
                outcome,
                open.producerId(),
                sameId ? raised : ProducerEpochs.closing(open.producerEpoch()),
                lastEpoch,
                sameId ? NO_PRODUCER_ID : heir.producerId(),
                sameId ? 0 : raised,
                open.timeoutMs(),
                open.startedMs(),
                nowMs,
                open.partitions(),
                TxnVersion.V2);
    }

    /// The end of version 1, in which the pair stays.
    static TxnState.Preparing endV1(TxnState.Ongoing open, Outcome outcome, long nowMs) {
        return new TxnState.Preparing(
                outcome, open.producerId(), open.producerEpoch(), ProducerEpochs.NONE, NO_PRODUCER_ID,
                open.timeoutMs(), open.startedMs(), nowMs, open.partitions(), TxnVersion.V1);
    }

    private TxnReply.@Nullable Granted fresh() {
        long id = ids.take();
        return id == NO_PRODUCER_ID ? null : new TxnReply.Granted(id, (short) 0);
    }
}
