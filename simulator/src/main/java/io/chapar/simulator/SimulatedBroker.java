package io.chapar.simulator;

import io.chapar.broker.BrokerCore;
import io.chapar.broker.Orphans;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.handler.Features;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.LocalMetadataLog;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.net.ConnectionBudgets;
import io.chapar.broker.net.ConnectionSetup;
import io.chapar.broker.net.HeapMemory;
import io.chapar.broker.net.ServerLimits;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Request;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// A broker process of the simulation: the real [BrokerCore] on simulated loops, a disk in memory and a simulated
/// network. The disk outlives the process.
final class SimulatedBroker extends Machine {
    static final int PORT = 9092;
    private static final long REPAIR_US = 300_000;
    private static final long MEMORY_BYTES = 64 << 20;
    private static final ServerLimits LIMITS = ServerLimits.of(1 << 20, 1_000, 600_000, 16 << 10);
    private static final List<Loss> LOSSES = List.of(Loss.ALL_UNSYNCED, Loss.TAILS, Loss.SECTORS);

    private final Network network;
    private final Swarm swarm;
    private final Extras extras;
    private final Witness witness;
    private final FaultCount faults;
    private final MemoryDisk disk = new MemoryDisk();
    private final RandomGenerator random;
    private final RandomGenerator pieces;
    private final int nodeId;
    private final SimulatedCluster cluster;
    private final int loops;
    private final List<BrokerLoop> brokerLoops = new ArrayList<>();
    private ConnectionBudgets budgets = ConnectionBudgets.of(MEMORY_BYTES, MEMORY_BYTES);
    /// Null while the process does not run or starts.
    private @Nullable BrokerCore core;
    /// Null while the process does not run.
    private @Nullable MetadataLog metadata;
    /// Null while the process does not run, and where it has no others.
    private @Nullable LifeInCluster life;
    private boolean silent;
    private boolean crashOnStop;
    private boolean mayHaveLost;
    private final ProvenLives lives = new ProvenLives();
    private int starts;
    /// It does not belong to its cluster: whoever starts brokers starts this one not.
    private boolean outside;
    /// Puts the metadata log right; null while nothing is wrong with it.
    private @Nullable Runnable restoreMetadata;

    SimulatedBroker(World world, Network network, Swarm swarm, Extras extras, Witness witness, FaultCount faults,
            SimulatedCluster cluster, int nodeId) {
        super(world, "broker" + nodeId, world.random("machine of broker " + nodeId));
        this.network = network;
        this.swarm = swarm;
        this.extras = extras;
        this.witness = witness;
        this.faults = faults;
        this.nodeId = nodeId;
        this.cluster = cluster;
        loops = cluster.metadata() == null
                ? swarm.loopsPerBroker() : 1 + world.random("loops of broker " + nodeId).nextInt(3);
        random = world.random("broker " + nodeId);
        pieces = world.random("pieces of requests to broker " + nodeId);
        disk.forbidBlocking(this::isServing, what -> world.broken("No loop waits for a disk", name() + ": " + what));
        network.listen(name(), this);
        if (cluster.peers() != null) {
            cluster.peers().join(this);
        }
    }

    SimulatedCluster cluster() {
        return cluster;
    }

    /// Where clients and other brokers reach it.
    HostPort address() {
        return new HostPort(name(), PORT);
    }

    /// One of its loops; the same for the same number, for as long as it lives.
    BrokerLoop loop(int number) {
        return brokerLoops.get(number % brokerLoops.size());
    }

    /// A question of another broker, on one of the loops.
    void begin(Request request, RequestContext context) {
        if (!isPowerless()) {
            running().requests().begin(request, context);
        }
    }

    /// A question of another broker, which begins when so much is known here, or not at all.
    void begin(Request request, RequestContext context, long image, long deadlineMs) {
        if (!isPowerless()) {
            var _ = running().images().await(image, context.loop(), deadlineMs, () -> begin(request, context),
                    () -> context.close("the metadata is not known here"));
        }
    }

    MemoryDisk disk() {
        return disk;
    }

    int nodeId() {
        return nodeId;
    }

    int starts() {
        return starts;
    }

    boolean isListening() {
        return core != null && isAlive();
    }

    /// A task of a loop runs, and whoever the loop serves waits for its end.
    private boolean isServing() {
        return core != null && brokerLoops.stream().anyMatch(BrokerLoop::inLoop);
    }

    /// Down with its machine: nobody refuses a connection.
    boolean isSilent() {
        return silent;
    }

    /// Whether its disk has refused to sync so far: a disk that refuses to write loses nothing that was acknowledged.
    boolean mayHaveLost() {
        return mayHaveLost;
    }

    void syncsFail() {
        mayHaveLost = true;
        lives.lost();
        disk.faults().failSyncs(true);
    }

    /// The power has gone in the middle of the task that runs.
    boolean isPowerless() {
        return disk.isStopped();
    }

    /// Where those who follow its partitions come in.
    FollowStreams.Accepting following() {
        return running().following();
    }

