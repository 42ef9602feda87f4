package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.broker.partition.ReadOutcome.AbortedTxn;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.TimestampType;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static io.chapar.broker.partition.Isolation.READ_COMMITTED;
import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The partition over real files.
final class PartitionTest {
    @TempDir
    Path folder;

    private PartitionFixture f;

    @BeforeEach
    void open() {
        f = new PartitionFixture(new FileDisk(folder), LogConfig.defaults());
    }

    private void configure(LogConfig config) {
        f.config = config;
        f.partition.configure(config);
    }

    private static Appended appended(AppendOutcome outcome) {
        return assertInstanceOf(Appended.class, outcome);
    }

    private static ErrorCode error(AppendOutcome outcome) {
        return assertInstanceOf(Rejected.class, outcome).error();
    }

    // ---- files

    @Test
    void anIdlePartitionHasNoFile() throws Exception {
        f.reopen();
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void filesAreNamedAsKafkaNamesThem() throws Exception {
        f.append("a", "b");
        f.appendTxn(7, 0, 0, "c");
        f.marker(7, 1, false);
        f.partition.close();
        try (Stream<Path> files = Files.list(folder.resolve("orders-3"))) {
            assertEquals(
                    List.of(
                            "00000000000000000000.index", "00000000000000000000.log",
                            "00000000000000000000.timeindex", "00000000000000000000.txnindex",
                            "00000000000000000004.snapshot", "leader-epoch-checkpoint",
                            "offset-checkpoint", "partition.metadata"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertEquals("0\n1\n0 0\n", Files.readString(folder.resolve("orders-3/leader-epoch-checkpoint")));
        assertEquals("version: 0\ntopic_id: ESIzRFVmd4iZqrvM3e7_AA\ncrc32c: 64f47107\n",
                Files.readString(folder.resolve("orders-3/partition.metadata")));
    }

    @Test
    void deletionLeavesNothingAndReadersFinish() throws Exception {
        f.append("a");
        var slice = f.slice(0, 100, READ_UNCOMMITTED);
        f.partition.delete(() -> { });
        assertTrue(PartitionFixture.load(slice.records()).hasRemaining());
        ((FileDisk) f.disk).close();
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(List.of(folder, folder.resolve("begun")), files.toList());
        }
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, error(f.append("b")));
    }

    // ---- append and read

    @Test
    void whatIsAppendedIsRead() {
        assertEquals(new Appended(0, 1, -1, 0, false), f.append("a", "b"));
        assertEquals(new Appended(2, 2, -1, 0, false), f.append("c"));
        assertEquals(List.of("a", "b", "c"), f.values(0, READ_UNCOMMITTED));
        assertEquals(List.of("a", "b", "c"), f.values(1, READ_UNCOMMITTED), "a whole batch for an offset within");
        assertEquals(List.of("c"), f.values(2, READ_COMMITTED));
        assertEquals(3, f.partition.highWatermark());
        assertEquals(3, f.partition.lastStableOffset());
    }

    @Test
    void aReadIsBoundedByWholeBatches() {
        f.append("a".repeat(100));
        f.append("b".repeat(100));
        f.append("c".repeat(100));
        int one = f.slice(0, 1, READ_UNCOMMITTED).records().sizeInBytes();
        assertEquals(one, f.slice(0, one, READ_UNCOMMITTED).records().sizeInBytes());
        assertEquals(2 * one, f.slice(0, 3 * one - 1, READ_UNCOMMITTED).records().sizeInBytes());
        ReadOutcome none = f.partition.read(new ReadRequest(0, one - 1, READ_UNCOMMITTED, -1, -1, false));
        assertEquals(0, ((ReadOutcome.Slice) none).records().sizeInBytes());
    }

    @Test
    void offsetsOutsideAreRefusedWithTheWatermarks() {
        f.append("a");
        assertEquals(new ReadOutcome.ReadRejected(ErrorCode.OFFSET_OUT_OF_RANGE, 1, 1, 0),
                f.read(2, 100, READ_UNCOMMITTED));
        assertEquals(0, f.slice(1, 100, READ_UNCOMMITTED).records().sizeInBytes());
        f.append("b");
        assertEquals(ErrorCode.NONE, f.deleteRecords(1));
        assertEquals(new ReadOutcome.ReadRejected(ErrorCode.OFFSET_OUT_OF_RANGE, 2, 2, 1),
                f.read(0, 100, READ_UNCOMMITTED));
    }

    @Test
    void segmentsRollAndAreReadAcross() {
        configure(LogConfig.builder().segmentBytes(1000).indexIntervalBytes(200).build());
        for (int i = 0; i < 50; i++) {
            f.append("value-" + i);
        }
        for (int round = 0; round < 2; round++) {
            for (int from = 0; from < 50; from++) {
                List<RecordBatch> batches = f.batches(from, 300, READ_UNCOMMITTED);
                assertEquals(50 - from, batches.size());
                assertEquals(from, batches.getFirst().baseOffset());
            }
            f.reopen();
        }
        assertEquals(50, f.partition.logEndOffset());
    }

    // ---- admission

    @Test
    void spoiltBatchesAreRefused() {
        ByteBuffer flipped = f.batch("a").build();
        flipped.put(flipped.limit() - 1, (byte) (flipped.get(flipped.limit() - 1) ^ 1));
        assertEquals(ErrorCode.CORRUPT_MESSAGE, error(appendRaw(flipped)));
        ByteBuffer cut = f.batch("a").build();
        assertEquals(ErrorCode.CORRUPT_MESSAGE, error(appendRaw(cut.slice(0, cut.limit() - 1))));
        ByteBuffer two = ByteBuffer.allocate(cut.limit() * 2).put(cut.duplicate()).put(cut.duplicate()).flip();
        assertEquals(ErrorCode.INVALID_RECORD, error(appendRaw(two)));
        ByteBuffer old = f.batch("a").build();
        assertEquals(ErrorCode.INVALID_RECORD, error(appendRaw(old.put(16, (byte) 1))));
        assertEquals(ErrorCode.INVALID_RECORD, error(appendRaw(f.batch("a").build().putLong(0, 5))));
        assertEquals(0, f.partition.logEndOffset());
    }

    private AppendOutcome appendRaw(ByteBuffer bytes) {
        return f.partition.appendFromClient(
                bytes, new ClientAppend(PartitionFixture.V, (short) 1, null), f.loop.nowMs());
    }

    @Test
    void sizesAreBounded() {
        configure(LogConfig.builder().maxMessageBytes(200).build());
        assertEquals(ErrorCode.MESSAGE_TOO_LARGE, error(f.append("x".repeat(200))));
        configure(LogConfig.builder().segmentBytes(200).build());
        assertEquals(ErrorCode.RECORD_LIST_TOO_LARGE, error(f.append("x".repeat(200))));
        appended(f.append("x"));
    }

    /// Where records have to be looked at. A producer that is told so sends them in smaller batches.
    @Test
    void whatABatchDecompressesToIsBounded() {
        List<LogConfig.Builder> looking = List.of(
                LogConfig.builder().compact(true),
                LogConfig.builder().timestampBeforeMaxMs(1 << 30),
                LogConfig.builder().compressionType(Compression.LZ4));
        for (LogConfig.Builder each : looking) {
            configure(each.maxDecompressedBytes(10_000).build());
            assertEquals(ErrorCode.MESSAGE_TOO_LARGE, error(f.append(f.batch(Compression.GZIP, "x".repeat(10_000)))));
            appended(f.append(f.batch(Compression.GZIP, "x".repeat(9_900))));
        }
        configure(LogConfig.builder().compressionType(Compression.NONE).maxMessageBytes(5_000).build());
        assertEquals(ErrorCode.MESSAGE_TOO_LARGE, error(f.append(f.batch(Compression.GZIP, "x".repeat(900_000)))));
        configure(LogConfig.builder().maxDecompressedBytes(10_000).build());
        appended(f.append(f.batch(Compression.GZIP, "x".repeat(900_000))));
    }

    /// As at Kafka, of compressed batches alone; a batch may have many of them.
    @Test
    void whatARecordDecompressesToIsBounded() {
        configure(LogConfig.builder().maxDecompressedRecordBytes(1_000).build());
        RecordBatchBuilder many = f.batch(Compression.GZIP, "x".repeat(900), "y".repeat(900));
        appended(f.append(many));
        Rejected rejected = assertInstanceOf(Rejected.class,
                f.append(f.batch(Compression.GZIP, "x", "y".repeat(1_000))));
        assertEquals(ErrorCode.INVALID_RECORD, rejected.error());
        assertEquals(List.of(1), rejected.recordErrors().stream().map(e -> e.batchIndex()).toList());
        appended(f.append(f.batch(Compression.NONE, "x".repeat(1_000))));
    }

    @Test
    void compactedTopicsRequireKeys() {
        configure(LogConfig.builder().compact(true).build());
        for (Compression compression : List.of(Compression.NONE, Compression.ZSTD)) {
            RecordBatchBuilder batch = f.batch(compression, "a").append(f.loop.nowMs(), null, null);
            Rejected rejected = assertInstanceOf(Rejected.class, f.append(batch));
            assertEquals(ErrorCode.INVALID_RECORD, rejected.error());
            assertEquals(List.of(1), rejected.recordErrors().stream().map(e -> e.batchIndex()).toList());
        }
        appended(f.append("a"));
    }

    @Test
    void timestampsStayWithinTheWindow() {
        configure(LogConfig.builder().timestampBeforeMaxMs(1000).timestampAfterMaxMs(500).build());
        long now = f.loop.nowMs();
        for (Compression compression : List.of(Compression.NONE, Compression.LZ4)) {
            for (long wrong : new long[] {now - 1001, now + 501}) {
                Rejected rejected = assertInstanceOf(
                        Rejected.class, f.append(new RecordBatchBuilder(compression).append(wrong, null, null)));
                assertEquals(ErrorCode.INVALID_TIMESTAMP, rejected.error());
                String setting = wrong < now ? "message.timestamp.before.max.ms" : "message.timestamp.after.max.ms";
                assertTrue(rejected.toString().contains(setting), rejected.toString());
            }
            appended(f.append(new RecordBatchBuilder(compression).append(now - 1000, null, null)));
        }
    }

    @Test
    void appendTimeReplacesTheProducersTime() {
        configure(LogConfig.builder().logAppendTime(true).build());
        f.loop.advance(77);
        Appended appended = appended(f.append(new RecordBatchBuilder(Compression.NONE).append(5, null, null)));
        assertEquals(f.loop.nowMs(), appended.logAppendTimeMs());
        RecordBatch batch = f.batches(0, 1000, READ_UNCOMMITTED).getFirst();
        assertEquals(TimestampType.LOG_APPEND_TIME, batch.timestampType());
        assertTrue(batch.isCrcValid());
        for (Record record : batch.records()) {
            assertEquals(f.loop.nowMs(), record.timestamp());
        }
    }

    @Test
    void theTopicsCodecReplacesTheProducers() {
        configure(LogConfig.builder().compressionType(Compression.ZSTD).build());
        f.append(f.batch(Compression.GZIP, "a", "b").producer(4, (short) 0, 0));
        RecordBatch batch = f.batches(0, 1000, READ_UNCOMMITTED).getFirst();
        assertEquals(Compression.ZSTD, batch.compression());
        assertEquals(4, batch.producerId());
        assertTrue(batch.isCrcValid());
        assertEquals(List.of("a", "b"), f.values(0, READ_UNCOMMITTED));
        assertEquals(new Appended(0, 1, -1, 0, true),
                f.append(f.batch(Compression.GZIP, "a", "b").producer(4, (short) 0, 0)));
    }

    @Test
    void aHigherLevelOfTheTopicsCodecMakesBatchesShorter() {
        String text = IntStream.range(0, 2_000).mapToObj(i -> Integer.toString(i * i % 977))
                .collect(Collectors.joining(" "));
        List<Integer> sizes = new ArrayList<>();
        for (int level : new int[] {1, 9}) {
            configure(LogConfig.builder().compressionType(Compression.GZIP).compressionLevel(level).build());
            f.append(text);
            sizes.add(f.batches(sizes.size(), 100_000, READ_UNCOMMITTED).getLast().sizeInBytes());
        }
        assertTrue(sizes.get(1) < sizes.get(0), sizes.toString());
    }

    @Test
    void zstdNeedsAClientThatKnowsIt() {
        ByteBuffer batch = f.batch(Compression.ZSTD, "a").build();
        assertEquals(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, error(f.partition.appendFromClient(
                batch, new ClientAppend((short) 6, (short) 1, null), f.loop.nowMs())));
    }

    // ---- transactions

    @Test
    void readersOfCommittedDataStopAtTheFirstOpenTransaction() {
        f.append("plain");
        f.appendTxn(1, 0, 0, "one");
        f.appendTxn(2, 0, 0, "two");
        assertEquals(1, f.partition.lastStableOffset());
        assertEquals(List.of("plain"), f.values(0, READ_COMMITTED));
        f.marker(2, 1, true);
        assertEquals(1, f.partition.lastStableOffset());
        f.marker(1, 1, false);
        assertEquals(5, f.partition.lastStableOffset());
        assertEquals(List.of(new AbortedTxn(1, 1)), f.slice(0, 1 << 20, READ_COMMITTED).aborted());
        assertNull(f.slice(0, 1 << 20, READ_UNCOMMITTED).aborted());
        f.reopen();
        assertEquals(5, f.partition.lastStableOffset());
        assertEquals(List.of(new AbortedTxn(1, 1)), f.slice(0, 1 << 20, READ_COMMITTED).aborted());
        assertEquals(List.of(new AbortedTxn(1, 1)), f.slice(4, 1 << 20, READ_COMMITTED).aborted());
    }

    @Test
    void openTransactionsSurviveARestart() {
        f.appendTxn(1, 0, 0, "one");
        f.reopen();
        assertEquals(0, f.partition.lastStableOffset());
        assertEquals(0, f.partition.describeProducers().getFirst().currentTxnStartOffset());
        appended(f.appendTxn(1, 0, 1, "more"));
        f.marker(1, 1, true);
        assertEquals(3, f.partition.lastStableOffset());
    }

    @Test
    void aTransactionBeginsOnlyWithTheGuardOfItsOwnVerification() {
        RecordBatchBuilder unverified = f.batch("a").producer(1, (short) 0, 0).transactional();
        assertEquals(ErrorCode.INVALID_TXN_STATE, error(f.append(unverified)));
        VerificationGuard guard = f.partition.verificationGuard(1, (short) 0, 0, false);
        assertSame(guard, f.partition.verificationGuard(1, (short) 0, 1, false));
        f.marker(1, 0, 0, false, 0);
        assertEquals(ErrorCode.INVALID_TXN_STATE,
                error(f.append(f.batch("a").producer(1, (short) 0, 0).transactional(), guard)),
                "the marker voids the guard");
        VerificationGuard again = f.partition.verificationGuard(1, (short) 0, 0, false);
        appended(f.append(f.batch("a").producer(1, (short) 0, 0).transactional(), again));
        assertNull(f.partition.verificationGuard(1, (short) 0, 1, false), "ongoing now");
    }

    @Test
    void theGuardOfTheNextTransactionOutlivesTheMarkerOfThePrevious() {
        f.appendTxn(1, 0, 0, "a");
        VerificationGuard next = f.partition.verificationGuard(1, (short) 1, 0, true);
        assertNotNull(next);
        appended(f.marker(1, 1, true));
        appended(f.append(f.batch("b").producer(1, (short) 1, 0).transactional(), next));
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(f.marker(1, 1, true)), "a late repetition");
        assertEquals(2, f.partition.lastStableOffset());
    }

    @Test
    void staleProducersAreToldBeforeAnybodyIsAsked() {
        f.appendTxn(1, 3, 0, "a");
        assertNull(f.partition.verificationGuard(1, (short) 2, 0, true));
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(f.appendTxn(1, 2, 0, "b")));
    }

