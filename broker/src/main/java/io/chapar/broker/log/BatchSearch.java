package io.chapar.broker.log;

import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// Looks for a whole batch in bytes that begin with none. Everything that looks like a header and continues the log is
/// tested by its checksum, up to [#BUDGET] times as many bytes as there are: bytes that were made to look like headers
/// by the million do not hold a start up, and count as readable.
final class BatchSearch {
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int BUDGET = 4;
    private static final int LENGTH_AT = 8;
    private static final int MAGIC_AT = 16;
    private static final int CRC_AT = 17;
    private static final int CHECKED_FROM = 21;

    private final DiskFile file;
    private final int size;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES);
    private long budget;

    BatchSearch(DiskFile file, int size) {
        this.file = file;
        this.size = size;
    }

    /// Where the first whole batch begins at or behind the position that has an offset at or behind `offset`; -1 for
    /// none.
    int firstAfter(int position, long offset) throws IOException {
        budget = (long) BUDGET * (size - position);
        for (int start = position; start + RecordBatch.HEADER_BYTES <= size;) {
            window.clear().limit(Math.min(WINDOW_BYTES, size - start));
            file.read(window, start);
            window.flip();
            int last = window.limit() - RecordBatch.HEADER_BYTES;
            for (int i = 0; i <= last; i++) {
                if (window.get(i + MAGIC_AT) == RecordBatch.MAGIC && isHeader(i, start, offset)
                        && isSound(start + i, window.getInt(i + LENGTH_AT), window.getInt(i + CRC_AT))) {
                    return start + i;
                }
            }
            start += last + 1;
        }
        return -1;
    }

    private boolean isHeader(int at, int start, long offset) {
        long base = window.getLong(at);
        int length = window.getInt(at + LENGTH_AT);
        return base >= offset && base - offset <= Integer.MAX_VALUE
                && length >= RecordBatch.HEADER_BYTES - LENGTH_AT - Integer.BYTES
                && length <= size - start - at - LENGTH_AT - Integer.BYTES;
    }

    private boolean isSound(int at, int length, int crc) throws IOException {
        int end = at + LENGTH_AT + Integer.BYTES + length;
        budget -= length;
        if (budget < 0) {
            return true;
        }
        CRC32C sum = new CRC32C();
        ByteBuffer piece = ByteBuffer.allocate(Math.min(WINDOW_BYTES, length));
        for (int from = at + CHECKED_FROM; from < end; from += piece.limit()) {
            piece.clear().limit(Math.min(piece.capacity(), end - from));
            if (file.read(piece, from) < piece.limit()) {
                return false;
            }
            sum.update(piece.flip());
        }
        return (int) sum.getValue() == crc;
    }
}
