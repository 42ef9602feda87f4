package io.chapar.protocol.record;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RecordBatchTest {
    private static ByteBuffer batch(long baseOffset, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE).baseOffset(baseOffset);
        for (String value : values) {
            builder.append(1_000, null, Samples.bytes(value));
        }
        return builder.build();
    }

    private static ByteBuffer join(ByteBuffer... parts) {
        int size = 0;
        for (ByteBuffer part : parts) {
            size += part.remaining();
        }
        ByteBuffer joined = ByteBuffer.allocate(size);
        for (ByteBuffer part : parts) {
            joined.put(part.duplicate());
        }
        return joined.flip();
    }

    @Test
    void consecutiveBatchesAndPartialTail() {
        ByteBuffer first = batch(10, "a", "b");
        ByteBuffer second = batch(12, "c");
        ByteBuffer all = join(first, second);
        for (int cut = 0; cut <= all.remaining(); cut++) {
            List<Long> offsets = new ArrayList<>();
            RecordBatches batches = RecordBatches.of(all.slice(0, cut));
            batches.forEach(batch -> offsets.add(batch.baseOffset()));
            List<Long> expected = new ArrayList<>();
            int complete = 0;
            if (cut >= first.remaining()) {
                expected.add(10L);
                complete = first.remaining();
            }
            if (cut == all.remaining()) {
                expected.add(12L);
                complete = all.remaining();
            }
            assertEquals(expected, offsets);
            assertEquals(complete, batches.completeBytes());
        }
    }

    @Test
    void impossibleLengthAndOldFormatAreMalformed() {
        for (int length : new int[] {-1, 0, 48, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            ByteBuffer bytes = batch(0, "a").putInt(RecordBatch.LENGTH_AT, length);
            assertThrows(MalformedMessageException.class, () -> RecordBatches.of(bytes).iterator().hasNext());
            assertThrows(MalformedMessageException.class, () -> RecordBatches.single(bytes));
        }
        ByteBuffer old = batch(0, "a").put(RecordBatch.MAGIC_AT, (byte) 1);
        assertThrows(MalformedMessageException.class, () -> RecordBatches.of(old).iterator().hasNext());
    }

    @Test
    void goodBatchesComeBeforeTheMalformedOne() {
        ByteBuffer bad = batch(1, "b").putInt(RecordBatch.LENGTH_AT, 3);
        Iterator<RecordBatch> batches = RecordBatches.of(join(batch(0, "a"), bad)).iterator();
        assertEquals(0, batches.next().baseOffset());
        assertThrows(MalformedMessageException.class, batches::hasNext);
    }

    @Test
    void readingTheHeaderAllocatesNothing() {
        RecordBatch batch = RecordBatch.at(Samples.direct(batch(10, "a", "b")), 0);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = headerFields(batch, 20_000);
        long before = threads.getCurrentThreadAllocatedBytes();
        sum += headerFields(batch, 20_000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(sum != 0 && allocated < 20_000, "allocated " + allocated);
    }

    private static long headerFields(RecordBatch batch, int times) {
        long sum = 0;
        for (int i = 0; i < times; i++) {
            sum += batch.baseOffset() + batch.sizeInBytes() + batch.partitionLeaderEpoch() + batch.crc()
                    + batch.nextOffset() + batch.maxTimestamp() + batch.producerId() + batch.producerEpoch()
                    + batch.lastSequence() + batch.recordCount() + batch.compression().id()
                    + (batch.isTransactional() || batch.isControl() ? 1 : 0) + (batch.fault() == null ? 1 : 0);
        }
        return sum;
    }

    @Test
    void singleMeansExactlyOne() {
        ByteBuffer one = batch(0, "a");
        assertEquals(1, RecordBatches.single(one).recordCount());
        assertThrows(MalformedMessageException.class, () -> RecordBatches.single(join(one, one)));
        assertThrows(MalformedMessageException.class,
                () -> RecordBatches.single(one.slice(0, one.remaining() - 1)));
        assertThrows(MalformedMessageException.class, () -> RecordBatches.single(one.slice(0, 60)));
    }

    @Test
    void headerAloneTellsItsFieldsAndNoMore() {
        RecordBatch header = RecordBatch.at(batch(10, "a", "b").slice(0, RecordBatch.HEADER_BYTES), 0);
        assertFalse(header.isComplete());
        assertEquals(11, header.lastOffset());
        assertNull(header.fault());
        assertThrows(MalformedMessageException.class, header::bytes);
        assertFalse(header.isCrcValid());
        assertThrows(MalformedMessageException.class, () -> header.records().iterator());
    }

    @Test
    void byteOrderOfTheBufferDoesNotMatter() {
        ByteBuffer bytes = batch(10, "a").order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(10, RecordBatch.at(bytes, 0).baseOffset());
        assertTrue(RecordBatch.at(bytes, 0).isCrcValid());
    }

    @Test
    void stampingOffsetsKeepsTheChecksum() {
        ByteBuffer bytes = batch(0, "a", "b");
        RecordBatch batch = RecordBatch.at(bytes, 0);
        long crc = batch.crc();
        batch.stamp(500, 9);
        assertEquals(crc, batch.crc());
        assertTrue(batch.isCrcValid());
        assertEquals(501, batch.lastOffset());
        assertEquals(9, batch.partitionLeaderEpoch());
        assertEquals(List.of(500L, 501L), Samples.list(batch.records()).stream().map(Record::offset).toList());
        batch.stampMaxTimestamp(2_000);
        assertEquals(2_000, batch.maxTimestamp());
        assertTrue(batch.isCrcValid());
    }

    @Test
    void sequenceWraps() {
        ByteBuffer bytes = new RecordBatchBuilder(Compression.NONE)
                .producer(1, (short) 0, Integer.MAX_VALUE - 1)
                .append(0, null, null).append(0, null, null).append(0, null, null)
                .build();
        assertEquals(0, RecordBatch.at(bytes, 0).lastSequence());
        assertEquals(RecordBatch.NO_SEQUENCE, RecordBatch.at(batch(0, "a"), 0).lastSequence());
    }

    @Test
    void whatClientsMayNotSend() {
        assertNull(RecordBatch.at(batch(0, "a", "b"), 0).faultFromClient());
        assertFault(BatchFault.CLIENT_OFFSET, builder -> builder.baseOffset(1));
        assertFault(BatchFault.CLIENT_CONTROL, RecordBatchBuilder::control);
        assertFault(BatchFault.CLIENT_APPEND_TIME, builder -> builder.logAppendTime(5));
        assertFault(BatchFault.CLIENT_PRODUCER, RecordBatchBuilder::transactional);
        assertFault(BatchFault.CLIENT_PRODUCER, builder -> builder.producer(1, (short) 0, -1));
        assertFault(BatchFault.CLIENT_PRODUCER, builder -> builder.producer(1, (short) -1, 0));
        assertFault(BatchFault.CLIENT_PRODUCER, builder -> builder.producer(-2, (short) 0, 0));
        assertFault(BatchFault.NOT_CONTIGUOUS, builder -> builder.lastOffset(7));
        assertFault(null, builder -> builder.producer(1, (short) 0, 0).transactional());
    }

    private static void assertFault(BatchFault expected, Consumer<RecordBatchBuilder> change) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
        change.accept(builder);
        RecordBatch batch = RecordBatch.at(builder.append(0, null, Samples.bytes("v")).build(), 0);
        assertEquals(expected, batch.faultFromClient());
        assertNull(batch.fault());
    }

    @Test
    void whatNoLogMayHold() {
        assertEquals(BatchFault.BASE_OFFSET, fault(bytes -> bytes.putLong(RecordBatch.BASE_OFFSET_AT, -1)));
        assertEquals(BatchFault.COMPRESSION,
                fault(bytes -> bytes.putShort(RecordBatch.ATTRIBUTES_AT, (short) 6)));
        assertEquals(BatchFault.LAST_OFFSET, fault(bytes -> bytes.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, -1)));
        assertEquals(BatchFault.LAST_OFFSET,
                fault(bytes -> bytes.putLong(RecordBatch.BASE_OFFSET_AT, Long.MAX_VALUE)));
        assertEquals(BatchFault.RECORD_COUNT, fault(bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_AT, 3)));
        assertEquals(BatchFault.RECORD_COUNT, fault(bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_AT, -1)));
        ByteBuffer flipped = batch(0, "a", "b");
        flipped.put(flipped.limit() - 1, (byte) 1);
        assertEquals(BatchFault.CHECKSUM, RecordBatch.at(flipped, 0).faultFromClient());
        assertEquals(ErrorCode.CORRUPT_MESSAGE, BatchFault.CHECKSUM.errorCode());
    }

    private static BatchFault fault(Consumer<ByteBuffer> change) {
        ByteBuffer bytes = batch(0, "a", "b");
        change.accept(bytes);
        return RecordBatch.at(bytes, 0).fault();
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void moreOrFewerRecordsThanPromisedIsMalformed(Compression codec) {
        for (int promised : new int[] {0, 1, 3, 1_000_000, -1}) {
            ByteBuffer bytes = new RecordBatchBuilder(codec)
                    .append(0, null, Samples.bytes("a")).append(0, null, Samples.bytes("b")).build();
            bytes.putInt(RecordBatch.RECORD_COUNT_AT, promised);
            assertThrows(MalformedMessageException.class,
                    () -> Samples.list(RecordBatch.at(bytes, 0).records()), "promised " + promised);
        }
    }

    @Test
    void cursorSeesKeysWithoutTouchingTheRest() {
        ByteBuffer bytes = new RecordBatchBuilder(Compression.LZ4).baseOffset(7)
                .append(5, Samples.bytes("k"), Samples.bytes("v"))
                .append(6, null, null)
                .build();
        try (RecordCursor cursor = RecordBatch.at(bytes, 0).cursor()) {
            assertTrue(cursor.advance());
            assertEquals(7, cursor.offset());
            assertEquals(Samples.bytes("k"), cursor.key());
            assertEquals(1, cursor.valueSize());
            assertTrue(cursor.advance());
            assertEquals(6, cursor.timestamp());
            assertFalse(cursor.hasKey());
            assertFalse(cursor.hasValue());
            assertFalse(cursor.advance());
            assertFalse(cursor.advance());
        }
    }

    @Test
    void builderSizes() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
        List<Header> headers = List.of(new Header("ключ", Samples.bytes("v")), new Header("\uD800", null));
        ByteBuffer value = ByteBuffer.allocate(1_000);
        assertTrue(builder.hasRoomFor(10, null, value, headers), "the first record always fits");
        builder.append(0, null, value, headers);
        assertFalse(builder.hasRoomFor(2_000, null, value, headers));
        assertTrue(builder.hasRoomFor(4_000, null, value, headers));
        int size = builder.sizeInBytes();
        assertTrue(size - RecordBatch.HEADER_BYTES <= RecordBatchBuilder.maxSizeOf(null, value, headers));
        ByteBuffer bytes = builder.build();
        assertEquals(size, bytes.remaining());
        assertEquals("?", Samples.list(RecordBatch.at(bytes, 0).records()).getFirst().headers().get(1).key());
        assertThrows(IllegalStateException.class, builder::build);
        assertThrows(IllegalStateException.class, () -> builder.append(0, null, null));
        assertThrows(IllegalStateException.class, () -> new RecordBatchBuilder(Compression.NONE).build());
    }

    @Test
    void controlTypes() {
        ByteBuffer key = ByteBuffer.allocate(6).putShort((short) 3).putShort((short) 1).flip().limit(6);
        assertEquals(ControlType.COMMIT, ControlType.ofKey(key), "later versions may carry more");
        assertEquals(ControlType.UNKNOWN, ControlType.ofKey(key.putShort(2, (short) 99)));
        assertThrows(MalformedMessageException.class, () -> ControlType.ofKey(key.putShort(0, (short) -1)));
        assertThrows(MalformedMessageException.class, () -> ControlType.ofKey(null));
        assertThrows(MalformedMessageException.class, () -> ControlType.ofKey(ByteBuffer.allocate(3)));
        assertNull(EndTxnMarker.of(RecordBatch.at(batch(0, "data"), 0)));
        ByteBuffer bare = new RecordBatchBuilder(Compression.NONE).control()
                .append(0, ControlType.ABORT.key(), null).build();
        assertThrows(MalformedMessageException.class, () -> EndTxnMarker.of(RecordBatch.at(bare, 0)));
    }
}
