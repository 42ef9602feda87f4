package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.Backoff;
import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.FatalException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.transport.ClientLoop;
import io.chapar.client.transport.ClientRuntime;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/// [Producer] for a caller that lives on the loop itself: the same cores, no thread, and nothing blocks. Calls are made on the
/// loop only and end there; what they mean, and what they fail with after `max.block.ms`, is as there.
public final class LoopProducer {
    private final ProducerConfig config;
    private final ClientRuntime runtime;
    private final ClientLoop loop;
    private final MemoryBudget memory;
    private final Metadata metadata;
    private final ProducerCore core;
    /// Null without a transactional id.
    private final TxnCore txn;
    /// Records reach the core in a task of their own, also when they are sent from inside of it.
    private final Inbox inbox;
    private boolean closed;

    /// The runtime closes with the producer.
    public LoopProducer(ProducerConfig config, ClientRuntime runtime) {
        this(config, runtime, 0);
    }

    /// @param firstSequence that idempotent writes begin with in each partition, as if so many records had been written there
    ///        before; 0 but where the end of the numbers is to be near
    public LoopProducer(ProducerConfig config, ClientRuntime runtime, int firstSequence) {
        this.config = config;
        this.runtime = runtime;
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
        inbox = new Inbox(loop, record -> core.accept(record, loop.nowMs()), () -> core.pump(loop.nowMs()));
        loop.execute(metadata::refresh);
    }

    /// As [Producer#send]. A full buffer fails the record at once.
    public CompletableFuture<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
        requireOpen();
        if (txn != null) {
            ChaparException refusal = txn.refusalToSend();
            if (refusal != null) {
                throw refusal;
            }
        }
        ByteBuffer key = bytes(record.key());
        ByteBuffer value = bytes(record.value());
        int size = RecordBatch.HEADER_BYTES + RecordBatchBuilder.maxSizeOf(key, value, record.headers());
        if (size > config.maxRequestSize()) {
            return refused(new FatalException(ErrorCode.MESSAGE_TOO_LARGE,
                    "A record of " + size + " bytes is too large"));
        }
        if (!memory.tryTake(size)) {
            return refused(new RetriableException("The buffer is full"));
        }
        CompletableFuture<RecordMetadata> future = new CompletableFuture<>();
        long timestampMs = record.timestampMs() != null ? record.timestampMs() : loop.wallClockMs();
        int partition = record.partition() != null ? record.partition() : PendingRecord.ANY_PARTITION;
        inbox.add(new PendingRecord(record.topic(), partition, timestampMs, key, value, record.headers(), size,
                loop.nowMs(), future));
        return future;
    }

    private CompletableFuture<RecordMetadata> refused(ChaparException cause) {
        core.refused(cause);
        inbox.wake();
        return CompletableFuture.failedFuture(cause);
    }

    /// As [Producer#flush].
    public CompletableFuture<Void> flush() {
        requireOpen();
        CompletableFuture<Void> done = new CompletableFuture<>();
        onLoop(() -> core.flush(loop.nowMs()), done);
        return done;
    }

    /// As [Producer#initTransactions].
    public CompletableFuture<Void> initTransactions() {
        return transactional("initialise transactions", TxnCore::initialise, RetriableException::new);
    }

    /// As [Producer#beginTransaction].
    public CompletableFuture<Void> beginTransaction() {
        return transactional("begin a transaction", TxnCore::begin, RetriableException::new);
    }

    /// As [Producer#sendOffsets].
    public CompletableFuture<Void> sendOffsets(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        Map<TopicPartition, OffsetAndMetadata> copy = new TreeMap<>(positions);
        return transactional("send offsets", one -> one.sendOffsets(copy, group), AbortableException::new);
    }

    /// As [Producer#commitTransaction].
    public CompletableFuture<Void> commitTransaction() {
        return transactional("commit", TxnCore::commit, UnknownOutcomeException::new);
    }

    /// As [Producer#abortTransaction].
    public CompletableFuture<Void> abortTransaction() {
        return transactional("abort", TxnCore::abort, RetriableException::new);
    }

    /// The identity that the broker gave: producer id and epoch; -1 and -1 before.
    public Identity identity() {
        return core.identity();
    }

    /// Gives up everything that is open, at once.
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        inbox.drain();
        metadata.stop();
        core.stop();
        if (txn != null) {
            txn.stop();
        }
        runtime.close();
    }

    private CompletableFuture<Void> transactional(String what, Function<TxnCore, CompletableFuture<Void>> step,
            Function<String, ChaparException> onTimeout) {
        requireOpen();
        if (txn == null) {
            throw new UsageException("Cannot " + what + ": no transactional id is set");
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        ClientLoop.Timer timer = loop.schedule(config.maxBlockMs(), () -> done.completeExceptionally(
                onTimeout.apply("Could not " + what + ": no answer within " + config.maxBlockMs() + " ms")));
        var _ = done.whenComplete((nothing, failure) -> timer.cancel());
        onLoop(() -> step.apply(txn), done);
        return done;
    }

    /// After everything that was sent before.
    private void onLoop(Supplier<CompletableFuture<Void>> step, CompletableFuture<Void> done) {
        loop.execute(() -> {
            inbox.drain();
            var _ = step.get().whenComplete((nothing, failure) -> {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        });
    }

    private void requireOpen() {
        if (closed) {
            throw new UsageException("The producer is closed");
        }
    }

    private static ByteBuffer bytes(byte[] array) {
        return array == null ? null : ByteBuffer.wrap(array);
    }
}
