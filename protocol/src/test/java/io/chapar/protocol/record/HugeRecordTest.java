package io.chapar.protocol.record;

import com.github.luben.zstd.Zstd;
import com.sun.management.ThreadMXBean;
import io.chapar.protocol.TooLargeException;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xerial.snappy.Snappy;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A batch of little that decompresses to much is worked on in little memory.
final class HugeRecordTest {
    private static final int LIMIT = RecordBatch.MAX_DECOMPRESSED_BYTES;
    private static final int KEY_BYTES = 24_000_000;
    private static final long ENOUGH_BYTES = 8 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static RecordBatch huge(Compression codec) {
        return RecordBatch.at(new RecordBatchBuilder(codec, KEY_BYTES + 1000).baseOffset(7)
                .append(1, ByteBuffer.allocate(KEY_BYTES), null)
                .append(2, ByteBuffer.wrap(new byte[] {1}), ByteBuffer.wrap(new byte[] {2}), List.of())
                .append(3, ByteBuffer.wrap(new byte[] {3}), null, List.of())
                .build(), 0);
    }

    private static <T> T sparing(Supplier<T> work) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        T result = work.get();
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertTrue(taken < ENOUGH_BYTES, "took " + taken + " bytes");
        return result;
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = {"GZIP", "LZ4", "ZSTD"})
    void whatIsKeptOfItIsCopiedInPieces(Compression codec) {
        RecordBatch before = huge(codec);
        ByteBuffer left = sparing(
                () -> BatchRewrite.retain(before, LIMIT, KeyPieces.NONE, record -> record.offset() != 8));
        RecordBatch after = RecordBatch.at(left, 0);
        assertEquals(2, after.recordCount());
        assertTrue(after.isCrcValid());
        RecordBatch stamped = RecordBatch.at(
                sparing(() -> BatchRewrite.withDeleteHorizon(after, LIMIT, 5)), 0);
        assertEquals(List.of("7 at 1, key 0 of 24000000, value false", "9 at 3, key 3 of 1, value false"),
                sparing(() -> walked(stamped)));
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void itIsStoredInAnotherCodecWithoutBeingHeld(Compression to) {
        RecordBatch before = huge(Compression.GZIP);
        sparing(() -> {
            try {
                ByteBuffer after = BatchRewrite.recompress(
                        before, to, to.defaultLevel(), LIMIT, 1 << 20);
                return RecordBatch.at(after, 0).recordCount();
            } catch (TooLargeException e) {
                assertTrue(to == Compression.NONE || to == Compression.SNAPPY, to.label());
                return 0;
            }
        });
    }

    /// Repeats that lie too far apart for the level at which batches are written here.
    @Test
    void whatWouldGrowTooMuchStaysAsItIs() {
        byte[] noise = new byte[4 << 20];
        new Random(1).nextBytes(noise);
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 26 << 20);
        for (int i = 0; i < 6; i++) {
            builder.append(i, null, ByteBuffer.wrap(noise));
        }
        RecordBatch plain = RecordBatch.at(builder.build(), 0);
        byte[] payload = new byte[plain.payload().remaining()];
        plain.payload().get(payload);
        byte[] far = Zstd.compress(payload, 20);
        assertTrue(far.length < 5 << 20, "the level sees far");
        ByteBuffer bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + far.length);
        bytes.put(plain.bytes().slice(0, RecordBatch.HEADER_BYTES)).put(far).flip();
        bytes.putInt(RecordBatch.LENGTH_AT, bytes.limit() - RecordBatch.PREFIX_BYTES);
        bytes.putShort(RecordBatch.ATTRIBUTES_AT, (short) Compression.ZSTD.id());
        RecordBatch batch = RecordBatch.at(bytes, 0);
        assertEquals(batch.bytes(), BatchRewrite.retain(
                batch, LIMIT, KeyPieces.NONE, walk -> walk.offset() != 0));
        assertEquals(batch.bytes(),
                BatchRewrite.withDeleteHorizon(batch, LIMIT, 5));
    }

    /// A snappy block is one piece, whatever it claims.
    @Test
    void aBlockThatIsTooLargeIsRefusedBeforeThereIsRoomForIt() throws IOException {
        byte[] block = Snappy.compress(new byte[RecordWalk.MAX_BLOCK_BYTES + 1]);
        RecordBatch whole = RecordBatch.at(new RecordBatchBuilder(Compression.NONE)
                .append(1, ByteBuffer.wrap(block), null).build(), 0);
        ByteBuffer bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + block.length);
        bytes.put(whole.bytes().slice(0, RecordBatch.HEADER_BYTES)).put(block).flip();
        bytes.putInt(RecordBatch.LENGTH_AT, bytes.limit() - RecordBatch.PREFIX_BYTES);
        bytes.putShort(RecordBatch.ATTRIBUTES_AT, (short) Compression.SNAPPY.id());
        RecordBatch bare = RecordBatch.at(bytes, 0);
        sparing(() -> assertThrows(TooLargeException.class, () -> walked(bare)));
    }

    private static List<String> walked(RecordBatch batch) {
        long[] key = new long[2];
        List<String> met = new ArrayList<>();
        try (RecordWalk walk = batch.walk(LIMIT, new KeyPieces() {
            @Override
            public void begin() {
                key[0] = 0;
                key[1] = 0;
            }

            @Override
            public void piece(ByteBuffer bytes) {
                while (bytes.hasRemaining()) {
                    key[0] = 31 * key[0] + bytes.get();
                    key[1]++;
                }
            }
        })) {
            while (walk.advance()) {
                met.add(walk.offset() + " at " + walk.timestamp() + ", key " + key[0] + " of " + key[1] + ", value "
                        + walk.hasValue());
            }
        }
        return met;
    }

    /// Records whose parts lie across the pieces in every way.
    @ParameterizedTest
    @EnumSource(Compression.class)
    void recordsOfAnySizeAreWalkedAndCopied(Compression codec) {
        List<Record> records = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            records.add(new Record(i, 1_000_000L * i, part(i * 1_117 % 140_000, i), part(i * 2_003 % 90_000, -i),
                    List.of(new Header("h".repeat(i * 719 % 70_000), part(i * 3_001 % 70_000, i)))));
        }
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        records.forEach(builder::append);
        RecordBatch before = RecordBatch.at(builder.build(), 0);
        assertEquals(records.size(), walked(before).size());
        ByteBuffer left = BatchRewrite.retain(
                before, LIMIT, KeyPieces.NONE, walk -> walk.offset() % 7 != 3);
        records.removeIf(record -> record.offset() % 7 == 3);
        assertEquals(records, Samples.list(RecordBatch.at(left, 0).records()));
        ByteBuffer stamped = BatchRewrite.withDeleteHorizon(
                RecordBatch.at(left, 0), LIMIT, 77);
        assertEquals(records, Samples.list(RecordBatch.at(stamped, 0).records()));
        assertEquals(77, RecordBatch.at(stamped, 0).baseTimestamp());
    }

    private static ByteBuffer part(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 7 / 3 + seed);
        }
        return ByteBuffer.wrap(bytes);
    }
}
