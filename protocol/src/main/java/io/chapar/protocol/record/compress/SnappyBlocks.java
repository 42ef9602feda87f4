package io.chapar.protocol.record.compress;

import io.chapar.protocol.TooLargeException;
import org.xerial.snappy.Snappy;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/// Snappy as Kafka's clients write it:
/// ```
///  0        8          12          16
/// | magic  | version 1 | lowest 1  | { length i32 | one snappy block of that length }*
/// ```
/// Magic is 0x82 'SNAPPY' 0x00. Bytes that do not begin with it are one bare block, which is what librdkafka writes.
final class SnappyBlocks extends BlockStream {
    private static final byte[] MAGIC = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
    private static final int HEADER_BYTES = 16;
    private static final int VERSION = 1;
    private static final int BLOCK_BYTES = 32 * 1024;
    /// The most that one compressed byte can stand for: a copy of 64 bytes takes 3, rounded up.
    private static final int MAX_RATIO = 22;

    private final int maxBlockBytes;
    private boolean bare;

    SnappyBlocks(byte[] source, int offset, int length, int maxBlockBytes) throws IOException {
        super(source, offset, length);
        this.maxBlockBytes = maxBlockBytes;
        bare = length < HEADER_BYTES
                || !Arrays.equals(source, offset, offset + MAGIC.length, MAGIC, 0, MAGIC.length);
        if (!bare) {
            skip(HEADER_BYTES);
        }
    }

    /// Compresses what is written to it, until it is closed.
    static OutputStream compressing(GrowingBytes out) {
        out.write(MAGIC, 0, MAGIC.length);
        out.writeIntBigEndian(VERSION);
        out.writeIntBigEndian(VERSION);
        return new BlockOutput(BLOCK_BYTES, SnappyBlocks::compressBlock, out, () -> {});
    }

    private static void compressBlock(byte[] source, int offset, int length, GrowingBytes out) {
        out.reserve(4 + Snappy.maxCompressedLength(length));
        int lengthAt = out.size();
        out.advance(4);
        try {
            int written = Snappy.compress(source, offset, length, out.array(), lengthAt + 4);
            out.advance(written);
            putInt(out.array(), lengthAt, written);
        } catch (IOException e) {
            throw new IllegalStateException("snappy failed", e);
        }
    }

    @Override
    boolean nextBlock() throws IOException {
        if (remaining() == 0) {
            return false;
        }
        int length = bare ? remaining() : takeIntBigEndian();
        bare = false;
        if (length <= 0 || length > remaining()) {
            throw new IOException("snappy block of " + length + " bytes where " + remaining() + " remain");
        }
        int plain = Snappy.uncompressedLength(source(), position(), length);
        if (plain < 0 || plain > (long) length * MAX_RATIO) {
            throw new IOException("snappy block of " + length + " bytes claims to hold " + plain);
        }
        if (plain > maxBlockBytes) {
            throw new TooLargeException("a snappy block of " + plain + " bytes, where " + maxBlockBytes
                    + " are taken in one piece");
        }
        byte[] block = room(plain);
        int written = Snappy.uncompress(source(), position(), length, block, 0);
        skip(length);
        filled(written);
        return true;
    }

    private static void putInt(byte[] array, int at, int value) {
        array[at] = (byte) (value >>> 24);
        array[at + 1] = (byte) (value >>> 16);
        array[at + 2] = (byte) (value >>> 8);
        array[at + 3] = (byte) value;
    }
}
