package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Records that decompress to much: no turn of the loop does it.
final class LongLookScenarios {
    private static final int LARGE = 3 << 20;
    private static final int SMALL = 1000;

    private PartitionFixture f = new PartitionFixture(new MemoryDisk(), LogConfig.defaults());

    private RecordBatch batch(Compression codec, long timestamp, int bytes) {
        return RecordBatch.at(new RecordBatchBuilder(codec)
                .append(timestamp, PartitionFixture.bytes("k"), ByteBuffer.allocate(bytes)).build(), 0);
    }

    private void open(LogConfig config) {
        f = new PartitionFixture(new MemoryDisk(), config);
        f.open();
    }

    private LongLook look(RecordBatch batch) {
        return f.partition.look(batch, PartitionFixture.V, f.loop.nowMs());
    }

    private AppendOutcome append(RecordBatch batch, LongLook look) {
        ClientAppend how = new ClientAppend(PartitionFixture.V, (short) -1, null).after(look);
        return f.partition.appendFromClient(batch.bytes(), how, f.loop.nowMs());
    }

    /// Whatever a client sends is refused by the append, and ends nothing but that.
    @Test
    void aCodecThatNobodyKnowsIsNotLookedAt() {
        open(LogConfig.defaults());
        ByteBuffer bytes = new RecordBatchBuilder(Compression.NONE)
                .append(f.loop.nowMs(), null, PartitionFixture.bytes("v")).build();
        int attributes = 21;
        RecordBatch odd = RecordBatch.at(bytes.putShort(attributes, (short) 7), 0);
        assertNull(look(odd));
        assertInstanceOf(AppendOutcome.Rejected.class, append(odd, null));
    }

    @Test
    void whatNobodyAsksAboutIsNotLookedAt() {
        open(LogConfig.defaults());
        assertNull(look(batch(Compression.GZIP, f.loop.nowMs(), LARGE)));
        open(LogConfig.builder().compact(true).build());
        assertNull(look(batch(Compression.NONE, f.loop.nowMs(), SMALL)));
    }

    @Test
    void onlyWhatDecompressesToLittleIsLookedAtAtOnce() {
        open(LogConfig.builder().compact(true).build());
        assertTrue(look(batch(Compression.GZIP, f.loop.nowMs(), SMALL)).isFinished());
        RecordBatch large = batch(Compression.GZIP, f.loop.nowMs(), LARGE);
        LongLook look = look(large);
        assertFalse(look.isFinished());
        look.finish();
        assertInstanceOf(AppendOutcome.Appended.class, append(large, look));
    }

    @Test
    void whatIsFoundLaterIsRefusedAsWhatIsFoundAtOnce() {
        open(LogConfig.builder().compact(true).maxDecompressedBytes(2 << 20).build());
        RecordBatch large = batch(Compression.GZIP, f.loop.nowMs(), LARGE);
        LongLook look = look(large);
        look.finish();
        AppendOutcome.Rejected rejected = assertInstanceOf(AppendOutcome.Rejected.class, append(large, look));
        assertEquals(ErrorCode.MESSAGE_TOO_LARGE, rejected.error());
        assertEquals(rejected.error(), assertInstanceOf(AppendOutcome.Rejected.class, append(large, null)).error());
    }

    @Test
    void theCodecOfTheTopicIsAppliedInTheLook() {
        open(LogConfig.builder().compressionType(Compression.LZ4).build());
        for (int bytes : new int[] {SMALL, LARGE}) {
            RecordBatch batch = batch(Compression.GZIP, f.loop.nowMs(), bytes);
            LongLook look = look(batch);
            assertEquals(bytes == SMALL, look.isFinished());
            look.finish();
            assertEquals(Compression.LZ4, look.batch().compression());
            assertInstanceOf(AppendOutcome.Appended.class, append(batch, look));
        }
    }

