package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.producer.LoopProducer;
import io.chapar.client.producer.PreparedTransaction;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import static java.util.Objects.requireNonNull;

/// A [RecordSink] over the client's producer. Sends no more than half of what the producer's buffer takes before the
/// first of it is written, so that the buffer never refuses a record.
final class LogSink implements RecordSink {
    /// More than a record alone in its batch takes besides key, value and headers.
    private static final int RECORD_OVERHEAD_BYTES = 256;

    private final LoopProducer producer;
    private final ClientCalls calls;
    private final long roomBytes;
    private final AtomicLong unwrittenBytes = new AtomicLong();
    private final AtomicReference<Throwable> firstFailure = new AtomicReference<>();
    /// Written on the producer's loop, taken at home.
    private final ConcurrentLinkedQueue<Refusal> refusals = new ConcurrentLinkedQueue<>();
    private final OutputLimits limits;
    /// Where entries of changelogs were written to. As `refusals`.
    private final ConcurrentLinkedQueue<RecordMetadata> places = new ConcurrentLinkedQueue<>();
    private final Set<String> changelogs;
    /// What waits for records to be written; run at home.
    private final AtomicReference<Runnable> whenRoom = new AtomicReference<>();

    private LogSink(LoopProducer producer, ClientCalls calls, ProducerConfig settings, Set<String> changelogs) {
        this.changelogs = changelogs;
        this.producer = producer;
        this.calls = calls;
        roomBytes = settings.bufferMemory() / 2;
        limits = new OutputLimits(Math.min(settings.maxRequestSize(), settings.bufferMemory()));
    }

    /// One that is transactional has taken the transactional id over when the future ends.
    /// `changelogs`: the topics of which it tells what was written.
    static CompletableFuture<RecordSink> open(ProducerConfig settings, Set<String> changelogs, ClientRuntime runtime,
            ClientLoop home) {
        ClientCalls calls = new ClientCalls(runtime, home);
        LoopProducer producer = new LoopProducer(settings, runtime);
        LogSink sink = new LogSink(producer, calls, settings, changelogs);
        if (settings.transactionalId() == null) {
            return CompletableFuture.completedFuture(sink);
        }
        return calls.ask(producer::initTransactions).whenComplete((nothing, failure) -> {
            if (failure != null) {
                sink.drop();
            }
        }).thenApply(nothing -> sink);
    }

    /// It has taken the transactional id over when the future ends; what was open there is kept.
    static CompletableFuture<Heirs.Heir> inherit(ProducerConfig settings, Set<String> changelogs,
            ClientRuntime runtime, ClientLoop home) {
        ClientCalls calls = new ClientCalls(runtime, home);
        LoopProducer producer = new LoopProducer(settings, runtime);
        LogSink sink = new LogSink(producer, calls, settings, changelogs);
        return calls.ask(() -> producer.initTransactions(true)).whenComplete((nothing, failure) -> {
            if (failure != null) {
                sink.drop();
            }
        }).thenApply(nothing -> {
            PreparedTransaction open = producer.prepared();
            return new Heirs.Heir(sink, open == null ? null : open.toString());
        });
    }

    @Override
    public CompletableFuture<String> prepare() {
        return calls.ask(producer::prepareTransaction)
                .thenApply(nothing -> requireNonNull(producer.prepared(), "just prepared").toString());
    }

    @Override
    public CompletableFuture<Void> begin() {
        return calls.ask(() -> {
            firstFailure.set(null);
            refusals.clear();
            places.clear();
            return producer.beginTransaction();
        });
    }

    @Override
    public @Nullable ChaparException refusal(SinkRecord record) {
        return limits.refusal(record);
    }

    @Override
    public List<Refusal> takeRefusals() {
        List<Refusal> taken = new ArrayList<>();
        for (Refusal next = refusals.poll(); next != null; next = refusals.poll()) {
            taken.add(next);
        }
        return taken;
    }

