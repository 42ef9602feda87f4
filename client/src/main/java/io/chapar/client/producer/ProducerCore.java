package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.transport.Alarm;
import io.chapar.transport.Backoff;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;

/// Brings records to the partitions' leaders: batches them, numbers them, sends them, and acts on what comes back. On
/// the loop only; every method takes the loop's time.
///
/// Whatever is true of order and sequences is kept by [PartitionQueue]; what an error means stands in
/// [ProduceReaction]; who may send when in a transaction is up to [TxnCore].
final class ProducerCore {
    private static final long CONCURRENT_TRANSACTIONS_WAIT_MS = 20;

    private final ClientLoop loop;
    private final Transport transport;
    private final Metadata metadata;
    private final ProducerConfig config;
    private final MemoryBudget memory;
    private final Backoff backoff;
    private final TopicWaits topicWaits;
    private final Partitioner partitioner;
    private final Map<TopicPartition, PartitionQueue> queues = new LinkedHashMap<>();
    private final LinkedHashSet<PartitionQueue> active = new LinkedHashSet<>();
    private final Map<Integer, Integer> inFlight = new TreeMap<>();
    private final List<Flush> flushes = new ArrayList<>();
    private final IdentitySource identitySource;
    /// Null without a transactional id.
    private @Nullable TxnCore txn;
    private int firstSequence;
    private Identity identity = Identity.NONE;
    /// Why a record was not taken in, until the transaction knows.
    private @Nullable ChaparException refusal;
    private final Alarm alarm;
    private boolean closing;

    private record Flush(long sinceMs, CompletableFuture<Void> done) {
    }

    ProducerCore(ClientLoop loop, Transport transport, Metadata metadata, ProducerConfig config, MemoryBudget memory,
            Backoff backoff, Partitioner partitioner) {
        this.loop = loop;
        alarm = new Alarm(loop, () -> pump(loop.nowMs()));
        this.transport = transport;
        this.metadata = metadata;
        this.config = config;
        this.memory = memory;
        this.backoff = backoff;
        this.partitioner = partitioner;
        topicWaits = new TopicWaits(metadata, config.maxBlockMs(), this::place, this::refuse, topic ->
                active.stream().anyMatch(queue -> queue.partition().topic().equals(topic)));
        identitySource = new IdentitySource(loop, transport, metadata, config.client(), backoff);
        metadata.onChange(() -> {
            topicWaits.resolve(loop.nowMs());
            pump(loop.nowMs());
        });
    }

    /// Each partition begins with this sequence, as if that many records had been written to it before.
    void beginWith(int sequence) {
        firstSequence = sequence;
    }

    void transactions(TxnCore core) {
        txn = core;
    }

    Identity identity() {
        return identity;
    }

    /// From now on new batches are written under this pair.
    void identity(Identity next) {
        identity = next;
    }

    /// Takes a record over; its future ends with this record's fate, whatever happens.
    void accept(PendingRecord record, long nowMs) {
        ChaparException refusal = closing ? new RetriableException("The producer is closing")
                : txn == null ? null : txn.refusalToSend();
        if (refusal != null) {
            refuse(record, refusal);
        } else {
            topicWaits.offer(record, nowMs);
        }
    }

