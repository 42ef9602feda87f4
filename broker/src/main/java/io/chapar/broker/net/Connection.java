package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.net.ResponseEncoder.Encoded;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.Response;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;

import static java.util.Objects.requireNonNull;

/// A socket under a [ServerConnectionCore]: does what that says. Everything on the channel's loop.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class Connection extends ChannelInboundHandlerAdapter implements ConnectionEffects<ByteBuf> {
    private final Channel channel;
    private final NettyLoop loop;
    private final ConnectionSetup<ByteBuf> setup;
    private final Newcomers newcomers;
    private final BesideLoops beside;
    private final ServerConnectionCore<ByteBuf> core;
    /// What was encoded last and is not sent yet.
    private @Nullable Encoded encoded;
    private boolean unflushed;
    private Loop.@Nullable Timer timer;
    private long timerAtNs;

    /// @param advertised what clients are told to dial, with port 0 for the one dialled; null for "what you dialled"
    Connection(
            Channel channel,
            NettyLoop loop,
            ConnectionSetup<ByteBuf> setup,
            @Nullable HostPort advertised,
            Newcomers newcomers,
            BesideLoops beside) {
        this.channel = channel;
        this.loop = loop;
        this.setup = setup;
        this.newcomers = newcomers;
        this.beside = beside;
        String clientHost = channel.remoteAddress() instanceof InetSocketAddress from
                ? from.getAddress().getHostAddress() : "unknown";
        Session session = Session.anonymous(told(advertised, dialled(channel.localAddress())), clientHost);
        this.core = new ServerConnectionCore<>(setup, session, this, nowNs());
    }

    private static HostPort told(@Nullable HostPort advertised, HostPort dialled) {
        if (advertised == null) {
            return dialled;
        }
        return advertised.port() == 0 ? new HostPort(advertised.host(), dialled.port()) : advertised;
    }

    private static HostPort dialled(SocketAddress local) {
        return local instanceof InetSocketAddress at
                ? new HostPort(at.getAddress().getHostAddress(), at.getPort()) : new HostPort("localhost", 0);
    }

    // ---- what happens

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        wakeAt(core.deadlineNs());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        core.received((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // The client reset the connection, or died; anything else is met where it happens.
        if (!(cause instanceof java.io.IOException)) {
            Refusals.log(channel, "unexpected failure", cause);
        }
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        core.gone();
    }

    // ---- what the core has done

    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public boolean isServing() {
        return !loop.isStopped();
    }

    @Override
    public void asked() {
        newcomers.asked(channel);
    }

    @Override
    public void begin(RequestInProgress<ByteBuf> request) {
        try {
            setup.host().begin(request.body(), request);
        } catch (Throwable bug) {
            metBug(request, bug);
        }
    }

    @Override
    public void disconnected(RequestInProgress<ByteBuf> request) {
        try {
            request.runOnDisconnect();
        } catch (Throwable bug) {
            metBug(request, bug);
        }
    }

    /// Whatever a request throws is a bug: what this loop owns may be half changed, and can no longer be trusted.
    private void metBug(RequestInProgress<ByteBuf> request, Throwable bug) {
        core.failed(request, bug);
        loop.stop(bug);
    }

    @Override
    public void readBeside(RequestInProgress<ByteBuf> request) {
        beside.run(loop, () -> loop.execute(request.readLarge(setup.limits().maxElements())));
    }

    @Override
    public int encode(RequestInProgress<ByteBuf> request, Response response) {
        encoded = bytes(request, response);
        return encoded == null ? -1 : encoded.size();
    }

    @Override
    public void encodeBeside(RequestInProgress<ByteBuf> request, Response response) {
        beside.run(loop, () -> {
            Encoded made = bytes(request, response);
            loop.execute(() -> {
                encoded = made;
                core.encoded(request, made == null ? -1 : made.size());
            });
        });
    }

    /// From any thread. Null, and said, when the answer cannot be written.
    private @Nullable Encoded bytes(RequestInProgress<ByteBuf> request, Response response) {
        try {
            return ResponseEncoder.encode(
                    channel.alloc(), response, request.known(), request.apiVersion(), request.correlationId());
        } catch (RuntimeException unwritable) {
            Refusals.log(channel, "an answer cannot be written", unwritable);
            return null;
        }
    }

    @Override
    public void send(RequestInProgress<ByteBuf> request) {
        Encoded sending = requireNonNull(encoded, "an answer is encoded before it is sent");
        encoded = null;
        unflushed = true;
        ResponseEncoder.write(channel, sending, taken -> core.sent(request, sending.size(), taken));
    }

    @Override
    public void forget() {
        requireNonNull(encoded, "an answer is encoded before it is forgotten").discard();
        encoded = null;
    }

    @Override
    public void flush() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    @Override
    public void reading(boolean on) {
        channel.config().setAutoRead(on);
    }

    @Override
    public void wakeAt(long deadlineNs) {
        if (timer == null || deadlineNs - timerAtNs < 0) {
            if (timer != null) {
                timer.cancel();
            }
            timerAtNs = deadlineNs;
            timer = loop.schedule(1 + TimeUnit.NANOSECONDS.toMillis(Math.max(0, deadlineNs - nowNs())), this::wake);
        }
    }

    private void wake() {
        timer = null;
        core.tick();
        if (channel.isActive()) {
            wakeAt(core.deadlineNs());
        }
    }

    @Override
    public void close(@Nullable String reason, @Nullable Throwable bug) {
        if (reason != null) {
            Refusals.log(channel, reason, bug);
        }
        flush();
        channel.close();
    }
}
