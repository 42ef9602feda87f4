package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

/// Writes records, and with a transactional id writes them together or not at all.
///
/// Thread-safe. `send` returns at once unless the buffer is full; its future ends with the record's place in the log or
/// a [ChaparException]. Futures complete on the producer's own thread: what is attached to them must not block, and
/// calls that block are refused there. All other calls block, at most `max.block.ms`, and suit virtual threads.
///
/// Transactions, one at a time:
/// ```
/// producer.initTransactions();
/// producer.beginTransaction();
/// try {
///     producer.send(...); producer.sendOffsets(...);
///     producer.commitTransaction();
/// } catch (AbortableException e) {
///     producer.abortTransaction();       // then begin again
/// } catch (UnknownOutcomeException e) {
///     producer.commitTransaction();      // waits on for the same answer
/// }
/// ```
/// With a [io.chapar.client.FencedException] another instance has taken the transactional id over: only `close` is
/// left.
public final class Producer<K, V> implements AutoCloseable {
    private final ProducerConfig config;
    private final Serde<K> keySerde;
    private final Serde<V> valueSerde;
    private final ClientRuntime runtime;
    private final ClientLoop loop;
    private final ProducerParts parts;
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean closed;
    private volatile Throwable crash;

    private Producer(ProducerConfig config, Serde<K> keySerde, Serde<V> valueSerde, ClientRuntime runtime) {
        this.config = config;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.runtime = runtime;
        loop = runtime.loop();
        parts = new ProducerParts(config, runtime, 0);
        runtime.onCrash(this::crashed);
        loop.execute(parts.metadata()::refresh);
    }

    /// Connects in the background; the first call that needs a broker waits for it.
    public static <K, V> Producer<K, V> open(ProducerConfig config, Serde<K> keySerde, Serde<V> valueSerde) {
        return new Producer<>(config, keySerde, valueSerde,
                ClientRuntime.open(config.client().connections(), "chapar-producer"));
    }

    /// Runs on the given loop and transport, which close with the producer: for simulations and tests.
    public static <K, V> Producer<K, V> open(ProducerConfig config, Serde<K> keySerde, Serde<V> valueSerde,
            ClientRuntime runtime) {
        return new Producer<>(config, keySerde, valueSerde, runtime);
    }

    /// Hands the record over for sending. The key and value are turned into bytes within this call.
    ///
    /// Throws [UsageException] when the call is wrong here (closed, no transaction open), and what ended the
    /// transaction when it can only be aborted; everything else comes through the future.
    public CompletableFuture<RecordMetadata> send(ProducerRecord<K, V> record) {
        requireOpen();
        parts.requireTaking();
        ByteBuffer key = ProducerParts.buffer(keySerde.serialize(record.topic(), record.key()));
        ByteBuffer value = ProducerParts.buffer(valueSerde.serialize(record.topic(), record.value()));
        int size = ProducerParts.sizeOf(record, key, value);
        ChaparException refusal = parts.tooLarge(size);
        if (refusal == null && !parts.memory().tryTake(size)) {
            refusal = waitForMemory(size);
        }
        if (refusal != null) {
            return refused(refusal);
        }
        try {
            return parts.handOver(record, key, value, size);
        } catch (RejectedExecutionException e) {
            throw new UsageException("The producer is closed");
        }
    }

    /// Sends everything handed over so far without lingering, and returns when each record has met its fate.
    public void flush() {
        requireOpen();
        CompletableFuture<Void> done = onLoop(() -> parts.core().flush(loop.nowMs()));
        await(done, Long.MAX_VALUE, text -> new RetriableException(text));
    }

    /// Takes the transactional id over: earlier holders are fenced, what they left open is ended. Once, before the
    /// first transaction. After a [RetriableException] a second call waits on for the same.
    public void initTransactions() {
        transactional("initialise transactions", TxnCore::initialise, RetriableException::new);
    }

    public void beginTransaction() {
        transactional("begin a transaction", TxnCore::begin, RetriableException::new);
    }

