package io.chapar.txn;

import org.jspecify.annotations.Nullable;

/// What holds between two successive records of one transactional id, whoever wrote them.
public final class TxnInvariants {
    private TxnInvariants() {}

    /// A legal step: along the arrows of [TxnState], with the pair kept, its epoch raised by one, or replaced by
    /// (another id, 0); a transaction only grows, and both its records of the end name the partitions it had.
    ///
    /// @param before null when nothing was known
    /// @param after null when the id is forgotten
    public static boolean isLegal(@Nullable TxnState before, @Nullable TxnState after) {
        return switch (after) {
            case null -> before instanceof TxnState.Empty || before instanceof TxnState.Completed;
            case TxnState.Empty next -> emptyAfter(before, next);
            case TxnState.Ongoing next -> ongoingAfter(before, next);
            case TxnState.Preparing next -> preparingAfter(before, next);
            case TxnState.Completed next -> before instanceof TxnState.Preparing p && completedAfter(p, next);
        };
    }

    private static boolean emptyAfter(@Nullable TxnState before, TxnState.Empty next) {
        return switch (before) {
            case null -> next.producerEpoch() == 0;
            case TxnState.Empty _ -> sameRaisedOrReplaced(before, next);
            case TxnState.Completed _ -> sameRaisedOrReplaced(before, next);
            case TxnState.Ongoing _ -> false;
            case TxnState.Preparing _ -> false;
        };
    }

    private static boolean ongoingAfter(@Nullable TxnState before, TxnState.Ongoing next) {
        return switch (before) {
            case null -> false;
            case TxnState.Ongoing open -> samePair(open, next)
                    && open.startedMs() == next.startedMs()
                    && next.partitions().containsAll(open.partitions())
                    && heirAfter(open, next);
            case TxnState.Empty _ -> samePair(before, next) && next.heir() == null;
            case TxnState.Completed _ -> samePair(before, next) && next.heir() == null;
            case TxnState.Preparing _ -> false;
        };
    }

    /// An heir is followed by the next heir alone, and none of them adds partitions.
    private static boolean heirAfter(TxnState.Ongoing before, TxnState.Ongoing next) {
        if (next.heir() == null) {
            return before.heir() == null;
        }
        TxnReply.Granted holder = before.holder();
        boolean raised = next.heir().equals(
                new TxnReply.Granted(holder.producerId(), (short) (holder.producerEpoch() + 1)));
        boolean fresh = next.heir().producerId() != holder.producerId() && next.heir().producerEpoch() == 0;
        return (raised || fresh) && next.partitions().equals(before.partitions());
    }

    private static boolean inheritedEnd(
            TxnState.Ongoing open, TxnReply.Granted heir, TxnState.Preparing next) {
        TxnReply.Granted raised = new TxnReply.Granted(
                heir.producerId(), (short) (heir.producerEpoch() + 1));
        return next.version() == TxnVersion.V2
                && next.successor().equals(raised)
                && next.producerEpoch() > open.producerEpoch()
                && open.partitions().equals(next.partitions())
                && open.startedMs() == next.startedMs();
    }

    private static boolean preparingAfter(@Nullable TxnState before, TxnState.Preparing next) {
        if (before == null || before instanceof TxnState.Preparing || before.producerId() != next.producerId()) {
            return false;
        }
        if (before instanceof TxnState.Ongoing open && open.heir() != null) {
            return inheritedEnd(open, open.heir(), next);
        }
        boolean v2 = next.version() == TxnVersion.V2;
        short epoch = v2 ? ProducerEpochs.closing(before.producerEpoch()) : before.producerEpoch();
        boolean replaced = next.nextId() != TxnState.NO_PRODUCER_ID;
        boolean pair = next.producerEpoch() == epoch
                && replaced == (v2 && ProducerEpochs.isExhausted(before.producerEpoch()))
                && next.nextId() != before.producerId();
        if (before instanceof TxnState.Ongoing open) {
            return pair && open.partitions().equals(next.partitions()) && open.startedMs() == next.startedMs();
        }
        return pair && v2 && next.outcome() == Outcome.ABORT && next.partitions().isEmpty();
    }

    private static boolean completedAfter(TxnState.Preparing before, TxnState.Completed next) {
        return next.outcome() == before.outcome()
                && next.lastEpoch() == before.lastEpoch()
                && before.successor().equals(new TxnReply.Granted(next.producerId(), next.producerEpoch()));
    }

    private static boolean sameRaisedOrReplaced(TxnState before, TxnState next) {
        if (next.producerId() != before.producerId()) {
            return next.producerEpoch() == 0 && ProducerEpochs.isExhausted(before.producerEpoch());
        }
        return next.producerEpoch() == before.producerEpoch() || next.producerEpoch() == before.producerEpoch() + 1;
    }

    private static boolean samePair(TxnState before, TxnState next) {
        return next.producerId() == before.producerId() && next.producerEpoch() == before.producerEpoch();
    }
}
