package io.chapar.protocol.record.compress;

import java.io.OutputStream;

/// Gathers what is written into blocks of one size, the last one shorter, and has them compressed one by one.
final class BlockOutput extends OutputStream {
    /// Appends the compressed form of one block.
    interface Codec {
        void block(byte[] source, int offset, int length, GrowingBytes out);
    }

    private final byte[] block;
    private final Codec codec;
    private final GrowingBytes out;
    private final Runnable atEnd;
    private int filled;
    private boolean closed;

    /// @param atEnd runs when all blocks are out
    BlockOutput(int blockBytes, Codec codec, GrowingBytes out, Runnable atEnd) {
        this.block = new byte[blockBytes];
        this.codec = codec;
        this.out = out;
        this.atEnd = atEnd;
    }

    @Override
    public void write(int value) {
        block[filled++] = (byte) value;
        flushFull();
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        for (int done = 0; done < length; ) {
            int count = Math.min(length - done, block.length - filled);
            System.arraycopy(source, offset + done, block, filled, count);
            filled += count;
            done += count;
            flushFull();
        }
    }

    private void flushFull() {
        if (filled == block.length) {
            filled = 0;
            codec.block(block, 0, block.length, out);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (filled > 0) {
                codec.block(block, 0, filled, out);
            }
            atEnd.run();
        }
    }
}