    // ---- waiting

    @Test
    void readersAreWokenOnceTheirIsolationShowsMore() {
        List<String> woken = new ArrayList<>();
        f.partition.onReadable(READ_UNCOMMITTED, 0, () -> woken.add("uncommitted"));
        f.partition.onReadable(READ_COMMITTED, 0, () -> woken.add("committed"));
        f.partition.onReadable(READ_COMMITTED, 0, () -> woken.add("never")).cancel();
        f.appendTxn(1, 0, 0, "a");
        assertEquals(List.of(), woken, "never inside the append");
        f.loop.runAll();
        assertEquals(List.of("uncommitted"), woken);
        f.marker(1, 1, true);
        f.loop.runAll();
        assertEquals(List.of("uncommitted", "committed"), woken);
        f.partition.onReadable(READ_COMMITTED, 0, () -> woken.add("at once"));
        f.loop.runAll();
        assertEquals("at once", woken.getLast());
    }

    @Test
    void listenersSeeEveryCommittedBatchInOrder() {
        f.append("before");
        List<Long> seen = new ArrayList<>();
        f.partition.addAppendListener(batch -> {
            seen.add(batch.baseOffset());
            if (batch.baseOffset() == 1) {
                f.append("from inside");
            }
        });
        f.append("a");
        f.appendTxn(1, 0, 0, "b");
        f.marker(1, 1, true);
        assertEquals(List.of(1L, 2L, 3L, 4L), seen);
    }

