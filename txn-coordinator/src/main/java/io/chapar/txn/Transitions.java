package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;

import static io.chapar.txn.TxnState.NO_PRODUCER_ID;

/// The one home of the transaction protocol's rules: state and command to decision (KIP-98, 360, 447, 890, 939). How
/// the pairs of producer id and epoch follow each other is in [Succession].
///
/// Pure but for the producer ids it takes. A state of null stands for an id that is not known. The tables are in
/// `docs/transactions.md`; where Kafka answers CONCURRENT_TRANSACTIONS so that the client asks again, the decision
/// here is to wait.
final class Transitions {
    private static final TxnDecision AWAIT_MARKERS = new TxnDecision.AwaitMarkers();
    private static final TxnDecision AWAIT_PRODUCER_ID = new TxnDecision.AwaitProducerId();
    private static final TxnDecision IGNORE = new TxnDecision.Ignore();

    private final Succession succession;
    private final TxnLimits limits;

    Transitions(ProducerIds ids, TxnLimits limits) {
        this.succession = new Succession(ids);
        this.limits = limits;
    }

    TxnDecision decide(@Nullable TxnState state, TxnCommand command, long nowMs) {
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

    private TxnDecision init(@Nullable TxnState state, TxnCommand.InitProducer init, long nowMs) {
        return switch (state) {
            case null -> grant(init, succession.first(), ProducerEpochs.NONE, NO_PRODUCER_ID, nowMs);
            case TxnState.Preparing _ -> AWAIT_MARKERS;
            case TxnState.Ongoing open -> takeOver(open, init, nowMs);
            case TxnState.Empty s ->
                nextPair(s, s.lastEpoch(), s.previousId(), init, nowMs);
            case TxnState.Completed s ->
                nextPair(s, s.lastEpoch(), s.previousId(), init, nowMs);
        };
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
        return fenced(init.producerId(), init.producerEpoch(), now);
    }

    private TxnDecision bump(TxnState now, TxnCommand.InitProducer init, short lastEpoch, long nowMs) {
        boolean rotates = ProducerEpochs.isExhausted(now.producerEpoch());
        boolean renamed = init.namesPair() && init.producerId() != now.producerId();
        long previousId = rotates ? now.producerId() : renamed ? init.producerId() : NO_PRODUCER_ID;
        return grant(init, succession.after(now), lastEpoch, previousId, nowMs);
    }

    /// The answer to the request that made this pair was lost, and the client asks once more.
    private TxnDecision samePair(
            TxnState now, short lastEpoch, long previousId, TxnCommand.InitProducer init, long nowMs) {
        TxnReply.Granted pair = new TxnReply.Granted(now.producerId(), now.producerEpoch());
        if (now instanceof TxnState.Empty && now.timeoutMs() == init.timeoutMs()) {
            return new TxnDecision.Answer(pair);
        }
        return grant(init, pair, lastEpoch, previousId, nowMs);
    }

    /// A transaction is open. It is aborted under the epoch above its own, and then the command is decided again:
    /// whoever named its pair may come back with it, should it not hear of the outcome. Or it is kept, and the asker
    /// becomes its heir.
    private TxnDecision takeOver(TxnState.Ongoing open, TxnCommand.InitProducer init, long nowMs) {
        if (init.namesPair() && !open.holder().equals(pairOf(init.producerId(), init.producerEpoch()))) {
            return fenced(init.producerId(), init.producerEpoch(), open);
        }
        if (init.take().keepOpen()) {
            return keep(open, init, nowMs);
        }
        short lastEpoch = init.namesPair() ? init.producerEpoch() : ProducerEpochs.NONE;
        TxnState fence = succession.end(open, Outcome.ABORT, lastEpoch, nowMs);
        return fence == null
                ? AWAIT_PRODUCER_ID
                : new TxnDecision.PersistThenDecide(record(init, fence), init.afterFence());
    }

    private TxnDecision keep(TxnState.Ongoing open, TxnCommand.InitProducer init, long nowMs) {
        TxnReply.Granted heir = succession.heir(open);
        if (heir == null) {
            return AWAIT_PRODUCER_ID;
        }
        int timeoutMs = Math.max(open.timeoutMs(), init.timeoutMs());
        TxnState kept = new TxnState.Ongoing(
                open.producerId(), open.producerEpoch(), timeoutMs, open.startedMs(), nowMs, open.partitions(),
                open.version(), heir);
        return new TxnDecision.Persist(record(init, kept), new TxnReply.Kept(heir, open.pair()));
    }

    /// @param pair null when it needs a producer id and none is at hand
    private static TxnDecision grant(
            TxnCommand.InitProducer init, TxnReply.@Nullable Granted pair, short lastEpoch, long previousId,
            long nowMs) {
        if (pair == null) {
            return AWAIT_PRODUCER_ID;
        }
        TxnState empty = new TxnState.Empty(
                pair.producerId(), pair.producerEpoch(), lastEpoch, previousId, init.timeoutMs(), nowMs);
        return new TxnDecision.Persist(record(init, empty), pair);
    }

    // ---- AddPartitionsToTxn, AddOffsetsToTxn

    private TxnDecision add(@Nullable TxnState state, TxnCommand.AddPartitions add, long nowMs) {
        if (state == null) {
            return notThisId(add.producerId());
        }
        TxnDecision refused = refuseStale(state, add.producerId(), add.producerEpoch());
        if (refused != null) {
            return refused;
        }
        return switch (state) {
            case TxnState.Preparing _ -> AWAIT_MARKERS;
            case TxnState.Ongoing open when open.heir() != null -> wrongState("the transaction was prepared by an"
                    + " instance before this one; it can be committed or aborted, and nothing can be added to it");
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
            return tooLarge("a transaction has at most " + limits.maxPartitions()
                    + " partitions (transaction.max.partitions); this one would have " + joined.size());
        }
        if (TxnRecordCodec.maxSizeOf(add.transactionalId(), joined) > limits.maxRecordBytes()) {
            return tooLarge("the record of a transaction has at most " + limits.maxRecordBytes()
                    + " bytes; the names of " + joined.size() + " partitions need more");
        }
        TxnState open = new TxnState.Ongoing(
                now.producerId(), now.producerEpoch(), now.timeoutMs(), startedMs, nowMs, joined, add.version());
        return new TxnDecision.Persist(record(add, open), all(add, ErrorCode.NONE));
    }

    private static TxnDecision verify(@Nullable TxnState state, TxnCommand.AddPartitions add) {
        if (state == null) {
            return notThisId(add.producerId());
        }
        TxnDecision refused = refuseStale(state, add.producerId(), add.producerEpoch());
        if (refused != null) {
            return refused;
        }
        return switch (state) {
            case TxnState.Preparing _ -> AWAIT_MARKERS;
            case TxnState.Ongoing open when open.heir() != null ->
                new TxnDecision.Answer(all(add, ErrorCode.TRANSACTION_ABORTABLE));
            case TxnState.Ongoing open -> new TxnDecision.Answer(membership(add, open.partitions()));
            case TxnState.Empty _ -> new TxnDecision.Answer(all(add, ErrorCode.TRANSACTION_ABORTABLE));
            case TxnState.Completed _ -> new TxnDecision.Answer(all(add, ErrorCode.TRANSACTION_ABORTABLE));
        };
    }

    /// The pair must be the current one; while markers are on their way, the one that follows counts as current.
    private static @Nullable TxnDecision refuseStale(TxnState state, long producerId, short epoch) {
        TxnReply.Granted current = switch (state) {
            case TxnState.Preparing preparing -> preparing.successor();
            case TxnState.Ongoing open -> open.holder();
            case TxnState.Empty s -> pairOf(s.producerId(), s.producerEpoch());
            case TxnState.Completed s -> pairOf(s.producerId(), s.producerEpoch());
        };
        if (current.equals(pairOf(producerId, epoch))) {
            return null;
        }
        boolean known = producerId == current.producerId() || producerId == state.producerId();
        return known ? fenced(producerId, epoch, state) : notThisId(producerId);
    }

    // ---- EndTxn

    private TxnDecision endV2(@Nullable TxnState state, TxnCommand.End end, long nowMs) {
        return switch (state) {
            case null -> notThisId(end.producerId());
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
        boolean inherited = preparing.nextEpoch() > 0;
        long endedId = inherited ? preparing.nextId() : preparing.producerId();
        short raised = inherited ? preparing.nextEpoch() : preparing.producerEpoch();
        if (end.producerId() == endedId && isRetry(end, preparing.lastEpoch(), raised)) {
            return end.outcome() == preparing.outcome() ? AWAIT_MARKERS : otherOutcome(preparing.outcome());
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
                    ? new TxnDecision.Answer(pairOf(completed.producerId(), completed.producerEpoch()))
                    : otherOutcome(completed.outcome());
        }
        TxnDecision refused = refuseStale(completed, end.producerId(), end.producerEpoch());
        return refused != null ? refused : endNothing(completed, end, nowMs);
    }

    /// The request's client was answered with the epoch above its own, or would have been.
    private static boolean isRetry(TxnCommand.End end, short lastEpoch, short epoch) {
        return lastEpoch != ProducerEpochs.NONE && end.producerEpoch() == lastEpoch && lastEpoch + 1 == epoch;
    }

    /// The very transaction that the request names was ended the other way. Who wants to commit what was aborted, by
    /// its timeout, is told to abort, which is then taken as the retry that it is, and the client lives on. To abort
    /// what was committed is no client's wish.
    private static TxnDecision otherOutcome(Outcome decided) {
        return decided == Outcome.ABORT
                ? new TxnDecision.Refuse(ErrorCode.TRANSACTION_ABORTABLE,
                        "the transaction was aborted already, in general since it was open longer than its timeout")
                : wrongState("the transaction is committed");
    }

    /// Version 2 allows the abort of a transaction that never began: it only bumps the epoch.
    private TxnDecision endNothing(TxnState now, TxnCommand.End end, long nowMs) {
        return end.outcome() == Outcome.COMMIT ? nothingToEnd() : prepare(now, end, nowMs);
    }

    private TxnDecision endV1(@Nullable TxnState state, TxnCommand.End end, long nowMs) {
        if (state == null) {
            return notThisId(end.producerId());
        }
        TxnDecision refused = refuseStaleV1(state, end);
        if (refused != null) {
            return refused;
        }
        return switch (state) {
            case TxnState.Ongoing open -> prepare(open, end, nowMs);
            case TxnState.Preparing p -> p.outcome() == end.outcome()
                    ? AWAIT_MARKERS
                    : wrongState("the transaction is decided: " + p.outcome());
            case TxnState.Completed c -> c.version() == TxnVersion.V1 && c.outcome() == end.outcome()
                    ? new TxnDecision.Answer(pairOf(c.producerId(), c.producerEpoch()))
                    : wrongState("the last transaction of this epoch is decided: " + c.outcome());
            case TxnState.Empty _ -> nothingToEnd();
        };
    }

    /// An open transaction with an heir is ended in version 2 alone, where its epoch changes.
    private static @Nullable TxnDecision refuseStaleV1(TxnState state, TxnCommand.End end) {
        if (end.producerId() != state.producerId()) {
            return notThisId(end.producerId());
        }
        boolean inherited = state instanceof TxnState.Ongoing open && open.heir() != null;
        return inherited || end.producerEpoch() != state.producerEpoch()
                ? fenced(end.producerId(), end.producerEpoch(), state)
                : null;
    }

    private TxnDecision prepare(TxnState now, TxnCommand.End end, long nowMs) {
        if (now.producerEpoch() == Short.MAX_VALUE && end.outcome() == Outcome.COMMIT) {
            return fenced(end.producerId(), end.producerEpoch(), now);
        }
        if (end.version() == TxnVersion.V1) {
            TxnState.Preparing next = Succession.endV1((TxnState.Ongoing) now, end.outcome(), nowMs);
            return new TxnDecision.Persist(record(end, next), next.successor());
        }
        TxnState.Preparing next = succession.end(now, end.outcome(), end.producerEpoch(), nowMs);
        return next == null ? AWAIT_PRODUCER_ID : new TxnDecision.Persist(record(end, next), next.successor());
    }

    // ---- the coordinator's own

    /// The client may still abort, which it does when its next write is refused: that counts as the retry of an
    /// EndTxn. Its commit is refused.
    private TxnDecision timeOut(@Nullable TxnState state, TxnCommand.TimeOut out, long nowMs) {
        if (!(state instanceof TxnState.Ongoing open) || nowMs < open.deadlineMs(out.seenMs())) {
            return IGNORE;
        }
        TxnState aborted = succession.end(open, Outcome.ABORT, open.holder().producerEpoch(), nowMs);
        return aborted == null ? AWAIT_PRODUCER_ID : new TxnDecision.Persist(record(out, aborted), null);
    }

    private TxnDecision expire(@Nullable TxnState state, TxnCommand.Expire expire, long nowMs) {
        boolean busy = state instanceof TxnState.Ongoing || state instanceof TxnState.Preparing;
        if (state == null || busy || nowMs < state.updatedMs() + limits.idExpirationMs()) {
            return IGNORE;
        }
        return new TxnDecision.Persist(record(expire, null), null);
    }

    // ---- refusals

    private static TxnDecision fenced(long producerId, short epoch, TxnState now) {
        TxnReply.Granted current = switch (now) {
            case TxnState.Preparing preparing -> preparing.successor();
            case TxnState.Ongoing open -> open.holder();
            case TxnState.Empty s -> pairOf(s.producerId(), s.producerEpoch());
            case TxnState.Completed s -> pairOf(s.producerId(), s.producerEpoch());
        };
        return new TxnDecision.Refuse(ErrorCode.PRODUCER_FENCED,
                pairOf(producerId, epoch) + " is not current, " + current + " is");
    }

    private static TxnDecision notThisId(long producerId) {
        return new TxnDecision.Refuse(ErrorCode.INVALID_PRODUCER_ID_MAPPING,
                "producer " + producerId + " is not that of the transactional id, or no longer");
    }

    private static TxnDecision nothingToEnd() {
        return wrongState("no transaction is open");
    }

    private static TxnDecision wrongState(String reason) {
        return new TxnDecision.Refuse(ErrorCode.INVALID_TXN_STATE, reason);
    }

    private static TxnDecision tooLarge(String reason) {
        return new TxnDecision.Refuse(ErrorCode.POLICY_VIOLATION, reason);
    }

    // ---- pieces

    private static TxnReply.Granted pairOf(long producerId, short epoch) {
        return new TxnReply.Granted(producerId, epoch);
    }

    private static TxnRecord record(TxnCommand command, @Nullable TxnState next) {
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
