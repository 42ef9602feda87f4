package io.chapar.broker.log.model;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.IndexBeingBuilt;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.TimeSearch;
import io.chapar.broker.partition.EpochEnd;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.OffsetAtTime;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ProducerDescription;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.Records;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Asks a partition, or a log, everything that can be asked, and the model the same.
final class LogChecks {
    private final LogModel model;
    private final Random random;
    private final Runnable everybodyElse;

    /// @param everybodyElse runs what a reader waits for
    LogChecks(LogModel model, Random random, Runnable everybodyElse) {
        this.model = model;
        this.random = random;
        this.everybodyElse = everybodyElse;
    }

    /// What a reader gets in the end: it waits for an index that is built anew.
    private ReadOutcome.Slice slice(Partition partition, ReadRequest request) throws IOException {
        ReadOutcome outcome = partition.read(request);
        while (outcome instanceof ReadOutcome.Indexing) {
            everybodyElse.run();
            outcome = partition.read(request);
        }
        return assertInstanceOf(ReadOutcome.Slice.class, outcome);
    }

    private PartitionLog.Slice slice(PartitionLog log, long from, int maxBytes) throws IOException {
        while (true) {
            try {
                return log.slice(from, log.logEnd(), maxBytes, true);
            } catch (IndexBeingBuilt waits) {
                everybodyElse.run();
            }
        }
    }

    // ---- a partition, as its leader has it

    void check(Partition partition, int leaderEpoch) throws IOException {
        assertEquals(model.end, partition.logEndOffset(), "log end");
        assertEquals(model.start, partition.logStartOffset(), "log start");
        long highWatermark = partition.highWatermark();
        if (partition.config().flushAcks()) {
            assertTrue(highWatermark <= model.end, "high watermark");
        } else {
            assertEquals(model.end, highWatermark, "high watermark");
        }
        assertEquals(model.lastStable(highWatermark), partition.lastStableOffset(), "last stable offset");
        checkProducers(describe(partition));
        checkRead(partition, Isolation.READ_UNCOMMITTED);
        checkRead(partition, Isolation.READ_COMMITTED);
        checkOutside(partition);
        checkTimes(partition);
        for (int epoch = model.lowestSureEpoch(leaderEpoch); epoch <= leaderEpoch + 1; epoch++) {
            LogModel.EpochStart end = model.endOfEpoch(epoch, leaderEpoch);
            assertEquals(new EpochEnd(ErrorCode.NONE, end.epoch(), end.start()),
                    partition.endOffsetForEpoch(-1, epoch), "end of epoch " + epoch);
        }
    }

    static Map<Long, ProducerDescription> describe(Partition partition) {
        Map<Long, ProducerDescription> all = new TreeMap<>();
        partition.describeProducers().forEach(each -> all.put(each.producerId(), each));
        return all;
    }

    static ProducerDescription describe(long id, ModelProducer producer) {
        return new ProducerDescription(id, producer.epoch,
                producer.window.isEmpty() ? RecordBatch.NO_SEQUENCE : producer.window.getLast().lastSequence(),
                producer.lastTimestamp, producer.coordinatorEpoch, producer.txnFirstOffset);
    }

    private void checkProducers(Map<Long, ProducerDescription> found) {
        Map<Long, ProducerDescription> expected = new TreeMap<>();
        model.producers().forEach((id, producer) -> expected.put(id, describe(id, producer)));
        assertEquals(expected, found, "producers");
    }

    private void checkRead(Partition partition, Isolation isolation) throws IOException {
        boolean committed = isolation == Isolation.READ_COMMITTED;
        long upper = committed ? partition.lastStableOffset() : partition.highWatermark();
        long from = model.start + random.nextLong(model.end - model.start + 1);
        int maxBytes = random.nextInt(4) == 0 ? 1 << 20 : random.nextInt(1500);
        boolean atLeastOne = random.nextInt(4) > 0;
        ReadOutcome.Slice slice = slice(
                partition, new ReadRequest(from, maxBytes, isolation, -1, -1, atLeastOne));
        List<Written> expected = model.from(from).stream()
                .filter(each -> from < upper && each.base() < upper).toList();
        List<RecordBatch> found = batches(slice.records());
        int bytes = 0;
        for (int i = 0; i < found.size(); i++) {
            bytes += found.get(i).sizeInBytes();
            assertEquals(expected.get(i).bytes, found.get(i).bytes(), "batch " + i + " read from " + from);
        }
        String what = "read of " + maxBytes + " bytes from " + from + " to " + upper + ": " + found.size() + " batches";
        boolean some = !expected.isEmpty()
                && (atLeastOne || expected.getFirst().batch.sizeInBytes() <= maxBytes);
        assertEquals(some, !found.isEmpty(), what);
        assertTrue(bytes <= maxBytes || found.size() == 1, what);
        if (committed) {
            // Behind the last batch there may be a hole, which belongs to the slice or not.
            long end = found.isEmpty() ? from : found.getLast().nextOffset();
            long next = model.from(end).stream().mapToLong(Written::base).findFirst().orElse(model.end);
            checkAborted(found.isEmpty() ? List.of() : model.aborted(from, next), end, slice.aborted().stream()
                    .map(each -> new AbortedTxn(each.producerId(), each.firstOffset())).toList(), what);
            checkClient(from, found, slice.aborted());
        }
    }

