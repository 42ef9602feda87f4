package io.chapar.broker.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// At the port: refuses connections before anything is made of them, and leaves the port alone for a while when none
/// can be accepted. On the loop that accepts.
///
/// Who is refused is closed on the loop that accepted it, so that however many come at once, no more descriptors are
/// taken than those of the connections that were let in and of one round of accepting.
final class Doorkeeper extends ChannelInboundHandlerAdapter {
    private static final long PAUSE_MS = 1_000;

    private final Admission admission;
    private final Consumer<Channel> letIn;

    /// @param letIn told of each connection before its loop knows it
    Doorkeeper(Admission admission, Consumer<Channel> letIn) {
        this.admission = admission;
        this.letIn = letIn;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        Channel connection = (Channel) message;
        String address = connection.remoteAddress() instanceof InetSocketAddress from
                ? from.getAddress().getHostAddress() : "unknown";
        String refusal = admission.enters(address);
        if (refusal != null) {
            Refusals.log(connection, refusal);
            connection.unsafe().closeForcibly();
            return;
        }
        connection.closeFuture().addListener(_ -> admission.leaves(address));
        letIn.accept(connection);
        ctx.fireChannelRead(message);
    }

    /// Mostly there is no descriptor left. What waits at the port would be met again at once.
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Refusals.logPause(PAUSE_MS, cause);
        ctx.channel().config().setAutoRead(false);
        var _ = ctx.channel().eventLoop().schedule(
                () -> ctx.channel().config().setAutoRead(true), PAUSE_MS, TimeUnit.MILLISECONDS);
    }
}
