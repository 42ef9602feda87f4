package io.chapar.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// Where the sockets of one loop receive: one buffer for all of them, which serves again as soon as nobody holds a
/// part of it. While somebody does, another one takes its place. On that loop alone.
///
/// Large enough for what a producer has under way at once, so that it comes in one read, is answered in one write, and
/// is not cut within a frame. Where memory for requests is short it is little at a time: what has been read cannot be
/// left to the socket any more.
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
    static final int BYTES = 128 << 10;
    static final int LITTLE = ConnectionBudgets.SMALL_FRAME;
    /// Reads in a row from one socket before others have their turn.
    private static final int READS = 16;

    private final SharedBudget frames;
    /// With one reference of our own; null before the first read.
    private @Nullable ByteBuf buffer;

    /// @param frames bytes of requests
    ReceiveBuffer(SharedBudget frames) {
        super(READS);
        this.frames = frames;
    }

    private ByteBuf take(ByteBufAllocator allocator) {
        if (buffer != null && buffer.refCnt() > 1) {
            release();
        }
        if (buffer == null) {
            buffer = allocator.ioBuffer(BYTES, BYTES);
        }
        int unused = frames.isTight() ? BYTES - LITTLE : 0;
        return buffer.setIndex(unused, unused).retain();
    }

    /// On the loop, or when that has ended.
    void release() {
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
    }

    @Override
    @SuppressWarnings("deprecation") // the type that newHandle has to give
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return BYTES;
            }

            @Override
            public ByteBuf allocate(ByteBufAllocator allocator) {
                return take(allocator);
            }
        };
    }
}
