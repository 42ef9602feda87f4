package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.transport.Backoff;
import io.chapar.transport.CallResult;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// How batches end: by the broker's answer, by time, or because they are given up here. On the loop only.
///
/// Each batch ends once. Its callers are told, its bytes are given back, its queue learns whether a number is missing
/// now, and an open transaction that some record of it will not be part of is told so. What may be written is never
/// told as not done: it is unknown, unless a transaction decides over it.
final class Deliveries {
    private static final long CONCURRENT_TRANSACTIONS_WAIT_MS = 20;

    private final ProducerConfig config;
    private final Metadata metadata;
    private final MemoryBudget memory;
    private final Backoff backoff;
    private final PartitionQueues queues;
    private final Numbering numbering;
    private final TxnLink txn;

    Deliveries(ProducerConfig config, Metadata metadata, MemoryBudget memory, Backoff backoff, PartitionQueues queues,
            Numbering numbering, TxnLink txn) {
        this.config = config;
        this.metadata = metadata;
        this.memory = memory;
        this.backoff = backoff;
        this.queues = queues;
        this.numbering = numbering;
        this.txn = txn;
    }

    /// Fails every batch that is not on the way right now. Returns whether some of them had been on the way before.
    boolean dropUnsent(ChaparException cause) {
        boolean dropped = false;
        for (PartitionQueue queue : queues.active()) {
            for (Batch batch : queue.takeUnsent(any -> true)) {
                dropped |= batch.attempts() > 0;
                batch.fail(!txn.isTransactional() && batch.mayBeWritten()
                        ? new UnknownOutcomeException(cause.errorCode(), cause.getMessage(), cause) : cause, memory);
            }
            queues.taken(queue);
        }
        return dropped;
    }

    /// Ends everything, as the producer does.
    void stop() {
        for (PartitionQueue queue : queues.active()) {
            for (Batch batch : List.copyOf(queue.outstanding())) {
                queue.remove(batch);
                batch.fail(overdue(batch, "the producer was closed"), memory);
            }
            queue.takeUnsent(any -> true).forEach(batch -> batch.fail(overdue(batch, "the producer was closed"),
                    memory));
            queues.taken(queue);
        }
    }

    /// What became of a request.
    void onOutcome(ProduceCall call, CallResult outcome, long nowMs) {
        switch (outcome) {
            case CallResult.Answered(ProduceResponse response, short version) -> {
                for (ProduceCall.Answer answer : call.answers(response, version)) {
                    settle(answer, nowMs);
                }
                call.unanswered().forEach(batch -> retry(batch, ErrorCode.NETWORK_EXCEPTION,
                        "the answer leaves it out", true, nowMs));
            }
            case CallResult.Answered _, CallResult.Written _ -> call.unanswered().forEach(this::writtenSomewhere);
            case CallResult.NoAnswer none -> {
                ErrorCode refusal = none.refusal();
                if (refusal != null) {
                    call.unanswered().forEach(batch -> fail(batch, refusal(batch, refusal, none.detail())));
                    return;
                }
                metadata.refresh();
                call.unanswered().forEach(batch -> retry(batch, ErrorCode.NETWORK_EXCEPTION, none.detail(),
                        none.mayHaveHappened(), nowMs));
            }
        }
    }

    private void writtenSomewhere(Batch batch) {
        if (batch.state() == Batch.State.SENT) {
            leaveQueue(batch);
            batch.succeed(-1, -1, memory);
        }
    }

    private void settle(ProduceCall.Answer answer, long nowMs) {
        Batch batch = answer.batch();
        if (batch.state() != Batch.State.SENT) {
            return; // its time was over; the callers know
        }
        ErrorCode error = answer.error();
        if (answer.leaderId() >= 0) {
            metadata.learnLeader(batch.partition().topic(), batch.partition().partition(), answer.leaderId(),
                    answer.leaderEpoch(), answer.leader());
        }
        switch (ProduceReaction.of(error, txn.isTransactional())) {
            case WRITTEN -> {
                queues.of(batch.partition()).written(batch);
                leaveQueue(batch);
                batch.succeed(answer.baseOffset(), answer.appendTimeMs(), memory);
            }
            case WRITTEN_BEFORE -> {
                queues.of(batch.partition()).written(batch);
                leaveQueue(batch);
                batch.succeed(-1, -1, memory);
            }
            case REFRESH_AND_RETRY -> {
                metadata.refresh();
                retry(batch, error, answer.message(), ProduceReaction.mayBeWritten(error), nowMs);
            }
            case RETRY -> retry(batch, error, answer.message(), ProduceReaction.mayBeWritten(error), nowMs);
            case SPLIT -> split(batch, answer, nowMs);
            case OUT_OF_SEQUENCE -> outOfSequence(batch, answer, nowMs);
            case ABORT -> fail(batch, new AbortableException(error, text(batch, error, answer.message())));
            case FENCED -> {
                FencedException fenced = new FencedException(error, text(batch, error, answer.message()));
                fail(batch, fenced);
                txn.broken(fenced);
            }
            case REFUSED -> fail(batch, refusal(batch, error, answer.message()));
        }
    }

