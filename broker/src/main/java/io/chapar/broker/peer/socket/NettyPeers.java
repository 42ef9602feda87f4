package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.Request;
import io.netty.channel.socket.SocketChannel;
import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// The other brokers of a cluster, over sockets on this broker's own loops, and the port at which they link with it.
///
/// ```
/// this broker                                    another
/// loop k --- link for questions --------------> loop j     each loop its own, made with the first question
///        --- link to follow, with streams ----> loop i     one for each FollowStreams.open
/// loop j <-- whatever others dial ------------- their loops
///
/// apart  --- link among voters ---------------> loop j ==> apart, once it is known what it is for
/// ```
/// A question leaves on its asker's loop, and its answer arrives there. Where the others are says the cluster's image
/// ([#follow]), and of voters that it does not show, the list of voters; the epoch of this broker's own life, with
/// which it links, says the image too. Before it knows its cluster ([#belongTo]) only voters speak with each other.
///
/// What voters say to each other to order the metadata has a loop of its own ([#apart]): whoever has thousands of
/// partitions holds its loops for longer, when a broker dies, than voters wait for each other.
///
/// From any thread where nothing else is said.
public final class NettyPeers implements Peers, FollowStreams, AutoCloseable {
    /// Connections that have not proven who they are.
    static final int MOST_STRANGERS = 64;
    /// Links of those that have: 30 brokers of 16 loops.
    private static final int MOST_LINKS = 1_024;
    private static final int CLOSE_SECONDS = 5;

    private final Server server;
    private final PeerSettings settings;
    private final PeerNames names = new PeerNames();
    /// Null where links are not encrypted.
    private final @Nullable Handshakes handshakes;
    private final PeerLog log = new PeerLog();
    private final Strangers strangers = new Strangers(MOST_STRANGERS, MOST_LINKS);
    /// Null where this broker is no voter.
    private final @Nullable NettyLoop apart;
    private final Map<Loop, LoopLinks> links = new LinkedHashMap<>();
    /// Where those take links that may not have registered. Under this object's lock.
    private final SortedMap<Integer, HostPort> voters;
    /// Changes under this object's lock.
    private volatile Known known;
    /// Under this object's lock.
    private ClusterImage followed = ClusterImage.EMPTY;
    private volatile boolean closed;
    private volatile LongSupplier image = () -> 0;

    /// @param others where they are
    private record Known(PeerIdentity own, Map<Integer, PeerAddress> others) {}

    /// Listens to nothing yet, and knows no cluster.
    ///
    /// @param incarnation of this process
    /// @param random that nobody can guess
    /// @param suspects told of what speaks against other brokers, on some loop
    /// @param voters where each takes links; this one may be among them
    public NettyPeers(Server server, PeerSettings settings, int node, UUID incarnation, RandomGenerator random,
            Consumer<Suspect> suspects, SortedMap<Integer, HostPort> voters) {
        this.server = server;
        this.settings = settings;
        this.voters = new TreeMap<>(voters);
        Greeting greeting = new Greeting(
                Greeting.NO_CLUSTER, node, incarnation, Greeting.NOT_REGISTERED, server.loops().size(), 0);
        PeerTls tls = settings.tls();
        handshakes = tls == null ? null : new Handshakes(tls);
        PeerIdentity own = new PeerIdentity(greeting, settings.secret(), settings.limits(), random, handshakes);
        known = new Known(own, others(ClusterImage.EMPTY, node));
        apart = voters.containsKey(node) ? server.apart() : null;
        List<NettyLoop> loops = new ArrayList<>(server.loops());
        if (apart != null) {
            loops.add(apart);
        }
        loops.forEach(loop -> links.put(loop, new LoopLinks(loop, server, own, names, log, suspects)));
        tellLoops();
        if (tls != null) {
            NettyLoop first = server.loops().getFirst();
            first.execute(() -> refresh(tls, first));
        }
    }

    /// From now on this tells what is known of the metadata here. From any thread, and asked on any.
    public void image(LongSupplier version) {
        image = version;
    }

    /// The loop on which a voter, as this broker is, speaks with others and hears them.
    Loop apart() {
        return requireNonNull(apart, "this broker votes");
    }

    private void refresh(PeerTls tls, NettyLoop on) {
        on.schedule(PeerTls.REFRESH_MS, () -> {
            if (!closed) {
                on.aside(() -> tls.refresh(on.nowMs()), () -> refresh(tls, on));
            }
        });
    }

    /// Opens the port; gives the address it got. Throws the reason as it is when it cannot.
    ///
    /// @param host what answers there, now or later
    public HostPort listen(PeerHost host) throws Exception {
        AdmittedLink.Behind behind = new AdmittedLink.Behind(host, strangers, log,
                (loop, node) -> of(loop).look(node), this::came, apart);
        InetSocketAddress got = server.listen(settings.address(), MOST_STRANGERS + MOST_LINKS,
                (channel, loop) -> admit(channel, loop, behind));
        return new HostPort(settings.listener().host(), got.getPort());
    }