    private record AbortedTxn(long producerId, long firstOffset) {}

    /// Those of which something is left must be told, the others may be, in the order of their first offsets. One of
    /// which nothing is left may be told as of a later offset: an index that is built anew knows it from the first of
    /// its batches that still has a segment.
    ///
    /// @param end those that begin here or behind need not be told
    private static void checkAborted(List<LogModel.Aborted> all, long end, List<AbortedTxn> found, String what) {
        List<AbortedTxn> left = new ArrayList<>(found);
        for (LogModel.Aborted each : all) {
            boolean told = left.remove(new AbortedTxn(each.producerId(), each.firstOffset()));
            assertTrue(told || !each.data() || each.firstOffset() >= end,
                    () -> "not told: " + each + " of " + all + ", found " + found + ", " + what);
        }
        left.removeIf(told -> all.stream().anyMatch(each -> !each.data()
                && each.producerId() == told.producerId()
                && each.firstOffset() < told.firstOffset() && told.firstOffset() < each.markerOffset()));
        assertEquals(List.of(), left, () -> "not to be told, of " + found + " where " + all + " are, " + what);
        List<Long> firsts = found.stream().map(AbortedTxn::firstOffset).toList();
        assertEquals(firsts.stream().sorted().toList(), firsts, () -> "order of " + found + ", " + what);
    }

    /// A client that goes by the list of aborted transactions sees what was committed, and nothing else.
    private void checkClient(long from, List<RecordBatch> batches, List<ReadOutcome.AbortedTxn> aborted) {
        Map<Long, LogModel.Fate> fates = model.fates();
        List<ReadOutcome.AbortedTxn> ahead = new ArrayList<>(aborted);
        Set<Long> dropping = new TreeSet<>();
        for (RecordBatch batch : batches) {
            while (!ahead.isEmpty() && ahead.getFirst().firstOffset() <= batch.lastOffset()) {
                dropping.add(ahead.removeFirst().producerId());
            }
            EndTxnMarker marker = EndTxnMarker.of(batch);
            if (marker != null && !marker.commit()) {
                dropping.remove(batch.producerId());
            } else if (!batch.isControl() && batch.recordCount() > 0 && batch.lastOffset() >= from) {
                boolean dropped = batch.isTransactional() && dropping.contains(batch.producerId());
                assertEquals(fates.get(batch.baseOffset()) == LogModel.Fate.ABORTED, dropped,
                        () -> "what a client drops of a read from " + from + ": " + batch);
            }
        }
    }

    static List<RecordBatch> batches(Records records) throws IOException {
        ByteBuffer bytes = switch (records) {
            case BufferRecords buffer -> buffer.bytes();
            case FileRecords file -> {
                try {
                    yield file.load();
                } finally {
                    file.release();
                }
            }
            default -> throw new AssertionError(records);
        };
        List<RecordBatch> all = new ArrayList<>();
        RecordBatches batches = RecordBatches.of(bytes);
        assertEquals(bytes.remaining(), batches.completeBytes(), () -> "whole batches only, " + records);
        batches.forEach(all::add);
        return all;
    }

    private void checkOutside(Partition partition) {
        for (long offset : new long[] {model.start - 1, model.end + 1}) {
            ReadOutcome.ReadRejected rejected = assertInstanceOf(ReadOutcome.ReadRejected.class,
                    partition.read(new ReadRequest(offset, 100, Isolation.READ_UNCOMMITTED, -1, -1, true)));
            assertEquals(ErrorCode.OFFSET_OUT_OF_RANGE, rejected.error());
        }
    }

    private void checkTimes(Partition partition) {
        Isolation isolation = random.nextBoolean() ? Isolation.READ_COMMITTED : Isolation.READ_UNCOMMITTED;
        long upper = isolation == Isolation.READ_COMMITTED ? partition.lastStableOffset() : partition.highWatermark();
        long wanted = someTimestamp();
        checkTime(model.firstAtOrAfter(wanted), upper, found(partition, wanted, isolation),
                "first at " + wanted);
        checkTime(model.ofLargestTimestamp(), upper,
                found(partition, Partition.MAX_TIMESTAMP, isolation), "largest timestamp");
    }

