package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.RequestHost;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.Request;
import io.netty.channel.socket.SocketChannel;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// The other brokers of a cluster, over sockets on this broker's own loops, and the port at which they link with it.
///
/// ```
/// this broker                                    another
/// loop k --- link for questions --------------> loop j     each loop its own, made with the first question
///        --- link to follow, with streams ----> loop i     one for each FollowStreams.open
/// loop j <-- whatever others dial ------------- their loops
/// ```
/// A question leaves on its asker's loop, and its answer arrives there. Where the others are says the cluster's image
/// ([#follow]); so does the epoch of this broker's own life, with which it links.
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
    private final PeerLog log = new PeerLog();
    private final Strangers strangers = new Strangers(MOST_STRANGERS, MOST_LINKS);
    private final Map<Loop, LoopLinks> links = new LinkedHashMap<>();
    private volatile PeerIdentity own;
    private volatile boolean closed;

    /// Listens to nothing yet.
    ///
    /// @param incarnation of this process
    /// @param random that nobody can guess
    /// @param suspects told of what speaks against other brokers, on some loop
    public NettyPeers(Server server, PeerSettings settings, UUID clusterId, int node, UUID incarnation,
            RandomGenerator random, Consumer<Suspect> suspects) {
        this.server = server;
        this.settings = settings;
        Greeting greeting =
                new Greeting(clusterId, node, incarnation, Greeting.NOT_REGISTERED, server.loops().size(), 0);
        own = new PeerIdentity(greeting, settings.secret(), settings.limits(), random);
        server.loops().forEach(loop -> links.put(loop, new LoopLinks(loop, server, own, names, log, suspects)));
    }

    /// Opens the port; gives the address it got. Throws the reason as it is when it cannot.
    ///
    /// @param host what answers questions; it is begun on the loop of the link
    public HostPort listen(RequestHost host, FollowStreams.Accepting followers) throws Exception {
        AdmittedLink.Behind behind = new AdmittedLink.Behind(host, followers, strangers, log);
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
        AdmittedLink link = new AdmittedLink(channel, loop, server.loops().indexOf(loop), own, behind);
        channel.pipeline().addLast(link.line());
        link.begin();
    }

    /// Connections that have not proven who they are.
    int strangers() {
        return strangers.count();
    }

    /// Links go where this image says, from now on. One image after the other.
    public void follow(ClusterImage image) {
        Map<Integer, PeerAddress> addresses = new LinkedHashMap<>();
        for (BrokerImage broker : image.brokers().values()) {
            HostPort at = broker.registration().peers();
            if (broker.id() != own.greeting().node() && at != null) {
                addresses.put(broker.id(), new PeerAddress(
                        broker.id(), at, broker.registration().incarnation(), broker.epoch()));
            }
        }
        PeerIdentity identity = identity(image);
        own = identity;
        links.values().forEach(one -> one.loop().run(() -> one.follow(addresses, identity)));
    }

    private PeerIdentity identity(ClusterImage image) {
        Greeting before = own.greeting();
        BrokerImage here = image.brokers().get(before.node());
        if (here == null || !here.registration().incarnation().equals(before.incarnation())) {
            return own;
        }
        return new PeerIdentity(new Greeting(before.clusterId(), before.node(), before.incarnation(), here.epoch(),
                before.loops(), before.loop()), own.secret(), own.limits(), own.random());
    }

    /// @param caller one of this broker's loops
    @Override
    public void ask(int node, Request request, short version, Loop caller, long deadlineMs, Consumer<Asked> done) {
        LoopLinks from = of(caller);
        caller.run(() -> {
            Unsent refused = from.ask(node, request, version, deadlineMs, done);
            if (refused != null) {
                caller.execute(() -> done.accept(refused));
            }
        });
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
    }
}
