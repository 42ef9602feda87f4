package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.RetriableException;
import io.chapar.client.metadata.Metadata;
import io.chapar.transport.Alarm;
import io.chapar.transport.Backoff;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/// Brings records to the partitions' leaders: batches them, numbers them, sends them, and acts on what comes back. On
/// the loop only; every method takes the loop's time.
///
/// ```
/// accept -> Intake -> PartitionQueues -> ProduceRequests -> leaders
///                          ^   Numbering                       |
///                          +-- Deliveries <--------------------+
/// ```
/// Whatever happens sets the time going on by [#pump]. Whatever is true of order and sequences is kept by
/// [PartitionQueue]; what an error means stands in [ProduceReaction]; who may send when in a transaction is up to
/// [TxnCore].
final class ProducerCore {
    private final ClientLoop loop;
    private final ProducerConfig config;
    private final MemoryBudget memory;
    private final TxnLink txn = new TxnLink();
    private final PartitionQueues queues;
    private final Intake intake;
    private final Numbering numbering;
    private final ProduceRequests requests;
    private final Deliveries deliveries;
    private final Flushes flushes = new Flushes();
    private final Alarm alarm;
    private boolean closing;

    ProducerCore(ClientLoop loop, Transport transport, Metadata metadata, ProducerConfig config, MemoryBudget memory,
            Backoff backoff, Partitioner partitioner) {
        this.loop = loop;
        this.config = config;
        this.memory = memory;
        alarm = new Alarm(loop, () -> pump(loop.nowMs()));
        queues = new PartitionQueues(config, txn::isV2);
        intake = new Intake(metadata, config, memory, partitioner, queues, txn);
        numbering = new Numbering(new IdentitySource(loop, transport, metadata, config.client(), backoff), memory,
                config.idempotent(), txn);
        requests = new ProduceRequests(transport, metadata, config, queues, numbering, txn, this::onOutcome);
        deliveries = new Deliveries(config, metadata, memory, backoff, queues, numbering, txn);
        metadata.onChange(() -> {
            intake.onMetadata(loop.nowMs());
            pump(loop.nowMs());
        });
    }

    /// See [PartitionQueues#beginWith].
    void beginWith(int sequence) {
        queues.beginWith(sequence);
    }

    void transactions(TxnCore core) {
        txn.to(core);
    }

    Identity identity() {
        return numbering.identity();
    }

    /// From now on new batches are written under this pair.
    void identity(Identity next) {
        numbering.identity(next);
    }

    /// Takes a record over; its future ends with this record's fate, whatever happens.
    void accept(PendingRecord record, long nowMs) {
        ChaparException refusal = closing ? new RetriableException("The producer is closing") : txn.refusalToSend();
        if (refusal != null) {
            intake.refuse(record, refusal);
        } else {
            intake.offer(record, nowMs);
        }
    }

    /// A record that was to be handed over will not be: the open transaction, if any, cannot be committed without it.
    void refused(ChaparException cause) {
        txn.refused(cause);
    }

    /// Ends when every record accepted so far is acknowledged or has failed.
    CompletableFuture<Void> flush(long nowMs) {
        if (closing) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> done = flushes.begin(nowMs);
        pump(nowMs);
        return done;
    }

    /// Whether no record is under way any more.
    boolean isQuiet() {
        return queues.isEmpty() && intake.isEmpty();
    }

    /// Whether some request with records is unanswered.
    boolean hasSent() {
        return queues.hasSent();
    }

    /// Fails every record that is not on the way right now. Returns whether some of them had been on the way before.
    boolean dropUnsent(ChaparException cause) {
        intake.refuseAll(cause);
        return deliveries.dropUnsent(cause);
    }

    /// Ends everything: what may have been written with an unknown outcome, the rest as not done.
    void stop() {
        closing = true;
        intake.refuseAll(new RetriableException("The producer was closed before the record was sent"));
        deliveries.stop();
        alarm.cancel();
        flushes.end(Long.MAX_VALUE);
    }

    /// Sends whatever may leave now, ends what is overdue, and sets the timer for what time alone will change.
    void pump(long nowMs) {
        if (closing && queues.isEmpty()) {
            return;
        }
        intake.expire(nowMs);
        deliveries.expire(nowMs);
        txn.spoil();
        requests.send(lingerMs(), nowMs);
        if (!queues.isEmpty()) {
            numbering.request(this::onIdentity);
        }
        flushes.end(Math.min(intake.oldestMs(), queues.oldestMs()));
        txn.spoil();
        txn.onProgress(nowMs);
        alarm.set(Math.min(intake.deadlineMs(), queues.nextTimeMs(lingerMs(), nowMs)));
    }

    private void onIdentity(@Nullable ChaparException denied) {
        if (denied != null) {
            dropUnsent(denied);
        }
        pump(loop.nowMs());
    }

    private void onOutcome(ProduceCall call, CallResult outcome) {
        deliveries.onOutcome(call, outcome, loop.nowMs());
        pump(loop.nowMs());
    }

    private long lingerMs() {
        boolean urgent = !flushes.isEmpty() || closing || memory.isContended() || txn.isCommitting();
        return urgent ? 0 : config.lingerMs();
    }
}
