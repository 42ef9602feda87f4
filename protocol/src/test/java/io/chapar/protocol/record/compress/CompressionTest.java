package io.chapar.protocol.record.compress;

import com.github.luben.zstd.Zstd;
import io.chapar.protocol.MalformedMessageException;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xerial.snappy.Snappy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CompressionTest {
    private static final int MIB = 1024 * 1024;

    private static byte[] sample(int size) {
        byte[] bytes = new byte[size];
        Random random = new Random(size);
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (random.nextInt(10) < 7 ? 'a' + i % 7 : random.nextInt());
        }
        return bytes;
    }

    private static byte[] decompress(Compression codec, byte[] compressed, int maxBytes) {
        GrowingBytes out = new GrowingBytes(1);
        codec.decompress(ByteBuffer.wrap(compressed), maxBytes, maxBytes, out);
        return Arrays.copyOf(out.array(), out.size());
    }

    private static byte[] compress(Compression codec, byte[] plain) {
        GrowingBytes out = new GrowingBytes(1);
        codec.compress(plain, 0, plain.length, out);
        return Arrays.copyOf(out.array(), out.size());
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everySizeComesBack(Compression codec) {
        for (int size : new int[] {0, 1, 2, 1_000, 32 * 1024, 32 * 1024 + 1, 64 * 1024, 64 * 1024 + 1, 700_000}) {
            byte[] plain = sample(size);
            byte[] compressed = compress(codec, plain);
            assertArrayEquals(plain, decompress(codec, compressed, size));
        }
    }

    @Test
    void everyLevelComesBackAndAHighOneIsShorterThanALowOne() throws IOException {
        Map<Compression, int[]> levels = Map.of(
                Compression.GZIP, new int[] {1, -1, 9},
                Compression.LZ4, new int[] {9, 1, 17},
                Compression.ZSTD, new int[] {-131_072, -1, 3, 22});
        byte[] plain = sample(300_000);
        for (Compression codec : levels.keySet()) {
            int before = Integer.MAX_VALUE;
            for (int level : levels.get(codec)) {
                GrowingBytes out = new GrowingBytes(1);
                try (OutputStream compressing = codec.compressing(out, level)) {
                    compressing.write(plain);
                }
                byte[] compressed = Arrays.copyOf(out.array(), out.size());
                assertArrayEquals(plain, decompress(codec, compressed, plain.length));
                assertTrue(compressed.length < before, codec + " at level " + level);
                before = compressed.length;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void bombsEndAtTheBound(Compression codec) {
        byte[] bomb = compress(codec, new byte[64 * MIB]);
        assertTrue(bomb.length < 4 * MIB);
        assertThrows(MalformedMessageException.class, () -> decompress(codec, bomb, MIB));
        assertEquals(64 * MIB, decompress(codec, bomb, 64 * MIB).length);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void cutBytesAreMalformedOrShort(Compression codec) {
        byte[] plain = sample(100_000);
        byte[] compressed = compress(codec, plain);
        for (int cut = 0; cut < compressed.length; cut += 1 + cut / 3) {
            byte[] part = Arrays.copyOf(compressed, cut);
            try {
                byte[] out = decompress(codec, part, 2 * plain.length);
                assertTrue(out.length < plain.length);
            } catch (MalformedMessageException e) {
                assertTrue(e.getMessage().contains("malformed"));
            }
        }
    }

    @Test
    void bareSnappyBlock() throws IOException {
        byte[] plain = sample(80_000);
        assertArrayEquals(plain, decompress(Compression.SNAPPY, Snappy.compress(plain), MIB));
    }

    @Test
    void snappyBlockThatClaimsTooMuch() {
        byte[] claims = {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07, 0, 0};
        assertThrows(MalformedMessageException.class, () -> decompress(Compression.SNAPPY, claims, MIB));
    }

    @Test
    void lz4FramesOfOtherWriters() throws IOException {
        byte[] plain = sample(5 * MIB);
        for (BLOCKSIZE size : BLOCKSIZE.values()) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (LZ4FrameOutputStream out = new LZ4FrameOutputStream(bytes, size, plain.length,
                    FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.BLOCK_CHECKSUM, FLG.Bits.CONTENT_CHECKSUM,
                    FLG.Bits.CONTENT_SIZE)) {
                out.write(plain);
            }
            assertArrayEquals(plain, decompress(Compression.LZ4, bytes.toByteArray(), plain.length));
        }
    }

    @Test
    void lz4HeaderChecksumIsChecked() {
        byte[] frame = compress(Compression.LZ4, sample(100));
        for (int i = 0; i < 7; i++) {
            byte[] changed = frame.clone();
            changed[i] ^= 0x10;
            assertThrows(MalformedMessageException.class, () -> decompress(Compression.LZ4, changed, MIB));
        }
    }

    @Test
    void zstdFrameWithItsSizeAndWithout() {
        byte[] plain = sample(300_000);
        assertArrayEquals(plain, decompress(Compression.ZSTD, Zstd.compress(plain, 19), MIB));
        byte[] two = Arrays.copyOf(Zstd.compress(plain), Zstd.compress(plain).length * 2);
        System.arraycopy(two, 0, two, two.length / 2, two.length / 2);
        assertEquals(2 * plain.length, decompress(Compression.ZSTD, two, MIB).length);
    }

    @Test
    void idsAndLabels() {
        for (Compression codec : Compression.values()) {
            assertEquals(codec, Compression.ofId(codec.id()));
            assertEquals(codec, Compression.ofLabel(codec.label()));
        }
        assertNull(Compression.ofId(5));
        assertNull(Compression.ofId(-1));
        assertNull(Compression.ofLabel("producer"));
    }

    @Test
    void varintSizes() {
        for (int shift = 0; shift < 64; shift++) {
            for (long value : new long[] {1L << shift, (1L << shift) - 1, -(1L << shift), -(1L << shift) - 1}) {
                GrowingBytes out = new GrowingBytes(0);
                out.writeVarint(value);
                assertEquals(out.size(), GrowingBytes.sizeOfVarint(value));
            }
        }
    }
}
