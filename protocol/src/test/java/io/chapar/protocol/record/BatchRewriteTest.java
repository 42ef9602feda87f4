package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BatchRewriteTest {
    private static final int LIMIT = RecordBatch.MAX_DECOMPRESSED_BYTES;
    private static RecordBatch sample(Compression codec) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec).baseOffset(70).partitionLeaderEpoch(4)
                .producer(9, (short) 2, 33).transactional();
        Samples.records(70).forEach(builder::append);
        return RecordBatch.at(builder.build(), 0);
    }

    private static void assertSameHeader(RecordBatch before, RecordBatch after) {
        assertTrue(after.isCrcValid());
        assertEquals(before.baseOffset(), after.baseOffset());
        assertEquals(before.lastOffset(), after.lastOffset());
        assertEquals(before.partitionLeaderEpoch(), after.partitionLeaderEpoch());
        assertEquals(before.producerId(), after.producerId());
        assertEquals(before.producerEpoch(), after.producerEpoch());
        assertEquals(before.baseSequence(), after.baseSequence());
        assertEquals(before.lastSequence(), after.lastSequence());
        assertEquals(before.isTransactional(), after.isTransactional());
        assertEquals(before.isControl(), after.isControl());
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void recompressedIntoEveryCodec(Compression from) {
        RecordBatch before = sample(from);
        List<Record> records = Samples.list(before.records());
        for (Compression to : Compression.values()) {
            RecordBatch after = RecordBatches.single(
                    BatchRewrite.recompress(before, to, to.defaultLevel(), LIMIT, LIMIT));
            assertSameHeader(before, after);
            assertEquals(to, after.compression());
            assertEquals(before.maxTimestamp(), after.maxTimestamp());
            assertEquals(records, Samples.list(after.records()));
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void aSubsetKeepsOffsetsAndProducer(Compression codec) {
        RecordBatch before = sample(codec);
        RecordBatch after = RecordBatches.single(
                BatchRewrite.retain(before, LIMIT, KeyPieces.NONE, record -> record.offset() % 3 == 0));
        assertSameHeader(before, after);
        List<Record> expected = Samples.list(before.records()).stream().filter(r -> r.offset() % 3 == 0).toList();
        assertEquals(codec, after.compression());
        assertEquals(expected, Samples.list(after.records()));
        assertEquals(expected.stream().mapToLong(Record::timestamp).max().getAsLong(), after.maxTimestamp());
    }

    @Test
    void allKeptIsTheSameBatch() {
        RecordBatch before = sample(Compression.SNAPPY);
        assertEquals(before.bytes(), BatchRewrite.retain(before, LIMIT, KeyPieces.NONE, record -> true));
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void noneKeptIsAHeader(Compression codec) {
        RecordBatch before = sample(codec);
        RecordBatch after = RecordBatches.single(BatchRewrite.retain(before, LIMIT, KeyPieces.NONE, record -> false));
        assertSameHeader(before, after);
        assertEquals(RecordBatch.HEADER_BYTES, after.sizeInBytes());
        assertEquals(before.maxTimestamp(), after.maxTimestamp());
        assertEquals(List.of(), Samples.list(after.records()));
        for (Compression to : Compression.values()) {
            assertEquals(List.of(),
                    Samples.list(RecordBatch.at(BatchRewrite.recompress(
                            after, to, to.defaultLevel(), LIMIT, LIMIT), 0).records()));
        }
        RecordBatch aged = RecordBatch.at(BatchRewrite.withDeleteHorizon(after, LIMIT, 5), 0);
        assertSameHeader(before, aged);
        assertEquals(before.maxTimestamp(), aged.maxTimestamp());
    }

    @Test
    void aMarkerWithAHorizonIsStillThatMarker() {
        EndTxnMarker marker = new EndTxnMarker(5, (short) 1, 8, false);
        RecordBatch before = RecordBatch.at(marker.build(11, 2, 1_000), 0);
        RecordBatch after = RecordBatch.at(BatchRewrite.withDeleteHorizon(before, LIMIT, 9_000), 0);
        assertSameHeader(before, after);
        assertEquals(9_000, after.baseTimestamp());
        assertEquals(1_000, after.maxTimestamp());
        assertEquals(marker, EndTxnMarker.of(after));
        ByteBuffer bytes = after.bytes();
        assertEquals(1_000, Samples.list(RecordBatch.at(bytes, 0).records()).getFirst().timestamp());
    }
}
