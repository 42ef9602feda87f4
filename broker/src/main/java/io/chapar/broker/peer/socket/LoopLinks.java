package io.chapar.broker.peer.socket;

import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.LinkEvents;
import io.chapar.broker.peer.LinkPurpose;
import io.chapar.broker.peer.LinkRefusal;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.peer.Peers.Asked;
import io.chapar.broker.peer.Peers.Unsent;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.protocol.message.Request;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// The links that one loop has dialled: for questions one to each broker that it has asked, as long as that is where it
/// was; for following those that were opened; among voters one to each other. On that loop.
final class LoopLinks {
    private final NettyLoop loop;
    private final Server server;
    private final PeerNames names;
    private final PeerLog log;
    private final Consumer<Suspect> suspects;
    private final Map<Integer, Asking> asking = new LinkedHashMap<>();
    /// On which voters speak, whether they have a cluster or not.
    private final Map<Integer, Asking> voting = new LinkedHashMap<>();
    /// On which voters tell this broker, which is none, of the metadata.
    private final Map<Integer, Asking> feeding = new LinkedHashMap<>();
    /// On which nothing more is asked, and something may be under way.
    private final List<Asking> retiring = new ArrayList<>();
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

    /// A link on which something is asked.
    private final class Asking implements LinkEvents {
        private final DialledLink link;
        /// Where it leads, as far as is known by now.
        private PeerAddress to;
        private @Nullable Greeting other;

        Asking(PeerAddress to, LinkPurpose purpose) {
            this.to = to;
            link = new DialledLink(loop, server, to, purpose, names, own, this);
        }

        /// Whether it leads to this life of a broker, at this address.
        boolean leadsTo(PeerAddress now) {
            return isAt(now) && (now.equals(to) || (other != null && other.incarnation().equals(now.incarnation())));
        }

        boolean isAt(PeerAddress now) {
            return now.at().equals(to.at());
        }

        @Override
        public void linked(Greeting greeting) {
            other = greeting;
            log.linked(to.node());
        }

        @Override
        public void refused(LinkRefusal why) {
            log.refused(to.node(), why, loop.nowMs());
        }

        @Override
        public void unlinked(String why) {
            other = null;
            log.unlinked(to.node(), why, loop.nowMs());
        }

        /// Of a life that nobody knows nothing can be said.
        @Override
        public void suspects(Evidence evidence) {
            if (to.isOfALife()) {
                suspects.accept(new Suspect(to.node(), to.incarnation(), to.epoch(), evidence));
            }
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
            PeerAddress to = now.get(one.to.node());
            if (to == null || !one.leadsTo(to)) {
                asking.remove(one.to.node());
                one.link.end("broker " + one.to.node() + " has a new life, or a new address");
            } else if (another) {
                asking.remove(one.to.node());
                retire(one);
            } else {
                one.to = to;
            }
        }
        endWhereMoved(voting, now);
        endWhereMoved(feeding, now);
        for (FollowLink one : List.copyOf(following)) {
            PeerAddress to = now.get(one.to().node());
            if (another || to == null || !to.at().equals(one.to().at())) {
                one.end("broker " + one.to().node() + " has a new life, or a new address");
            }
        }
    }

    private static void endWhereMoved(Map<Integer, Asking> links, Map<Integer, PeerAddress> now) {
        for (Asking one : List.copyOf(links.values())) {
            PeerAddress to = now.get(one.to.node());
            if (to == null || !one.isAt(to)) {
                links.remove(one.to.node());
                one.link.end("broker " + one.to.node() + " has a new address");
            }
        }
    }

    /// What is under way may be what gave this broker its new life.
    private void retire(Asking one) {
        retiring.removeIf(earlier -> earlier.link.isClosed());
        retiring.add(one);
        one.link.retire("this broker has a new life");
    }

    /// Null when it was taken, and `done` will be run.
    @Nullable Unsent ask(int node, Matter matter, ByteBuffer bytes, long deadlineMs, Consumer<Matter.Ended> done) {
        Asking to = switch (matter.purpose()) {
            case VOTERS -> dialled(voting, node, LinkPurpose.VOTERS);
            case FEED -> own.greeting().belongs() ? dialled(feeding, node, LinkPurpose.FEED) : null;
            case QUESTIONS, FOLLOW -> asking(node);
        };
        return to == null ? new Unsent(unreachable(node)) : to.link.ask(matter, bytes, deadlineMs, done);
    }

    /// Null when it was taken, and `done` will be run.
    @Nullable Unsent ask(
            int node, Request request, short version, long image, long deadlineMs, Consumer<Asked> done) {
        Asking to = asking(node);
        return to == null ? new Unsent(unreachable(node)) : to.link.ask(request, version, image, deadlineMs, done);
    }

    private String unreachable(int node) {
        return own.greeting().belongs() ? "broker " + node + " is not known"
                : "this broker does not know its cluster yet";
    }

    private @Nullable Asking asking(int node) {
        return own.greeting().belongs() ? dialled(asking, node, LinkPurpose.QUESTIONS) : null;
    }

    private @Nullable Asking dialled(Map<Integer, Asking> links, int node, LinkPurpose purpose) {
        Asking there = links.get(node);
        PeerAddress to = addresses.get(node);
        if (there == null && to != null && !closed) {
            there = new Asking(to, purpose);
            links.put(node, there);
        }
        return there;
    }

    FollowStreams.Link open(int leader, FollowStreams.Events events) {
        PeerAddress to = addresses.get(leader);
        if (to == null || closed || !own.greeting().belongs()) {
            return FollowStreams.NONE.open(leader, loop, events);
        }
        FollowLink link = new FollowLink(loop, to, events, this::ended);
        following.add(link);
        link.begin(new DialledLink(loop, server, to, LinkPurpose.FOLLOW, names, own, link));
        return link;
    }

    /// One that ends says that its broker may be gone.
    private void ended(FollowLink link, String why) {
        following.remove(link);
        log.unlinked(link.to().node(), why, loop.nowMs());
        look(link.to().node());
    }

    /// A broker may be gone: the link for questions finds out.
    void look(int node) {
        Asking to = closed ? null : asking(node);
        if (to != null) {
            to.link.look();
        }
    }

    /// A voter has dialled this broker: what could not be said to it a moment ago can be now.
    void came(int node) {
        Asking to = voting.get(node);
        if (to != null) {
            to.link.answers();
        }
    }

    void close(String why) {
        closed = true;
        List.copyOf(following).forEach(link -> link.end(why));
        for (Asking one : everyAsking()) {
            one.link.end(why);
        }
        asking.clear();
        voting.clear();
        feeding.clear();
        retiring.clear();
    }

    private List<Asking> everyAsking() {
        List<Asking> all = new ArrayList<>(asking.values());
        all.addAll(voting.values());
        all.addAll(feeding.values());
        all.addAll(retiring);
        return all;
    }
}
