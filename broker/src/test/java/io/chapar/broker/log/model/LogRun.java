package io.chapar.broker.log.model;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.log.model.Writers.Verdict;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// One sequence of random steps on a partition over a memory disk, with the model beside it; a function of its seed.
///
/// The partition is driven as its leader mostly, through [Partition]; in between as a follower's, through
/// [PartitionLog], which is where truncation and holes in the offsets come from. A step may be cut off by the end of
/// process or power at any operation of the disk; then the partition is opened again, perhaps cut off anew, and must be
/// as it was, with or without what was under way, and after a loss of power without an end that was never synced.
final class LogRun {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);

    private final Random random;
    private final MemoryDisk disk = new MemoryDisk();
    private final LogModel model = new LogModel();
    private final LogChecks checks;
    private final Writers writers;
    private final List<String> trace = new ArrayList<>();
    private boolean randomStops;
    private ManualLoop loop = new ManualLoop();
    private LogConfig config;
    /// One of these two is there, unless a crash has just ended it.
    private Partition partition;
    private PartitionLog log;
    private int leaderEpoch;
    /// What survives any loss of power.
    private long durableEnd;
    private long durableStart;
    /// Producers with a guard that no batch has used yet: the order of their first batches is watched.
    private final Set<Long> guarded = new TreeSet<>();
    /// Producers that were forgotten once: whether their windows came back, a partition does not tell, only a log.
    private final Set<Long> unsure = new TreeSet<>();

    // What is under way, and may or may not have happened when it is cut off.
    private Intended appending;
    private long truncatingTo = -1;
    private long startingAt = -1;
    private boolean retaining;
    private boolean powerWasLost;

    /// @param stopAt number of the disk operation at which the first crash comes; -1 for crashes at random
    LogRun(long seed, long stopAt) {
        random = new Random(seed);
        checks = new LogChecks(model, random);
        writers = new Writers(random, model);
        randomStops = stopAt < 0;
        config = LogConfig.builder()
                .segmentBytes(400 + random.nextInt(2500))
                .indexIntervalBytes(1 + random.nextInt(500))
                .segmentIndexBytes(random.nextInt(4) == 0 ? 24 : 10 << 20)
                .flushMessages(random.nextInt(3) == 0 ? 1 + random.nextInt(8) : Long.MAX_VALUE)
                .flushMs(random.nextInt(3) == 0 ? 20 : Long.MAX_VALUE)
                .retentionMs(2000 + random.nextInt(4000))
                .retentionBytes(random.nextInt(3) == 0 ? 2000 : -1)
                .logAppendTime(random.nextInt(6) == 0)
                .flushAcks(random.nextInt(4) == 0)
                .producerIdExpirationMs(3000)
                .build();
        if (stopAt >= 0) {
            disk.faults().stopAtOperation(stopAt);
        }
    }

    /// Gives the number of disk operations.
    long run(int steps) throws IOException {
        try {
            open();
            for (int i = 0; i < steps; i++) {
                step();
            }
            settle();
            checks.checkAllBatches(checks.read(partition));
            return disk.operations();
        } catch (AssertionError | IOException | RuntimeException e) {
            trace.forEach(line -> e.addSuppressed(new Step(line)));
            throw e;
        }
    }

    /// Carries the story of a failure into its report.
    private static final class Step extends Exception {
        private static final long serialVersionUID = 1L;

        Step(String line) {
            super(line, null, false, false);
        }
    }

    private void tell(String line) {
        trace.add(trace.size() + " " + line);
    }

    // ---- steps

    private void step() throws IOException {
        if (randomStops && random.nextInt(10) == 0) {
            long at = disk.operations() + 1 + random.nextInt(15);
            disk.faults().stopAtOperation(at);
            tell("power goes at operation " + at);
        }
        try {
            if (partition != null) {
                leaderStep();
            } else {
                followerStep();
            }
        } catch (IOException e) {
            if (!disk.isStopped()) {
                throw e;
            }
            tell("cut off: " + e.getMessage());
        }
        boolean dead = disk.isStopped() || (partition != null && partition.offlineReason() != null);
        if (dead && !disk.isStopped() && random.nextBoolean()) {
            comeBack();
            return;
        }
        if (dead) {
            crash(disk.isStopped() ? someLoss() : Loss.NOTHING);
            open();
            return;
        }
        appending = null;
        truncatingTo = -1;
        startingAt = -1;
        retaining = false;
        if (partition != null) {
            acknowledged();
            checks.check(partition, leaderEpoch);
        } else {
            checks.check(log);
        }
    }

    /// What is below the high watermark may be relied on: for a topic that waits for the disk, to survive anything.
    private void acknowledged() {
        if (config.flushAcks()) {
            durableEnd = Math.max(durableEnd, partition.highWatermark());
        }
    }

    /// A partition that a failing write took offline opens itself again, by and by.
    private void comeBack() throws IOException {
        tell("waits for the disk");
        disk.faults().stopAtOperation(Long.MAX_VALUE).failWriteAfter(-1);
        loop.advance(40_000);
        assertNull(partition.offlineReason(), "online again");
        guarded.clear();
        resolve();
        checks.check(partition, leaderEpoch);
    }

    private Loss someLoss() {
        List<Loss> all = List.of(Loss.values());
        return all.get(random.nextInt(all.size()));
    }

    private void leaderStep() throws IOException {
        int what = random.nextInt(100);
        if (what < 18) {
            append(writers.plain(loop.nowMs()));
        } else if (what < 40) {
            append(writers.idempotent(loop.nowMs()));
        } else if (what < 58) {
            append(writers.transactional(loop.nowMs()));
        } else if (what < 70) {
            append(writers.marker());
        } else if (what < 76) {
            flush();
        } else if (what < 78) {
            tell("a flush begins");
            partition.flush();
        } else if (what < 82) {
            loop.advance(random.nextInt(40));
        } else if (what < 84) {
            closeAndOpen();
        } else if (what < 87) {
            crash(someLoss());
            open();
        } else if (what < 89) {
            leaderEpoch += 1 + random.nextInt(2);
            tell("leader of epoch " + leaderEpoch);
            partition.becomeLeader(leaderEpoch);
        } else if (what < 91) {
            deleteRecords();
        } else if (what < 94) {
            housekeep();
        } else if (what < 95) {
            configure();
        } else if (what < 97) {
            spoilWrite();
        } else {
            becomeFollower();
        }
    }

    private void followerStep() throws IOException {
        int what = random.nextInt(20);
        if (what < 11) {
            followerAppend();
        } else if (what < 14) {
            truncate();
        } else if (what == 14) {
            tell("flush");
            long end = log.logEnd();
            log.flushLater(loop, end, failure -> tell("sync failed: " + failure));
            loop.runAll();
            if (!disk.isStopped()) {
                durableEnd = Math.max(durableEnd, log.recoveryPoint());
                assertEquals(end, log.recoveryPoint(), "recovery point");
            }
        } else if (what == 15) {
            startingAt = model.start + random.nextLong(model.end - model.start + 1);
            tell("log start to " + startingAt);
            log.advanceLogStart(startingAt, model.end);
            model.start = Math.max(model.start, startingAt);
        } else if (what == 16) {
            crash(someLoss());
            open();
        } else {
            becomeLeader();
        }
    }

    // ---- as the leader

    private void append(Intended what) throws IOException {
        ByteBuffer bytes = what.build(0, -1, loop.nowMs());
        if (unsure.contains(what.producerId())) {
            return;
        }
        boolean tooLarge = bytes.remaining() > config.segmentBytes();
        Verdict verdict = tooLarge ? new Verdict.Reject(ErrorCode.RECORD_LIST_TOO_LARGE) : writers.judge(what);
        tell("append " + describe(what) + ", to be " + verdict);
        appending = verdict instanceof Verdict.Accept ? what : null;
        long nowMs = loop.nowMs();
        boolean mayBeOutOfOrder = guarded.contains(what.producerId());
        AppendOutcome outcome;
        if (what.marker() != null) {
            outcome = partition.appendMarker(new MarkerAppend(what.producerId(), what.producerEpoch(),
                    what.marker().coordinatorEpoch(), what.marker().commit(),
                    (short) (Writers.isVersion2(what.producerId()) ? 2 : 1)), nowMs);
        } else {
            VerificationGuard guard = null;
            if (what.transactional()) {
                guard = partition.verificationGuard(what.producerId(), what.producerEpoch(), what.firstSequence(),
                        Writers.isVersion2(what.producerId()));
                if (guard != null) {
                    guarded.add(what.producerId());
                }
            }
            outcome = partition.appendFromClient(
                    bytes.duplicate(), new ClientAppend((short) 12, (short) -1, guard), nowMs);
        }
        if (disk.isStopped() && verdict instanceof Verdict.Accept) {
            return;
        }
        if (partition.offlineReason() != null) {
            assertTrue((outcome instanceof AppendOutcome.Rejected r && r.error() == ErrorCode.KAFKA_STORAGE_ERROR)
                    || verdict instanceof Verdict.Accept, outcome::toString);
            return;
        }
        if (mayBeOutOfOrder && outcome instanceof AppendOutcome.Rejected r
                && r.error() == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) {
            return;
        }
        switch (verdict) {
            case Verdict.Reject r -> assertEquals(
                    r.error(), assertInstanceOf(AppendOutcome.Rejected.class, outcome, outcome::toString).error());
            case Verdict.Duplicate d -> {
                AppendOutcome.Appended again = assertInstanceOf(AppendOutcome.Appended.class, outcome,
                        outcome::toString);
                assertTrue(again.duplicate(), "a duplicate");
                assertEquals(d.firstOffset(), again.baseOffset(), "offset of the first time");
                assertEquals(d.lastOffset(), again.lastOffset(), "offset of the first time");
            }
            case Verdict.Unneeded _ -> assertTrue(
                    assertInstanceOf(AppendOutcome.Appended.class, outcome, outcome::toString).duplicate());
            case Verdict.Accept _ -> appended(what,
                    what.marker() == null ? bytes : what.build(model.end, leaderEpoch, nowMs),
                    assertInstanceOf(AppendOutcome.Appended.class, outcome, outcome::toString));
        }
    }

    private void appended(Intended what, ByteBuffer bytes, AppendOutcome.Appended outcome) {
        assertTrue(!outcome.duplicate(), "not seen before");
        assertEquals(model.end, outcome.baseOffset(), "base offset");
        Written written = new Written(bytes);
        assertTrue(what.isIn(written.batch, config.logAppendTime()), () -> "what was appended: " + written);
        assertEquals(leaderEpoch, written.batch.partitionLeaderEpoch(), "leader epoch");
        model.add(written);
        guarded.remove(what.producerId());
    }

    private static String describe(Intended what) {
        return what.marker() != null
                ? what.marker().toString()
                : (what.transactional() ? "txn " : "") + "pid " + what.producerId() + "/" + what.producerEpoch()
                        + " seq " + what.firstSequence() + " x" + what.records().size() + " " + what.compression();
    }

    /// One whole flush, after those under way.
    private void flush() {
        loop.runAll();
        partition.flush();
        long end = model.end;
        loop.runAll();
        if (!disk.isStopped() && partition.offlineReason() == null) {
            durableEnd = end;
            tell("flushed to " + end);
        }
    }

    private void closeAndOpen() throws IOException {
        tell("close");
        partition.close();
        if (disk.isStopped() || partition.offlineReason() != null) {
            return;
        }
        closed();
        if (random.nextBoolean()) {
            crash(someLoss());
        }
        open();
    }

    private void closed() {
        durableEnd = model.end;
        durableStart = model.start;
    }

    private void deleteRecords() {
        startingAt = model.start + random.nextLong(partition.highWatermark() - model.start + 1);
        tell("delete records before " + startingAt);
        ErrorCode error = partition.deleteRecordsBefore(startingAt);
        if (error == ErrorCode.NONE) {
            model.start = startingAt;
        } else {
            assertTrue(partition.offlineReason() != null, error::toString);
        }
    }

    /// Retention, which may take sealed segments that are too old or too much, and expiry of producers.
    private void housekeep() {
        loop.advance(random.nextInt(2500));
        if (disk.isStopped() || partition.offlineReason() != null) {
            return;
        }
        retaining = true;
        Map<Long, ModelProducer> before = model.producers();
        partition.housekeep();
        tell("housekeeping at " + loop.nowMs() + ", log start " + partition.logStartOffset());
        var left = LogChecks.describe(partition).keySet();
        before.forEach((id, producer) -> {
            if (!left.contains(id)) {
                assertTrue(producer.txnFirstOffset < 0, "a producer with an open transaction is forgotten");
                assertTrue(producer.lastTimestamp <= loop.nowMs() - config.producerIdExpirationMs() + 10,
                        "a producer is forgotten too early");
                model.forget(id);
            }
        });
        if (disk.isStopped() || partition.offlineReason() != null) {
            return;
        }
        long start = partition.logStartOffset();
        if (start > model.start) {
            assertTrue(model.isBoundary(start), "retention takes whole batches");
            checkRetention(start);
            model.start = start;
        }
    }

    /// What was young went because enough is left without it.
    private void checkRetention(long start) {
        long left = 0;
        for (Written each : model.from(model.start).reversed()) {
            boolean young = each.batch.maxTimestamp() >= loop.nowMs() - config.retentionMs();
            if (each.next() <= start && young) {
                assertTrue(config.retentionBytes() >= 0 && left >= config.retentionBytes(),
                        "retention takes too much: " + each);
                return;
            }
            left += each.batch.sizeInBytes();
        }
    }

    private void configure() {
        tell("new settings");
        config = config.toBuilder()
                .segmentBytes(400 + random.nextInt(2500))
                .indexIntervalBytes(1 + random.nextInt(500))
                .build();
        partition.configure(config);
    }

    /// A write that fails: the partition goes offline, and is opened again by the same process.
    private void spoilWrite() throws IOException {
        tell("a write fails");
        disk.faults().failWriteAfter(random.nextInt(3));
        append(writers.plain(loop.nowMs()));
        if (partition.offlineReason() == null) {
            disk.faults().failWriteAfter(-1);
        }
    }

    // ---- as a follower

    private void becomeFollower() throws IOException {
        tell("follower");
        partition.close();
        if (disk.isStopped() || partition.offlineReason() != null) {
            return;
        }
        closed();
        log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 3));
        partition = null;
        resolve();
    }

    private void becomeLeader() throws IOException {
        if (random.nextBoolean()) {
            tell("close");
            log.close(model.end);
            closed();
        } else {
            crash(someLoss());
        }
        leaderEpoch = Math.max(leaderEpoch, log == null ? 0 : log.latestEpoch());
        log = null;
        open();
    }

    private void followerAppend() throws IOException {
        if (random.nextInt(8) == 0) {
            leaderEpoch++;
        }
        Intended what = writers.any(loop.nowMs());
        long base = log.logEnd() + (random.nextInt(6) == 0 ? random.nextInt(5) : 0);
        tell("replicate " + describe(what) + " at " + base + " of epoch " + leaderEpoch);
        ByteBuffer bytes = what.build(base, leaderEpoch, loop.nowMs());
        appending = what;
        log.append(RecordBatch.at(bytes, bytes.position()));
        model.add(new Written(bytes));
    }

    private void truncate() throws IOException {
        long to = model.start + random.nextLong(model.end - model.start + 1);
        truncatingTo = model.endBefore(to);
        durableStart = Math.min(durableStart, truncatingTo);
        durableEnd = Math.min(durableEnd, truncatingTo);
        tell("truncate to " + to);
        log.truncateTo(to);
        assertTrue(to == model.end || (log.logEnd() >= truncatingTo && log.logEnd() <= to), "the end after a cut");
        model.cut(log.logEnd());
        resolveProducers();
    }

    // ---- crashes

    private void crash(Loss loss) {
        tell("crash, lost: " + loss);
        Map<String, Long> unsynced = new TreeMap<>();
        disk.paths().forEach(path -> unsynced.put(path, disk.unsyncedFrom(path)));
        disk.crash(loss, random);
        disk.faults().failWriteAfter(-1);
        if (loss != Loss.NOTHING) {
            powerWasLost = true;
            if (random.nextInt(3) == 0) {
                spoil(unsynced);
            }
        }
        loop = new ManualLoop(loop.nowMs());
        partition = null;
        if (log != null) {
            leaderEpoch = Math.max(leaderEpoch, log.latestEpoch());
            log = null;
        }
    }

    /// Turns around bits of what was not synced when the power went.
    private void spoil(Map<String, Long> unsynced) {
        for (String path : disk.paths()) {
            int size = disk.content(path).length;
            int from = (int) Math.min(size, unsynced.getOrDefault(path, Long.MAX_VALUE));
            if (path.endsWith(".log") && size > from) {
                int at = from + random.nextInt(size - from);
                if (!isChecked(disk.content(path), at)) {
                    continue;
                }
                tell("bit flipped in " + path + " at " + at);
                disk.flipBit(path, at, random.nextInt(8));
            }
        }
    }

    /// A batch's base offset and leader epoch are in no checksum; what is wrong there cannot be found out.
    private static boolean isChecked(byte[] file, int at) {
        int start = 0;
        while (start + RecordBatch.PREFIX_BYTES <= at) {
            int size = RecordBatch.PREFIX_BYTES + ByteBuffer.wrap(file).getInt(start + 8);
            if (size < RecordBatch.HEADER_BYTES || at - start < size) {
                break;
            }
            start += size;
        }
        int inBatch = at - start;
        return inBatch >= 16 || (inBatch >= 8 && inBatch < 12);
    }

    private void open() throws IOException {
        while (true) {
            if (randomStops && random.nextInt(6) == 0) {
                disk.faults().stopAtOperation(disk.operations() + 1 + random.nextInt(6));
            }
            guarded.clear();
            Partition opened = Partition.open(
                    new PartitionSetup(ID, TOPIC_ID, leaderEpoch, config, new DataFolder(disk, 3), loop));
            loop.runAll();
            if (!disk.isStopped()) {
                assertNull(opened.offlineReason(), "online");
                partition = opened;
                break;
            }
            crash(someLoss());
        }
        resolve();
        checks.check(partition, leaderEpoch);
    }

    private void settle() throws IOException {
        randomStops = false;
        disk.faults().stopAtOperation(Long.MAX_VALUE);
        if (partition == null) {
            becomeLeader();
        }
        flush();
    }

    /// Finds out which of the possible states it is, and that it is one.
    private void resolve() throws IOException {
        List<Written> found = partition != null ? checks.read(partition) : checks.read(log);
        long start = partition != null ? partition.logStartOffset() : log.logStart();
        long end = partition != null ? partition.logEndOffset() : log.logEnd();
        tell("opened with " + start + ".." + end + " of " + model.start + ".." + model.end + ", durable " + durableEnd);
        resolveStart(start);
        long least = powerWasLost ? Math.min(durableEnd, model.end) : truncatingTo >= 0 ? truncatingTo : model.end;
        assertTrue(end >= least, () -> "the log ends at " + end + ", which is before " + least);
        List<Written> expected = model.history.stream()
                .filter(each -> each.last() >= start && each.base() < end).toList();
        int same = Math.min(found.size(), expected.size());
        for (int i = 0; i < same; i++) {
            assertEquals(expected.get(i).toString(), found.get(i).toString(), "batch " + i);
            assertEquals(expected.get(i).bytes, found.get(i).bytes, "batch " + i);
        }
        // Where nothing is left behind the log start, the offsets before it are not given again.
        boolean emptied = powerWasLost && found.isEmpty() && start == end;
        List<Written> missing = expected.subList(same, expected.size()).stream()
                .filter(each -> !emptied || each.next() <= durableEnd).toList();
        assertEquals(List.of(), missing, "missing");
        if (found.size() > same) {
            Written extra = found.get(same);
            assertTrue(found.size() == same + 1 && appending != null && extra.base() >= model.end
                    && appending.isIn(extra.batch, config.logAppendTime()),
                    () -> "from nowhere: " + found.subList(same, found.size()));
            model.start = start;
            model.add(extra);
        }
        model.cut(end);
        if (emptied) {
            model.history.removeIf(each -> each.next() > end);
        }
        model.start = start;
        long durableBefore = powerWasLost ? durableEnd : Long.MAX_VALUE;
        if (powerWasLost) {
            durableEnd = end;
            durableStart = start;
        } else {
            durableEnd = Math.min(durableEnd, end);
        }
        powerWasLost = false;
        appending = null;
        truncatingTo = -1;
        startingAt = -1;
        retaining = false;
        if (emptied) {
            resolveEmpty(durableBefore);
        }
        resolveProducers();
    }

    /// A log that lost its end up to its start does not tell how far it had come; its producers do.
    private void resolveEmpty(long durableBefore) {
        Map<Long, ModelProducer.View> known = producers();
        while (!model.history.isEmpty() && model.history.getLast().last() >= durableBefore && !producersAre(known)) {
            model.history.removeLast();
        }
    }

    private boolean producersAre(Map<Long, ModelProducer.View> found) {
        for (long id : model.producerIds()) {
            if (model.candidates(id).stream().map(this::view).noneMatch(view ->
                    Objects.equals(view, found.get(id)))) {
                return false;
            }
        }
        return model.producerIds().containsAll(found.keySet());
    }

    private void resolveStart(long start) {
        long most = Math.max(model.start, startingAt);
        if (powerWasLost) {
            assertTrue(start >= Math.min(durableStart, durableEnd) && (start <= most || retaining),
                    () -> "log start " + start + " of " + model.start + ", durable " + durableStart);
        } else {
            assertTrue(start == model.start || start == startingAt || start == truncatingTo
                    || (retaining && start > model.start), () -> "log start " + start + " of " + model.start);
        }
    }

    /// What is known of the producers now: of a partition without their windows.
    private Map<Long, ModelProducer.View> producers() {
        if (log != null) {
            return ModelProducer.parse(ProducerSnapshot.write(log.producers()));
        }
        Map<Long, ModelProducer.View> views = new TreeMap<>();
        LogChecks.describe(partition).forEach((id, each) -> views.put(id, ModelProducer.view(each)));
        return views;
    }

    private ModelProducer.View view(ModelProducer producer) {
        return producer == null ? null : log != null ? producer.view() : producer.viewWithoutWindow();
    }

    /// What housekeeping has forgotten may be back.
    private void resolveProducers() {
        Map<Long, ModelProducer.View> found = producers();
        for (long id : model.producerIds()) {
            List<ModelProducer.View> candidates = model.candidates(id).stream().map(this::view).toList();
            int which = candidates.indexOf(found.get(id));
            if (log == null && candidates.size() > 1) {
                unsure.add(id);
            } else {
                unsure.remove(id);
            }
            assertTrue(which >= 0, () -> "producer " + id + " is " + found.get(id) + " and should be one of " + candidates);
            model.choose(id, which);
        }
        assertTrue(model.producerIds().containsAll(found.keySet()), "no producer from nowhere");
    }
}
