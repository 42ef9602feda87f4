package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.ImageWaits;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.RequestHost;
import io.chapar.broker.peer.AdmittedLinkCore;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.LinkPurpose;
import io.chapar.broker.peer.LinkRefusal;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.replica.FollowCodec;
import io.chapar.broker.replica.FollowMessage.ToFollower;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.runtime.WakeUp;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;

import static java.util.Objects.requireNonNull;

/// A link that another broker has dialled, on its socket: what comes goes to whoever the [PeerHost] has for it. On the
/// channel's loop, but for [FollowStreams.Back].
final class AdmittedLink implements AdmittedLinkCore.Events, LinkChannel.End, FollowStreams.Back {
    /// Of what a follower asked for and does not take.
    private static final long MOST_UNSENT = 256L << 20;

    /// What stands behind the links.
    ///
    /// @param strangers among whom it is until it has proven itself
    /// @param left told of a broker whose link for questions has ended, on the link's loop
    /// @param came told of a voter that speaks with this one from now on, on the link's loop
    /// @param voters the loop to which links among voters move; null where this broker is none
    record Behind(PeerHost host, Strangers strangers, PeerLog log, ObjIntConsumer<NettyLoop> left, IntConsumer came,
            @Nullable NettyLoop voters) {}

    private final Channel channel;
    private volatile NettyLoop loop;
    private final Behind behind;
    private final LinkChannel line;
    private final AdmittedLinkCore core;
    private WakeUp timer;
    private final Map<Integer, PeerVisit> visits = new LinkedHashMap<>();
    /// Questions that are not begun yet.
    private final Map<Integer, Early> early = new LinkedHashMap<>();
    /// Null before it has proven who it is.
    private @Nullable Greeting other;
    private boolean asks;
    private boolean moving;
    /// Null but for one that follows.
    private @Nullable Following following;

    private record Early(ImageWaits images, ImageWaits.Waiting waiting) {}

    /// @param loops of this broker
    private record Following(FollowStreams.Accepted follower, int loops) {}

    AdmittedLink(Channel channel, NettyLoop loop, int loopIndex, PeerIdentity own, Behind behind) {
        this.channel = channel;
        this.loop = loop;
        this.behind = behind;
        line = new LinkChannel(channel, loop, this);
        core = new AdmittedLinkCore(own.greeting().at(loopIndex), own.secret(), own.limits(), own.random(), line, this,
                loop.nowMs());
        timer = timer(loop);
    }

    private WakeUp timer(NettyLoop on) {
        return new WakeUp(on, () -> {
            core.tick(now());
            arm();
        });
    }

    LinkChannel line() {
        return line;
    }

    /// Its time runs from now on.
    void begin() {
        arm();
    }

    private long now() {
        return loop.nowMs();
    }

    private void arm() {
        if (!moving) {
            timer.at(core.nextMs());
        }
    }

    Greeting other() {
        return requireNonNull(other, "it has proven who it is");
    }

    NettyLoop loop() {
        return loop;
    }

    String host() {
        return channel.remoteAddress() instanceof InetSocketAddress from
                ? from.getAddress().getHostAddress() : "unknown";
    }

    HostPort dialled() {
        return channel.localAddress() instanceof InetSocketAddress at
                ? new HostPort(at.getAddress().getHostAddress(), at.getPort()) : new HostPort("localhost", 0);
    }

    // ---- of the core

    @Override
    public void admitted(Greeting who, LinkPurpose purpose) {
        other = who;
        asks = purpose == LinkPurpose.QUESTIONS;
        if (!behind.strangers().proven(channel)) {
            core.close("there are too many links already", now());
        } else if (purpose == LinkPurpose.FOLLOW) {
            follow(who);
        } else if (purpose == LinkPurpose.VOTERS) {
            behind.came().accept(who.node());
            if (behind.voters() != null) {
                move(behind.voters());
            }
        }
    }

    /// Whoever has dialled says nothing before it is welcome.
    private void move(NettyLoop to) {
        timer.cancel();
        moving = true;
        line.move(to, () -> {
            loop = to;
            timer = timer(to);
            moving = false;
            arm();
        });
    }

    private void follow(Greeting who) {
        FollowStreams.Accepting accepting = behind.host().followers();
        if (accepting == null) {
            core.close("this broker is not ready to lead", now());
        } else {
            following = new Following(accepting.accept(
                    new FollowStreams.Follower(who.node(), who.epoch(), who.loop()), this), accepting.loops());
        }
    }

    @Override
    public void question(int id, short version, long image, Request request, long deadlineMs) {
        if (request instanceof BrokerHeartbeatRequest heartbeat) {
            heartbeat(id, version, heartbeat);
            return;
        }
        PeerHost.Requests requests = behind.host().requests();
        if (requests == null) {
            notReady(id, "for requests");
            return;
        }
        ImageWaits.Waiting waiting = requests.images().await(image, loop, deadlineMs,
                () -> begin(id, version, request, deadlineMs), () -> tooEarly(id, image));
        if (waiting != null) {
            early.put(id, new Early(requests.images(), waiting));
        }
    }

