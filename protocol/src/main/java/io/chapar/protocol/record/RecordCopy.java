package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.protocol.record.compress.GrowingBytes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.util.BitSet;

/// Copies records from one batch to another, of which the first may be compressed and the second too, and holds no more
/// of them than a piece, and what the second one takes.
final class RecordCopy {
    private static final int PIECE_BYTES = 8 * 1024;
    /// Of a record: attributes and timestamp delta.
    private static final int MAX_HEAD_BYTES = 11;

    private final RecordBytes in;
    private final OutputStream out;
    private final GrowingBytes head = new GrowingBytes(2 * MAX_HEAD_BYTES);
    private final byte[] piece = new byte[PIECE_BYTES];

    private RecordCopy(RecordBytes in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    /// @param kept the records that are copied, by their index; null for all
    /// @param earlierMs what the second batch's base timestamp is before the first one's
    static void copy(RecordBatch from, int maxDecompressedBytes, @Nullable BitSet kept, long earlierMs,
            Compression codec, GrowingBytes to) {
        try (RecordBytes in = RecordBytes.of(from.compression(), from.payload(), maxDecompressedBytes,
                RecordWalk.MAX_BLOCK_BYTES);
                OutputStream out = codec.compressing(to)) {
            RecordCopy copy = new RecordCopy(in, out);
            for (int i = 0; i < from.recordCount(); i++) {
                copy.next(kept == null || kept.get(i), earlierMs);
            }
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    private void next(boolean keep, long earlierMs) throws IOException {
        in.atLeast(MAX_HEAD_BYTES);
        int length = in.varint();
        in.atLeast(MAX_HEAD_BYTES);
        int before = in.position();
        byte attributes = in.next();
        long delta = in.varlong();
        int headBytes = in.position() - before;
        int rest = length - headBytes;
        if (rest < 0) {
            throw new MalformedMessageException("record of " + length + " bytes has a head of " + headBytes);
        }
        if (keep) {
            long newDelta = delta + earlierMs;
            head.clear();
            head.writeVarint((long) rest + 1 + GrowingBytes.sizeOfVarint(newDelta));
            head.write(attributes);
            head.writeVarint(newDelta);
            out.write(head.array(), 0, head.size());
        }
        while (rest > 0) {
            int count = Math.min(rest, Math.min(PIECE_BYTES, in.atLeast(1)));
            if (count == 0) {
                throw new MalformedMessageException("record of " + length + " bytes runs past the end of its batch");
            }
            if (keep) {
                in.get(piece, count);
                out.write(piece, 0, count);
            } else {
                in.skip(count);
            }
            rest -= count;
        }
    }
}