    /// Null while the broker does not run.
    @Nullable BrokerCore core() {
        return core;
    }

    private BrokerCore running() {
        return requireNonNull(core, "the broker runs");
    }

    private MetadataLog metadata() {
        return requireNonNull(metadata, "the broker runs");
    }

    ClusterImage image() {
        return metadata().image();
    }

    /// Changes the cluster's metadata, as a request would.
    <R> void propose(MetadataCommand<R> command) {
        propose(command, _ -> { });
    }

    /// @param done on the broker's first loop, unless its life ends before
    <R> void propose(MetadataCommand<R> command, Consumer<MetadataLog.Proposed<R>> done) {
        BrokerLoop first = brokerLoops.getFirst();
        first.execute(() -> metadata().propose(command, first, done));
    }

    /// Runs the task on the loop that owns the partition.
    void onOwner(TopicPartition partition, Consumer<Shard> task) {
        Shard owner = running().shards().of(partition);
        owner.loop().execute(() -> task.accept(owner));
    }

    // ---- life

    boolean isMember() {
        return !outside;
    }

    void joins() {
        outside = false;
    }

    /// For good, or until [#joins]. What runs of it goes on to its end.
    void goesOut() {
        outside = true;
    }

    void start() {
        if (outside) {
            return;
        }
        starts++;
        silent = false;
        crashOnStop = false;
        begin();
        world().note(name(), "starts", starts);
        brokerLoops.clear();
        for (int i = 0; i < loops; i++) {
            BrokerLoop loop = new BrokerLoop(this, i, world().random(name() + " loop " + i + " life " + starts));
            brokerLoops.add(loop);
            add(loop);
        }
        brokerLoops.getFirst().execute(this::boot);
    }

    private void boot() {
        DataFolder folder = new DataFolder(disk);
        try {
            folder.removeDeleted();
            SimulatedMetadataLog shared = cluster.metadata();
            if (shared != null) {
                ClusterMetadata view = shared.open(this, brokerLoops.getFirst());
                metadata = view;
                LifeInCluster begun = new LifeInCluster(this, view, brokerLoops.getFirst(), swarm, faults);
                life = begun;
                register(folder, shared, begun);
                return;
            }
            LocalMetadataLog local = LocalMetadataLog.open(disk, brokerLoops.getFirst(),
                    new ControllerCore(random, TopicConfig::problem), nodeId, extras.metadataBytes());
            if (restoreMetadata != null) {
                world().broken("A damaged metadata log is not believed", name() + " opened it");
            }
            metadata = local;
            local.propose(new RegisterBroker(Registration.alone(nodeId, new UUID(nodeId, starts)),
                    Features.finalizedLevels(), true), brokerLoops.getFirst(),
                    begun -> {
                        if (begun instanceof MetadataLog.NotCommitted<BrokerImage> not) {
                            cannotStart(new IOException(not.reason()));
                        } else {
                            serve(folder, local.isCut(), local.deletedTopics());
                        }
                    });
        } catch (IOException e) {
            cannotStart(e);
        }
    }

    private Followers followers(Loop loop) {
        return swarm.followerDelayMs() < 0
                ? Followers.NONE
                : new PretendedFollower(loop, world().random(name() + " follower"), swarm.followerDelayMs());
    }

    /// Begins this life in the metadata of its cluster.
    private void register(DataFolder folder, SimulatedMetadataLog shared, LifeInCluster begun) {
        UUID incarnation = new UUID(nodeId, starts);
        begun.register(new Registration(nodeId, incarnation, address(), null, Settings.rack(nodeId),
                        Features.ranges()),
                lives, shared::decided, requireNonNull(cluster.peers(), "of a cluster").of(this), () -> {
                    if (lives.mayLack()) {
                        shared.registeredLacking();
                    }
                    lives.registered(incarnation);
                    serve(folder, false, shared.deletedTopics());
                });
    }

    void startLater() {
        world().in(REPAIR_US, () -> {
            if (!isAlive()) {
                start();
            }
        });
    }

    /// As other brokers reach it, sooner than clients do; null while the process does not run, and where it has no
    /// others.
    @Nullable LifeInCluster life() {
        return life;
    }

    /// @param cut whether the metadata log has lost its last entry
    /// @param deleted topics that it tells the deletion of
    private void serve(DataFolder folder, boolean cut, Set<UUID> deleted) {
        try {
            Orphans.remove(disk, metadata().image(), nodeId, cut, deleted);
        } catch (IOException e) {
            cannotStart(e);
            return;
        }
        Peers peers = cluster.peers() == null ? Peers.NONE : cluster.peers().of(this);
        BrokerImage here = metadata().image().brokers().get(nodeId);
        BrokerConfig config = Settings.broker(world(), swarm, extras, nodeId, loops);
        BrokerCore opening = cluster.streams() == null || here == null
                ? new BrokerCore(config, brokerLoops, folder, metadata(), random, this::followers, peers)
                : new BrokerCore(config, brokerLoops, folder, metadata(), random, peers,
                        cluster.streams().of(this, here.epoch()));
        BrokerLoop first = brokerLoops.getFirst();
        try {
            var _ = opening.recover(disk.list("")).thenRun(() -> first.execute(() -> ready(opening)));
        } catch (IOException e) {
            cannotStart(e);
        }
    }

