package io.chapar.protocol.record.compress;

import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TooLargeException;
import org.jspecify.annotations.Nullable;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// The codecs of a record batch. The id is the low three bits of the batch's attributes; the label is the value of
/// `compression.type`.
///
/// Forms on the wire: gzip as RFC 1952; snappy as blocks behind the xerial header (read also as one bare block);
/// lz4 as one frame of independent 64 KiB blocks; zstd as frames.
///
/// Reading zstd takes the window that the frame names, up to zstd's own limit of 128 MiB, outside the heap, for as
/// long as the stream is open; pages that no data reaches are never touched.
public enum Compression {
    NONE(0, "none"),
    GZIP(1, "gzip"),
    SNAPPY(2, "snappy"),
    LZ4(3, "lz4"),
    ZSTD(4, "zstd");

    private static final Compression[] BY_ID = values();
    private static final int BUFFER_BYTES = 8 * 1024;
    /// Powers of two: the window that zstd has at its default level, and entries of each of its two tables. The highest
    /// levels' own would take hundreds of megabytes outside the heap for each batch.
    private static final int ZSTD_WINDOW_LOG = 21;
    private static final int ZSTD_TABLE_LOG = 22;
    /// The last level whose own tables are not much larger.
    private static final int ZSTD_LARGE_TABLES = 12;

    private final int id;
    private final String label;

    Compression(int id, String label) {
        this.id = id;
        this.label = label;
    }

    public int id() {
        return id;
    }

    public String label() {
        return label;
    }

    /// At which it compresses where nobody says otherwise; Kafka's own. Of a codec without levels 0.
    public int defaultLevel() {
        return switch (this) {
            case NONE, SNAPPY -> 0;
            case GZIP -> Deflater.DEFAULT_COMPRESSION;
            case LZ4 -> Lz4Frame.DEFAULT_LEVEL;
            case ZSTD -> Zstd.defaultCompressionLevel();
        };
    }

    /// Whether a megabyte takes it more than some tens of milliseconds.
    public boolean isSlowAt(int level) {
        return switch (this) {
            case NONE, SNAPPY -> false;
            case GZIP, ZSTD -> level > 6;
            case LZ4 -> level != Lz4Frame.DEFAULT_LEVEL;
        };
    }

    /// The codec with this id, or null.
    public static @Nullable Compression ofId(int id) {
        return id >= 0 && id < BY_ID.length ? BY_ID[id] : null;
    }

    /// The codec with this label, or null.
    public static @Nullable Compression ofLabel(String label) {
        for (Compression codec : BY_ID) {
            if (codec.label.equals(label)) {
                return codec;
            }
        }
        return null;
    }

    /// Appends the compressed form of `length` bytes from `offset` to `out`.
    public void compress(byte[] source, int offset, int length, GrowingBytes out) {
        if (this == ZSTD) {
            zstd(source, offset, length, out);
            return;
        }
        try (OutputStream compressing = compressing(out)) {
            compressing.write(source, offset, length);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    /// Appends the compressed form of what is written to the stream to `out`, all of it once the stream is closed. Of
    /// what is written, no more than a block is held back.
    public OutputStream compressing(GrowingBytes out) throws IOException {
        return compressing(out, defaultLevel());
    }

    /// The same at one of the codec's levels, which are Kafka's: 1 to 9 or -1 for gzip, 1 to 17 for lz4, up to 22 for
    /// zstd, of which the negative ones are faster still.
    public OutputStream compressing(GrowingBytes out, int level) throws IOException {
        return switch (this) {
            case NONE -> out;
            case GZIP -> new BufferedOutputStream(new LevelledGzip(out, level), BUFFER_BYTES);
            case SNAPPY -> SnappyBlocks.compressing(out);
            case LZ4 -> Lz4Frame.compressing(out, level);
            case ZSTD -> new BufferedOutputStream(zstd(out, level), BUFFER_BYTES);
        };
    }

    private static OutputStream zstd(GrowingBytes out, int level) throws IOException {
        ZstdOutputStream compressing = new ZstdOutputStream(out, RecyclingBufferPool.INSTANCE, level);
        if (level > Zstd.defaultCompressionLevel()) {
            compressing.setWindowLog(ZSTD_WINDOW_LOG);
        }
        if (level > ZSTD_LARGE_TABLES) {
            compressing.setHashLog(ZSTD_TABLE_LOG).setChainLog(ZSTD_TABLE_LOG);
        }
        return compressing;
    }

    private static final class LevelledGzip extends GZIPOutputStream {
        LevelledGzip(OutputStream out, int level) throws IOException {
            super(out, BUFFER_BYTES);
            def.setLevel(level);
        }
    }

    /// The decompressed form of the bytes from position to limit, as a stream that fails with an [IOException] on
    /// malformed bytes and allocates no more than the bytes justify. The reader bounds how much it takes. The buffer
    /// is not moved, and must not change while the stream is read.
    ///
    /// @param maxBlockBytes what has to be decompressed in one piece and is larger is a [TooLargeException]
    public InputStream decompress(ByteBuffer source, int maxBlockBytes) throws IOException {
        byte[] bytes;
        int offset;
        int length = source.remaining();
        if (source.hasArray()) {
            bytes = source.array();
            offset = source.arrayOffset() + source.position();
        } else {
            bytes = new byte[length];
            source.get(source.position(), bytes);
            offset = 0;
        }
        return switch (this) {
            case NONE -> new ByteArrayInputStream(bytes, offset, length);
            case GZIP -> new GZIPInputStream(new ByteArrayInputStream(bytes, offset, length), BUFFER_BYTES);
            case SNAPPY -> new SnappyBlocks(bytes, offset, length, maxBlockBytes);
            case LZ4 -> new Lz4Frame(bytes, offset, length);
            case ZSTD -> new ZstdInputStream(new ByteArrayInputStream(bytes, offset, length),
                    RecyclingBufferPool.INSTANCE);
        };
    }

    /// Writes all that the bytes decompress to, piece by piece, or fails as a [TooLargeException] when that is more
    /// than `maxBytes`.
    public void decompress(ByteBuffer source, int maxBytes, int maxBlockBytes, OutputStream out) {
        byte[] step = new byte[16 * 1024];
        long total = 0;
        try (InputStream in = decompress(source, maxBlockBytes)) {
            for (int n = in.read(step); n >= 0; n = in.read(step)) {
                total += n;
                if (total > maxBytes) {
                    throw new TooLargeException("batch decompresses to more than " + maxBytes + " bytes");
                }
                out.write(step, 0, n);
            }
        } catch (IOException e) {
            throw new MalformedMessageException("compressed bytes are malformed: " + e.getMessage(), e);
        }
    }

    private static void zstd(byte[] source, int offset, int length, GrowingBytes out) {
        int bound = Math.toIntExact(Zstd.compressBound(length));
        out.reserve(bound);
        long written = Zstd.compressByteArray(
                out.array(), out.size(), bound, source, offset, length, Zstd.defaultCompressionLevel());
        if (Zstd.isError(written)) {
            throw new IllegalStateException("zstd failed: " + Zstd.getErrorName(written));
        }
        out.advance(Math.toIntExact(written));
    }
}
