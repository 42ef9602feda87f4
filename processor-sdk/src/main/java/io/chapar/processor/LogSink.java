package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.producer.LoopProducer;
import io.chapar.client.producer.Parcel;
import io.chapar.client.producer.PreparedTransaction;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.Receipt;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import static java.util.Objects.requireNonNull;

/// A [RecordSink] over the client's producer. Sends no more than half of what the producer's buffer takes before the
/// first of it is written, so that the buffer never refuses a record. Records leave together, as many as there are when
/// the first of them has waited for `linger.ms`, or for a little while if that is longer; whoever waits for them to be
/// written has them leave at once. Without lingering, what was sent by one task at home leaves in the next one, and a
/// little later where that is held up by a function.
final class LogSink implements RecordSink {
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);
    /// More than a record alone in its batch takes besides key, value and headers.
    private static final int RECORD_OVERHEAD_BYTES = 256;
    private static final int LEAVES_AFTER_MS = 5;
    /// So many leave at once, or so much.
    private static final int MANY = 256;
    private static final int MANY_BYTES = 128 * 1024;

    private final LoopProducer producer;
    private final ClientCalls calls;
    private final int leavesAfterMs;
    private final long roomBytes;
    /// Of all that was ever sent. Changed at home alone.
    private final AtomicLong sentBytes = new AtomicLong();
    /// Of all of it that is acknowledged or has failed.
    private final AtomicLong endedBytes = new AtomicLong();
    /// `endedBytes` when it was last looked at, at home.
    private long seenEndedBytes;
    /// What has not left; null when there is nothing. Under the lock.
    private @Nullable Parcel parcel;
    /// The client's loop looks after it soon. Under the lock.
    private boolean isWatched;
    private final AtomicReference<ChaparException> firstFailure = new AtomicReference<>();
    /// Written on the producer's loop, taken at home.
    private final ConcurrentLinkedQueue<Refusal> refusals = new ConcurrentLinkedQueue<>();
    private final OutputLimits limits;
    /// Where entries of changelogs were written to.
    private final Places places = new Places();
    private final Set<String> changelogs;
    /// What waits for records to be written, in turn. At home.
    private final ArrayDeque<Rest> waiting = new ArrayDeque<>();
    /// What the first of them takes, as long as it is to be told that there is room; else 0.
    private final AtomicLong wantedBytes = new AtomicLong();

    /// Of what a record has caused: the outputs from `next` on, for which there was no room.
    private record Rest(SourceRecord input, List<SinkRecord> records, int next, CompletableFuture<Void> sent) {
    }

    private LogSink(LoopProducer producer, ClientCalls calls, ProducerConfig settings, Set<String> changelogs) {
        this.changelogs = changelogs;
        this.producer = producer;
        this.calls = calls;
        leavesAfterMs = Math.min(LEAVES_AFTER_MS, settings.lingerMs());
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
        leave();
        return calls.ask(producer::prepareTransaction)
                .thenApply(nothing -> requireNonNull(producer.prepared(), "just prepared").toString());
    }

    @Override
    public CompletableFuture<Void> begin() {
        requireNothingHeld();
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
        return places.take();
    }

    /// Who works on several records at once sends while others wait.
    @Override
    public CompletableFuture<Void> send(SourceRecord input, List<SinkRecord> records) {
        int next = waiting.isEmpty() ? sendFrom(input, records, 0) : 0;
        if (next == records.size()) {
            return DONE;
        }
        CompletableFuture<Void> later = calls.waiting();
        waiting.addLast(new Rest(input, records, next, later));
        if (waiting.size() == 1) {
            awaitRoom();
        }
        return later;
    }

    private void goOn() {
        for (Rest rest = waiting.pollFirst(); rest != null; rest = waiting.pollFirst()) {
            try {
                int next = rest.sent.isDone() ? rest.records.size() : sendFrom(rest.input, rest.records, rest.next);
                if (next < rest.records.size()) {
                    waiting.addFirst(new Rest(rest.input, rest.records, next, rest.sent));
                    awaitRoom();
                    return;
                }
                rest.sent.complete(null);
            } catch (ChaparException e) {
                rest.sent.completeExceptionally(e);
            }
        }
    }

    private void awaitRoom() {
        Rest first = waiting.getFirst();
        wantedBytes.set(sizeOf(first.records.get(first.next)));
        wakeIfRoom();
    }

    /// Which record is the first for which there is no room; what comes before it is on its way then.
    private int sendFrom(SourceRecord input, List<SinkRecord> records, int from) {
        if (from < records.size()) {
            producer.requireTaking();
        }
        int next = from;
        while (next < records.size()) {
            SinkRecord record = records.get(next);
            long size = sizeOf(record);
            if (!hasRoomFor(size)) {
                leave();
                return next;
            }
            sentBytes.setRelease(sentBytes.getPlain() + size);
            put(record, new Sent(input, record, size, changelogs.contains(record.topic())));
            next++;
        }
        return next;
    }

    private boolean hasRoomFor(long size) {
        long sent = sentBytes.getPlain();
        if (sent - seenEndedBytes + size > roomBytes) {
            seenEndedBytes = endedBytes.get();
        }
        return sent == seenEndedBytes || sent - seenEndedBytes + size <= roomBytes;
    }

    private synchronized void put(SinkRecord record, Sent receipt) {
        Parcel open = parcel;
        if (open == null) {
            open = producer.parcel();
            parcel = open;
            if (leavesAfterMs == 0) {
                calls.atHome(this::leave);
            }
            if (!isWatched) {
                isWatched = true;
                calls.tellIn(leavesAfterMs == 0 ? LEAVES_AFTER_MS : leavesAfterMs, this::leaveLate);
            }
        }
        // No record was written before 1970.
        long timestampMs = record.timestampMs() == SinkRecord.TIME_OF_SENDING ? calls.wallClockMs()
                : Math.max(0, record.timestampMs());
        open.add(record.topic(), record.partition(), timestampMs, record.key(), record.value(), record.headers(),
                receipt);
        if (open.size() >= MANY || open.bytes() >= MANY_BYTES) {
            leave();
        }
    }

    /// On the client's loop.
    private synchronized void leaveLate() {
        isWatched = false;
        leave();
    }

    /// What was sent so far leaves. Under the lock to the end, so that parcels keep their order.
    private synchronized void leave() {
        Parcel open = takeParcel();
        if (open != null) {
            producer.send(open);
        }
    }

    private synchronized @Nullable Parcel takeParcel() {
        Parcel open = parcel;
        parcel = null;
        return open;
    }

    /// Outputs of one transaction would leave in the next one.
    private synchronized void requireNothingHeld() {
        if (parcel != null || !waiting.isEmpty()) {
            throw new IllegalStateException("Outputs of the last transaction have not left");
        }
    }

    /// One record that was sent.
    private final class Sent implements Receipt {
        private final SourceRecord input;
        private final SinkRecord output;
        private final long size;
        private final boolean isOfChangelog;

        Sent(SourceRecord input, SinkRecord output, long size, boolean isOfChangelog) {
            this.input = input;
            this.output = output;
            this.size = size;
            this.isOfChangelog = isOfChangelog;
        }

        @Override
        public void written(TopicPartition partition, long offset, long appendTimeMs) {
            if (isOfChangelog && offset != RecordMetadata.UNKNOWN_OFFSET) {
                places.add(partition, offset);
            }
            ended(size);
        }

        @Override
        public void failed(ChaparException cause) {
            firstFailure.compareAndSet(null, cause);
            if (Refusal.isOne(cause)) {
                refusals.add(new Refusal(input, output, cause));
            }
            ended(size);
        }
    }

    private static long sizeOf(SinkRecord record) {
        long size = (long) record.sizeInBytes() + RECORD_OVERHEAD_BYTES;
        for (Header header : record.headers()) {
            // In UTF-8 a character has at most three bytes; each header has two lengths beside.
            size += 3L * header.key().length() + (header.value() == null ? 0 : header.value().remaining()) + 10;
        }
        return size;
    }

    private void ended(long size) {
        endedBytes.addAndGet(size);
        wakeIfRoom();
    }

    /// From any thread. Only once half of the room is free, so that it is used in large parts.
    private void wakeIfRoom() {
        long wanted = wantedBytes.get();
        if (wanted == 0) {
            return;
        }
        long unwritten = sentBytes.getAcquire() - endedBytes.get();
        boolean room = unwritten == 0 || (unwritten <= roomBytes / 2 && unwritten + wanted <= roomBytes);
        if (room && wantedBytes.compareAndSet(wanted, 0)) {
            calls.atHome(this::goOn);
        }
    }

    @Override
    public CompletableFuture<Void> flush() {
        leave();
        return calls.ask(() -> producer.flush().thenRun(this::throwFirstFailure));
    }

    private void throwFirstFailure() {
        ChaparException failure = firstFailure.getAndSet(null);
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public CompletableFuture<Void> stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        return positions.isEmpty() ? CompletableFuture.completedFuture(null)
                : calls.ask(() -> producer.sendOffsets(positions, group));
    }

    @Override
    public CompletableFuture<Void> commit() {
        leave();
        return calls.ask(producer::commitTransaction);
    }

    /// In one go: the producer waits for the positions before it ends the transaction, and tells what becomes of them.
    @Override
    public CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        leave();
        return calls.ask(() -> {
            if (!positions.isEmpty()) {
                var _ = producer.sendOffsets(positions, group);
            }
            return producer.commitTransaction();
        });
    }

    /// What has not left never does: the producer learns of the end later than whoever goes on here.
    @Override
    public CompletableFuture<Void> abort() {
        AbortableException cause = new AbortableException("The transaction was aborted");
        wantedBytes.set(0);
        List<Rest> rests = List.copyOf(waiting);
        waiting.clear();
        Parcel unsent = takeParcel();
        if (unsent != null) {
            unsent.fail(cause);
        }
        rests.forEach(rest -> rest.sent.completeExceptionally(cause));
        return calls.ask(producer::abortTransaction);
    }

    @Override
    public CompletableFuture<Void> close() {
        leave();
        return calls.ask(producer::closeInOrder);
    }

    @Override
    public void drop() {
        calls.tell(producer::close);
    }
}
