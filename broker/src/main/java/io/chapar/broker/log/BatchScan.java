package io.chapar.broker.log;

import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// Steps from batch to batch through a range of a segment file, reading it in pieces. It ends at the end of the range,
/// or, with [#torn] set, before the first bytes that are no whole batch.
final class BatchScan {
    /// For a look at the headers around a position.
    static final int NEAR = 4096;
    /// For a walk over a whole segment.
    static final int FAR = 256 * 1024;
    /// A larger batch is brought into memory only if it is sound; a header that says so may be spoilt.
    static final int LARGE = 16 * 1024 * 1024;

    private final DiskFile file;
    private final int end;
    private final boolean whole;
    private ByteBuffer window;
    private int windowStart;
    private int position;
    private int next;
    private boolean torn;

    /// @param whole give batches with their records, not headers alone, but for large ones whose checksum is wrong
    BatchScan(DiskFile file, int start, int end, int windowBytes, boolean whole) {
        this.file = file;
        this.end = end;
        this.whole = whole;
        this.window = ByteBuffer.allocate(Math.max(RecordBatch.HEADER_BYTES, Math.min(windowBytes, end - start)))
                .limit(0);
        this.position = start;
        this.next = start;
    }

    /// The next batch, valid until the next call, or null.
    @Nullable RecordBatch advance() throws IOException {
        position = next;
        if (position >= end || torn) {
            return null;
        }
        try {
            if (!load(RecordBatch.HEADER_BYTES)) {
                return stop();
            }
            RecordBatch batch = RecordBatch.at(window, position - windowStart);
            int size = batch.sizeInBytes();
            if (size > end - position || batch.fault() != null) {
                return stop();
            }
            if (whole && !batch.isComplete() && (size <= LARGE || isSound(batch.crc(), size))) {
                if (!load(size)) {
                    return stop();
                }
                batch = RecordBatch.at(window, position - windowStart);
            }
            next = position + size;
            return batch;
        } catch (MalformedMessageException e) {
            return stop();
        }
    }

    /// Leaves the window as it is.
    private boolean isSound(long crc, int size) throws IOException {
        CRC32C sum = new CRC32C();
        ByteBuffer piece = ByteBuffer.allocate(FAR);
        for (int at = RecordBatch.CHECKED_FROM; at < size; at += piece.limit()) {
            piece.clear().limit(Math.min(FAR, size - at));
            if (file.read(piece, position + at) < piece.limit()) {
                return false;
            }
            sum.update(piece.flip());
        }
        return sum.getValue() == crc;
    }

    private @Nullable RecordBatch stop() {
        torn = true;
        next = position;
        return null;
    }

    /// Where the batch just given begins; at the end, where the scan ended.
    int position() {
        return position;
    }

    boolean torn() {
        return torn;
    }

    private boolean load(int bytes) throws IOException {
        if (position >= windowStart && position + bytes <= windowStart + window.limit()) {
            return true;
        }
        if (bytes > end - position) {
            return false;
        }
        if (window.capacity() < bytes) {
            window = ByteBuffer.allocate(bytes);
        }
        window.clear().limit(Math.min(window.capacity(), end - position));
        windowStart = position;
        file.read(window, position);
        window.flip();
        return window.limit() >= bytes;
    }
}