    @Override
    public Map<TopicPartition, Written> takeWritten() {
        TreeMap<TopicPartition, Written> taken = new TreeMap<>();
        for (RecordMetadata next = places.poll(); next != null; next = places.poll()) {
            taken.merge(next.partition(), Written.at(next.offset()), Written::and);
        }
        return taken;
    }

    @Override
    public CompletableFuture<Void> send(SourceRecord input, List<SinkRecord> records) {
        int sent = sendFrom(input, records, 0);
        if (sent == records.size()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> later = calls.waiting();
        sendRest(input, records, sent, later);
        return later;
    }

    private void sendRest(SourceRecord input, List<SinkRecord> records, int from, CompletableFuture<Void> sent) {
        int next = from;
        try {
            next = sendFrom(input, records, from);
        } catch (ChaparException e) {
            sent.completeExceptionally(e);
            return;
        }
        if (next == records.size()) {
            sent.complete(null);
            return;
        }
        int rest = next;
        whenRoom.set(() -> sendRest(input, records, rest, sent));
        if (hasRoom()) {
            wake();
        }
    }

    /// Which record is the first for which there is no room.
    private int sendFrom(SourceRecord input, List<SinkRecord> records, int from) {
        int next = from;
        while (next < records.size()) {
            SinkRecord record = records.get(next);
            long size = sizeOf(record);
            long before = unwrittenBytes.get();
            if (before > 0 && before + size > roomBytes) {
                return next;
            }
            unwrittenBytes.addAndGet(size);
            CompletableFuture<RecordMetadata> written;
            try {
                written = producer.send(new ProducerRecord<>(record.topic(), record.partition(), record.sendTimeMs(),
                        record.key(), record.value(), record.headers()));
            } catch (ChaparException e) {
                unwrittenBytes.addAndGet(-size);
                throw e;
            }
            var _ = written.whenComplete((place, failure) -> {
                if (place != null && changelogs.contains(record.topic()) && place.hasOffset()) {
                    places.add(place);
                }
                written(input, record, size, failure);
            });
            next++;
        }
        return next;
    }

    private static long sizeOf(SinkRecord record) {
        long size = (long) record.sizeInBytes() + RECORD_OVERHEAD_BYTES;
        for (Header header : record.headers()) {
            // In UTF-8 a character has at most three bytes; each header has two lengths beside.
            size += 3L * header.key().length() + (header.value() == null ? 0 : header.value().remaining()) + 10;
        }
        return size;
    }

    /// On the producer's loop.
    private void written(SourceRecord input, SinkRecord output, long size, Throwable failure) {
        if (failure != null) {
            firstFailure.compareAndSet(null, failure);
            if (failure instanceof ChaparException known && Refusal.isOne(known)) {
                refusals.add(new Refusal(input, output, known));
            }
        }
        unwrittenBytes.addAndGet(-size);
        if (hasRoom()) {
            wake();
        }
    }

    private boolean hasRoom() {
        return unwrittenBytes.get() <= roomBytes / 2;
    }

    private void wake() {
        Runnable waiting = whenRoom.getAndSet(null);
        if (waiting != null) {
            calls.atHome(waiting);
        }
    }

    @Override
    public CompletableFuture<Void> flush() {
        return calls.ask(() -> producer.flush().thenRun(this::throwFirstFailure));
    }

    private void throwFirstFailure() {
        Throwable failure = firstFailure.getAndSet(null);
        if (failure != null) {
            throw failure instanceof ChaparException known ? known
                    : new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "Writing failed", failure);
        }
    }

    @Override
    public CompletableFuture<Void> stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        return positions.isEmpty() ? CompletableFuture.completedFuture(null)
                : calls.ask(() -> producer.sendOffsets(positions, group));
    }

    @Override
    public CompletableFuture<Void> commit() {
        return calls.ask(producer::commitTransaction);
    }

    @Override
    public CompletableFuture<Void> abort() {
        return calls.ask(producer::abortTransaction);
    }

    @Override
    public CompletableFuture<Void> close() {
        return calls.ask(producer::closeInOrder);
    }

    @Override
    public void drop() {
        calls.tell(producer::close);
    }
}
