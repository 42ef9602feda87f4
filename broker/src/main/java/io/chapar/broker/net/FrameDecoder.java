package io.chapar.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// Cuts the stream into frames: a length, i32, and that many bytes. Passes on each frame without its length, as one
/// contiguous buffer that the next handler releases.
///
/// A frame that arrived whole stays where it was received, unless it is so short that it would keep that buffer from
/// its next use for little. One that did not is gathered in a buffer that grows with what really arrives, so that a
/// claimed length costs nothing.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class FrameDecoder extends ChannelInboundHandlerAdapter {
    /// Shorter than any request: API key, version and correlation id.
    private static final int SHORTEST = 8;
    private static final int LENGTH_BYTES = 4;

    /// Up to this size a frame is copied: requests that wait for something are mostly shorter.
    static final int COPIED = 2048;
    private static final int SMALLEST_BUFFER = 256;
    /// A frame that has begun to arrive gets a buffer of at most so many times what is there.
    private static final int HEAD_START = 4;

    private final int maxFrameBytes;
    private final FrameBudget budget;
    private long taken;
    /// The frame being gathered, length included; null between frames.
    private ByteBuf partial;
    private boolean dead;

    FrameDecoder(int maxFrameBytes, FrameBudget budget) {
        this.maxFrameBytes = maxFrameBytes;
        this.budget = budget;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (partial != null) {
                continuePartial(ctx, in);
            }
            while (!dead && in.readableBytes() >= LENGTH_BYTES) {
                int length = in.getInt(in.readerIndex());
                if (!lengthIsFine(ctx, length)) {
                    return;
                }
                if (in.readableBytes() - LENGTH_BYTES < length) {
                    break;
                }
                in.skipBytes(LENGTH_BYTES);
                ctx.fireChannelRead(length <= COPIED
                        ? ctx.alloc().buffer(length).writeBytes(in, length) : in.readRetainedSlice(length));
            }
            if (!dead && partial == null && in.isReadable()) {
                partial = ctx.alloc().buffer(firstCapacity(in));
                partial.writeBytes(in);
            }
        } finally {
            in.release();
        }
    }

    private static int firstCapacity(ByteBuf in) {
        int have = in.readableBytes();
        if (have < LENGTH_BYTES || have >= FrameBudget.SMALL / HEAD_START) {
            return Math.max(SMALLEST_BUFFER, have);
        }
        int whole = Math.min(in.getInt(in.readerIndex()), FrameBudget.SMALL - LENGTH_BYTES) + LENGTH_BYTES;
        return Math.max(SMALLEST_BUFFER, Math.min(whole, have * HEAD_START));
    }

    private void continuePartial(ChannelHandlerContext ctx, ByteBuf in) {
        if (partial.readableBytes() < LENGTH_BYTES) {
            partial.writeBytes(in, Math.min(LENGTH_BYTES - partial.readableBytes(), in.readableBytes()));
            if (partial.readableBytes() < LENGTH_BYTES) {
                return;
            }
        }
        int length = partial.getInt(partial.readerIndex());
        if (!lengthIsFine(ctx, length)) {
            return;
        }
        int missing = LENGTH_BYTES + length - partial.readableBytes();
        int now = Math.min(missing, in.readableBytes());
        if (partial.writableBytes() < now) {
            // Doubling, but never beyond the frame.
            long doubled = Math.max(2L * partial.capacity(), (long) partial.readableBytes() + now);
            int capacity = (int) Math.min(doubled, (long) LENGTH_BYTES + length);
            if (!budgeted(ctx, capacity)) {
                return;
            }
            partial.capacity(capacity);
        }
        partial.writeBytes(in, now);
        if (now == missing) {
            ByteBuf whole = partial.skipBytes(LENGTH_BYTES);
            partial = null;
            giveBack();
            ctx.fireChannelRead(whole);
        }
    }

    private boolean budgeted(ChannelHandlerContext ctx, int capacity) {
        if (capacity <= FrameBudget.SMALL) {
            return true;
        }
        if (!budget.take(capacity - taken)) {
            giveUp(ctx, "too much memory is taken by requests that are still being received");
            return false;
        }
        taken = capacity;
        return true;
    }

    private void giveBack() {
        budget.giveBack(taken);
        taken = 0;
    }

    private void giveUp(ChannelHandlerContext ctx, String reason) {
        dead = true;
        dropPartial();
        Refusals.log(ctx.channel(), reason);
        ctx.close();
    }

    private boolean lengthIsFine(ChannelHandlerContext ctx, int length) {
        if (length >= SHORTEST && length <= maxFrameBytes) {
            return true;
        }
        giveUp(ctx, "a frame of " + length + " bytes, where " + SHORTEST + " to " + maxFrameBytes + " are allowed");
        return false;
    }

    private void dropPartial() {
        if (partial != null) {
            partial.release();
            partial = null;
            giveBack();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        dead = true;
        dropPartial();
    }
}
