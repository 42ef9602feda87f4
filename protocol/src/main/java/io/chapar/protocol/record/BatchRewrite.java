package io.chapar.protocol.record;

import io.chapar.protocol.TooLargeException;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.protocol.record.compress.GrowingBytes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// New batches out of old ones. Offsets, timestamps, headers and producer fields stay as they were; so does the range
/// of offsets that the batch covers, and with it the range of sequences.
///
/// Records go from the one to the other in pieces: what this takes of memory is in proportion to the batches as they
/// are stored, not to what they decompress to.
public final class BatchRewrite {
    /// A batch of which nothing but records is taken may grow, since another hand compresses it; one that would grow
    /// beyond this stays as it is.
    private static final int MAX_GROWTH_BYTES = 1024 * 1024;
    private static final int MIN_GROWTH_BYTES = 128 * 1024;

    private BatchRewrite() {}

    /// The same records, which are not parsed, under another codec; the batch's own bytes if that is the codec it has.
    /// A [TooLargeException] where one of the bounds does not hold.
    ///
    /// @param level of the codec
    /// @param maxBytes of the batch to be; it is let pass by a little
    public static ByteBuffer recompress(
            RecordBatch batch, Compression codec, int level, int maxDecompressedBytes, int maxBytes) {
        if (batch.compression() == codec) {
            return batch.bytes();
        }
        ByteBuffer payload = batch.payload();
        return assemble(batch, maxBytes, codec, batch.recordCount(), batch.maxTimestamp(), out -> {
            if (payload.hasRemaining()) {
                recompress(batch.compression(), payload, codec, level, maxDecompressedBytes, out);
            }
        });
    }

    private static void recompress(
            Compression from, ByteBuffer payload, Compression to, int level, int maxDecompressedBytes,
            GrowingBytes out) {
        try (OutputStream compressed = to.compressing(out, level)) {
            from.decompress(payload, maxDecompressedBytes, RecordWalk.MAX_BLOCK_BYTES, compressed);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    /// The batch with those records alone that `keep` accepts; the walk stands on the record in question, and its key
    /// has been shown to `keys`. If all stay, these are the batch's own bytes. If none stays, it is a header that still
    /// covers the offsets and remembers the producer.
    public static ByteBuffer retain(
            RecordBatch batch, int maxDecompressedBytes, KeyPieces keys, Predicate<RecordWalk> keep) {
        BitSet kept = new BitSet();
        int index = 0;
        long maxTimestamp = Long.MIN_VALUE;
        try (RecordWalk walk = batch.walk(maxDecompressedBytes, keys)) {
            while (walk.advance()) {
                if (keep.test(walk)) {
                    kept.set(index);
                    maxTimestamp = Math.max(maxTimestamp, walk.timestamp());
                }
                index++;
            }
        }
        int count = kept.cardinality();
        if (count == batch.recordCount()) {
            return batch.bytes();
        }
        if (count == 0) {
            return emptied(batch);
        }
        ByteBuffer left = copied(batch, maxDecompressedBytes, kept, 0, count, maxTimestamp);
        return left == null ? batch.bytes() : left;
    }

    /// The batch without its records, which are not looked at: a header that still covers the offsets and remembers the
    /// producer.
    public static ByteBuffer emptied(RecordBatch batch) {
        return batch.recordCount() == 0
                ? batch.bytes()
                : assemble(batch, RecordBatch.HEADER_BYTES, Compression.NONE, 0, batch.maxTimestamp(), _ -> {});
    }

    /// The batch with a delete horizon: from then on its tombstones, or its marker, may go. The horizon takes the
    /// place of the base timestamp, so every record is written anew; a batch that would grow by that stays without.
    public static ByteBuffer withDeleteHorizon(RecordBatch batch, int maxDecompressedBytes, long horizonMs) {
        ByteBuffer stamped = copied(batch, maxDecompressedBytes, null, batch.baseTimestamp() - horizonMs,
                batch.recordCount(), batch.maxTimestamp());
        if (stamped == null) {
            return batch.bytes();
        }
        RecordBatch.at(stamped, 0).stampDeleteHorizon(horizonMs);
        return stamped;
    }

    /// Null where it would grow too much.
    private static @Nullable ByteBuffer copied(RecordBatch batch, int maxDecompressedBytes, @Nullable BitSet kept,
            long earlierMs, int count, long maxTimestamp) {
        int size = batch.sizeInBytes();
        long maxBytes = (long) size + Math.clamp(size, MIN_GROWTH_BYTES, MAX_GROWTH_BYTES);
        Compression codec = count == 0 ? Compression.NONE : batch.compression();
        try {
            return assemble(batch, (int) Math.min(Integer.MAX_VALUE, maxBytes), codec, count, maxTimestamp,
                    out -> RecordCopy.copy(batch, maxDecompressedBytes, kept, earlierMs, codec, out));
        } catch (TooLargeException e) {
            return null;
        }
    }

    private static ByteBuffer assemble(RecordBatch batch, int maxBytes, Compression codec, int count,
            long maxTimestamp, Consumer<GrowingBytes> records) {
        GrowingBytes out = new GrowingBytes(
                Math.min(maxBytes, batch.sizeInBytes() + RecordBatch.HEADER_BYTES), maxBytes);
        out.write(batch.bytes().slice(0, RecordBatch.HEADER_BYTES));
        records.accept(out);
        ByteBuffer bytes = out.toBuffer();
        int attributes = (batch.attributes() & ~RecordBatch.CODEC_MASK) | codec.id();
        bytes.putInt(RecordBatch.LENGTH_AT, bytes.limit() - RecordBatch.PREFIX_BYTES);
        bytes.putShort(RecordBatch.ATTRIBUTES_AT, (short) attributes);
        bytes.putLong(RecordBatch.MAX_TIMESTAMP_AT, maxTimestamp);
        bytes.putInt(RecordBatch.RECORD_COUNT_AT, count);
        int crcLength = bytes.limit() - RecordBatch.ATTRIBUTES_AT;
        bytes.putInt(RecordBatch.CRC_AT, (int) Crc32c.of(bytes, RecordBatch.ATTRIBUTES_AT, crcLength));
        return bytes;
    }
}
