package io.chapar.protocol.record.compress;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

import java.io.IOException;
import java.io.OutputStream;

/// One LZ4 frame (lz4 Frame Format 1.6, numbers little-endian):
/// ```
/// magic u32 | FLG | BD | [content size u64] | HC
/// | { size u32 | block | [block checksum u32] }* | 0 u32 | [content checksum u32]
/// ```
/// FLG: bits 7-6 version 1, 5 independent blocks, 4 block checksums, 3 content size, 2 content checksum, 0 dictionary.
/// BD: bits 6-4 the block size, 4 = 64 KiB to 7 = 4 MiB. HC: the second byte of xxHash32 over FLG to content size.
/// The top bit of a block's size marks a block stored as it is.
///
/// Blocks that refer to earlier ones, and dictionaries, are refused, as Kafka's own reader does. The frame's own
/// checksums over data are skipped: the CRC-32C of the batch covers the same bytes.
final class Lz4Frame extends BlockStream {
    /// Of the fast compressor; all others are levels of the one that looks for longer matches.
    static final int DEFAULT_LEVEL = 9;

    private static final int MAGIC = 0x184D2204;
    private static final int VERSION_1 = 1 << 6;
    private static final int INDEPENDENT = 1 << 5;
    private static final int BLOCK_CHECKSUM = 1 << 4;
    private static final int CONTENT_SIZE = 1 << 3;
    private static final int CONTENT_CHECKSUM = 1 << 2;
    private static final int BLOCK_64_KIB = 4 << 4;
    private static final int BLOCK_BYTES = 64 * 1024;
    private static final int STORED = 1 << 31;
    /// The most that one compressed byte can stand for.
    private static final int MAX_RATIO = 255;

    private final int flags;
    private final int maxBlockBytes;
    private boolean ended;

    /// The native library loads when the codec is first used, not before.
    private static final class Library {
        static final LZ4Compressor COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();
        static final LZ4SafeDecompressor DECOMPRESSOR = LZ4Factory.fastestInstance().safeDecompressor();
        static final XXHash32 HASH = XXHashFactory.fastestInstance().hash32();
    }

    Lz4Frame(byte[] source, int offset, int length) throws IOException {
        super(source, offset, length);
        int magic = takeInt();
        if (magic != MAGIC) {
            throw new IOException("lz4 magic is 0x" + Integer.toHexString(magic));
        }
        int descriptorAt = position();
        flags = takeByte();
        int blockSize = takeByte();
        if ((flags & CONTENT_SIZE) != 0) {
            skip(8);
        }
        int descriptorBytes = position() - descriptorAt;
        if (takeByte() != headerChecksum(source, descriptorAt, descriptorBytes)) {
            throw new IOException("lz4 header checksum does not match");
        }
        if ((flags & ~(BLOCK_CHECKSUM | CONTENT_SIZE | CONTENT_CHECKSUM)) != (VERSION_1 | INDEPENDENT)) {
            throw new IOException("lz4 frame flags 0x" + Integer.toHexString(flags) + " are not supported");
        }
        if ((blockSize & 0x8F) != 0 || blockSize < BLOCK_64_KIB) {
            throw new IOException("lz4 block size 0x" + Integer.toHexString(blockSize) + " is not supported");
        }
        maxBlockBytes = 1 << (8 + 2 * (blockSize >> 4));
    }

    /// Compresses what is written to it; the frame ends when it is closed.
    static OutputStream compressing(GrowingBytes out, int level) {
        LZ4Compressor compressor = level == DEFAULT_LEVEL
                ? Library.COMPRESSOR : LZ4Factory.fastestInstance().highCompressor(level);
        out.writeIntLittleEndian(MAGIC);
        int descriptorAt = out.size();
        out.write(VERSION_1 | INDEPENDENT);
        out.write(BLOCK_64_KIB);
        out.write(headerChecksum(out.array(), descriptorAt, 2));
        return new BlockOutput(BLOCK_BYTES, (source, offset, length, to) ->
                compressBlock(compressor, source, offset, length, to), out, () -> out.writeIntLittleEndian(0));
    }

    private static void compressBlock(
            LZ4Compressor compressor, byte[] source, int offset, int length, GrowingBytes out) {
        int bound = compressor.maxCompressedLength(length);
        out.reserve(4 + bound);
        int blockAt = out.size() + 4;
        int written = compressor.compress(source, offset, length, out.array(), blockAt, bound);
        if (written < length) {
            out.writeIntLittleEndian(written);
            out.advance(written);
        } else {
            out.writeIntLittleEndian(length | STORED);
            out.write(source, offset, length);
        }
    }

    @Override
    boolean nextBlock() throws IOException {
        if (ended) {
            return false;
        }
        int word = takeInt();
        if (word == 0) {
            ended = true;
            return false;
        }
        boolean stored = (word & STORED) != 0;
        int size = word & ~STORED;
        if (size > remaining() || size > maxBlockBytes) {
            throw new IOException("lz4 block of " + size + " bytes where " + remaining() + " remain");
        }
        int at = position();
        skip(size);
        if ((flags & BLOCK_CHECKSUM) != 0) {
            skip(4);
        }
        filled(stored ? copy(at, size) : decompress(at, size));
        return true;
    }

    private int copy(int at, int size) {
        System.arraycopy(source(), at, room(size), 0, size);
        return size;
    }

    private int decompress(int at, int size) throws IOException {
        int most = (int) Math.min(maxBlockBytes, (long) size * MAX_RATIO);
        try {
            return Library.DECOMPRESSOR.decompress(source(), at, size, room(most), 0, most);
        } catch (LZ4Exception e) {
            throw new IOException("lz4 block is malformed", e);
        }
    }

    private int takeInt() throws IOException {
        return Integer.reverseBytes(takeIntBigEndian());
    }

    private static int headerChecksum(byte[] array, int offset, int length) {
        return Library.HASH.hash(array, offset, length, 0) >>> 8 & 0xFF;
    }
}