    private void tooEarly(int id, long image) {
        early.remove(id);
        core.decline(id, true, "this broker does not know of version " + image + " of the metadata yet", now());
    }

    private void begin(int id, short version, Request request, long deadlineMs) {
        early.remove(id);
        PeerHost.Requests requests = behind.host().requests();
        if (requests == null) {
            notReady(id, "for requests");
            return;
        }
        PeerVisit visit = new PeerVisit(this, id, version, deadlineMs);
        visits.put(id, visit);
        requests.host().begin(request, visit);
    }

    private void heartbeat(int id, short version, BrokerHeartbeatRequest heartbeat) {
        PeerHost.Heartbeats heartbeats = behind.host().heartbeats();
        if (heartbeats == null) {
            notReady(id, "for heartbeats");
        } else if (heartbeat.brokerId() != other().node()) {
            core.decline(id, true, "a heartbeat of broker " + heartbeat.brokerId() + " from " + other().node(), now());
        } else {
            heartbeats.heard(heartbeat, other().node(), other().epoch(),
                    response -> loop.run(() -> core.answer(id, response, version, now())));
        }
    }

    @Override
    public void asked(int id, Matter matter, ByteBuffer bytes, long deadlineMs) {
        Consumer<ByteBuffer> answer = told -> loop.run(() -> core.tell(id, told, now()));
        try {
            switch (matter) {
                case SAYING -> said(id, bytes, answer);
                case CONSENSUS -> consensus(id, bytes, answer);
                case PROPOSAL -> handedOver(id, bytes, deadlineMs, answer);
                case FEED -> feed(id, bytes, deadlineMs, answer);
            }
        } catch (IOException e) {
            core.decline(id, true, "it cannot be understood: " + e.getMessage(), now());
        }
    }

    private void said(int id, ByteBuffer bytes, Consumer<ByteBuffer> answer) throws IOException {
        PeerHost.Voters voters = behind.host().voters();
        if (voters == null) {
            notReady(id, "to speak with voters");
        } else {
            voters.heard(other().node(), bytes, answer);
        }
    }

    private void consensus(int id, ByteBuffer bytes, Consumer<ByteBuffer> answer) throws IOException {
        PeerHost.Consensus consensus = behind.host().consensus();
        if (consensus == null) {
            notReady(id, "to vote");
        } else {
            consensus.heard(other().node(), bytes, answer);
        }
    }

    private void handedOver(int id, ByteBuffer bytes, long deadlineMs, Consumer<ByteBuffer> answer)
            throws IOException {
        PeerHost.Controller controller = behind.host().controller();
        if (controller == null) {
            notReady(id, "to decide");
        } else {
            controller.handedOver(bytes, deadlineMs - now(), answer);
        }
    }

    private void feed(int id, ByteBuffer bytes, long deadlineMs, Consumer<ByteBuffer> answer) throws IOException {
        PeerHost.Feed feed = behind.host().feed();
        if (feed == null) {
            notReady(id, "to tell of the cluster");
        } else {
            feed.asked(bytes, deadlineMs - now(), answer);
        }
    }

    private void notReady(int id, String what) {
        core.decline(id, true, "this broker is not ready " + what, now());
    }

    void answer(PeerVisit visit, Response response) {
        visits.remove(visit.id());
        core.answer(visit.id(), response, visit.apiVersion(), now());
    }

    void decline(PeerVisit visit, String why) {
        visits.remove(visit.id());
        core.decline(visit.id(), false, why, now());
    }

    @Override
    public void frame(ByteBuffer frame) {
        try {
            Following now = requireNonNull(following, "it follows");
            if (FollowCodec.read(frame) instanceof FollowCodec.ForLeader said && said.stream() < now.loops()) {
                now.follower().received(said.stream(), said.messages());
            } else {
                core.broken("a follower that says what leaders do, or to a loop that is not there");
            }
        } catch (MalformedMessageException e) {
            core.broken("what a follower said cannot be understood: " + e.getMessage());
        }
    }

    @Override
    public void room() {
        // Followers bound by their credit what is sent to them.
    }

    @Override
    public void closed(String why, @Nullable LinkRefusal refusal) {
        timer.cancel();
        early.values().forEach(one -> one.images().giveUp(one.waiting()));
        early.clear();
        behind.log().ended(host(), other, why, refusal, now());
        if (other == null && (refusal == null || !refusal.passes())) {
            behind.strangers().leftUnproven();
        }
        List<PeerVisit> left = List.copyOf(visits.values());
        visits.clear();
        left.forEach(PeerVisit::disconnected);
        if (following != null) {
            following.follower().ended();
        }
        if (asks) {
            behind.left().accept(loop, other().node());
        }
    }

    // ---- to the follower, from any loop

    @Override
    public void send(int leaderLoop, List<ToFollower> frame) {
        List<List<ByteBuffer>> frames = FollowCodec.toFollower(leaderLoop, frame);
        loop.run(() -> {
            frames.forEach(parts -> core.say(parts, now()));
            if (core.unsent() > MOST_UNSENT) {
                core.close("it takes too little of what it asked for", now());
            }
            arm();
        });
    }

    @Override
    public void end(String why) {
        loop.run(() -> core.close(why, now()));
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
    }
}