    @Test
    void aHighLevelTakesTooLongForTheLoopEvenWithLittle() {
        int some = LongLook.SHORT_BYTES_SLOW + 1;
        open(LogConfig.builder().compressionType(Compression.ZSTD).build());
        assertNull(look(batch(Compression.NONE, f.loop.nowMs(), some)));
        open(LogConfig.builder().compressionType(Compression.ZSTD).compressionLevel(22).build());
        assertNull(look(batch(Compression.NONE, f.loop.nowMs(), SMALL)));
        for (Compression codec : List.of(Compression.NONE, Compression.GZIP)) {
            RecordBatch batch = batch(codec, f.loop.nowMs(), some);
            LongLook look = look(batch);
            assertFalse(look.isFinished());
            look.finish();
            assertEquals(Compression.ZSTD, look.batch().compression());
            assertInstanceOf(AppendOutcome.Appended.class, append(batch, look));
        }
    }

    /// To bring it into another one would take as long as the look did, and this time the loop.
    @Test
    void aCodecThatTheTopicIsGivenMeanwhileIsForBatchesAfterwards() {
        open(LogConfig.builder().compressionType(Compression.LZ4).build());
        RecordBatch batch = batch(Compression.GZIP, f.loop.nowMs(), LARGE);
        LongLook look = look(batch);
        look.finish();
        f.partition.configure(LogConfig.builder().compressionType(Compression.ZSTD).compressionLevel(22).build());
        assertInstanceOf(AppendOutcome.Appended.class, append(batch, look));
        assertInstanceOf(AppendOutcome.Appended.class, append(batch(Compression.NONE, f.loop.nowMs(), SMALL), null));
        assertEquals(List.of(Compression.LZ4, Compression.ZSTD), f.batches(0, 1 << 20, Isolation.READ_UNCOMMITTED)
                .stream().map(RecordBatch::compression).toList());
    }

    /// The header of each large batch promises a time that none of its records has.
    @Test
    void aSearchByTimeGoesOnBehindEachLargeBatch() {
        open(LogConfig.defaults());
        long now = f.loop.nowMs();
        int larges = 3;
        List<RecordBatch> all = new ArrayList<>();
        for (int i = 0; i < larges; i++) {
            RecordBatch lie = batch(Compression.GZIP, now, LARGE);
            lie.stampMaxTimestamp(now + 10);
            all.add(lie);
        }
        all.add(batch(Compression.NONE, now + 5, SMALL));
        all.forEach(batch -> assertInstanceOf(AppendOutcome.Appended.class, append(batch, null)));

        assertEquals(new OffsetAtTime.Found(larges, now + 5, 0), searched(now + 5, larges));
        assertEquals(new OffsetAtTime.Found(larges, now + 5, 0), searched(Partition.MAX_TIMESTAMP, 2 * larges));
        assertEquals(new OffsetAtTime.None(), searched(now + 6, larges));
        assertEquals(new OffsetAtTime.Found(0, now, 0), searched(now, 1));
    }

    /// @param turns that it takes, without the first
    private OffsetAtTime searched(long timestamp, int turns) {
        List<OffsetAtTime> found = new ArrayList<>();
        f.partition.offsetForTimestamp(timestamp, Isolation.READ_UNCOMMITTED, -1, found::add);
        assertEquals(List.of(), found);
        assertEquals(turns, f.loop.runAll());
        return found.getFirst();
    }

    @Test
    void aSearchOverManyBatchesTakesManyTurns() {
        open(LogConfig.builder().segmentBytes(20 << 20).build());
        long now = f.loop.nowMs();
        for (int i = 0; i < 16; i++) {
            RecordBatch lie = batch(Compression.GZIP, now, SMALL);
            lie.stampMaxTimestamp(now + 10);
            append(lie, null);
            append(batch(Compression.NONE, now, 1_000_000), null);
        }
        append(batch(Compression.NONE, now + 5, SMALL), null);
        assertEquals(new OffsetAtTime.Found(32, now + 5, 0), searched(now + 5, 5));
    }

    @Test
    void aSearchEndsWhereThePartitionIsNoMore() {
        open(LogConfig.defaults());
        append(batch(Compression.GZIP, f.loop.nowMs(), LARGE), null);
        List<OffsetAtTime> found = new ArrayList<>();
        f.partition.offsetForTimestamp(0, Isolation.READ_UNCOMMITTED, -1, found::add);
        assertEquals(List.of(), found);
        f.partition.close();
        f.loop.runAll();
        assertInstanceOf(OffsetAtTime.Refused.class, found.getFirst());
    }
}
