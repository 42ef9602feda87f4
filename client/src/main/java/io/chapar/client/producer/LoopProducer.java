package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;

/// [Producer] for a caller that lives on the loop itself: no thread, and nothing blocks. Calls are made on the loop
/// only, but [#send], and end there; what they mean, and what they fail with after `max.block.ms`, is as there, since
/// [Producer] does no more than wait for what is done here.
public final class LoopProducer {
    /// Takes the bytes of a record of the buffer, or says why they are not to be had.
    interface Room {
        @Nullable ChaparException take(int bytes);
    }

    private final ProducerConfig config;
    private final ClientRuntime runtime;
    private final ClientLoop loop;
    private final ProducerParts parts;
    /// Nothing is taken any more; what was taken may still end in order.
    private volatile boolean closing;
    private boolean closed;

    /// The runtime closes with the producer.
    public LoopProducer(ProducerConfig config, ClientRuntime runtime) {
        this(config, runtime, 0);
    }

    /// @param firstSequence that idempotent writes begin with in each partition, as if so many records had been written
    ///        there before; 0 but where the end of the numbers is to be near
    public LoopProducer(ProducerConfig config, ClientRuntime runtime, int firstSequence) {
        this.config = config;
        this.runtime = runtime;
        loop = runtime.loop();
        parts = new ProducerParts(config, runtime, firstSequence);
        loop.execute(parts.metadata()::refresh);
    }

    /// As [Producer#send], from any thread. A full buffer fails the record at once.
    public CompletableFuture<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
        requireTaking();
        return send(record, ProducerParts.buffer(record.key()), ProducerParts.buffer(record.value()), bytes ->
                parts.memory().tryTake(bytes) ? null : new RetriableException("The buffer is full"));
    }

    /// For records of this thread, the first of which is put in now.
    public Parcel parcel() {
        return new Parcel(parts, loop.nowMs());
    }

    /// Hands the records over, from any thread. What is not taken is told to each receipt.
    public void send(Parcel parcel) {
        try {
            requireTaking();
            if (parts.memory().tryTake(parcel.bytes())) {
                parts.inbox().addAll(parcel.records());
            } else {
                parts.refuse(parcel, new RetriableException("The buffer is full"));
            }
        } catch (RejectedExecutionException e) {
            // The records were lost, and their receipts told.
        } catch (ChaparException e) {
            parcel.fail(e);
        }
    }

    /// From any thread. Throws why no record is taken now.
    public void requireTaking() {
        requireOpen();
        parts.requireTaking();
    }

    /// From any thread, which `room` may hold up; see [#requireTaking].
    CompletableFuture<RecordMetadata> send(ProducerRecord<?, ?> record, @Nullable ByteBuffer key,
            @Nullable ByteBuffer value, Room room) {
        int size = ProducerParts.sizeOf(key, value, record.headers());
        ChaparException tooLarge = parts.tooLarge(size);
        try {
            ChaparException refusal = tooLarge != null ? tooLarge : room.take(size);
            if (refusal == null) {
                return parts.handOver(record, key, value, size);
            }
            loop.run(() -> parts.refused(refusal));
            return CompletableFuture.failedFuture(refusal);
        } catch (RejectedExecutionException e) {
            throw closed();
        }
    }

    /// What [#send] takes of.
    MemoryBudget memory() {
        return parts.memory();
    }

    /// From any thread: those who wait for [#memory] need what is held back to leave.
    void hurry() {
        parts.inbox().wake();
    }

    /// As [Producer#flush].
    public CompletableFuture<Void> flush() {
        requireOpen();
        CompletableFuture<Void> done = new CompletableFuture<>();
        onLoop(() -> parts.core().flush(loop.nowMs()), done);
        return done;
    }

    /// As [Producer#initTransactions].
    public CompletableFuture<Void> initTransactions() {
        return initTransactions(false);
    }

    /// As [Producer#initTransactions(boolean)]; [#prepared] has what was open.
    public CompletableFuture<Void> initTransactions(boolean keepPrepared) {
        return transactional("initialise transactions", one -> one.initialise(keepPrepared), RetriableException::new);
    }

    /// As [Producer#prepareTransaction]; [#prepared] has the transaction then.
    public CompletableFuture<Void> prepareTransaction() {
        return transactional("prepare", TxnCore::prepare, AbortableException::new);
    }

    /// As [Producer#completeTransaction].
    CompletableFuture<Void> completeTransaction(@Nullable PreparedTransaction decided) {
        return transactional("complete a transaction", one -> one.complete(decided), UnknownOutcomeException::new);
    }

    /// From any thread: what waits for its decision; null when nothing does.
    public @Nullable PreparedTransaction prepared() {
        return parts.txnTo("ask for a prepared transaction").prepared();
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
        return parts.core().identity();
    }

    /// Gives up everything that is open, at once.
    public void close() {
        if (!closed) {
            stop();
            runtime.close();
        }
    }

    /// As [#close], but leaves the runtime open.
    void stop() {
        closing = true;
        if (!closed) {
            closed = true;
            parts.stop();
        }
    }

    /// As [Producer#close]: delivers what was handed over and aborts an open transaction, for at most `max.block.ms`,
    /// then gives up everything. The future does not fail.
    public CompletableFuture<Void> closeInOrder() {
        return finish().thenRun(this::close);
    }

    /// Takes nothing any more, delivers what was handed over and aborts an open transaction, for at most
    /// `max.block.ms`. The future does not fail.
    CompletableFuture<Void> finish() {
        CompletableFuture<Void> finished = new CompletableFuture<>();
        if (closing) {
            finished.complete(null);
            return finished;
        }
        closing = true;
        ClientLoop.Timer timer = loop.schedule(config.maxBlockMs(), () -> finished.complete(null));
        onLoop(parts::finish, finished);
        return finished.handle((nothing, failure) -> {
            timer.cancel();
            return null;
        });
    }

    /// A fault of this program on the loop: nothing further is sent, everybody waiting is told.
    void broken(ChaparException failure) {
        closing = true;
        parts.broken(failure);
    }

    private CompletableFuture<Void> transactional(String what, Function<TxnCore, CompletableFuture<Void>> step,
            Function<String, ChaparException> onTimeout) {
        requireOpen();
        TxnCore txn = parts.txnTo(what);
        CompletableFuture<Void> done = new CompletableFuture<>();
        ClientLoop.Timer timer = loop.schedule(config.maxBlockMs(), () -> done.completeExceptionally(
                onTimeout.apply("Could not " + what + ": no answer within " + config.maxBlockMs() + " ms" + fault())));
        var _ = done.whenComplete((nothing, failure) -> timer.cancel());
        onLoop(() -> step.apply(txn), done);
        return done;
    }

    /// After everything that was sent before.
    private void onLoop(Supplier<CompletableFuture<Void>> step, CompletableFuture<Void> done) {
        loop.execute(() -> {
            parts.inbox().drain();
            var _ = step.get().whenComplete((nothing, failure) -> {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        });
    }

    private String fault() {
        String last = parts.metadata().lastFault();
        return last.isEmpty() ? "" : "; " + last;
    }

    private void requireOpen() {
        if (closing) {
            throw closed();
        }
    }

    static UsageException closed() {
        return new UsageException("The producer is closed");
    }
}