    private void ready(BrokerCore opened) {
        core = opened;
        budgets = ConnectionBudgets.of(MEMORY_BYTES, MEMORY_BYTES);
        opened.start();
        if (life != null) {
            life.ready(opened);
        }
        world().note(name(), "ready", 0);
    }

    /// It must not start with it, and does when it has been put right.
    void metadataIsDamaged(Runnable restore) {
        restoreMetadata = restore;
    }

    /// A disk that is full or broken keeps a broker from starting; nothing else may.
    private void cannotStart(IOException cause) {
        if (disk.isStopped()) {
            return;
        }
        world().note(name(), "cannot start: " + cause.getMessage(), 0);
        if (restoreMetadata != null) {
            restoreMetadata.run();
            restoreMetadata = null;
            kill(false);
            startLater();
            return;
        }
        if (!swarm.hasDiskFaults()) {
            world().broken("A broker starts after every crash", Failures.text(name(), cause));
        }
        kill(false);
    }

    ServerConnection accept(Link stream) {
        return new ServerConnection(this, brokerLoops.get(random.nextInt(brokerLoops.size())), stream, pieces);
    }

    /// Where the connections of one loop live.
    ConnectionSetup<ByteBuffer> connections(BrokerLoop loop, HeapMemory memory) {
        return new ConnectionSetup<>(loop, running().requests(), LIMITS, budgets, new TrafficMeters(),
                ConnectionBudgets.kept(MEMORY_BYTES, 1), memory);
    }

    /// The process is killed: what it has written is there.
    ///
    /// @param withoutAWord its machine does not say so either
    void kill(boolean withoutAWord) {
        if (!isAlive()) {
            return;
        }
        world().note(name(), "killed", 0);
        down(withoutAWord);
        disk.crash(Loss.NOTHING, random);
    }

    /// The machine loses power, and what was not synced with it.
    void losePower(Loss loss) {
        if (!isAlive()) {
            return;
        }
        world().note(name(), "loses power, " + loss, 0);
        witness.powerLost(this);
        if (!swarm.durable()) {
            lives.lost();
        }
        down(true);
        disk.crash(loss, random);
    }

    /// The next operation but `operations` of the disk is the last of this life, in the middle of it.
    void stopInDisk(int operations, boolean withPower) {
        crashOnStop = withPower;
        disk.faults().stopAtOperation(disk.operations() + 1 + operations);
    }

    /// As who runs it asks for, where it has others.
    void leave() {
        if (life != null && core != null) {
            life.leave(core.shards());
        }
    }

    /// Everything on disk as after a clean stop, then the end of the process.
    void stopCleanly() {
        if (!isListening()) {
            return;
        }
        world().note(name(), "stops cleanly", 0);
        for (Shard shard : running().shards().all()) {
            shard.close();
        }
        if (metadata instanceof LocalMetadataLog local) {
            try {
                local.close();
            } catch (IOException e) {
                world().note(name(), "metadata not closed: " + e.getMessage(), 0);
            }
        }
        if (disk.isStopped()) {
            stopped();
        } else {
            down(false);
            disk.crash(Loss.NOTHING, random);
        }
    }

    private void down(boolean withoutAWord) {
        silent = withoutAWord;
        end();
        core = null;
        if (metadata instanceof ClusterMetadata view && cluster.metadata() != null) {
            cluster.metadata().close(view);
        }
        metadata = null;
        life = null;
        brokerLoops.clear();
        network.gone(this, withoutAWord);
        if (cluster.peers() != null) {
            cluster.peers().gone(this, withoutAWord);
        }
        if (cluster.streams() != null) {
            cluster.streams().gone(this, withoutAWord);
        }
        witness.stopped(this);
    }

    // ---- what the loops tell

    void ran(BrokerLoop loop) {
        if (disk.isStopped()) {
            stopped();
        } else if (core != null && world().broken() == null) {
            witness.stepped(this, core.shards().all().get(loop.index()));
        }
    }

    private void stopped() {
        faults.count("stopped between two file operations");
        if (crashOnStop) {
            losePower(LOSSES.get(random.nextInt(LOSSES.size())));
        } else {
            kill(random.nextBoolean());
        }
    }

    void bug(Throwable cause) {
        if (disk.isStopped()) {
            return;
        }
        world().broken("No task of a broker fails", Failures.text(name(), cause));
    }

    void begun(ServerConnection.Exchange exchange) {
        witness.asked(this, exchange);
    }

    void answered(ServerConnection.Exchange exchange, io.chapar.protocol.message.Response response) {
        witness.answered(this, exchange, response);
    }
}
