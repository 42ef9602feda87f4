package io.chapar.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// Cuts the stream into frames: a length, i32, and that many bytes. Passes on each frame without its length, as one
/// contiguous buffer that the next handler releases.
///
/// A frame that arrived whole stays where it was received. A longer one is gathered in a buffer that grows with what
/// really arrives, so that a claimed length costs nothing.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class FrameDecoder extends ChannelInboundHandlerAdapter {
    /// Shorter than any request: API key, version and correlation id.
    private static final int SHORTEST = 8;
    private static final int LENGTH_BYTES = 4;

    private final int maxFrameBytes;
    /// The frame being gathered, length included; null between frames.
    private ByteBuf partial;
    private boolean dead;

    FrameDecoder(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
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
                ctx.fireChannelRead(in.readRetainedSlice(length));
            }
            if (!dead && in.isReadable()) {
                partial = ctx.alloc().buffer(Math.max(256, in.readableBytes()));
                partial.writeBytes(in);
            }
        } finally {
            in.release();
        }
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
            partial.capacity((int) Math.min(doubled, (long) LENGTH_BYTES + length));
        }
        partial.writeBytes(in, now);
        if (now == missing) {
            ByteBuf whole = partial.skipBytes(LENGTH_BYTES);
            partial = null;
            ctx.fireChannelRead(whole);
        }
    }

    private boolean lengthIsFine(ChannelHandlerContext ctx, int length) {
        if (length >= SHORTEST && length <= maxFrameBytes) {
            return true;
        }
        dead = true;
        dropPartial();
        Refusals.log(ctx.channel(), "a frame of " + length + " bytes, where " + SHORTEST + " to " + maxFrameBytes
                + " are allowed");
        ctx.close();
        return false;
    }

    private void dropPartial() {
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        dead = true;
        dropPartial();
    }
}