    /// These logs are searched in one step.
    private static OffsetAtTime found(Partition partition, long wanted, Isolation isolation) {
        OffsetAtTime[] found = new OffsetAtTime[1];
        partition.offsetForTimestamp(wanted, isolation, -1, one -> found[0] = one);
        return assertInstanceOf(OffsetAtTime.class, found[0]);
    }

    private long someTimestamp() {
        if (model.history.isEmpty()) {
            return random.nextInt(1000);
        }
        Written some = model.history.get(random.nextInt(model.history.size()));
        return some.records().get(random.nextInt(some.records().size())).timestamp() + random.nextInt(3) - 1;
    }

    private static void checkTime(Record expected, long upper, OffsetAtTime found, String what) {
        if (expected == null || expected.offset() >= upper) {
            assertEquals(new OffsetAtTime.None(), found, what);
        } else {
            OffsetAtTime.Found hit = assertInstanceOf(OffsetAtTime.Found.class, found, what + ": " + expected.offset());
            assertEquals(expected.offset(), hit.offset(), what);
            assertEquals(expected.timestamp(), hit.timestamp(), what);
        }
    }

    // ---- a log by itself, as a follower has it

    void check(PartitionLog log) throws IOException {
        assertEquals(model.end, log.logEnd(), "log end");
        assertEquals(model.start, log.logStart(), "log start");
        checkWindows(log);
        log.producers().highWatermarkAdvanced(log.logEnd());
        long unstable = Math.clamp(log.producers().firstUnstableOffset(), log.logStart(), log.logEnd());
        assertEquals(model.lastStable(model.end), unstable, "first unstable offset");
        for (int epoch = model.lowestSureEpoch(-1); epoch <= log.latestEpoch() + 1; epoch++) {
            LogModel.EpochStart end = model.endOfEpoch(epoch, -1);
            assertEquals(List.of((long) end.epoch(), end.start()),
                    List.of(log.endOfEpoch(epoch)[0], log.endOfEpoch(epoch)[1]), "end of epoch " + epoch);
        }
        long from = model.start + random.nextLong(model.end - model.start + 1);
        long upper = from + random.nextLong(model.end - from + 1);
        checkAborted(model.aborted(from, upper), upper, log.aborted(from, upper).stream()
                .map(e -> new AbortedTxn(e.producerId(), e.firstOffset())).toList(),
                "in [" + from + ", " + upper + ")");
        long wanted = someTimestamp();
        TimeSearch.Hit hit = log.searchTime(wanted).atOnce();
        Record expected = model.firstAtOrAfter(wanted);
        assertEquals(expected == null ? -1 : expected.offset(), hit == null ? -1 : hit.offset(), "first at " + wanted);
        checkAllBatches(read(log));
    }

    void checkWindows(PartitionLog log) {
        Map<Long, ModelProducer.View> expected = new TreeMap<>();
        model.producers().forEach((id, producer) -> expected.put(id, producer.view()));
        assertEquals(expected, ModelProducer.parse(ProducerSnapshot.write(log.producers())), "producers");
    }

    void checkAllBatches(List<Written> found) {
        List<Written> expected = model.from(model.start);
        assertEquals(expected.toString(), found.toString());
        for (int i = 0; i < found.size(); i++) {
            assertEquals(expected.get(i).bytes, found.get(i).bytes);
        }
    }

    /// Everything that a log or a partition serves, in slices of some size.
    List<Written> read(PartitionLog log) throws IOException {
        List<Written> all = new ArrayList<>();
        long next = log.logStart();
        while (next < log.logEnd()) {
            PartitionLog.Slice slice = slice(log, next, 1 + random.nextInt(3000));
            if (slice == null) {
                break;
            }
            for (RecordBatch batch : batches(slice.records())) {
                all.add(new Written(batch.bytes()));
            }
            assertTrue(slice.endOffset() > next, "a slice moves on");
            next = slice.endOffset();
        }
        return all;
    }

    List<Written> read(Partition partition) throws IOException {
        List<Written> all = new ArrayList<>();
        long next = partition.logStartOffset();
        while (next < partition.highWatermark()) {
            ReadOutcome.Slice slice = slice(partition, new ReadRequest(
                    next, 1 + random.nextInt(3000), Isolation.READ_UNCOMMITTED, -1, -1, true));
            List<RecordBatch> batches = batches(slice.records());
            if (batches.isEmpty()) {
                break;
            }
            for (RecordBatch batch : batches) {
                all.add(new Written(batch.bytes()));
            }
            next = all.getLast().next();
        }
        return all;
    }
}
