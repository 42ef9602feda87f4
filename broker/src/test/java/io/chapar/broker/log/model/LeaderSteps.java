package io.chapar.broker.log.model;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.model.Writers.Verdict;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.protocol.ErrorCode;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What happens to a partition where its leader is.
final class LeaderSteps {
    private final Subject subject;
    private final Crashes crashes;
    private final Random random;
    private final LogModel model;
    private final Writers writers;

    LeaderSteps(Subject subject, Crashes crashes) {
        this.subject = subject;
        this.crashes = crashes;
        this.random = subject.random;
        this.model = subject.model;
        this.writers = subject.writers;
    }

    void step() throws IOException {
        int what = random.nextInt(100);
        if (what < 18) {
            append(writers.plain(subject.loop.nowMs()));
        } else if (what < 38) {
            append(writers.idempotent(subject.loop.nowMs()));
        } else if (what < 54) {
            append(writers.transactional(subject.loop.nowMs()));
        } else if (what < 62) {
            append(writers.marker());
        } else if (what < 66) {
            appendMarkers();
        } else if (what < 71) {
            flush();
        } else if (what < 73) {
            subject.tell("a flush begins");
            subject.partition.flush();
        } else if (what < 77) {
            subject.loop.advance(random.nextInt(40));
        } else if (what < 82) {
            compact();
        } else if (what < 84) {
            closeAndOpen();
        } else if (what < 87) {
            crashes.crash(crashes.someLoss());
            crashes.open();
        } else if (what < 89) {
            subject.leaderEpoch += 1 + random.nextInt(2);
            subject.tell("leader of epoch " + subject.leaderEpoch);
            subject.partition.become(PartitionSetup.ledInEpoch(subject.leaderEpoch));
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

    /// What is below the recovery point survives anything; so does what is below the high watermark of a topic that
    /// waits for the disk.
    void acknowledged() {
        long promised = subject.log().recoveryPoint();
        if (subject.config.flushAcks()) {
            promised = Math.max(promised, subject.partition.highWatermark());
        }
        subject.durableEnd = Math.max(subject.durableEnd, promised);
    }

    // ---- append

    private void append(Intended what) throws IOException {
        ByteBuffer bytes = what.build(0, -1, subject.loop.nowMs());
        if (subject.unsure.contains(what.producerId())) {
            return;
        }
        Verdict verdict = judge(what, bytes.remaining());
        subject.tell("append " + what + ", to be " + verdict);
        subject.appending = verdict instanceof Verdict.Accept ? List.of(what) : List.of();
        long nowMs = subject.loop.nowMs();
        boolean mayBeOutOfOrder = subject.guarded.containsKey(what.producerId());
        take(what, bytes, verdict, what.marker() != null
                ? subject.partition.appendMarker(markerOf(what), nowMs)
                : write(what, bytes.duplicate(), nowMs), mayBeOutOfOrder);
    }

    /// The ends of several transactions, of a producer each, which leave together.
    private void appendMarkers() throws IOException {
        Map<Long, Intended> byProducer = new LinkedHashMap<>();
        for (int i = 2 + random.nextInt(4); i > 0; i--) {
            Intended one = writers.marker();
            if (!subject.unsure.contains(one.producerId())) {
                byProducer.putIfAbsent(one.producerId(), one);
            }
        }
        List<Intended> all = List.copyOf(byProducer.values());
        List<Verdict> verdicts = all.stream().map(writers::judge).toList();
        subject.tell("append together " + all + ", to be " + verdicts);
        subject.appending = all.stream().filter(each -> writers.judge(each) instanceof Verdict.Accept).toList();
        if (random.nextInt(8) == 0) {
            subject.tell("a write fails");
            subject.disk.faults().failWriteAfter(random.nextInt(3));
        }
        long nowMs = subject.loop.nowMs();
        List<AppendOutcome> outcomes =
                subject.partition.appendMarkers(all.stream().map(LeaderSteps::markerOf).toList(), nowMs);
        assertEquals(all.size(), outcomes.size(), "an outcome for each");
        for (int i = 0; i < all.size(); i++) {
            take(all.get(i), null, verdicts.get(i), outcomes.get(i), false);
        }
        if (subject.partition.offlineReason() == null) {
            subject.disk.faults().failWriteAfter(-1);
        }
    }

    private void take(Intended what, ByteBuffer bytes, Verdict verdict, AppendOutcome outcome, boolean mayBeOutOfOrder)
            throws IOException {
        if (subject.disk.isStopped() && verdict instanceof Verdict.Accept) {
            return;
        }
        if (subject.partition.offlineReason() != null) {
            boolean refused = outcome instanceof AppendOutcome.Rejected r
                    && r.error() == ErrorCode.KAFKA_STORAGE_ERROR;
            if (!refused && !(verdict instanceof Verdict.Accept)) {
                compare(verdict, outcome);
            }
            return;
        }
        if (mayBeOutOfOrder && outcome instanceof AppendOutcome.Rejected r
                && r.error() == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) {
            return;
        }
        compare(verdict, outcome);
        if (verdict instanceof Verdict.Accept) {
            appended(what,
                    what.marker() == null ? bytes : what.build(model.end, subject.leaderEpoch, subject.loop.nowMs()),
                    assertInstanceOf(AppendOutcome.Appended.class, outcome, outcome::toString));
        }
    }

    private Verdict judge(Intended what, int bytes) {
        if (bytes > subject.config.segmentBytes()) {
            return new Verdict.Reject(ErrorCode.RECORD_LIST_TOO_LARGE);
        }
        return subject.config.compact() && what.lacksKeys()
                ? new Verdict.Reject(ErrorCode.INVALID_RECORD)
                : writers.judge(what);
    }

    private static MarkerAppend markerOf(Intended what) {
        return new MarkerAppend(what.producerId(), what.producerEpoch(),
                what.marker().coordinatorEpoch(), what.marker().commit(),
                (short) (Writers.isVersion2(what.producerId()) ? 2 : 1));
    }

    private AppendOutcome write(Intended what, ByteBuffer bytes, long nowMs) {
        VerificationGuard guard = null;
        if (what.transactional()) {
            guard = subject.partition.verificationGuard(what.producerId(), what.producerEpoch(), what.firstSequence(),
                    Writers.isVersion2(what.producerId()));
            if (guard != null) {
                subject.guarded.merge(what.producerId(), what.producerEpoch(), (a, b) -> a > b ? a : b);
            }
        }
        return subject.partition.appendFromClient(bytes, new ClientAppend((short) 12, (short) -1, guard), nowMs);
    }

    private static void compare(Verdict verdict, AppendOutcome outcome) {
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
            case Verdict.WrittenBefore w -> assertEquals(new AppendOutcome.WrittenBefore(w.lastOffset()), outcome);
            case Verdict.Unneeded _ -> assertTrue(
                    assertInstanceOf(AppendOutcome.Appended.class, outcome, outcome::toString).duplicate());
            case Verdict.Accept _ -> assertTrue(
                    !assertInstanceOf(AppendOutcome.Appended.class, outcome, outcome::toString).duplicate(),
                    "not seen before");
        }
    }

    private void appended(Intended what, ByteBuffer bytes, AppendOutcome.Appended outcome) {
        assertEquals(model.end, outcome.baseOffset(), "base offset");
        Written written = new Written(bytes);
        assertTrue(what.isIn(written.batch, subject.config.logAppendTime()), () -> "what was appended: " + written);
        assertEquals(subject.leaderEpoch, written.batch.partitionLeaderEpoch(), "leader epoch");
        model.add(written);
        if (what.transactional()) {
            boolean leavesOwn = what.marker() != null && Writers.isVersion2(what.producerId());
            int used = leavesOwn ? what.producerEpoch() - 1 : what.producerEpoch();
            subject.guarded.computeIfPresent(what.producerId(), (_, epoch) -> epoch <= used ? null : epoch);
        }
    }

    /// A write that fails: the partition goes offline, and is opened again by the same process.
    private void spoilWrite() throws IOException {
        subject.tell("a write fails");
        subject.disk.faults().failWriteAfter(random.nextInt(3));
        append(writers.plain(subject.loop.nowMs()));
        if (subject.partition.offlineReason() == null) {
            subject.disk.faults().failWriteAfter(-1);
        }
    }

    // ---- disk

    /// One whole flush, after those under way.
    void flush() {
        subject.loop.runAll();
        subject.partition.flush();
        long end = model.end;
        subject.loop.runAll();
        if (!subject.isOffline()) {
            subject.durableEnd = end;
            subject.tell("flushed to " + end);
        }
    }

    /// A compaction begins, if one is due; the loop works on it, here or in later steps.
    private void compact() {
        if (!subject.config.compact() || subject.isOffline()) {
            return;
        }
        if (random.nextBoolean()) {
            flush();
        }
        subject.tell("compaction at " + subject.loop.nowMs());
        subject.lookForCompaction();
        if (random.nextInt(4) > 0) {
            subject.loop.advance(random.nextInt(400));
        }
    }

    private void closeAndOpen() throws IOException {
        subject.tell("close");
        subject.partition.close();
        if (subject.isOffline()) {
            return;
        }
        closed();
        if (random.nextBoolean()) {
            crashes.crash(crashes.someLoss());
        }
        crashes.open();
    }

    private void closed() {
        subject.durableEnd = model.end;
        subject.durableStart = model.start;
    }

    private void becomeFollower() throws IOException {
        subject.tell("follower");
        subject.partition.close();
        if (subject.isOffline()) {
            return;
        }
        closed();
        subject.letGo();
        subject.follow();
        crashes.resolve();
    }

    // ---- upkeep

    private void deleteRecords() {
        subject.startingAt = model.start + random.nextLong(subject.partition.highWatermark() - model.start + 1);
        subject.tell("delete records before " + subject.startingAt);
        List<ErrorCode> told = new ArrayList<>();
        subject.partition.deleteRecordsBefore(subject.startingAt, told::add);
        subject.loop.runAll();
        ErrorCode error = told.getFirst();
        if (!subject.config.delete()) {
            assertTrue(error == ErrorCode.POLICY_VIOLATION || subject.isOffline(), error::toString);
        } else if (error == ErrorCode.NONE) {
            model.start = subject.startingAt;
            subject.durableStart = model.start;
        } else {
            assertTrue(subject.partition.offlineReason() != null, error::toString);
        }
    }

    /// Retention, which may take sealed segments that are too old or too much, and expiry of producers.
    private void housekeep() {
        subject.loop.advance(random.nextInt(2500));
        if (subject.isOffline()) {
            return;
        }
        subject.retaining = true;
        Map<Long, ModelProducer> before = model.producers();
        long nowMs = subject.loop.nowMs();
        subject.partition.housekeep(() -> subject.tell("housekeeping is done"));
        subject.loop.runAll();
        subject.tell("housekeeping at " + nowMs + ", log start " + subject.partition.logStartOffset());
        var left = LogChecks.describe(subject.partition).keySet();
        before.forEach((id, producer) -> {
            if (!left.contains(id)) {
                assertTrue(producer.txnFirstOffset < 0, "a producer with an open transaction is forgotten");
                assertTrue(producer.lastTimestamp <= nowMs - subject.config.producerIdExpirationMs() + 10,
                        "a producer is forgotten too early");
                model.forget(id);
            }
        });
        if (subject.isOffline()) {
            return;
        }
        long start = subject.partition.logStartOffset();
        if (start > model.start) {
            assertTrue(subject.config.delete(), "the topic keeps everything");
            assertTrue(model.isBoundary(start), "retention takes whole batches");
            checkRetention(start);
            model.start = start;
            subject.durableStart = start;
        }
    }

    /// What was young went because enough is left without it.
    private void checkRetention(long start) {
        LogConfig config = subject.config;
        long left = 0;
        for (Written each : model.from(model.start).reversed()) {
            boolean young = each.batch.maxTimestamp() >= subject.loop.nowMs() - config.retentionMs();
            if (each.next() <= start && young) {
                assertTrue(config.retentionBytes() >= 0 && left >= config.retentionBytes(),
                        "retention takes too much: " + each);
                return;
            }
            left += each.batch.sizeInBytes();
        }
    }

    private void configure() {
        subject.tell("new settings");
        LogConfig config = subject.config;
        boolean compact = random.nextInt(3) > 0 ? config.compact() : random.nextBoolean();
        subject.config = config.toBuilder()
                .segmentBytes(400 + random.nextInt(2500))
                .indexIntervalBytes(1 + random.nextInt(500))
                .compact(compact)
                .delete(config.delete() || !compact)
                .build();
        subject.partition.configure(subject.config);
    }
}
