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
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
    private static final long FOREVER_MS = Long.MAX_VALUE;

    private final ProducerConfig config;
    private final Serde<K> keySerde;
    private final Serde<V> valueSerde;
    private final ClientRuntime runtime;
    private final ClientLoop loop;
    private final LoopProducer producer;
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile @Nullable ChaparException failure;

    private Producer(ProducerConfig config, Serde<K> keySerde, Serde<V> valueSerde, ClientRuntime runtime) {
        this.config = config;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.runtime = runtime;
        loop = runtime.loop();
        producer = new LoopProducer(config, runtime);
        runtime.onCrash(this::crashed);
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
        requireWhole();
        producer.requireTaking();
        ByteBuffer key = ProducerParts.buffer(keySerde.serialize(record.topic(), record.key()));
        ByteBuffer value = ProducerParts.buffer(valueSerde.serialize(record.topic(), record.value()));
        return producer.send(record, key, value, this::takeMemory);
    }

    /// Sends everything handed over so far without lingering, and returns when each record is acknowledged or has
    /// failed.
    public void flush() {
        await("flush", FOREVER_MS, producer::flush, RetriableException::new);
    }

    /// Takes the transactional id over: earlier holders are fenced, what they left open is ended. Once, before the
    /// first transaction. After a [RetriableException] a second call waits on for the same.
    public void initTransactions() {
        await("initialise transactions", longest(), producer::initTransactions, RetriableException::new);
    }

    /// As [#initTransactions()], with [ProducerConfig.Builder#twoPhaseCommit]; `keepPrepared`: a transaction that an
    /// earlier holder has left open stays open, prepared or not, and is returned. [#completeTransaction] ends it.
    public Optional<PreparedTransaction> initTransactions(boolean keepPrepared) {
        if (keepPrepared && !config.twoPhaseCommit()) {
            throw new UsageException("Keeping a prepared transaction needs " + KafkaConfigNames.TWO_PHASE_COMMIT);
        }
        await("initialise transactions", longest(), () -> producer.initTransactions(keepPrepared),
                RetriableException::new);
        return Optional.ofNullable(producer.prepared());
    }

    /// Waits for everything sent in the transaction, to which nothing can be added from now on. Record what this
    /// returns where the decision is made, in one with it: then call [#completeTransaction], after a crash too.
    /// Needs [ProducerConfig.Builder#twoPhaseCommit], with which the broker waits without a timeout.
    public PreparedTransaction prepareTransaction() {
        if (!config.twoPhaseCommit()) {
            throw new UsageException("Preparing a transaction needs " + KafkaConfigNames.TWO_PHASE_COMMIT);
        }
        await("prepare", longest(), producer::prepareTransaction, AbortableException::new);
        return Objects.requireNonNull(producer.prepared(), "a transaction is prepared");
    }

    /// Commits the prepared transaction if it is the one that was decided to be committed, else aborts it. Returns:
    /// done. [UnknownOutcomeException]: no answer in time; calling again with the same decision waits on.
    ///
    /// @param decided what the record of the decision has; null when there is none
    public void completeTransaction(@Nullable PreparedTransaction decided) {
        await("complete a transaction", longest(), () -> producer.completeTransaction(decided),
                UnknownOutcomeException::new);
    }

    public void beginTransaction() {
        await("begin a transaction", longest(), producer::beginTransaction, RetriableException::new);
    }

    /// Makes the positions part of the transaction: they become the group's committed offsets when it commits.
    /// Positions are of the next record to read. `group` tells which member of which generation consumed, so that one
    /// that lost its partitions is refused.
    public void sendOffsets(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        Map<TopicPartition, OffsetAndMetadata> copy = new TreeMap<>(positions);
        await("send offsets", longest(), () -> producer.sendOffsets(copy, group), AbortableException::new);
    }

    /// Waits for everything sent in the transaction, then commits it. Returns: committed. [AbortableException]: not
    /// committed, abort it. [UnknownOutcomeException]: no answer in time; calling again waits on.
    public void commitTransaction() {
        await("commit", longest(), producer::commitTransaction, UnknownOutcomeException::new);
    }

    /// Ends the transaction without effect; records that have not left are dropped. After a [RetriableException] a
    /// second call waits on for the same.
    public void abortTransaction() {
        await("abort", longest(), producer::abortTransaction, RetriableException::new);
    }

    /// Delivers what was handed over and aborts an open transaction, for at most `max.block.ms`, then gives up
    /// everything.
    @Override
    public void close() {
        if (closing.getAndSet(true)) {
            return;
        }
        try {
            if (loop.inLoop()) {
                producer.stop();
                return;
            }
            if (failure == null) {
                onLoop(producer::finish).get(longest(), TimeUnit.MILLISECONDS);
            }
            onLoop(() -> {
                producer.stop();
                return CompletableFuture.completedFuture(null);
            }).get(config.maxBlockMs(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            loop.run(producer::stop);
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            // The loop is gone or stuck, and with it everything that could still be told.
        } finally {
            runtime.close();
        }
    }

    private void crashed(Throwable cause) {
        failure = failed(cause);
        producer.broken(failure);
    }

    private @Nullable ChaparException takeMemory(int bytes) {
        MemoryBudget memory = producer.memory();
        if (memory.tryTake(bytes)) {
            return null;
        }
        if (loop.inLoop()) {
            return new RetriableException("The buffer is full, and waiting for it is not possible in a callback");
        }
        try {
            return memory.take(bytes, config.maxBlockMs(), producer::hurry) ? null
                    : new RetriableException("The buffer (" + KafkaConfigNames.BUFFER_MEMORY + " " + memory.total()
                            + ") stayed full for " + config.maxBlockMs() + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new RetriableException("Interrupted while the buffer was full");
        }
    }

    /// The loop keeps `max.block.ms` and knows what was missing; the wait here ends later, for a loop that is stuck.
    private long longest() {
        return (long) config.maxBlockMs() + config.client().requestTimeoutMs();
    }

    private void await(String what, long waitMs, Supplier<CompletableFuture<Void>> call,
            Function<String, ChaparException> onTimeout) {
        requireWhole();
        if (loop.inLoop()) {
            throw new UsageException("A call that waits cannot be made in a callback");
        }
        try {
            onLoop(call).get(waitMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw onTimeout.apply("Could not " + what + ": interrupted");
        } catch (TimeoutException e) {
            throw onTimeout.apply("Could not " + what + ": no answer within " + waitMs + " ms");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ChaparException known ? known : failed(e.getCause());
        } catch (RejectedExecutionException e) {
            throw LoopProducer.closed();
        }
    }

    private CompletableFuture<Void> onLoop(Supplier<CompletableFuture<Void>> call) {
        CompletableFuture<CompletableFuture<Void>> called = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                called.complete(call.get());
            } catch (ChaparException e) {
                called.completeExceptionally(e);
            }
        });
        return called.thenCompose(Function.identity());
    }

    private void requireWhole() {
        if (failure != null) {
            throw failed(failure.getCause());
        }
    }

    private static ChaparException failed(@Nullable Throwable cause) {
        return new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "The producer failed", cause);
    }
}
