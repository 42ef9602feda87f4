package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;

import static io.chapar.txn.TxnState.NO_PRODUCER_ID;

/// The one home of the transaction protocol's rules: state and command to decision (KIP-98, 360, 447, 890).
///
/// Pure but for the producer ids it takes. A state of null stands for an id that is not known. The tables are in
/// `docs/transactions.md`; where Kafka answers CONCURRENT_TRANSACTIONS so that the client asks again, the decision
/// here is to wait.
final class Transitions {
    private static final TxnDecision AWAIT_MARKERS = new TxnDecision.AwaitMarkers();
    private static final TxnDecision AWAIT_PRODUCER_ID = new TxnDecision.AwaitProducerId();
    private static final TxnDecision IGNORE = new TxnDecision.Ignore();
    private static final TxnDecision FENCED = new TxnDecision.Refuse(ErrorCode.PRODUCER_FENCED);
    private static final TxnDecision NOT_THIS_ID = new TxnDecision.Refuse(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    private static final TxnDecision WRONG_STATE = new TxnDecision.Refuse(ErrorCode.INVALID_TXN_STATE);

    private final ProducerIds ids;
    private final TxnLimits limits;

    Transitions(ProducerIds ids, TxnLimits limits) {
        this.ids = ids;
        this.limits = limits;
    }

    TxnDecision decide(TxnState state, TxnCommand command, long nowMs) {
        return switch (command) {
            case TxnCommand.InitProducer init -> init(state, init, nowMs);
            case TxnCommand.AddPartitions add -> add.mode() == AddMode.VERIFY
                    ? verify(state, add)
                    : add(state, add, nowMs);
            case TxnCommand.End end -> end.version() == TxnVersion.V2
                    ? endV2(state, end, nowMs)
                    : endV1(state, end, nowMs);
            case TxnCommand.TimeOut out -> timeOut(state, out, nowMs);
            case TxnCommand.Complete complete -> state instanceof TxnState.Preparing p
                    ? new TxnDecision.Persist(record(complete, p.completed(nowMs)), null)
                    : IGNORE;
            case TxnCommand.Expire expire -> expire(state, expire, nowMs);
        };
    }

    // ---- InitProducerId

    private TxnDecision init(TxnState state, TxnCommand.InitProducer init, long nowMs) {
        return switch (state) {
            case null -> firstPair(init, nowMs);
            case TxnState.Preparing _ -> AWAIT_MARKERS;
            case TxnState.Ongoing open -> fenceOpen(open, init, nowMs);
            case TxnState.Empty s ->
                nextPair(s, s.lastEpoch(), s.previousId(), init, nowMs);
            case TxnState.Completed s ->
                nextPair(s, s.lastEpoch(), s.previousId(), init, nowMs);
        };
    }

    private TxnDecision firstPair(TxnCommand.InitProducer init, long nowMs) {
        long id = ids.take();
        if (id == NO_PRODUCER_ID) {
            return AWAIT_PRODUCER_ID;
        }
        return grant(init, id, (short) 0, ProducerEpochs.NONE, NO_PRODUCER_ID, nowMs);
    }

    private TxnDecision nextPair(
            TxnState now, short lastEpoch, long previousId, TxnCommand.InitProducer init, long nowMs) {
        if (!init.namesPair() || init.fencedFirst()) {
            return bump(now, init, init.producerEpoch(), nowMs);
        }
        boolean current = init.producerId() == now.producerId();
        if (current && init.producerEpoch() == now.producerEpoch()) {
            return bump(now, init, init.producerEpoch(), nowMs);
        }
        boolean lastPair = previousId == NO_PRODUCER_ID ? current : init.producerId() == previousId;
        if (lastPair && lastEpoch != ProducerEpochs.NONE && init.producerEpoch() == lastEpoch) {
            return samePair(now, lastEpoch, previousId, init, nowMs);
        }
        return FENCED;
    }

    private TxnDecision bump(TxnState now, TxnCommand.InitProducer init, short lastEpoch, long nowMs) {
        if (!ProducerEpochs.isExhausted(now.producerEpoch())) {
            boolean renamed = init.namesPair() && init.producerId() != now.producerId();
            long previousId = renamed ? init.producerId() : NO_PRODUCER_ID;
            return grant(init, now.producerId(), (short) (now.producerEpoch() + 1), lastEpoch, previousId, nowMs);
        }
        long id = ids.take();
        if (id == NO_PRODUCER_ID) {
            return AWAIT_PRODUCER_ID;
        }
        return grant(init, id, (short) 0, lastEpoch, now.producerId(), nowMs);
    }

    /// The answer to the request that made this pair was lost, and the client asks once more.
    private TxnDecision samePair(
            TxnState now, short lastEpoch, long previousId, TxnCommand.InitProducer init, long nowMs) {
        if (now instanceof TxnState.Empty && now.timeoutMs() == init.timeoutMs()) {
            return new TxnDecision.Answer(new TxnReply.Granted(now.producerId(), now.producerEpoch()));
        }
        return grant(init, now.producerId(), now.producerEpoch(), lastEpoch, previousId, nowMs);
    }

    /// The open transaction is aborted under the epoch above its own; then the command is decided again. Whoever named
    /// its pair may come back with it, should it not hear of the outcome.
    private TxnDecision fenceOpen(TxnState.Ongoing open, TxnCommand.InitProducer init, long nowMs) {
        if (init.namesPair()
                && (init.producerId() != open.producerId() || init.producerEpoch() != open.producerEpoch())) {
            return FENCED;
        }
        short lastEpoch = init.namesPair() ? open.producerEpoch() : ProducerEpochs.NONE;
        TxnState fenced = prepareV2(open, Outcome.ABORT, lastEpoch, nowMs);
        return fenced == null
                ? AWAIT_PRODUCER_ID
                : new TxnDecision.PersistThenDecide(record(init, fenced), init.afterFence());
    }

    private static TxnDecision grant(
            TxnCommand.InitProducer init, long id, short epoch, short lastEpoch, long previousId, long nowMs) {
        TxnState empty = new TxnState.Empty(id, epoch, lastEpoch, previousId, init.timeoutMs(), nowMs);
        return new TxnDecision.Persist(record(init, empty), new TxnReply.Granted(id, epoch));
    }

    // ---- AddPartitionsToTxn, AddOffsetsToTxn

    private TxnDecision add(TxnState state, TxnCommand.AddPartitions add, long nowMs) {
        TxnDecision refused = refuseStale(state, add.producerId(), add.producerEpoch());
        if (refused != null) {
            return refused;
        }
        return switch (state) {
            case TxnState.Preparing _ -> AWAIT_MARKERS;
            case TxnState.Ongoing open -> join(open, add, open.partitions(), open.startedMs(), nowMs);
            case TxnState.Empty s -> join(s, add, Collections.emptySortedSet(), nowMs, nowMs);
            case TxnState.Completed s -> join(s, add, Collections.emptySortedSet(), nowMs, nowMs);
        };
    }

    private TxnDecision join(
            TxnState now,
            TxnCommand.AddPartitions add,
            SortedSet<TopicPartition> members,
            long startedMs,
            long nowMs) {
        if (members.containsAll(add.partitions())) {
            return new TxnDecision.Answer(all(add, ErrorCode.NONE));
        }
        SortedSet<TopicPartition> joined = new TreeSet<>(members);
        joined.addAll(add.partitions());
        if (joined.size() > limits.maxPartitions()) {
            return new TxnDecision.Refuse(ErrorCode.TRANSACTION_ABORTABLE);
        }
        TxnState open = new TxnState.Ongoing(
                now.producerId(), now.producerEpoch(), now.timeoutMs(), startedMs, nowMs, joined, add.version());
        return new TxnDecision.Persist(record(add, open), all(add, ErrorCode.NONE));
    }

    private static TxnDecision verify(TxnState state, TxnCommand.AddPartitions add) {
        TxnDecision refused = refuseStale(state, add.producerId(), add.producerEpoch());
        if (refused != null) {
            return refused;
        }
        return switch (state) {
            case TxnState.Preparing _ -> AWAIT_MARKERS;
            case TxnState.Ongoing open -> new TxnDecision.Answer(membership(add, open.partitions()));
            case TxnState.Empty _ -> new TxnDecision.Answer(all(add, ErrorCode.TRANSACTION_ABORTABLE));
            case TxnState.Completed _ -> new TxnDecision.Answer(all(add, ErrorCode.TRANSACTION_ABORTABLE));
        };
    }

    /// The pair must be the current one; while markers are on their way, the one that follows counts as current.
    private static TxnDecision refuseStale(TxnState state, long producerId, short epoch) {
        if (state == null) {
            return NOT_THIS_ID;
        }
        if (state instanceof TxnState.Preparing preparing) {
            TxnReply.Granted pair = preparing.successor();
            if (producerId == pair.producerId()) {
                return epoch == pair.producerEpoch() ? null : FENCED;
            }
            return producerId == preparing.producerId() ? FENCED : NOT_THIS_ID;
        }
        if (producerId != state.producerId()) {
            return NOT_THIS_ID;
        }
        return epoch == state.producerEpoch() ? null : FENCED;
    }

    // ---- EndTxn

    private TxnDecision endV2(TxnState state, TxnCommand.End end, long nowMs) {
        return switch (state) {
            case null -> NOT_THIS_ID;
            case TxnState.Preparing preparing -> endV2WhilePreparing(preparing, end);
            case TxnState.Ongoing open -> {
                TxnDecision refused = refuseStale(open, end.producerId(), end.producerEpoch());
                yield refused != null ? refused : prepare(open, end, nowMs);
            }
            case TxnState.Empty s -> {
                TxnDecision refused = refuseStale(s, end.producerId(), end.producerEpoch());
                yield refused != null ? refused : endNothing(s, end, nowMs);
            }
            case TxnState.Completed completed -> endV2Completed(completed, end, nowMs);
        };
    }

    private static TxnDecision endV2WhilePreparing(TxnState.Preparing preparing, TxnCommand.End end) {
        if (end.producerId() == preparing.producerId()
                && isRetry(end, preparing.lastEpoch(), preparing.producerEpoch())) {
            return end.outcome() == preparing.outcome() ? AWAIT_MARKERS : WRONG_STATE;
        }
        TxnDecision refused = refuseStale(preparing, end.producerId(), end.producerEpoch());
        return refused != null ? refused : AWAIT_MARKERS;
    }

    private TxnDecision endV2Completed(TxnState.Completed completed, TxnCommand.End end, long nowMs) {
        boolean rotated = completed.previousId() != NO_PRODUCER_ID;
        boolean retry = rotated
                ? end.producerId() == completed.previousId()
                        && isRetry(end, completed.lastEpoch(), Short.MAX_VALUE)
                        && completed.producerEpoch() == 0
                : end.producerId() == completed.producerId()
                        && isRetry(end, completed.lastEpoch(), completed.producerEpoch());
        if (retry) {
            return end.outcome() == completed.outcome()
                    ? new TxnDecision.Answer(new TxnReply.Granted(completed.producerId(), completed.producerEpoch()))
                    : WRONG_STATE;
        }
        TxnDecision refused = refuseStale(completed, end.producerId(), end.producerEpoch());
        return refused != null ? refused : endNothing(completed, end, nowMs);
    }

    /// The request's client was answered with the epoch above its own, or would have been.
    private static boolean isRetry(TxnCommand.End end, short lastEpoch, short epoch) {
        return lastEpoch != ProducerEpochs.NONE && end.producerEpoch() == lastEpoch && lastEpoch + 1 == epoch;
    }

    /// Version 2 allows the abort of a transaction that never began: it only bumps the epoch.
    private TxnDecision endNothing(TxnState now, TxnCommand.End end, long nowMs) {
        return end.outcome() == Outcome.COMMIT ? WRONG_STATE : prepare(now, end, nowMs);
    }

    private TxnDecision endV1(TxnState state, TxnCommand.End end, long nowMs) {
        if (state == null || end.producerId() != state.producerId()) {
            return NOT_THIS_ID;
        }
        if (end.producerEpoch() != state.producerEpoch()) {
            return FENCED;
        }
        return switch (state) {
            case TxnState.Ongoing open -> prepare(open, end, nowMs);
            case TxnState.Preparing p -> p.outcome() == end.outcome() ? AWAIT_MARKERS : WRONG_STATE;
            case TxnState.Completed c -> c.outcome() == end.outcome()
                    ? new TxnDecision.Answer(new TxnReply.Granted(c.producerId(), c.producerEpoch()))
                    : WRONG_STATE;
            case TxnState.Empty _ -> WRONG_STATE;
        };
    }

    private TxnDecision prepare(TxnState now, TxnCommand.End end, long nowMs) {
        if (end.version() == TxnVersion.V1) {
            TxnState.Preparing next = prepareV1((TxnState.Ongoing) now, end.outcome(), nowMs);
            return new TxnDecision.Persist(record(end, next), next.successor());
        }
        if (now.producerEpoch() == Short.MAX_VALUE && end.outcome() == Outcome.COMMIT) {
            return FENCED;
        }
        TxnState.Preparing next = prepareV2(now, end.outcome(), now.producerEpoch(), nowMs);
        return next == null ? AWAIT_PRODUCER_ID : new TxnDecision.Persist(record(end, next), next.successor());
    }

    private static TxnState.Preparing prepareV1(TxnState.Ongoing open, Outcome outcome, long nowMs) {
        return new TxnState.Preparing(
                outcome, open.producerId(), open.producerEpoch(), ProducerEpochs.NONE, NO_PRODUCER_ID,
                open.timeoutMs(), open.startedMs(), nowMs, open.partitions(), TxnVersion.V1);
    }

    /// Null when the epochs of the producer id are used up and no other id is at hand.
    private TxnState.Preparing prepareV2(TxnState now, Outcome outcome, short lastEpoch, long nowMs) {
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
                now instanceof TxnState.Ongoing o ? o.startedMs() : nowMs,
                nowMs,
                open ? ((TxnState.Ongoing) now).partitions() : Collections.emptySortedSet(),
                TxnVersion.V2);
    }