    private void admit(SocketChannel channel, NettyLoop loop, AdmittedLink.Behind behind) {
        if (closed) {
            channel.close().addListener(done -> { });
            return;
        }
        strangers.came(channel);
        AdmittedLink link = new AdmittedLink(channel, loop, server.loops().indexOf(loop), known.own(), behind);
        if (handshakes != null) {
            handshakes.accept(channel);
        }
        channel.pipeline().addLast(link.line());
        link.begin();
    }

    /// Connections that have not proven who they are.
    int strangers() {
        return strangers.count();
    }

    /// Connections that have ended without a proof of who it was, since the start.
    public long unproven() {
        return strangers.unproven();
    }

    /// This broker links with those of that cluster alone, from now on.
    public synchronized void belongTo(UUID clusterId) {
        PeerIdentity own = known.own();
        Greeting before = own.greeting();
        if (clusterId.equals(Greeting.NO_CLUSTER) || (before.belongs() && !before.clusterId().equals(clusterId))) {
            throw new IllegalStateException(
                    "a broker of the cluster " + before.clusterId() + " cannot belong to " + clusterId);
        }
        known = new Known(own.as(before.in(clusterId)), known.others());
        tellLoops();
    }

    /// Links go where this image says, from now on. One image after the other.
    public synchronized void follow(ClusterImage image) {
        followed = image;
        PeerIdentity own = known.own();
        known = new Known(identity(image, own), others(image, own.greeting().node()));
        tellLoops();
    }

    /// The latest that is known then: of two such words the later one may come first.
    private void tellLoops() {
        links.values().forEach(one -> one.loop().run(() -> {
            Known now = known;
            one.follow(now.others(), now.own());
        }));
    }

    /// A voter is there, whatever its links here came to.
    private void came(int node) {
        links.values().forEach(one -> one.loop().run(() -> one.came(node)));
    }

    /// A voter takes links there, unless it is active in the cluster and has registered another place.
    ///
    /// @param instead of what is known of that node; else where nothing is
    public synchronized void knows(int voter, HostPort at, boolean instead) {
        HostPort before = voters.get(voter);
        if (voter == known.own().greeting().node() || (before != null && (!instead || at.equals(before)))) {
            return;
        }
        voters.put(voter, at);
        follow(followed);
    }

    private Map<Integer, PeerAddress> others(ClusterImage image, int node) {
        Map<Integer, PeerAddress> all = new LinkedHashMap<>();
        voters.forEach((voter, at) -> {
            if (voter != node) {
                all.put(voter, PeerAddress.listed(voter, at));
            }
        });
        for (BrokerImage broker : image.brokers().values()) {
            HostPort at = broker.registration().peers();
            if (broker.id() != node && at != null && (broker.isActive() || !all.containsKey(broker.id())
                    || at.equals(voters.get(broker.id())))) {
                all.put(broker.id(), new PeerAddress(
                        broker.id(), at, broker.registration().incarnation(), broker.epoch()));
            }
        }
        return all;
    }

    private static PeerIdentity identity(ClusterImage image, PeerIdentity own) {
        Greeting before = own.greeting();
        BrokerImage here = image.brokers().get(before.node());
        if (here == null || !here.registration().incarnation().equals(before.incarnation())) {
            return own;
        }
        return own.as(before.registered(here.epoch()));
    }

    /// @param caller one of this broker's loops
    @Override
    public void ask(int node, Request request, short version, Loop caller, long deadlineMs, Consumer<Asked> done) {
        LoopLinks from = of(caller);
        // Who decides hears reports at once, whatever it has come to know.
        long known = request instanceof BrokerHeartbeatRequest ? 0 : image.getAsLong();
        caller.run(() -> end(from.ask(node, request, version, known, deadlineMs, done), caller, done));
    }

    /// The same for what is none of Kafka's.
    ///
    /// @param bytes that stay as they are
    public void ask(int node, Matter matter, ByteBuffer bytes, Loop caller, long deadlineMs,
            Consumer<Matter.Ended> done) {
        LoopLinks from = of(caller);
        caller.run(() -> end(from.ask(node, matter, bytes, deadlineMs, done), caller, done));
    }

    private static void end(@Nullable Unsent refused, Loop caller, Consumer<? super Unsent> done) {
        if (refused != null) {
            caller.execute(() -> done.accept(refused));
        }
    }

    @Override
    public Link open(int leader, Loop loop, Events events) {
        return of(loop).open(leader, events);
    }

    private LoopLinks of(Loop loop) {
        return requireNonNull(links.get(loop), "a loop of this broker");
    }

    /// Ends all links that this broker has dialled: what is under way is lost. The port is closed with the server's
    /// others. From a thread that is no loop, before the server is closed.
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (LoopLinks one : links.values()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            one.loop().execute(() -> {
                one.close("this broker stops");
                done.complete(null);
            });
        }
        try {
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            // A loop that met a bug does nothing any more, and its links end with it.
        }
        names.close();
        if (handshakes != null) {
            handshakes.close();
        }
    }
}
