package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.compress.Compression;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RecordBatchProperties {
    private static final int LIMIT = RecordBatch.MAX_DECOMPRESSED_BYTES;
    private static final int DECOMPRESSED_BOUND = 256 * 1024;
    /// Codec state, chunks and blocks for bytes that are really there; far below what hostile lengths ask for.
    private static final long ALLOCATION_BOUND = 12L * 1024 * 1024;

    @Provide
    Arbitrary<List<Record>> records() {
        Arbitrary<ByteBuffer> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(300)
                .map(ByteBuffer::wrap).injectNull(0.1);
        Arbitrary<Header> header = Combinators.combine(Arbitraries.strings().ofMaxLength(12), bytes).as(
                (key, value) -> new Header(new String(key.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        java.nio.charset.StandardCharsets.UTF_8), value));
        Arbitrary<Integer> gap = Arbitraries.integers().between(1, 1_000);
        Arbitrary<Record> record = Combinators.combine(
                gap, Arbitraries.longs(), bytes, bytes, header.list().ofMaxSize(4)).as(Record::new);
        return record.list().ofMinSize(1).ofMaxSize(30).map(RecordBatchProperties::ascending);
    }

    private static List<Record> ascending(List<Record> gaps) {
        List<Record> records = new ArrayList<>();
        long offset = 0;
        for (Record gap : gaps) {
            offset += gap.offset();
            records.add(new Record(offset, gap.timestamp(), gap.key(), gap.value(), gap.headers()));
        }
        return records;
    }

    private static ByteBuffer build(Compression codec, List<Record> records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec).producer(3, (short) 1, 5);
        records.forEach(builder::append);
        return builder.build();
    }

    @Property(tries = 300)
    void whatWasWrittenIsRead(@ForAll("records") List<Record> records, @ForAll Compression codec) {
        ByteBuffer bytes = build(codec, records);
        RecordBatch batch = RecordBatches.single(bytes);
        assertTrue(batch.isCrcValid());
        assertEquals(null, batch.fault());
        assertEquals(records, Samples.list(batch.records()));
        assertEquals(records, Samples.list(RecordBatches.single(Samples.direct(bytes)).records()));
        long maxTimestamp = records.stream().mapToLong(Record::timestamp).max().getAsLong();
        assertEquals(maxTimestamp, batch.maxTimestamp());
    }

    @Property(tries = 200)
    void anyChangedByteUnderTheChecksumIsSeen(
            @ForAll("records") List<Record> records, @ForAll Compression codec, @ForAll Random random) {
        ByteBuffer bytes = build(codec, records);
        for (int i = 0; i < 20; i++) {
            int at = random.nextInt(RecordBatch.CRC_AT, bytes.limit());
            byte before = bytes.get(at);
            bytes.put(at, (byte) (before ^ random.nextInt(1, 256)));
            assertFalse(RecordBatch.at(bytes, 0).isCrcValid());
            bytes.put(at, before);
        }
        assertTrue(RecordBatch.at(bytes, 0).isCrcValid());
    }

    @Property(tries = 500)
    void randomBytesAreRefusedCheaply(@ForAll @Size(max = 400) byte[] bytes, @ForAll Random random) {
        requireHarmless(ByteBuffer.wrap(bytes));
        byte[] dressed = bytes.clone();
        if (dressed.length >= RecordBatch.HEADER_BYTES) {
            ByteBuffer batch = ByteBuffer.wrap(dressed);
            batch.putInt(RecordBatch.LENGTH_AT, dressed.length - RecordBatch.PREFIX_BYTES);
            batch.put(RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
            batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) random.nextInt(8));
            batch.putInt(RecordBatch.RECORD_COUNT_AT, random.nextInt(1, 100));
            requireHarmless(batch);
        }
    }

    @Property(tries = 500)
    void mutatedBatchesAreRefusedCheaply(
            @ForAll("records") List<Record> records, @ForAll Compression codec,
            @ForAll @IntRange(min = 1, max = 8) int changes, @ForAll Random random) {
        ByteBuffer bytes = build(codec, records);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(bytes.limit());
            bytes.put(at, (byte) random.nextInt(256));
        }
        requireHarmless(bytes);
        requireHarmless(Samples.direct(bytes));
        assertEquals(recordsMet(bytes, false), recordsMet(bytes, true));
        requireHarmless(bytes.slice(0, random.nextInt(bytes.limit())));
    }

    /// Mutations inside the decompressed bytes, where a length is only worth what follows it.
    @Property(tries = 300)
    void mutatedRecordsBehindAValidCodecAreRefusedCheaply(
            @ForAll("records") List<Record> records, @ForAll Compression codec,
            @ForAll @IntRange(min = 1, max = 8) int changes, @ForAll Random random) {
        ByteBuffer plain = build(Compression.NONE, records);
        for (int i = 0; i < changes && plain.limit() > RecordBatch.HEADER_BYTES; i++) {
            plain.put(random.nextInt(RecordBatch.HEADER_BYTES, plain.limit()), (byte) random.nextInt(256));
        }
        requireHarmless(BatchRewrite.recompress(RecordBatch.at(plain, 0), codec, codec.defaultLevel(), LIMIT, LIMIT));
    }

    /// Of a batch, or -1 where it is malformed.
    private static int recordsMet(ByteBuffer bytes, boolean walking) {
        int met = 0;
        try {
            RecordBatch batch = RecordBatch.at(bytes, 0);
            if (walking) {
                try (RecordWalk walk = batch.walk(DECOMPRESSED_BOUND, KeyPieces.NONE)) {
                    while (walk.advance()) {
                        met++;
                    }
                }
            } else {
                try (RecordCursor cursor = batch.cursor(DECOMPRESSED_BOUND)) {
                    while (cursor.advance()) {
                        met++;
                    }
                }
            }
            return met;
        } catch (MalformedMessageException e) {
            return -1;
        }
    }

    private static void requireHarmless(ByteBuffer bytes) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
            for (RecordBatch batch : RecordBatches.of(bytes)) {
                batch.fault();
                batch.isCrcValid();
                assertTrue(batch.toString().startsWith("batch["));
                try (RecordCursor cursor = batch.cursor(DECOMPRESSED_BOUND)) {
                    while (cursor.advance()) {
                        cursor.record();
                    }
                }
                EndTxnMarker.of(batch);
            }
        } catch (MalformedMessageException e) {
            assertTrue(e.getMessage().length() > 0);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < ALLOCATION_BOUND, "allocated " + allocated);
    }
}