    // ---- the coordinator's own

    /// The client may still abort, which it does when its next write is refused: that counts as the retry of an
    /// EndTxn. Its commit is refused.
    private TxnDecision timeOut(TxnState state, TxnCommand.TimeOut out, long nowMs) {
        if (!(state instanceof TxnState.Ongoing open) || nowMs < open.startedMs() + open.timeoutMs()) {
            return IGNORE;
        }
        TxnState aborted = prepareV2(open, Outcome.ABORT, open.producerEpoch(), nowMs);
        return aborted == null ? AWAIT_PRODUCER_ID : new TxnDecision.Persist(record(out, aborted), null);
    }

    private TxnDecision expire(TxnState state, TxnCommand.Expire expire, long nowMs) {
        boolean idle = state instanceof TxnState.Empty || state instanceof TxnState.Completed;
        if (!idle || nowMs < state.updatedMs() + limits.idExpirationMs()) {
            return IGNORE;
        }
        return new TxnDecision.Persist(record(expire, null), null);
    }

    // ---- pieces

    private static TxnRecord record(TxnCommand command, TxnState next) {
        return new TxnRecord(command.transactionalId(), next);
    }

    private static TxnReply.Partitions all(TxnCommand.AddPartitions add, ErrorCode error) {
        SequencedMap<TopicPartition, ErrorCode> results = new LinkedHashMap<>();
        add.partitions().forEach(partition -> results.put(partition, error));
        return new TxnReply.Partitions(results);
    }

    private static TxnReply.Partitions membership(TxnCommand.AddPartitions add, SortedSet<TopicPartition> members) {
        SequencedMap<TopicPartition, ErrorCode> results = new LinkedHashMap<>();
        add.partitions()
                .forEach(partition -> results.put(
                        partition, members.contains(partition) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE));
        return new TxnReply.Partitions(results);
    }
}
