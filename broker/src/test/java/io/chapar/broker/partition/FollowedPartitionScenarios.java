package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A partition whose records are committed only when a follower has them.
class FollowedPartitionScenarios {
    private static final int FOLLOWER = 2;

    private final ManualLoop loop = new ManualLoop();
    private final MemoryDisk disk = new MemoryDisk();
    private final List<Long> told = new ArrayList<>();
    private int rises;
    private Partition partition = open();

    private Partition open() {
        return open(LogConfig.defaults());
    }

    private Partition open(LogConfig config) {
        Followers followers = new Followers() {
            @Override
            public Collection<Integer> inSync(io.chapar.protocol.TopicPartition id) {
                return List.of(FOLLOWER);
            }

            @Override
            public void appended(Partition grown) {
                told.add(grown.logEndOffset());
            }

            @Override
            public void rose(Partition which) {
                rises++;
            }
        };
        return Partition.open(new PartitionSetup(
                PartitionFixture.ID, PartitionFixture.TOPIC_ID, 0, config, new DataFolder(disk, 8), loop,
                Leaders.followedBy(followers), ProducerLimits.none()));
    }

    private AppendOutcome.Appended append(ByteBuffer batch) {
        return assertInstanceOf(AppendOutcome.Appended.class, partition.appendFromClient(
                batch, new ClientAppend(PartitionFixture.V, (short) -1, null), loop.nowMs()));
    }

    private ByteBuffer batch(String value) {
        return new RecordBatchBuilder(Compression.NONE)
                .append(loop.nowMs(), null, PartitionFixture.bytes(value)).build();
    }

    @Test
    void nothingIsCommittedBeforeTheFollowerHasIt() {
        List<ErrorCode> answers = new ArrayList<>();
        append(batch("a"));
        append(batch("b"));
        partition.awaitCommitted(1, Long.MAX_VALUE, answers::add);
        assertEquals(0, partition.highWatermark());
        assertEquals(List.of(0L, 1L, 2L), told, "its beginning, and each append");
        ReadOutcome.Slice nothing = assertInstanceOf(ReadOutcome.Slice.class, partition.read(
                new ReadRequest(0, 1 << 20, Isolation.READ_UNCOMMITTED, -1, -1, true)));
        assertEquals(0, nothing.records().sizeInBytes());

        partition.acknowledged(FOLLOWER, 1);
        assertEquals(1, partition.highWatermark());
        assertTrue(answers.isEmpty());
        partition.acknowledged(FOLLOWER, 2);
        assertEquals(List.of(ErrorCode.NONE), answers);
        assertEquals(2, partition.lastStableOffset());
    }

    @Test
    void listenersAreShownWhatWasKeptAlthoughTheCallersBytesAreGone() {
        List<String> shown = new ArrayList<>();
        partition.addAppendListener(batch -> shown.add(valueOf(batch)));
        for (String value : List.of("a", "b", "c")) {
            ByteBuffer bytes = batch(value);
            append(bytes);
            bytes.clear();
            while (bytes.hasRemaining()) {
                bytes.put((byte) 0x55);
            }
        }
        // What is kept needs no disk.
        disk.faults().broken(_ -> true);
        partition.acknowledged(FOLLOWER, 2);
        assertEquals(List.of("a", "b"), shown);
        partition.acknowledged(FOLLOWER, 3);
        assertEquals(List.of("a", "b", "c"), shown);
        assertEquals(null, partition.offlineReason());
    }

    @Test
    void whatFindsNoRoomIsReadBackInItsOrder() {
        List<Long> shown = new ArrayList<>();
        partition.addAppendListener(batch -> shown.add(batch.baseOffset()));
        String large = "x".repeat(CommittedFeed.KEPT_BYTES / 3);
        List<Long> expected = new ArrayList<>();
        for (long i = 0; i < 8; i++) {
            append(batch(i == 5 ? "small" : large));
            expected.add(i);
        }
        partition.acknowledged(FOLLOWER, 8);
        assertEquals(expected, shown);
        append(batch(large));
        partition.acknowledged(FOLLOWER, 9);
        assertEquals(9, shown.size());
    }

    @Test
    void whatReadersWereShownStaysCommittedWhenTheLogIsOpenedAnew() {
        append(batch("a"));
        append(batch("b"));
        partition.acknowledged(FOLLOWER, 2);
        disk.faults().readOnly(_ -> true);
        assertInstanceOf(AppendOutcome.Rejected.class, partition.appendFromClient(
                batch("c"), new ClientAppend(PartitionFixture.V, (short) -1, null), loop.nowMs()));
        assertNotNull(partition.offlineReason());
        disk.faults().readOnly(_ -> false);
        loop.advance(60_000);
        assertNull(partition.offlineReason());
        assertEquals(2, partition.highWatermark());
    }

    /// Of the transaction below the high watermark its readers are told when the follower has its marker too, whatever
    /// the broker did meanwhile.
    /// With `flush.acks` the next life syncs what the last one had only written. Its followers may not have it.
    @Test
    void whatIsSyncedAtTheStartIsNotCommittedByThat() {
        LogConfig config = LogConfig.builder().flushAcks(true).build();
        partition = open(config);
        append(batch("a"));
        loop.runAll();
        append(batch("b"));
        partition.acknowledged(FOLLOWER, 1);
        assertEquals(1, partition.highWatermark());

        partition = open(config);
        assertEquals(2, partition.logEndOffset());
        assertEquals(0, partition.highWatermark(), "as the log tells that was never closed");
        partition.acknowledged(FOLLOWER, 1);
        assertEquals(1, partition.highWatermark());
    }

    @Test
    void aTransactionWhoseMarkerIsNotCommittedHoldsReadersBackAfterACleanStop() {
        VerificationGuard guard = partition.verificationGuard(7, (short) 0, 0, true);
        assertInstanceOf(AppendOutcome.Appended.class, partition.appendFromClient(
                new RecordBatchBuilder(Compression.NONE).producer(7, (short) 0, 0).transactional()
                        .append(loop.nowMs(), null, PartitionFixture.bytes("a")).build(),
                new ClientAppend(PartitionFixture.V, (short) -1, guard), loop.nowMs()));
        append(batch("b"));
        assertInstanceOf(AppendOutcome.Appended.class,
                partition.appendMarker(PartitionFixture.end(7, 1, true), loop.nowMs()));
        append(batch("c"));
        partition.acknowledged(FOLLOWER, 2);
        assertEquals(0, partition.lastStableOffset());

        partition.close();
        partition = open();
        assertEquals(2, partition.highWatermark());
        assertEquals(0, partition.lastStableOffset());
        partition.acknowledged(FOLLOWER, 3);
        assertEquals(3, partition.lastStableOffset());
    }

    /// Housekeeping passes thousands of partitions, of which nothing has become of most.
    @Test
    void followersHearOfABeginningThatHasMovedAndOfNoOther() {
        append(batch("a"));
        append(batch("b"));
        partition.acknowledged(FOLLOWER, 2);
        int before = rises;
        partition.housekeep(() -> { });
        loop.runAll();
        assertEquals(before, rises);

        List<ErrorCode> answers = new ArrayList<>();
        partition.deleteRecordsBefore(1, answers::add);
        partition.deleteRecordsBefore(1, answers::add);
        loop.runAll();
        partition.deleteRecordsBefore(0, answers::add);
        loop.runAll();
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.NONE, ErrorCode.NONE), answers);
        assertEquals(1, partition.logStartOffset());
        assertEquals(before + 1, rises);
    }

    private static String valueOf(RecordBatch batch) {
        ByteBuffer value = batch.records().iterator().next().value().duplicate();
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    }
}
