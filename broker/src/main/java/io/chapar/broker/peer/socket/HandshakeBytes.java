package io.chapar.broker.peer.socket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/// Bounds what comes before a TLS handshake has ended: whatever comes while its tasks wait for their thread is kept. In
/// front of the handler of TLS, on the channel's loop.
@SuppressWarnings("FutureReturnValueIgnored") // a failed close ends in channelInactive
final class HandshakeBytes extends ChannelInboundHandlerAdapter {
    /// All messages of one side: certificates are by far the longest, of which the JDK takes 32 KB.
    static final int MOST = 128 << 10;

    private int came;
    private @Nullable ChannelHandlerContext context;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        came += in.readableBytes();
        if (came > MOST) {
            in.release();
            ctx.close();
        } else {
            ctx.fireChannelRead(in);
        }
    }

    /// The handshake has ended.
    void lift() {
        ChannelHandlerContext at = context;
        if (at != null && !at.isRemoved()) {
            at.pipeline().remove(this);
        }
    }
}
