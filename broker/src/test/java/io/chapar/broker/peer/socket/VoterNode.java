package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.quorum.Membership;
import io.chapar.broker.metadata.quorum.QuorumFounding;
import io.chapar.broker.metadata.quorum.QuorumMetadataLog;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.PeerSecret;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static java.util.Objects.requireNonNull;

/// A voter on real sockets: its links, its founding and its log, and nothing else of a broker.
final class VoterNode {
    private static final long SOON_MS = 60_000;

    final int id;
    final UUID incarnation = UUID.randomUUID();
    final Server server = new Server(1);
    final NettyLoop loop = server.loops().getFirst();
    final NettyPeers peers;
    final QuorumLinks links;
    final PeerHost host = new PeerHost();
    final BlockingQueue<Suspect> suspects = new LinkedBlockingQueue<>();
    final HostPort at;
    final QuorumFounding founding;
    private final Path folder;
    private @Nullable QuorumMetadataLog log;

    /// Speaks with the other voters from here on.
    ///
    /// @param listed at which the consensus library listens
    /// @param voters at which they take links
    VoterNode(int id, SortedMap<Integer, HostPort> listed, SortedMap<Integer, HostPort> voters, PeerSecret secret,
            Path folder) throws Exception {
        this.id = id;
        this.folder = folder;
        at = requireNonNull(voters.get(id));
        peers = new NettyPeers(server, new PeerSettings(at, secret, false, LinkLimits.of(1 << 20)), id, incarnation,
                new SecureRandom(), suspects::add, voters);
        peers.listen(host);
        links = new QuorumLinks(peers);
        founding = QuorumFounding.open(id, listed, folder.resolve("voter"), null, loop, links);
        host.voters(founding::heard);
    }

    /// Takes part.
    Membership join() throws Exception {
        Membership membership = founding.membership().get(SOON_MS, TimeUnit.MILLISECONDS);
        peers.belongTo(membership.cluster());
        QuorumMetadataLog open = QuorumMetadataLog.open(
                new QuorumMetadataLog.Settings(
                        membership, founding.here(membership), folder.resolve("log"), incarnation.hashCode()), loop,
                new ControllerCore(new Random(id), TopicConfig::problem), links,
                new ConsensusLinks(peers, host));
        loop.execute(() -> {
            open.onChange((_, after, _) -> peers.follow(after));
            peers.follow(open.image());
        });
        host.controller(open::handedOver);
        log = open;
        return membership;
    }

    QuorumMetadataLog log() {
        return requireNonNull(log, "it takes part");
    }

    <R> CompletableFuture<MetadataLog.Proposed<R>> propose(MetadataCommand<R> command) {
        CompletableFuture<MetadataLog.Proposed<R>> done = new CompletableFuture<>();
        log().propose(command, loop.nowMs() + SOON_MS, loop, done::complete);
        return done;
    }

    MetadataCommand.RegisterBroker registration() {
        return new MetadataCommand.RegisterBroker(new Registration(id, incarnation, null, at, null), new TreeMap<>(),
                true);
    }

    boolean controls() throws Exception {
        CompletableFuture<QuorumRole> role = new CompletableFuture<>();
        loop.execute(() -> role.complete(log().role()));
        return role.get(SOON_MS, TimeUnit.MILLISECONDS) instanceof QuorumRole.Controls;
    }

    /// All at once: each of the library's logs looks once a second whether it is to end.
    static void closeAll(Collection<VoterNode> nodes) {
        List<CompletableFuture<Void>> ended = nodes.stream().map(node -> CompletableFuture.runAsync(() -> {
            try {
                node.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }, Thread::startVirtualThread)).toList();
        ended.forEach(CompletableFuture::join);
    }

    void close() throws Exception {
        loop.execute(founding::close);
        peers.close();
        if (log != null) {
            log.close();
        }
        server.close();
    }
}