    /// Makes the positions part of the transaction: they become the group's committed offsets when it commits.
    /// Positions are of the next record to read. `group` tells which member of which generation consumed, so that one
    /// that lost its partitions is refused.
    public void sendOffsets(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        Map<TopicPartition, OffsetAndMetadata> copy = new TreeMap<>(positions);
        transactional("send offsets", core -> core.sendOffsets(copy, group), AbortableException::new);
    }

    /// Waits for everything sent in the transaction, then commits it. Returns: committed. [AbortableException]: not
    /// committed, abort it. [UnknownOutcomeException]: no answer in time; calling again waits on.
    public void commitTransaction() {
        transactional("commit", TxnCore::commit, UnknownOutcomeException::new);
    }

    /// Ends the transaction without effect; records that have not left are dropped. After a [RetriableException] a
    /// second call waits on for the same.
    public void abortTransaction() {
        transactional("abort", TxnCore::abort, RetriableException::new);
    }

    /// Delivers what was handed over and aborts an open transaction, for at most `max.block.ms`, then gives up
    /// everything.
    @Override
    public void close() {
        if (closing.getAndSet(true)) {
            return;
        }
        closed = true;
        try {
            if (crash == null && !loop.inLoop()) {
                onLoop(parts::finish).get(config.maxBlockMs(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            // What could not be finished ends below, each future with its own reason.
        } finally {
            stop();
            runtime.close();
        }
    }

    private void stop() {
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        Runnable stopping = () -> {
            parts.stop();
            stopped.complete(null);
        };
        try {
            loop.run(stopping);
            if (!loop.inLoop()) {
                stopped.get(config.maxBlockMs(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            // The loop is gone, and with it everything that could still be told.
        }
    }

    /// A fault of this program on the loop: nothing further is sent, everybody waiting is told.
    private void crashed(Throwable cause) {
        crash = cause;
        parts.core().stop();
        if (parts.txn() != null) {
            parts.txn().broken(new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "The producer failed", cause));
        }
    }

    private CompletableFuture<RecordMetadata> refused(ChaparException cause) {
        if (parts.txn() != null) {
            loop.run(() -> parts.refused(cause));
        }
        return CompletableFuture.failedFuture(cause);
    }

    private ChaparException waitForMemory(int size) {
        if (loop.inLoop()) {
            return new RetriableException("The buffer is full, and waiting for it is not possible in a callback");
        }
        MemoryBudget memory = parts.memory();
        try {
            return memory.take(size, config.maxBlockMs(), parts.inbox()::wake) ? null
                    : new RetriableException("The buffer (" + KafkaConfigNames.BUFFER_MEMORY + " " + memory.total()
                            + ") stayed full for " + config.maxBlockMs() + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new RetriableException("Interrupted while the buffer was full");
        }
    }

    private void transactional(String what, Function<TxnCore, CompletableFuture<Void>> step,
            Function<String, ChaparException> onTimeout) {
        requireOpen();
        TxnCore txn = parts.txnTo(what);
        CompletableFuture<Void> done = onLoop(() -> step.apply(txn));
        await(done, config.maxBlockMs(), text -> onTimeout.apply("Could not " + what + ": " + text));
    }

    /// Runs `step` on the loop after everything that was sent before, and hands its end on.
    private CompletableFuture<Void> onLoop(Supplier<CompletableFuture<Void>> step) {
        try {
            return CompletableFuture.completedFuture(null).thenComposeAsync(nothing -> {
                parts.inbox().drain();
                return step.get();
            }, loop::execute);
        } catch (RejectedExecutionException e) {
            throw new UsageException("The producer is closed");
        }
    }

    private void await(CompletableFuture<Void> done, long waitMs, Function<String, ChaparException> onTimeout) {
        if (loop.inLoop()) {
            throw new UsageException("A call that waits cannot be made in a callback");
        }
        try {
            done.get(waitMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw onTimeout.apply("interrupted");
        } catch (TimeoutException e) {
            throw onTimeout.apply("no answer within " + waitMs + " ms"
                    + (parts.metadata().lastFault().isEmpty() ? "" : "; " + parts.metadata().lastFault()));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ChaparException known ? known
                    : new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "The producer failed", e.getCause());
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new UsageException("The producer is closed");
        }
        if (crash != null) {
            throw new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "The producer failed", crash);
        }
    }
}
