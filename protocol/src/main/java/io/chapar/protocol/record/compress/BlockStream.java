package io.chapar.protocol.record.compress;

import java.io.IOException;
import java.io.InputStream;

/// A stream over a codec that decompresses block by block from an array. A subclass reads one block at a time from
/// the source into [#room] and says how much it [#filled]; taking more of the source than remains is an [IOException].
abstract class BlockStream extends InputStream {
    private static final byte[] EMPTY = {};

    private final byte[] source;
    private final int end;
    private int position;
    private byte[] block = EMPTY;
    private int blockPosition;
    private int blockEnd;

    BlockStream(byte[] source, int offset, int length) {
        this.source = source;
        this.position = offset;
        this.end = offset + length;
    }

    /// Decompresses the next block, which may be empty. False at the end.
    abstract boolean nextBlock() throws IOException;

    final byte[] source() {
        return source;
    }

    final int position() {
        return position;
    }

    final int remaining() {
        return end - position;
    }

    final void skip(int count) throws IOException {
        if (count > remaining()) {
            throw new IOException("compressed bytes end early");
        }
        position += count;
    }

    final int takeByte() throws IOException {
        skip(1);
        return source[position - 1] & 0xFF;
    }

    final int takeIntBigEndian() throws IOException {
        return takeByte() << 24 | takeByte() << 16 | takeByte() << 8 | takeByte();
    }

    /// An array of at least this size to decompress into.
    final byte[] room(int size) {
        if (block.length < size) {
            block = new byte[size];
        }
        return block;
    }

    final void filled(int size) {
        blockPosition = 0;
        blockEnd = size;
    }

    @Override
    public final int read() throws IOException {
        return hasBytes() ? block[blockPosition++] & 0xFF : -1;
    }

    @Override
    public final int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!hasBytes()) {
            return -1;
        }
        int count = Math.min(length, blockEnd - blockPosition);
        System.arraycopy(block, blockPosition, target, offset, count);
        blockPosition += count;
        return count;
    }

    private boolean hasBytes() throws IOException {
        while (blockPosition == blockEnd) {
            if (!nextBlock()) {
                return false;
            }
        }
        return true;
    }
}
