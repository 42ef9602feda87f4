package io.chapar.broker.peer.socket;

import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.LinkEvents;
import io.chapar.broker.peer.LinkLine;
import io.chapar.broker.peer.LinkPurpose;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.peer.PeerLinkCore;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.runtime.WakeUp;
import io.chapar.protocol.message.Request;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import org.jspecify.annotations.Nullable;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/// A link that this broker dials, on sockets. On its loop.
@SuppressWarnings("FutureReturnValueIgnored") // a failed close ends in channelInactive
final class DialledLink implements LinkLine.Dialling, LinkChannel.End {
    private final NettyLoop loop;
    private final Server server;
    private final PeerAddress to;
    private final PeerNames names;
    private final @Nullable Handshakes tls;
    private final PeerLinkCore core;
    private final WakeUp timer;
    /// What the core dialled last. An earlier one that still comes about is closed.
    private @Nullable Channel channel;
    private @Nullable LinkChannel line;
    private int dials;

    DialledLink(NettyLoop loop, Server server, PeerAddress to, LinkPurpose purpose, PeerNames names,
            PeerIdentity own, LinkEvents events) {
        this.loop = loop;
        this.server = server;
        this.to = to;
        this.names = names;
        tls = own.tls();
        core = new PeerLinkCore(new PeerLinkCore.Target(to.node(), "broker " + to.node()),
                own.greeting().at(Math.max(0, server.loops().indexOf(loop))), own.secret(), purpose, own.limits(),
                own.random(), this, events);
        timer = new WakeUp(loop, () -> {
            core.tick(now());
            arm();
        });
    }

    PeerAddress to() {
        return to;
    }

    private long now() {
        return loop.nowMs();
    }

    private void arm() {
        timer.at(core.nextMs());
    }

    // ---- what is wanted

    /// Null when it was taken.
    Peers.@Nullable Unsent ask(
            Request request, short version, long image, long deadlineMs, Consumer<Peers.Asked> done) {
        Peers.Unsent refused = core.ask(request, version, image, deadlineMs, now(), done);
        arm();
        return refused;
    }

    /// Null when it was taken.
    Peers.@Nullable Unsent ask(Matter matter, ByteBuffer bytes, long deadlineMs, Consumer<Matter.Ended> done) {
        Peers.Unsent refused = core.ask(matter, bytes, deadlineMs, now(), done);
        arm();
        return refused;
    }

    void look() {
        core.look(now());
        arm();
    }

    void answers() {
        core.answers(now());
        arm();
    }

    void say(List<ByteBuffer> parts) {
        core.say(parts, now());
    }

    /// Ends it once what is under way has ended.
    void retire(String why) {
        core.retire(why, now());
        arm();
    }

    boolean isClosed() {
        return core.isClosed();
    }

    void end(String why) {
        core.close(why, now());
        timer.cancel();
    }

    // ---- for the core

    @Override
    public void dial() {
        int dial = ++dials;
        names.resolve(to.at(), loop, address -> {
            if (dial != dials) {
                return;
            }
            if (address == null) {
                core.unreached("nobody knows where " + to.at().host() + " is", now());
                arm();
            } else {
                connect(address, dial);
            }
        });
    }

    private void connect(InetSocketAddress address, int dial) {
        ChannelFuture connecting = server.dial(loop, address, fresh -> {
            LinkChannel own = new LinkChannel(fresh, loop, this);
            line = own;
            if (tls != null) {
                tls.dial(fresh, to.at());
            }
            return own;
        });
        Channel fresh = connecting.channel();
        channel = fresh;
        connecting.addListener(done -> loop.execute(() -> {
            if (dial != dials || !Objects.equals(channel, fresh)) {
                fresh.close();
                return;
            }
            if (done.isSuccess() && fresh.isActive()) {
                core.dialled(now());
            } else if (isRefused(done.cause())) {
                core.refused(now());
            } else {
                core.unreached("no connection: " + done.cause(), now());
            }
            arm();
        }));
    }

    /// Whether the machine is there, and nobody listens on the port.
    private static boolean isRefused(@Nullable Throwable cause) {
        return cause instanceof ConnectException && !(cause instanceof ConnectTimeoutException)
                && cause.getMessage() != null && cause.getMessage().contains("refused");
    }

    @Override
    public void write(List<ByteBuffer> parts) {
        if (line != null) {
            line.write(parts);
        }
    }

    @Override
    public void reading(boolean on) {
        if (line != null) {
            line.reading(on);
        }
    }

    @Override
    public void close() {
        dials++;
        LinkChannel closed = line;
        Channel open = channel;
        line = null;
        channel = null;
        if (closed != null) {
            closed.close();
        } else if (open != null) {
            open.close();
        }
    }

    // ---- of the channel

    @Override
    public void received(ByteBuffer bytes) {
        core.received(bytes, now());
        arm();
    }

    @Override
    public void taken(int bytes) {
        core.taken(bytes, now());
    }

    @Override
    public void lost(String why) {
        core.lost(why, now());
        arm();
    }
}
