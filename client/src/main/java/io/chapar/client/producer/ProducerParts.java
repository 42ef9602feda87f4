package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.FatalException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.Header;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.transport.Backoff;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/// The cores of one producer, put together on one loop, and the way of a record into them.
final class ProducerParts {
    private final ProducerConfig config;
    private final ClientLoop loop;
    private final MemoryBudget memory;
    private final Metadata metadata;
    private final ProducerCore core;
    private final @Nullable TxnCore txn;
    private final Inbox inbox;

    /// @param firstSequence see [ProducerCore#beginWith]
    ProducerParts(ProducerConfig config, ClientRuntime runtime, int firstSequence) {
        this.config = config;
        loop = runtime.loop();
        memory = new MemoryBudget(Math.toIntExact(config.bufferMemory()));
        ClientConfig client = config.client();
        Backoff backoff = new Backoff(client.retryBackoffMs(), client.retryBackoffMaxMs(), runtime.random());
        metadata = new Metadata(loop, runtime.transport(), client, backoff, true);
        core = new ProducerCore(loop, runtime.transport(), metadata, config, memory, backoff,
                new Partitioner(runtime.random(), config.batchSize()));
        core.beginWith(firstSequence);
        if (config.transactional()) {
            CoordinatorLookup lookup = new CoordinatorLookup(loop, runtime.transport(), metadata, client, backoff);
            txn = new TxnCore(loop, runtime.transport(), config, core,
                    new CoordinatorCalls(loop, runtime.transport(), lookup, backoff));
            core.transactions(txn);
        } else {
            txn = null;
        }
        inbox = new Inbox(loop, this::accept, this::lose, () -> core.pump(loop.nowMs()));
    }

    /// A record that nobody will take over any more, since the loop has stopped. On any thread.
    private void lose(PendingRecord record) {
        memory.giveBack(record.reservedBytes());
        record.receipt().failed(new RetriableException("The producer was closed before the record was sent"));
    }

    private void accept(List<PendingRecord> records) {
        long nowMs = loop.nowMs();
        for (int i = 0; i < records.size(); i++) {
            core.accept(records.get(i), nowMs);
        }
    }

    MemoryBudget memory() {
        return memory;
    }

    Metadata metadata() {
        return metadata;
    }

    ProducerCore core() {
        return core;
    }

    /// Null without a transactional id.
    @Nullable TxnCore txn() {
        return txn;
    }

    /// Records reach the core in a task of their own, also when they are sent from inside of it.
    Inbox inbox() {
        return inbox;
    }

    TxnCore txnTo(String what) {
        if (txn == null) {
            throw new UsageException("Cannot " + what + ": no " + KafkaConfigNames.TRANSACTIONAL_ID + " is set");
        }
        return txn;
    }

    /// Throws why no record is taken now.
    void requireTaking() {
        ChaparException refusal = txn == null ? null : txn.refusalToSend();
        if (refusal != null) {
            throw refusal;
        }
    }

    /// What the record takes of the buffer, when it is alone in its batch.
    static int sizeOf(@Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers) {
        return RecordBatch.HEADER_BYTES + RecordBatchBuilder.maxSizeOf(key, value, headers);
    }

    /// Null when a record of this size can be sent at all.
    @Nullable ChaparException tooLarge(int size) {
        if (size <= config.maxRequestSize() && size <= memory.total()) {
            return null;
        }
        return new FatalException(ErrorCode.MESSAGE_TOO_LARGE, "A record of " + size + " bytes is more than "
                + (size > config.maxRequestSize()
                        ? KafkaConfigNames.MAX_REQUEST_SIZE + " (" + config.maxRequestSize() + ")"
                        : KafkaConfigNames.BUFFER_MEMORY + " (" + memory.total() + ")"));
    }

    /// For a record whose `size` was taken of the memory.
    CompletableFuture<RecordMetadata> handOver(
            ProducerRecord<?, ?> record, @Nullable ByteBuffer key, @Nullable ByteBuffer value, int size) {
        long timestampMs = record.timestampMs() != null ? record.timestampMs() : loop.wallClockMs();
        SendFuture future = new SendFuture(timestampMs, key, value);
        inbox.add(PendingRecord.of(record.topic(), record.partition(), timestampMs, key, value, record.headers(),
                size, loop.nowMs(), future));
        return future;
    }

    /// The record comes to nothing here. From any thread.
    void refuse(Receipt receipt, ChaparException cause) {
        spoil(cause);
        receipt.failed(cause);
    }

    /// As the other one.
    void refuse(Parcel parcel, ChaparException cause) {
        spoil(cause);
        parcel.fail(cause);
    }

    private void spoil(ChaparException cause) {
        try {
            loop.run(() -> refused(cause));
        } catch (RejectedExecutionException e) {
            // Nothing can be committed any more.
        }
    }

    /// A record that was handed over will not be written. On the loop.
    void refused(ChaparException cause) {
        core.refused(cause);
        inbox.wake();
    }

    /// Delivers what was handed over, or ends the open transaction. On the loop.
    CompletableFuture<Void> finish() {
        if (txn == null) {
            return core.flush(loop.nowMs());
        }
        return switch (txn.phase()) {
            case TxnPhase.InTxn() -> txn.abort();
            case TxnPhase.Abortable(ChaparException cause) -> txn.abort();
            // Whoever decides about it says so to this instance, or to the next one.
            case TxnPhase.Prepared(var open) -> CompletableFuture.completedFuture(null);
            case TxnPhase.Committing() -> txn.commit();
            case TxnPhase.Aborting() -> txn.abort();
            case TxnPhase.Uninitialised() -> CompletableFuture.completedFuture(null);
            case TxnPhase.Initialising() -> CompletableFuture.completedFuture(null);
            case TxnPhase.Ready() -> CompletableFuture.completedFuture(null);
            case TxnPhase.Broken(ChaparException cause) -> CompletableFuture.completedFuture(null);
        };
    }

    /// Gives up everything that is open. On the loop.
    void stop() {
        inbox.drain();
        metadata.stop();
        core.stop();
        if (txn != null) {
            txn.stop();
        }
    }

    /// As [#stop] after a fault: who waits for a transaction is told of that. On the loop.
    void broken(ChaparException failure) {
        core.stop();
        inbox.drain();
        if (txn != null) {
            txn.broken(failure);
        }
    }

    static @Nullable ByteBuffer buffer(byte @Nullable [] array) {
        return array == null ? null : ByteBuffer.wrap(array);
    }
}
