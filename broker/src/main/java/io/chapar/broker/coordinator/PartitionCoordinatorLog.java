package io.chapar.broker.coordinator;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.partition.AppendListener;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.LeadershipProof;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Records;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// A [CoordinatorLog] over a partition of this broker.
///
/// What is appended in one turn of the loop leaves at its end, in as few batches as it fits. A stamped append has a
/// batch of its own, since producer id and epoch stand in the batch header.
public final class PartitionCoordinatorLog implements CoordinatorLog {
    /// A batch is closed when the next append would take it beyond this.
    static final int BATCH_BYTES = 512 * 1024;
    /// Read at once while loading; one turn of the loop each.
    static final int LOAD_BYTES = 1024 * 1024;

    private final Partition partition;
    private final Loop loop;
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Map<Long, List<Runnable>> awaitingMarker = new LinkedHashMap<>();
    private final SequencedSet<Long> materialising = new LinkedHashSet<>();
    private boolean flushPlanned = false;
    private boolean loading = false;
    private boolean loaded = false;
    /// Everything below was shown, by load or to the listener.
    private long position;
    private @Nullable MarkerListener markerListener;
    private final AppendListener committed = this::onCommitted;
    private @Nullable Runnable whenEnded;
    private boolean ended;

    PartitionCoordinatorLog(Partition partition, Loop loop) {
        this.partition = partition;
        this.loop = loop;
        this.position = partition.logStartOffset();
        partition.addAppendListener(committed);
    }

    @Override
    public TopicPartition id() {
        return partition.id();
    }

    @Override
    public int coordinatorEpoch() {
        return partition.leaderEpoch();
    }

    @Override
    public void proveLeadership(LeadershipProof.Answer done) {
        new LeadershipProof(loop).ask(partition, still -> done.known(still && !ended));
    }

    // ---- load

    @Override
    public void load(Replay into, Runnable whenLoaded) {
        if (loading || loaded) {
            throw new IllegalStateException(id() + " is loaded once");
        }
        loading = true;
        if (partition.refusal() != ErrorCode.NONE) {
            // What it holds is not known. Once it is, another log takes the place of this one.
            return;
        }
        long end = partition.logEndOffset();
        if (partition.highWatermark() >= end) {
            loop.execute(() -> loadNext(into, whenLoaded));
        } else {
            partition.awaitCommitted(end - 1, Long.MAX_VALUE, error -> {
                if (error == ErrorCode.NONE) {
                    loop.execute(() -> loadNext(into, whenLoaded));
                }
            });
        }
    }

    private void loadNext(Replay into, Runnable whenLoaded) {
        if (ended || partition.refusal() != ErrorCode.NONE) {
            return;
        }
        if (position < partition.highWatermark()) {
            ReadOutcome outcome = partition.read(
                    new ReadRequest(position, LOAD_BYTES, Isolation.READ_UNCOMMITTED, -1, -1, true));
            if (outcome instanceof ReadOutcome.Indexing) {
                partition.onIndexed(() -> loadNext(into, whenLoaded));
                return;
            }
            if (outcome instanceof ReadOutcome.ReadRejected(var error, _, _, _)
                    && error == ErrorCode.KAFKA_STORAGE_ERROR) {
                partition.readFailed(new IOException("its coordinator cannot read it at offset " + position));
                return;
            }
            if (!(outcome instanceof ReadOutcome.Slice slice)) {
                throw new IllegalStateException(id() + " cannot be read at " + position + ": " + outcome);
            }
            long before = position;
            try {
                for (RecordBatch batch : RecordBatches.of(bytes(slice.records()))) {
                    show(batch, into);
                    position = Math.max(position, batch.nextOffset());
                }
            } catch (IOException e) {
                partition.readFailed(e);
                return;
            } catch (MalformedMessageException e) {
                damaged(e.getMessage());
                return;
            }
            if (position == before) {
                damaged("no batch begins there");
                return;
            }
        }
        if (position < partition.highWatermark()) {
            loop.execute(() -> loadNext(into, whenLoaded));
            return;
        }
        loading = false;
        loaded = true;
        whenLoaded.run();
        runMaterialised();
    }