    private ChaparException refusal(Batch batch, ErrorCode error, String message) {
        String text = text(batch, error, message);
        return batch.mayBeWritten() || ProduceReaction.mayBeWritten(error)
                ? new UnknownOutcomeException(error, text) : new FatalException(error, text);
    }

    private static String text(Batch batch, ErrorCode error, String message) {
        return "Records to " + batch.partition() + " were refused: " + error
                + (message == null || message.isBlank() ? "" : ", " + message);
    }

    private void retry(Batch batch, ErrorCode error, String detail, boolean mayBeWritten, long nowMs) {
        if (batch.state() != Batch.State.SENT) {
            return;
        }
        String text = "Records to " + batch.partition() + ": " + error
                + (detail == null || detail.isBlank() ? "" : ", " + detail);
        ChaparException fault = new RetriableException(error, text);
        long waitMs = error == ErrorCode.CONCURRENT_TRANSACTIONS ? CONCURRENT_TRANSACTIONS_WAIT_MS
                : backoff.delayMs(batch.attempts());
        batch.retryAt(nowMs + waitMs, mayBeWritten, fault);
        if (config.acks() == Acks.NONE) {
            fail(batch, overdue(batch, "with acks=0 nothing is sent twice"));
        } else if (!txn.mayRetry()) {
            fail(batch, new AbortableException(error, text));
        }
    }

    private void outOfSequence(Batch batch, ProduceCall.Answer answer, long nowMs) {
        PartitionQueue queue = queues.of(batch.partition());
        if (!queue.isOldest(batch)) {
            retry(batch, answer.error(), answer.message(), false, nowMs);
            return;
        }
        if (txn.isTransactional()) {
            fail(batch, new AbortableException(answer.error(), text(batch, answer.error(), answer.message())));
        } else if (batch.mayBeWritten()) {
            // All before it is written, so the broker has forgotten something: this batch, or what it had acknowledged.
            fail(batch, refusal(batch, answer.error(), answer.message()));
        } else {
            retry(batch, answer.error(), answer.message(), false, nowMs);
            queue.breakSequence();
        }
    }

    private void split(Batch batch, ProduceCall.Answer answer, long nowMs) {
        if (batch.recordCount() < 2) {
            fail(batch, refusal(batch, answer.error(), answer.message()));
            return;
        }
        List<Batch> pieces = batch.split();
        pieces.forEach(piece -> piece.retryAt(nowMs, false, null));
        queues.of(batch.partition()).replace(batch, pieces);
    }

    private void fail(Batch batch, ChaparException cause) {
        if (batch.state() == Batch.State.DONE) {
            return;
        }
        if (numbering.isOwn()) {
            queues.of(batch.partition()).leaveGap(batch, !(cause instanceof UnknownOutcomeException));
        }
        leaveQueue(batch);
        batch.fail(cause, memory);
        txn.onBatchFailed(batch, cause);
    }

    private void leaveQueue(Batch batch) {
        PartitionQueue queue = queues.of(batch.partition());
        queue.remove(batch);
        queues.taken(queue);
    }

    /// Ends what could not be delivered within `delivery.timeout.ms`.
    void expire(long nowMs) {
        for (PartitionQueue queue : queues.active()) {
            if (queue.oldestMs() + config.deliveryTimeoutMs() > nowMs) {
                continue;
            }
            for (Batch batch : List.copyOf(queue.outstanding())) {
                if (!batch.isGivenUp() && isOverdue(batch, nowMs)) {
                    ChaparException cause = undelivered(batch);
                    if (numbering.isOwn() && batch.isOpen()) {
                        queue.giveUp(batch, cause);
                    } else {
                        fail(batch, cause);
                    }
                }
            }
            for (Batch batch : queue.takeWaiting(waiting -> isOverdue(waiting, nowMs))) {
                ChaparException cause = undelivered(batch);
                batch.fail(cause, memory);
                txn.onBatchFailed(batch, cause);
            }
            queues.taken(queue);
        }
    }

    private ChaparException undelivered(Batch batch) {
        return overdue(batch, "not delivered within " + config.deliveryTimeoutMs() + " ms");
    }

    private boolean isOverdue(Batch batch, long nowMs) {
        return batch.createdMs() + config.deliveryTimeoutMs() <= nowMs;
    }

    private static ChaparException overdue(Batch batch, String why) {
        ChaparException last = batch.lastFault();
        ErrorCode error = last == null ? ErrorCode.NONE : last.errorCode();
        String text = "Records to " + batch.partition() + ": " + why
                + (last == null ? "" : "; last attempt: " + last.getMessage());
        return batch.isOpen()
                ? new UnknownOutcomeException(error, text, last) : new RetriableException(error, text, last);
    }
}