    /// Ends when every record accepted so far has met its fate.
    CompletableFuture<Void> flush(long nowMs) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        flushes.add(new Flush(nowMs, done));
        pump(nowMs);
        return done;
    }

    /// Whether no record is under way any more.
    boolean isQuiet() {
        return active.isEmpty() && topicWaits.isEmpty();
    }

    /// Whether some request with records is unanswered.
    boolean hasSent() {
        return active.stream().anyMatch(PartitionQueue::hasSent);
    }

    /// Fails every record that is not on the way right now. Returns whether some of them had been on the way before.
    boolean dropUnsent(ChaparException cause) {
        topicWaits.failAll(cause);
        boolean dropped = false;
        for (PartitionQueue queue : List.copyOf(active)) {
            for (Batch batch : queue.takeUnsent(any -> true)) {
                dropped |= batch.attempts() > 0;
                batch.fail(txn == null && batch.mayBeWritten()
                        ? new UnknownOutcomeException(cause.errorCode(), cause.getMessage(), cause) : cause, memory);
            }
            if (queue.isEmpty()) {
                active.remove(queue);
            }
        }
        return dropped;
    }

    /// Ends everything: what may have been written with an unknown outcome, the rest as not done.
    void stop() {
        closing = true;
        topicWaits.failAll(new RetriableException("The producer was closed before the record was sent"));
        for (PartitionQueue queue : active) {
            for (Batch batch : List.copyOf(queue.outstanding())) {
                queue.remove(batch);
                batch.fail(overdue(batch, "the producer was closed"), memory);
            }
            queue.takeUnsent(any -> true).forEach(batch -> batch.fail(overdue(batch, "the producer was closed"),
                    memory));
        }
        active.clear();
        alarm.cancel();
        flushes.forEach(flush -> flush.done.complete(null));
    }

    private void place(PendingRecord record, int partitionCount) {
        int partition = record.partition();
        if (partition >= partitionCount) {
            metadata.refresh();
            refuse(record, new RetriableException(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "Topic " + record.topic()
                    + " has " + partitionCount + " partitions, none with number " + partition));
            return;
        }
        if (partition == PendingRecord.ANY_PARTITION) {
            TopicView topic = requireNonNull(
                    metadata.view().topic(record.topic()), "a topic is known by its partitions");
            partition = record.key() != null ? Partitioner.ofKey(record.key(), partitionCount)
                    : partitioner.keyless(topic, record.reservedBytes() - RecordBatch.HEADER_BYTES);
        }
        PartitionQueue queue = queue(new TopicPartition(record.topic(), partition));
        queue.add(record);
        active.add(queue);
    }

    private PartitionQueue queue(TopicPartition partition) {
        return queues.computeIfAbsent(partition,
                p -> new PartitionQueue(p, config, () -> txn != null && txn.isV2(), firstSequence));
    }

    private void refuse(PendingRecord record, ChaparException cause) {
        memory.giveBack(record.reservedBytes());
        record.future().completeExceptionally(cause);
        refused(cause);
    }

    /// A record that was handed over will not be written: the open transaction, if any, cannot be committed without it.
    void refused(ChaparException cause) {
        if (txn != null && txn.isOpen() && refusal == null) {
            refusal = cause;
        }
    }

    /// In a step of its own: what was refused may just be taken off a list.
    private void spoilTransaction() {
        if (refusal != null && txn != null) {
            ChaparException cause = refusal;
            refusal = null;
            txn.makeAbortable(cause);
        }
    }

    /// Sends whatever may leave now, ends what is overdue, and sets the timer for what time alone will change.
    void pump(long nowMs) {
        if (closing && active.isEmpty()) {
            return;
        }
        topicWaits.expire(nowMs);
        expire(nowMs);
        spoilTransaction();
        while (sendRound(nowMs)) {
            // Each round takes at most one batch of each partition; the brokers' limit of open requests ends it.
        }
        if (numbersItself() && !identity.isKnown() && !active.isEmpty()) {
            identitySource.request(this::onIdentity);
        }
        endFlushes();
        spoilTransaction();
        if (txn != null) {
            txn.onProgress(nowMs);
        }
        arm(nowMs);
    }

    private void onIdentity(IdentitySource.Result result) {
        switch (result) {
            case IdentitySource.Result.Given(Identity given) -> identity = given;
            case IdentitySource.Result.Denied(ChaparException cause) -> dropUnsent(cause);
        }
        pump(loop.nowMs());
    }

    private boolean sendRound(long nowMs) {
        long lingerMs = lingerMs();
        Map<Node, ProduceCall> calls = new LinkedHashMap<>();
        for (PartitionQueue queue : List.copyOf(active)) {
            if (queue.isDisturbed()) {
                settleSequence(queue);
            }
            Batch batch = queue.sendable(identity, lingerMs, nowMs);
            if (batch == null) {
                continue;
            }
            Node leader = metadata.view().leader(queue.partition().topic(), queue.partition().partition());
            if (leader == null) {
                metadata.refresh();
                continue;
            }
            ProduceCall call = calls.get(leader);
            if (call == null ? inFlight.getOrDefault(leader.id(), 0) >= config.maxInFlight()
                    : call.sizeInBytes() + batch.sizeInBytes() > config.maxRequestSize()) {
                continue;
            }
            if (txn != null && !txn.maySend(queue.partition())) {
                continue;
            }
            queue.leave(batch, identity);
            calls.computeIfAbsent(leader, node -> new ProduceCall(config)).add(batch);
            active.remove(queue);
            active.add(queue);
        }
        calls.forEach(this::send);
        return !calls.isEmpty();
    }

    /// Whether sequences are kept here alone, without a transaction to abort when they break.
    private boolean numbersItself() {
        return config.idempotent() && txn == null;
    }

    private void settleSequence(PartitionQueue queue) {
        queue.takeSpent().forEach(batch -> batch.abandon(memory));
        if (queue.isSettled()) {
            if (queue.identity().equals(identity)) {
                identity = identity.bumped();
            }
            if (identity.isKnown()) {
                queue.beginAnew(identity);
            }
        }
        if (queue.isEmpty()) {
            active.remove(queue);
        }
    }

    private long lingerMs() {
        boolean urgent = !flushes.isEmpty() || closing || memory.isContended()
                || (txn != null && txn.isCommitting());
        return urgent ? 0 : config.lingerMs();
    }

    private void send(Node node, ProduceCall call) {
        inFlight.merge(node.id(), 1, Integer::sum);
        boolean transactionsV2 = txn != null && txn.isV2();
        transport.send(node, call.toCall(metadata.view(), transactionsV2), outcome -> {
            inFlight.merge(node.id(), -1, Integer::sum);
            onOutcome(call, outcome, loop.nowMs());
            pump(loop.nowMs());
        });
    }

    private void onOutcome(ProduceCall call, CallResult outcome, long nowMs) {
        switch (outcome) {
            case CallResult.Answered(ProduceResponse response, short version) -> {
                for (ProduceCall.Answer answer : call.answers(response, version)) {
                    settle(answer, nowMs);
                }
                call.unanswered().forEach(batch -> retry(batch, ErrorCode.NETWORK_EXCEPTION,
                        "the answer leaves it out", true, nowMs));
            }
            case CallResult.Answered _, CallResult.Written _ -> call.unanswered().forEach(this::writtenSomewhere);
            case CallResult.NoAnswer(CallResult.Reason reason, String detail)
                    when reason == CallResult.Reason.UNSUPPORTED_VERSION ->
                call.unanswered().forEach(batch -> fail(batch,
                        refusal(batch, ErrorCode.UNSUPPORTED_VERSION, detail)));
            case CallResult.NoAnswer none -> {
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
        switch (ProduceReaction.of(error, txn != null)) {
            case WRITTEN -> {
                queue(batch.partition()).written(batch);
                leaveQueue(batch);
                batch.succeed(answer.baseOffset(), answer.appendTimeMs(), memory);
            }
            case WRITTEN_BEFORE -> {
                queue(batch.partition()).written(batch);
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
                if (txn != null) {
                    txn.broken(fenced);
                }
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
        } else if (txn != null && !txn.mayRetry()) {
            fail(batch, new AbortableException(error, text));
        }
    }

    private void outOfSequence(Batch batch, ProduceCall.Answer answer, long nowMs) {
        PartitionQueue queue = queue(batch.partition());
        if (!queue.isOldest(batch)) {
            retry(batch, answer.error(), answer.message(), false, nowMs);
            return;
        }
        if (txn != null) {
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
        queue(batch.partition()).replace(batch, pieces);
    }

    private void fail(Batch batch, ChaparException cause) {
        if (batch.state() == Batch.State.DONE) {
            return;
        }
        if (numbersItself()) {
            queue(batch.partition()).leaveGap(batch, !(cause instanceof UnknownOutcomeException));
        }
        leaveQueue(batch);
        batch.fail(cause, memory);
        afterFailure(batch, cause);
    }

    private void afterFailure(Batch batch, ChaparException cause) {
        if (txn != null) {
            txn.onBatchFailed(cause, batch.attempts() > 0);
        }
    }

    private void leaveQueue(Batch batch) {
        PartitionQueue queue = queue(batch.partition());
        queue.remove(batch);
        if (queue.isEmpty()) {
            active.remove(queue);
        }
    }

    private void expire(long nowMs) {
        for (PartitionQueue queue : List.copyOf(active)) {
            if (queue.oldestMs() + config.deliveryTimeoutMs() > nowMs) {
                continue;
            }
            for (Batch batch : List.copyOf(queue.outstanding())) {
                if (!batch.isGivenUp() && isOverdue(batch, nowMs)) {
                    ChaparException cause = undelivered(batch);
                    if (numbersItself() && batch.isOpen()) {
                        queue.giveUp(batch, cause);
                    } else {
                        fail(batch, cause);
                    }
                }
            }
            for (Batch batch : queue.takeWaiting(waiting -> isOverdue(waiting, nowMs))) {
                ChaparException cause = undelivered(batch);
                batch.fail(cause, memory);
                afterFailure(batch, cause);
            }
            if (queue.isEmpty()) {
                active.remove(queue);
            }
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

    private void endFlushes() {
        if (flushes.isEmpty()) {
            return;
        }
        long oldestMs = topicWaits.oldestMs();
        for (PartitionQueue queue : active) {
            oldestMs = Math.min(oldestMs, queue.oldestMs());
        }
        for (Flush flush : List.copyOf(flushes)) {
            if (oldestMs > flush.sinceMs) {
                flushes.remove(flush);
                flush.done.complete(null);
            }
        }
    }

    private void arm(long nowMs) {
        long nextMs = topicWaits.deadlineMs();
        long lingerMs = lingerMs();
        for (PartitionQueue queue : active) {
            nextMs = Math.min(nextMs, queue.oldestMs() + config.deliveryTimeoutMs());
            long queueMs = queue.nextTimeMs(lingerMs);
            if (queueMs > nowMs) {
                nextMs = Math.min(nextMs, queueMs);
            }
        }
        alarm.set(nextMs);
    }
}