    /// Who coordinated by what is left would take back what was promised: the partition is as good as one whose disk
    /// does not give it.
    private void damaged(@Nullable String how) {
        partition.readFailed(new IOException(
                "its coordinator cannot make sense of it at offset " + position + ": " + how));
    }

    private static void show(RecordBatch batch, Replay into) {
        if (!batch.isCrcValid()) {
            throw new MalformedMessageException("the batch of offset " + batch.baseOffset() + " has a wrong checksum");
        }
        if (batch.isControl()) {
            EndTxnMarker marker = EndTxnMarker.of(batch);
            if (marker != null) {
                into.marker(marker(batch, marker));
            }
            return;
        }
        long producerId = batch.isTransactional() ? batch.producerId() : -1;
        for (Record record : batch.records()) {
            into.record(record.offset(), record.key(), record.value(), producerId);
        }
    }

    private static ByteBuffer bytes(Records records) throws IOException {
        return switch (records) {
            case BufferRecords buffered -> buffered.bytes();
            case FileRecords file -> {
                try {
                    yield file.load();
                } finally {
                    file.release();
                }
            }
            default -> throw new IllegalStateException("records of an unknown kind: " + records);
        };
    }

    // ---- end

    @Override
    public void onEnd(Runnable then) {
        whenEnded = then;
    }

    /// From here on nothing that is committed is told.
    void end() {
        ended = true;
        partition.removeAppendListener(committed);
        if (whenEnded != null) {
            whenEnded.run();
        }
    }

    /// Whoever waits for a marker to be taken in waits at the successor.
    ///
    /// @param successor null when nobody coordinates here any more
    void handOver(@Nullable PartitionCoordinatorLog successor) {
        awaitingMarker.forEach((offset, waits) -> waits.forEach(then -> {
            if (successor == null) {
                then.run();
            } else {
                successor.whenMaterialised(offset, then);
            }
        }));
        awaitingMarker.clear();
    }

    // ---- append

    @Override
    public void append(List<KeyValue> records, @Nullable ProducerStamp txnOrNull, Consumer<Appending> done) {
        pending.addLast(new Pending(List.copyOf(records), txnOrNull, done));
        if (!flushPlanned) {
            flushPlanned = true;
            loop.execute(this::flush);
        }
    }

    @Override
    public ProducerStamp stamp(long producerId, short producerEpoch, boolean addsPartition) {
        return new ProducerStamp(
                producerId,
                producerEpoch,
                partition.verificationGuard(producerId, producerEpoch, RecordBatch.NO_SEQUENCE, addsPartition),
                partition.refusal() == ErrorCode.NONE ? partition.leaderEpoch() : ClientAppend.NO_EPOCH);
    }