    @Test
    void commitWaitsEndAtOnceWithOneReplica() {
        List<ErrorCode> done = new ArrayList<>();
        f.append("a");
        f.partition.awaitCommitted(0, f.loop.nowMs() + 100, done::add);
        f.partition.awaitCommitted(1, f.loop.nowMs() + 100, done::add);
        f.loop.advance(100);
        f.partition.awaitCommitted(1, f.loop.nowMs() + 100, done::add);
        f.append("b");
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.REQUEST_TIMED_OUT, ErrorCode.NONE), done);
    }

    // ---- look-ups

    @Test
    void offsetsByTimeAreExactToTheRecord() {
        configure(LogConfig.builder().segmentBytes(500).indexIntervalBytes(1).build());
        long t0 = f.loop.nowMs();
        for (int i = 0; i < 30; i++) {
            RecordBatchBuilder batch = new RecordBatchBuilder(i % 2 == 0 ? Compression.NONE : Compression.LZ4);
            batch.append(t0 + 20L * i, null, null).append(t0 + 20L * i + 10, null, null);
            f.append(batch);
        }
        for (int round = 0; round < 2; round++) {
            for (int n = 0; n < 60; n++) {
                assertEquals(new OffsetAtTime.Found(n, t0 + 10L * n, 0),
                        f.offsetForTimestamp(t0 + 10L * n - 9, READ_UNCOMMITTED, -1));
            }
            assertEquals(new OffsetAtTime.None(), f.offsetForTimestamp(t0 + 591, READ_UNCOMMITTED, -1));
            assertEquals(new OffsetAtTime.Found(59, t0 + 590, 0),
                    f.offsetForTimestamp(Partition.MAX_TIMESTAMP, READ_UNCOMMITTED, -1));
            f.reopen();
        }
        f.appendTxn(1, 0, 0, "open");
        assertEquals(new OffsetAtTime.Found(60, -1, 0),
                f.offsetForTimestamp(Partition.LATEST, READ_COMMITTED, -1));
        assertEquals(new OffsetAtTime.Found(61, -1, 0),
                f.offsetForTimestamp(Partition.LATEST, READ_UNCOMMITTED, -1));
        assertEquals(new OffsetAtTime.Refused(ErrorCode.UNKNOWN_LEADER_EPOCH),
                f.offsetForTimestamp(0, READ_UNCOMMITTED, 5));
    }

    @Test
    void epochsTellWhereHistoriesPart() {
        f.append("a", "b");
        f.partition.become(PartitionSetup.ledInEpoch(4));
        f.append("c");
        f.partition.become(PartitionSetup.ledInEpoch(6));
        assertEquals(new EpochEnd(ErrorCode.NONE, 0, 2), f.partition.endOffsetForEpoch(6, 3));
        assertEquals(new EpochEnd(ErrorCode.NONE, 4, 3), f.partition.endOffsetForEpoch(6, 5));
        assertEquals(new EpochEnd(ErrorCode.NONE, 6, 3), f.partition.endOffsetForEpoch(-1, 6));
        assertEquals(new EpochEnd(ErrorCode.NONE, -1, -1), f.partition.endOffsetForEpoch(-1, 7));
        assertEquals(ErrorCode.FENCED_LEADER_EPOCH, f.partition.endOffsetForEpoch(4, 0).error());
        assertEquals(new ReadOutcome.Diverging(0, 2, 3, 3, 0),
                f.partition.read(new ReadRequest(3, 100, READ_UNCOMMITTED, 6, 0, true)));
        assertInstanceOf(ReadOutcome.Slice.class,
                f.partition.read(new ReadRequest(2, 100, READ_UNCOMMITTED, 6, 0, true)));
    }

    // ---- upkeep

    @Test
    void retentionDeletesOldSegmentsAndMovesTheStart() {
        configure(LogConfig.builder().segmentBytes(300).retentionMs(1000).build());
        for (int i = 0; i < 10; i++) {
            f.append("value " + i + "x".repeat(100));
        }
        f.loop.advance(900);
        f.append("young");
        f.loop.advance(200);
        f.housekeep();
        long start = f.partition.logStartOffset();
        assertTrue(start >= 8 && start <= 10, "start " + start);
        f.loop.advance(2000);
        f.housekeep();
        assertEquals(11, f.partition.logStartOffset());
        f.reopen();
        assertEquals(11, f.partition.logStartOffset());
        assertEquals(11, f.partition.logEndOffset());
        assertEquals(11, appended(f.append("next")).baseOffset());
    }

    @Test
    void retentionBySizeKeepsTheNewest() {
        configure(LogConfig.builder().segmentBytes(300).retentionBytes(600).retentionMs(-1).build());
        for (int i = 0; i < 20; i++) {
            f.append("x".repeat(100));
        }
        f.housekeep();
        assertTrue(f.partition.sizeInBytes() >= 600 && f.partition.sizeInBytes() < 900);
        assertEquals(f.partition.logStartOffset(),
                f.batches(f.partition.logStartOffset(), 1 << 20, READ_UNCOMMITTED).getFirst().baseOffset());
    }

    @Test
    void producersExpireButNotInATransaction() {
        f.append(f.batch("a").producer(1, (short) 0, 0));
        f.appendTxn(2, 0, 0, "b");
        f.housekeep();
        f.loop.advance(LogConfig.defaults().producerIdExpirationMs());
        f.housekeep();
        assertEquals(List.of(2L),
                f.partition.describeProducers().stream().map(ProducerDescription::producerId).toList());
    }

    @Test
    void duplicatesAreKnownAcrossARestart() {
        for (int i = 0; i < 6; i++) {
            f.append(f.batch("v" + i).producer(9, (short) 0, i));
        }
        f.reopen();
        for (int i = 1; i < 6; i++) {
            assertEquals(new Appended(i, i, -1, 0, true), f.append(f.batch("v" + i).producer(9, (short) 0, i)));
        }
        assertEquals(new AppendOutcome.WrittenBefore(5), f.append(f.batch("v0").producer(9, (short) 0, 0)));
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, error(f.append(f.batch("v7").producer(9, (short) 0, 7))));
        appended(f.append(f.batch("v6").producer(9, (short) 0, 6)));
    }
}
