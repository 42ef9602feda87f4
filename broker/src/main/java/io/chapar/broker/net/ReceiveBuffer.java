package io.chapar.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/// Where the sockets of one loop receive: one buffer for all of them, which serves again as soon as nobody holds a
/// part of it. While somebody does, another one takes its place, up to a number; then nobody should hold a part. On
/// that loop alone.
///
/// Large enough for what a producer has under way at once, so that it comes in one read, is answered in one write, and
/// is not cut within a frame. Where memory for requests is short it is little at a time: what has been read cannot be
/// left to the socket any more.
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
    static final int BYTES = 128 << 10;
    /// More than one a read, so that those that are free again are found.
    private static final int LOOKED_AT = 2;
    /// Reads in a row from one socket before others have their turn.
    private static final int READS = 16;

    private final SharedBudget frames;
    private final KeptBytes kept;
    private final int little;
    private final int mostHeld;
    /// Buffers that somebody held a part of when they were looked at last; with one reference of our own each.
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>();
    /// With one reference of our own; null before the first read.
    private @Nullable ByteBuf buffer;

    /// @param frames bytes of requests
    /// @param kept by the connections of the loop
    /// @param little bytes that are received at once where memory is short
    /// @param mostHeld so many are held before [#isScarce]
    ReceiveBuffer(SharedBudget frames, KeptBytes kept, int little, int mostHeld) {
        super(READS);
        this.frames = frames;
        this.kept = kept;
        this.little = little;
        this.mostHeld = mostHeld;
    }

    private ByteBuf take(ByteBufAllocator allocator) {
        if (buffer != null && isHeld(buffer)) {
            held.add(buffer);
            buffer = null;
        }
        for (int i = 0; i < LOOKED_AT && !held.isEmpty(); i++) {
            lookAtOldest();
        }
        if (buffer == null) {
            buffer = allocator.ioBuffer(BYTES, BYTES);
        }
        int unused = frames.isTight() || kept.isMuch() ? BYTES - little : 0;
        return buffer.setIndex(unused, unused).retain();
    }

    private static boolean isHeld(ByteBuf one) {
        return one.refCnt() > 1;
    }

    private void lookAtOldest() {
        ByteBuf oldest = held.remove();
        if (isHeld(oldest)) {
            held.add(oldest);
        } else if (buffer == null) {
            buffer = oldest;
        } else {
            oldest.release();
        }
    }

    /// Whether so many are held that nobody should hold a part of another one.
    boolean isScarce() {
        return held.size() >= mostHeld || kept.isMuch();
    }

    /// On the loop, or when that has ended.
    void release() {
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
        held.forEach(ByteBuf::release);
        held.clear();
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