    private void flush() {
        flushPlanned = false;
        while (!pending.isEmpty()) {
            List<Pending> together = new ArrayList<>();
            Pending first = pending.removeFirst();
            together.add(first);
            if (ended) {
                finish(together, new Appending.Failed(ErrorCode.NOT_LEADER_OR_FOLLOWER));
                continue;
            }
            long nowMs = loop.wallClockMs();
            RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE);
            if (first.stamp() != null) {
                batch.producer(first.stamp().producerId(), first.stamp().producerEpoch(), 0).transactional();
            }
            put(first, batch, nowMs);
            while (first.stamp() == null && fits(pending.peekFirst(), batch)) {
                Pending next = pending.removeFirst();
                together.add(next);
                put(next, batch, nowMs);
            }
            write(batch.build(), together, nowMs);
        }
    }

    private static boolean fits(Pending next, RecordBatchBuilder batch) {
        return next != null && next.stamp() == null && batch.sizeInBytes() + next.sizeInBytes() <= BATCH_BYTES;
    }

    private static void put(Pending one, RecordBatchBuilder batch, long nowMs) {
        for (KeyValue record : one.records()) {
            batch.append(nowMs, record.key(), record.value());
        }
    }

    private void write(ByteBuffer batch, List<Pending> together, long nowMs) {
        ProducerStamp stamp = together.getFirst().stamp();
        AppendOutcome outcome = partition.appendFromCoordinator(batch, stamp == null ? null : stamp.guard(), nowMs);
        switch (outcome) {
            case AppendOutcome.Rejected rejected -> finish(together, new Appending.Failed(reason(rejected, stamp)));
            case AppendOutcome.WrittenBefore _ ->
                throw new IllegalStateException("a coordinator's batches have no sequences of their own");
            case AppendOutcome.Appended appended -> partition.awaitCommitted(
                    appended.lastOffset(),
                    Long.MAX_VALUE,
                    error -> finish(
                            together,
                            error == ErrorCode.NONE
                                    ? new Appending.Committed(appended.baseOffset())
                                    : new Appending.Failed(error)));
        }
    }

    /// A client takes INVALID_TXN_STATE for the end of its transaction. One that was asked about under another
    /// leadership of this log comes again, and is asked about under this one. Nothing was written: this log and its
    /// coordinator go on.
    private ErrorCode reason(AppendOutcome.Rejected rejected, @Nullable ProducerStamp stamp) {
        boolean old = stamp != null && !stamp.isOf(partition.leaderEpoch());
        return old && rejected.error() == ErrorCode.INVALID_TXN_STATE
                ? ErrorCode.COORDINATOR_NOT_AVAILABLE : rejected.error();
    }

    private static void finish(List<Pending> together, Appending how) {
        long offset = how instanceof Appending.Committed committed ? committed.baseOffset() : -1;
        for (Pending one : together) {
            one.done().accept(offset < 0 ? how : new Appending.Committed(offset));
            offset += offset < 0 ? 0 : one.records().size();
        }
    }

    @Override
    public void deleteBefore(long offset) {
        if (!ended && offset > partition.logStartOffset()) {
            // Where it is refused now, the next that asks names a later offset.
            partition.deleteRecordsBefore(Math.min(offset, partition.highWatermark()), _ -> { });
        }
    }

    // ---- markers

    @Override
    public void onMarker(MarkerListener listener) {
        markerListener = listener;
    }

    /// Runs `then` once the marker at this offset, which is committed, has been taken in by this log's coordinator.
    /// Without a coordinator on this log that is at once: it will find the marker when it loads.
    void whenMaterialised(long markerOffset, Runnable then) {
        boolean takenIn = markerOffset < position && !materialising.contains(markerOffset);
        boolean unused = !loading && !loaded;
        if (unused || (loaded && takenIn)) {
            then.run();
        } else {
            awaitingMarker.computeIfAbsent(markerOffset, _ -> new ArrayList<>()).add(then);
        }
    }

    private void onCommitted(RecordBatch batch) {
        if (!loaded || batch.nextOffset() <= position) {
            return;
        }
        position = batch.nextOffset();
        EndTxnMarker marker = batch.isControl() ? EndTxnMarker.of(batch) : null;
        if (marker != null && markerListener != null) {
            long offset = batch.baseOffset();
            materialising.add(offset);
            markerListener.committed(marker(batch, marker), () -> loop.run(() -> {
                materialising.remove(offset);
                runMaterialised();
            }));
        }
        runMaterialised();
    }

    private void runMaterialised() {
        List<Long> ready = new ArrayList<>();
        for (Long offset : awaitingMarker.keySet()) {
            if (offset < position && !materialising.contains(offset)) {
                ready.add(offset);
            }
        }
        for (Long offset : ready) {
            requireNonNull(awaitingMarker.remove(offset), "somebody waits for it").forEach(Runnable::run);
        }
    }

    private static Marker marker(RecordBatch batch, EndTxnMarker marker) {
        return new Marker(
                batch.baseOffset(),
                marker.producerId(),
                marker.producerEpoch(),
                marker.coordinatorEpoch(),
                marker.commit());
    }

    private record Pending(List<KeyValue> records, @Nullable ProducerStamp stamp, Consumer<Appending> done) {
        int sizeInBytes() {
            int size = 0;
            for (KeyValue record : records) {
                size += RecordBatchBuilder.maxSizeOf(record.key(), record.value(), List.of());
            }
            return size;
        }
    }
}
