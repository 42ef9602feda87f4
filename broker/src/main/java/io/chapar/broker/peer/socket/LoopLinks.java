package io.chapar.broker.peer.socket;

import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.LinkEvents;
import io.chapar.broker.peer.LinkPurpose;
import io.chapar.broker.peer.Peers.Asked;
import io.chapar.broker.peer.Peers.Unsent;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.protocol.message.Request;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// The links that one loop has dialled: for questions one to each broker that it has asked, as long as that is where it
/// was; for following those that were opened. On that loop.
final class LoopLinks {
    private final NettyLoop loop;
    private final Server server;
    private final PeerNames names;
    private final PeerLog log;
    private final Consumer<Suspect> suspects;
    private final Map<Integer, Asking> asking = new LinkedHashMap<>();
    private final Set<FollowLink> following = new LinkedHashSet<>();
    private Map<Integer, PeerAddress> addresses = Map.of();
    private PeerIdentity own;
    private boolean closed;

    LoopLinks(NettyLoop loop, Server server, PeerIdentity own, PeerNames names, PeerLog log,
            Consumer<Suspect> suspects) {
        this.loop = loop;
        this.server = server;
        this.own = own;
        this.names = names;
        this.log = log;
        this.suspects = suspects;
    }

    NettyLoop loop() {
        return loop;
    }

    /// A link for questions.
    private final class Asking implements LinkEvents {
        private final DialledLink link;
        private @Nullable Greeting other;

        Asking(PeerAddress to) {
            link = new DialledLink(loop, server, to, LinkPurpose.QUESTIONS, names, own, this);
        }

        /// Whether it leads to this life of a broker, at this address.
        boolean leadsTo(@Nullable PeerAddress to) {
            return to != null && to.at().equals(link.to().at()) && (to.equals(link.to())
                    || (other != null && other.incarnation().equals(to.incarnation())));
        }

        @Override
        public void linked(Greeting greeting) {
            other = greeting;
        }

        @Override
        public void unlinked(String why) {
            other = null;
            log.unlinked(link.to().node(), why, loop.nowMs());
        }

        @Override
        public void suspects(Evidence evidence) {
            suspects.accept(new Suspect(link.to().node(), link.to().incarnation(), link.to().epoch(), evidence));
        }
    }

    /// Where the others are from now on, and who this broker is to them.
    void follow(Map<Integer, PeerAddress> now, PeerIdentity identity) {
        if (closed) {
            return;
        }
        boolean another = !identity.greeting().equals(own.greeting());
        own = identity;
        addresses = now;
        for (Asking one : List.copyOf(asking.values())) {
            if (another || !one.leadsTo(now.get(one.link.to().node()))) {
                asking.remove(one.link.to().node());
                one.link.end("broker " + one.link.to().node() + " has a new life, or a new address");
            }
        }
        for (FollowLink one : List.copyOf(following)) {
            PeerAddress to = now.get(one.to().node());
            if (another || to == null || !to.at().equals(one.to().at())) {
                one.end("broker " + one.to().node() + " has a new life, or a new address");
            }
        }
    }

    /// Null when it was taken, and `done` will be run.
    @Nullable Unsent ask(int node, Request request, short version, long deadlineMs, Consumer<Asked> done) {
        Asking to = asking(node);
        return to == null ? new Unsent("broker " + node + " is not known")
                : to.link.ask(request, version, deadlineMs, done);
    }

    private @Nullable Asking asking(int node) {
        Asking there = asking.get(node);
        PeerAddress to = addresses.get(node);
        if (there == null && to != null && !closed) {
            there = new Asking(to);
            asking.put(node, there);
        }
        return there;
    }

    FollowStreams.Link open(int leader, FollowStreams.Events events) {
        PeerAddress to = addresses.get(leader);
        if (to == null || closed) {
            return FollowStreams.NONE.open(leader, loop, events);
        }
        FollowLink link = new FollowLink(loop, to, events, this::ended);
        following.add(link);
        link.begin(new DialledLink(loop, server, to, LinkPurpose.FOLLOW, names, own, link));
        return link;
    }

    /// One that ends says that its broker may be gone: the link for questions finds out.
    private void ended(FollowLink link, String why) {
        following.remove(link);
        log.unlinked(link.to().node(), why, loop.nowMs());
        Asking to = asking(link.to().node());
        if (to != null) {
            to.link.look();
        }
    }

    void close(String why) {
        closed = true;
        List.copyOf(following).forEach(link -> link.end(why));
        List.copyOf(asking.values()).forEach(one -> one.link.end(why));
        asking.clear();
    }
}
