package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.QuorumVoters;
import io.chapar.broker.handler.Features;
import io.chapar.broker.liveness.BrokerLife;
import io.chapar.broker.liveness.BrokerSessions;
import io.chapar.broker.liveness.Heartbeats;
import io.chapar.broker.liveness.LeaderBalance;
import io.chapar.broker.liveness.ReassignmentSteps;
import io.chapar.broker.liveness.Registering;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.FeatureRange;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataSeed;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.SeedImages;
import io.chapar.broker.metadata.quorum.ClusterLog;
import io.chapar.broker.metadata.quorum.FedMetadataLog;
import io.chapar.broker.metadata.quorum.Membership;
import io.chapar.broker.metadata.quorum.QuorumFounding;
import io.chapar.broker.metadata.quorum.QuorumMetadataLog;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.socket.ConsensusLinks;
import io.chapar.broker.peer.socket.NettyPeers;
import io.chapar.broker.peer.socket.PeerHost;
import io.chapar.broker.peer.socket.PeerSettings;
import io.chapar.broker.peer.socket.QuorumLinks;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// Of a broker that has others: the metadata are a log that voters share. It is one of them, or is told by them.
///
/// ```
/// port for peers --> with whom this node votes, --> the quorum's log --> registered --> reports to the controller
///                    or who votes                   (ClusterLog)                        (Heartbeats)
///                    (QuorumFounding)
///   --> logs are open, clients are served --> unfenced
///   ... --> fenced by its own wish --> another decides --> links end --> logs are closed --> the quorum's log ends
/// ```
/// The id of the quorum is that of the cluster.
final class ClusterAttachment implements Attachment {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterAttachment.class);
    private static final long SAY_EVERY_SECONDS = 10;
    private static final long AGAIN_MS = 200;
    private static final long LEAVE_SECONDS = 10;
    /// Longer than an election takes.
    private static final long FORSAKEN_MS = 1_500;
    private static final long HAND_OVER_MS = 1_000;

    private final BrokerConfig config;
    private final Server server;
    private final Loop loop;
    private final RandomGenerator random;
    private final UUID incarnation = UUID.randomUUID();
    private final BrokerLife life;
    private final NettyPeers peers;
    private final PeerHost host = new PeerHost();
    private final CompletableFuture<Void> active = new CompletableFuture<>();
    private final CompletableFuture<Void> mayStop = new CompletableFuture<>();
    private final CompletableFuture<Void> forsaken = new CompletableFuture<>();
    /// Completed by the image that has this broker fenced after it wished to stop.
    private final CompletableFuture<Void> fenced = new CompletableFuture<>();
    private volatile boolean isLeaving;
    private @Nullable HandOver handOver;
    private @Nullable QuorumFounding founding;
    private @Nullable ClusterLog metadata;
    private volatile @Nullable BrokerSessions sessions;
    private volatile @Nullable Heartbeats heartbeats;

    private ClusterAttachment(BrokerConfig config, Server server, RandomGenerator random, BrokerLife life,
            PeerSettings settings) {
        this.config = config;
        this.server = server;
        this.random = random;
        this.life = life;
        loop = server.loops().getFirst();
        peers = new NettyPeers(server, settings, config.nodeId(), incarnation, random,
                suspect -> {
                    BrokerSessions known = sessions;
                    if (known != null) {
                        known.suspect(suspect);
                    }
                }, QuorumVoters.peers(config.voters()));
    }

    /// What the folder tells of this broker's lives before, which has to be known before the disk is written to.
    static BrokerLife life(BrokerConfig config) throws IOException {
        boolean wasAlone = MetadataSeed.isThere(config.dataFolder());
        if (wasAlone && !config.votes()) {
            throw new BrokerStartException.FolderOfAnother("The data folder '" + config.dataFolder()
                    + "' belongs to a broker that has no others; it starts without --quorum, or as one of the voters of"
                    + " a new cluster.");
        }
        return BrokerLife.open(config.dataFolder(), config.flag("broker.boot.proof"), wasAlone);
    }

    /// Waits for the other voters, as long as it takes.
    static ClusterAttachment open(
            BrokerConfig config, Server server, FileDisk disk, BrokerLife life, RandomGenerator random)
            throws IOException {
        if (config.votes()) {
            VoterFolder.prepare(config.dataFolder());
        }
        ClusterAttachment attachment = new ClusterAttachment(config, server, random, life, settings(config));
        try {
            attachment.join(disk);
        } catch (IOException | RuntimeException | Error e) {
            attachment.abandon();
            throw e;
        }
        return attachment;
    }

    private static PeerSettings settings(BrokerConfig config) {
        String file = config.value("cluster.secret.file");
        try {
            return PeerSettings.of(config);
        } catch (IllegalArgumentException e) {
            throw new BrokerStartException.BadConfig(e.getMessage() + ".");
        } catch (IOException e) {
            throw new BrokerStartException.BadConfig("cluster.secret.file " + file + " cannot be read: " + e + ".");
        }
    }

    private void join(FileDisk disk) throws IOException {
        MetadataSeed seed = MetadataSeed.isThere(config.dataFolder())
                ? MetadataSeed.read(disk, config.nodeId()) : null;
        listen();
        Membership membership = membership(seed);
        FolderIdentity.requireCluster(config.dataFolder(), KafkaUuid.text(membership.cluster()));
        peers.belongTo(membership.cluster());
        if (config.votes() && !membership.has(config.nodeId())) {
            LOG.info("The metadata quorum does not count on node {} yet, which asks to be let in", config.nodeId());
        }
        ClusterLog log = log(membership, seed, disk);
        metadata = log;
        onLoop(() -> follow(log));
        BrokerImage self = register(log);
        life.registered(self.epoch());
        keepOrphansAside(disk, log.image(), seed);
        onLoop(() -> report(log, self));
    }

    private ClusterLog log(Membership membership, @Nullable MetadataSeed seed, FileDisk disk) throws IOException {
        ControllerCore controller = new ControllerCore(random, new ClusterRules(config), membership.cluster());
        QuorumLinks links = new QuorumLinks(peers);
        if (!config.votes()) {
            return FedMetadataLog.open(config.nodeId(), random.nextLong(),
                    List.copyOf(config.voters().keySet()), loop, controller, links, links);
        }
        QuorumFounding with = requireNonNull(founding, "it knows with whom it votes");
        QuorumMetadataLog log = QuorumMetadataLog.open(
                new QuorumMetadataLog.Settings(membership, with.here(membership),
                        FolderIdentity.quorum(config.dataFolder()), random.nextLong()), loop, controller, links,
                new ConsensusLinks(peers, host));
        metadata = log;
        if (seed != null) {
            grow(log, seed, membership, disk);
        }
        host.controller(log::handedOver);
        host.feed(log::fed);
        onLoop(() -> {
            log.onVoters(with::voting);
            log.onRemoved(why -> loop.aside(() -> VoterFolder.noteRemoval(config.dataFolder()),
                    () -> server.stop(new RemovedException(why))));
            log.onHalted(why -> server.stop(new ReplacedException(why)));
            with.onAdmission(log::admit);
            log.knocks(with::knocks);
        });
        return log;
    }

    /// What this broker knew when it had no others becomes the beginning of the quorum's log. Others are let in
    /// afterwards.
    private void grow(QuorumMetadataLog log, MetadataSeed seed, Membership membership, FileDisk disk)
            throws IOException {
        if (!membership.cluster().equals(seed.image().clusterId())) {
            throw new BrokerStartException.FolderOfAnother("The data folder '" + config.dataFolder() + "' belongs to a"
                    + " broker of a cluster, and has the metadata of another one: whichever does not belong here has"
                    + " to go.");
        }
        wait(log.seed(seed.image()), "the metadata quorum to take over what this broker knew");
        MetadataSeed.setAside(disk);
        LOG.info("The metadata of this broker, which had no others, are those of the quorum now");
    }

    private void listen() {
        try {
            peers.listen(host);
        } catch (Exception e) {
            throw new BrokerStartException.AddressNotUsable("Cannot listen on " + config.peerListener()
                    + " for other brokers: " + Broker.whyNotBound(String.valueOf(e.getMessage())) + ".", e);
        }
    }

    private Membership membership(@Nullable MetadataSeed seed) throws IOException {
        QuorumLinks links = new QuorumLinks(peers);
        QuorumFounding with = config.votes()
                ? QuorumFounding.open(config.nodeId(), config.voters(), FolderIdentity.quorum(config.dataFolder()),
                        seed == null ? null : seed.image().clusterId(), loop, links)
                : QuorumFounding.seek(config.nodeId(), config.voters(), loop, links);
        founding = with;
        host.voters(with::heard);
        return wait(with.membership(), (config.votes() ? "the other voters of " : "one of the voters ")
                + config.value("quorum"));
    }

    /// Before this broker registers, so that no change is missed.
    private void follow(ClusterLog log) {
        BrokerSessions all = new BrokerSessions(log, loop, config.number("broker.session.timeout.ms"));
        sessions = all;
        LeaderBalance balance = config.flag("auto.leader.rebalance.enable") ? new LeaderBalance(log, loop) : null;
        ReassignmentSteps steps = new ReassignmentSteps(log, loop, new ClusterRules(config));
        log.gate(all);
        log.onChange((_, after, _) -> {
            peers.follow(after);
            look(after);
        });
        peers.follow(log.image());
        log.onRole(role -> {
            all.role(role);
            steps.role(role);
            if (balance != null) {
                balance.role(role);
            }
            Heartbeats own = heartbeats;
            if (own != null) {
                own.controllerChanged();
            }
        });
        all.role(log.role());
        steps.role(log.role());
        if (balance != null) {
            balance.role(log.role());
        }
        host.heartbeats(all::heard);
    }

    private void look(ClusterImage image) {
        BrokerImage self = image.brokers().get(config.nodeId());
        boolean isActive = self != null && self.isActive() && self.registration().incarnation().equals(incarnation);
        if (isActive) {
            active.complete(null);
        } else if (isLeaving) {
            fenced.complete(null);
        }
    }

    private BrokerImage register(ClusterLog log) throws IOException {
        life.begin(incarnation);
        HostPort clients = config.clients();
        List<UUID> proven = VoterFolder.provenLives(
                config.dataFolder(), log.image().brokers().get(config.nodeId()), life.provenLives());
        Registration self = new Registration(config.nodeId(), incarnation, clients, config.peers(),
                config.rack(), Features.ranges());
        if (config.selectsByRack() && config.rack() == null) {
            LOG.warn("replica.selector.class sends consumers to replicas of their rack, and broker.rack of this broker"
                    + " does not say where it stands: nobody is sent to it");
        }
        String misfit = FeatureRange.misfit(self, log.image().features());
        if (misfit != null) {
            throw new BrokerStartException.BadConfig(misfit);
        }
        List<UUID> doubtful = life.doubtfulLives();
        RegisterBroker command = doubtful.isEmpty()
                ? new RegisterBroker(self, Features.finalizedLevels(), !proven.isEmpty(), proven)
                : new RegisterBroker(self, Features.finalizedLevels(), false, doubtful);
        return wait(Registering.begin(log, loop, command), "the metadata quorum to register this broker");
    }

    private void keepOrphansAside(FileDisk disk, ClusterImage image, @Nullable MetadataSeed seed)
            throws IOException {
        if (!FolderIdentity.isClaimed(config.dataFolder())) {
            Orphans.requireNone(disk);
        }
        FolderIdentity.claim(config.dataFolder(), config.nodeId(), image.clusterName());
        boolean wasBegunAnew = SeedImages.isBegunAnew(life.epochBefore(), image.version());
        Orphans.remove(disk, image, config.nodeId(), wasBegunAnew || (seed != null && seed.cut()),
                seed == null ? Set.of() : seed.deleted());
    }

    private void report(ClusterLog log, BrokerImage self) {
        BrokerSessions all = requireNonNull(sessions, "it follows the log");
        Heartbeats own = new Heartbeats(self,
                new Heartbeats.Times(
                        config.number("broker.heartbeat.interval.ms"), config.number("broker.session.timeout.ms")),
                loop, log, peers, all, log::role, new Heartbeats.Events() {
                    @Override
                    public void replaced(String why) {
                        server.stop(new ReplacedException(why));
                    }

                    @Override
                    public void mayStop() {
                        mayStop.complete(null);
                    }
                });
        heartbeats = own;
        own.start();
    }

    @Override
    public MetadataLog metadata() {
        return requireNonNull(metadata, "it has joined");
    }

    @Override
    public BrokerCore core(DataFolder folder) {
        CompletableFuture<BrokerCore> made = new CompletableFuture<>();
        onLoop(() -> made.complete(
                new BrokerCore(config, server.loops(), folder, metadata(), random, peers, peers)));
        return made.join();
    }

    @Override
    public void serve(BrokerCore core) {
        peers.image(() -> metadata().image().version());
        host.requests(new PeerHost.Requests(core.requests(), core.images()));
        host.followers(core.following());
        core.strangers(peers::unproven);
        core.cutOff(requireNonNull(heartbeats, "it has joined")::isCutOff);
        handOver = new HandOver(core.shards());
        onLoop(() -> {
            requireNonNull(heartbeats, "it has joined").ready();
            look(metadata().image());
        });
        wait(active, "the controller to let this broker lead");
    }

    @Override
    public @Nullable String whyNotReady() {
        Heartbeats own = heartbeats;
        if (own == null || isLeaving) {
            return isLeaving ? "it stops" : "it has not joined its cluster yet";
        }
        return own.isInSession(loop.nowMs()) ? null : "it is fenced, or no controller hears of it";
    }

    /// The controller fences it, so that others lead; where that does not come to be in time, they notice later. Then
    /// another one is the controller, should this one be, while its links are open; and this broker goes on answering
    /// until its clients know.
    @Override
    public void leave() {
        Heartbeats own = requireNonNull(heartbeats, "it has joined");
        HandOver led = requireNonNull(handOver, "it serves");
        led.begin();
        onLoop(() -> {
            isLeaving = true;
            own.stopping();
            look(metadata().image());
            giveUpWhereNobodyDecides(loop.nowMs());
        });
        CompletableFuture<Void> handedOver = CompletableFuture.allOf(
                mayStop, fenced.thenRunAsync(led::finish, Thread::startVirtualThread));
        try {
            CompletableFuture.anyOf(handedOver, forsaken).orTimeout(LEAVE_SECONDS, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            LOG.warn("The controller has not let this broker go within {} s: what it led is led by others when they"
                    + " find it gone", LEAVE_SECONDS);
        }
        if (requireNonNull(metadata, "it has joined").handOver(HAND_OVER_MS)) {
            LOG.info("Another broker leads the metadata quorum from here on");
        }
        onLoop(own::close);
        answerNothing();
        peers.close();
    }

    /// When all brokers stop together, the last of them have nobody left who could let them go.
    ///
    /// @param decidedMs when somebody was last known to decide
    private void giveUpWhereNobodyDecides(long decidedMs) {
        boolean nobody = requireNonNull(metadata, "it has joined").role() instanceof QuorumRole.NoController;
        long since = nobody ? decidedMs : loop.nowMs();
        if (loop.nowMs() - since >= FORSAKEN_MS) {
            LOG.info("Nobody decides on the metadata any more: this broker stops without being let go");
            forsaken.complete(null);
        } else if (!mayStop.isDone()) {
            loop.schedule(AGAIN_MS, () -> giveUpWhereNobodyDecides(since));
        }
    }

    private void answerNothing() {
        host.requests(null);
        host.followers(null);
        host.heartbeats(null);
        host.controller(null);
        host.voters(null);
    }

    @Override
    public void close(boolean isAllOnDisk) {
        end();
        try {
            if (isAllOnDisk) {
                life.endedCleanly();
            }
        } catch (IOException e) {
            LOG.warn("That this broker stopped cleanly could not be written down: {}", e.getMessage());
        }
    }

    @Override
    public void abandon() {
        answerNothing();
        peers.close();
        end();
    }

    private void end() {
        QuorumFounding with = founding;
        Heartbeats own = heartbeats;
        if (!server.failure().isDone()) {
            onLoop(() -> {
                if (with != null) {
                    with.close();
                }
                if (own != null) {
                    own.close();
                }
            });
        }
        try {
            if (metadata != null) {
                metadata.close();
            }
        } catch (IOException e) {
            LOG.warn("Closing the log of the metadata quorum failed", e);
        }
    }

    private void onLoop(Runnable task) {
        Stopping.onLoop(loop, task).join();
    }

    /// Says now and then what it waits for.
    private <T> T wait(CompletableFuture<T> what, String name) {
        CompletableFuture<?> any = CompletableFuture.anyOf(what, server.failure().thenApply(bug -> {
            throw new CompletionException(bug);
        }));
        for (long waited = SAY_EVERY_SECONDS;; waited += SAY_EVERY_SECONDS) {
            try {
                any.get(SAY_EVERY_SECONDS, TimeUnit.SECONDS);
                return what.join();
            } catch (TimeoutException e) {
                LOG.warn("Waiting for {}, for {} s so far", name, waited);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BrokerStartException.ClusterNotJoined("Interrupted while it waited for " + name + ".", e);
            } catch (ExecutionException e) {
                Throwable why = e.getCause() == null ? e : e.getCause();
                String said = String.valueOf(why.getMessage());
                throw new BrokerStartException.ClusterNotJoined("Broker " + config.nodeId()
                        + " cannot join its cluster: " + said + (said.endsWith(".") ? "" : "."), why);
            }
        }
    }
}
