package io.chapar.broker;

import io.chapar.broker.backup.CutRequests;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.KnownHosts;
import io.chapar.broker.http.HealthPages;
import io.chapar.broker.http.HttpPort;
import io.chapar.broker.http.Routes;
import io.chapar.broker.liveness.BrokerLife;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.Reserve;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.metrics.BrokerMetrics;
import io.chapar.broker.metrics.ClusterFigures;
import io.chapar.broker.metrics.MetricsPage;
import io.chapar.broker.metrics.Observatory;
import io.chapar.broker.metrics.StatusPage;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.net.ServerLimits;
import io.chapar.broker.runtime.Promptness;
import io.chapar.broker.shard.Shard;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/// A running broker: one process's event loops, data folder and port.
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final Descriptors DESCRIPTORS = Descriptors.ofThisProcess(DataFolder.MAX_OPEN_FILES);
    private static final long ALIVE_SECONDS = 5;
    private static final long PROMPT_AFTER_MS = 300;

    private final FolderLock lock;
    private final Server server;
    private final FileDisk disk;
    private final DataFolder folder;
    private final Attachment attachment;
    private final BrokerCore core;
    private final HostPort address;
    private final int mostNamed;
    private final int nodeId;
    private final Watch watch = new Watch(this::measuring, this::cluster);
    private final Routes routes;
    /// Null when nobody asked for it.
    private @Nullable HttpPort http;
    private boolean closed;

    /// Starts a broker; when this returns, clients are served. Throws [BrokerStartException] with the reason why it
    /// cannot, and then leaves nothing behind that runs.
    public static Broker start(BrokerConfig config) {
        FolderLock lock = FolderLock.take(config.dataFolder());
        try {
            FolderIdentity.require(config.dataFolder(), config.nodeId());
            return config.voters().isEmpty() ? startAlone(config, lock) : startInCluster(config, lock);
        } catch (IOException e) {
            lock.release();
            throw new BrokerStartException.FolderNotUsable(
                    "The data folder '" + config.dataFolder() + "' cannot be used: " + reason(e) + ".", e);
        } catch (Throwable failure) {
            lock.release();
            throw failure;
        }
    }

    private static Broker startAlone(BrokerConfig config, FolderLock lock) throws IOException {
        return start(config, lock, new FileDisk(config.dataFolder()),
                (server, disk) -> AloneAttachment.open(config, server, disk, new SecureRandom()));
    }

    private static Broker startInCluster(BrokerConfig config, FolderLock lock) throws IOException {
        BrokerLife life = ClusterAttachment.life(config);
        return start(config, lock, new FileDisk(config.dataFolder(), life::syncFailed),
                (server, disk) -> ClusterAttachment.open(config, server, disk, life, new SecureRandom()));
    }

    /// Begins a life of this broker in its cluster.
    private interface Joining {
        Attachment join(Server server, FileDisk disk) throws IOException;
    }

    private static Broker start(BrokerConfig config, FolderLock lock, FileDisk disk, Joining joining)
            throws IOException {
        Server server = new Server(config.loops());
        try {
            return new Broker(config, lock, server, disk, joining);
        } catch (Throwable failure) {
            server.close();
            disk.close();
            throw failure;
        }
    }

    private Broker(BrokerConfig config, FolderLock lock, Server server, FileDisk disk, Joining joining)
            throws IOException {
        this.lock = lock;
        this.server = server;
        this.disk = disk;
        this.folder = folder(config, disk);
        routes = new Routes(KnownHosts.of(config));
        nodeId = config.nodeId();
        mostNamed = config.count("metrics.max.named");
        folder.removeDeleted();
        CutRequests.clean(disk);
        attachment = joining.join(server, disk);
        try {
            core = attachment.core(folder);
            recover(config);
            address = listen(config);
            http = openHttp(config);
            core.start();
            attachment.serve(core);
            if (!config.voters().isEmpty()) {
                promptLoops();
            }
        } catch (Throwable failure) {
            if (http != null) {
                http.close();
            }
            watch.close();
            attachment.abandon();
            throw failure;
        }
    }

    /// Lets the loops run as soon as they are woken up, some time after the start: to find out how takes the processor
    /// as long as a good part of a start. Between brokers what is asked for is handed on a dozen times; one broker
    /// alone would only interrupt its clients more often.
    private void promptLoops() {
        if (Promptness.isPossible()) {
            NettyLoop first = server.loops().getFirst();
            Promptness promptness = new Promptness();
            first.execute(() -> first.schedule(PROMPT_AFTER_MS, () -> first.aside(promptness::find,
                    () -> server.loops().forEach(loop -> loop.run(promptness::ask)))));
        }
    }

    /// On a full disk what is held for that is given up first: the start itself has something to write.
    private static DataFolder folder(BrokerConfig config, FileDisk disk) {
        try {
            Reserve reserve = Reserve.of(disk, config.number("disk.reserve.bytes"));
            reserve.relieve();
            return new DataFolder(disk, DESCRIPTORS.files(), reserve, Budgets.ofLogs());
        } catch (IOException e) {
            throw new BrokerStartException.FolderNotUsable(
                    "The data folder '" + config.dataFolder() + "' cannot be used: " + reason(e) + ".", e);
        }
    }

    private void recover(BrokerConfig config) {
        try {
            CompletableFuture.anyOf(core.recover(disk.list("")), server.failure().thenApply(bug -> {
                throw new CompletionException(bug);
            })).join();
        } catch (IOException e) {
            throw new BrokerStartException.FolderNotUsable(
                    "The data folder '" + config.dataFolder() + "' cannot be read: " + reason(e) + ".", e);
        }
    }

    private static String reason(Throwable failure) {
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    private static int mostConnections(BrokerConfig config) {
        int wanted = config.count("max.connections");
        if (wanted <= DESCRIPTORS.connections()) {
            return wanted;
        }
        LOG.warn("At most {} connections at one time instead of {} (max.connections): this process may open no more"
                + " files (ulimit -n), and those of the log come first", DESCRIPTORS.connections(), wanted);
        return DESCRIPTORS.connections();
    }

    private HostPort listen(BrokerConfig config) {
        ServerLimits limits = ServerLimits.of(
                config.count("socket.request.max.bytes"), mostConnections(config),
                config.number("connections.max.idle.ms"), config.count("socket.request.min.bytes.per.second"))
                .perAddress(config.count("max.connections.per.ip"))
                .askedWithin(config.number("connections.first.request.ms"));
        InetSocketAddress wanted = config.listen();
        try {
            InetSocketAddress got = server.listen(wanted, config.advertised(), limits, core.requests());
            return new HostPort(wanted.getHostString(), got.getPort());
        } catch (Exception e) {
            String reason = wanted.isUnresolved() ? "the host is not known" : whyNotBound(reason(e));
            throw new BrokerStartException.AddressNotUsable(
                    "Cannot listen on " + config.value("listeners") + ": " + reason + ".", e);
        }
    }

    private @Nullable HttpPort openHttp(BrokerConfig config) {
        HostPort at = config.metricsListener();
        if (at == null) {
            return null;
        }
        new HealthPages(this::whyDead, attachment::whyNotReady).addTo(routes);
        Observatory observatory = watch.observatory();
        routes.read(StatusPage.PATH, StatusPage.handler(observatory, config.nodeId(), clusterId()));
        routes.read(MetricsPage.PATH, MetricsPage.handler(metrics()), MetricsPage.AT_ONCE);
        try {
            return HttpPort.open(at, routes);
        } catch (IOException | UncheckedIOException e) {
            throw new BrokerStartException.AddressNotUsable(
                    "Cannot listen on " + at + " for metrics: " + whyNotBound(reason(e)) + ".", e);
        }
    }

    /// Whether every loop still comes to what it is given; blocks. Null when all do.
    private @Nullable String whyDead() {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (NettyLoop loop : server.loopsAndApart()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            loop.execute(() -> done.complete(null));
        }
        try {
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).orTimeout(ALIVE_SECONDS, TimeUnit.SECONDS)
                    .join();
            return null;
        } catch (CompletionException e) {
            return "a loop has done nothing for " + ALIVE_SECONDS + " s";
        }
    }

    /// For whoever measures how long they are held.
    List<NettyLoop> loops() {
        return server.loops();
    }

    private Measuring measuring() {
        return new Measuring(server.loops(), server.loopsAndApart(), core);
    }

    private ClusterFigures cluster() {
        return core.cluster();
    }

    /// Everything that is measured, for whoever passes it on. From the first call on the broker is looked at every few
    /// seconds.
    public BrokerMetrics metrics() {
        return new BrokerMetrics(watch.observatory(), server::connectionCount, nodeId, clusterId(), mostNamed);
    }

    /// The port of health, metrics and whatever else has a route, 0 when there is none.
    public int httpPort() {
        return http == null ? 0 : http.number();
    }

    /// Who answers which path of that port. Others may be added at any time.
    public Routes routes() {
        return routes;
    }

    /// The system's words, which come with the name of the call that failed, in our own.
    static String whyNotBound(String reason) {
        if (reason.contains("already in use")) {
            return "the address is already in use";
        }
        if (reason.contains("assign requested address")) {
            return "it is not an address of this machine";
        }
        return reason.contains("ermission denied") ? "the system does not permit it, as it does for ports below 1024"
                : reason;
    }

    /// Where clients reach this broker; the port is the real one even where the configuration says 0.
    public HostPort address() {
        return address;
    }

    public String clusterId() {
        return attachment.metadata().image().clusterName();
    }

    /// Completed with the bug that this broker met, if it ever meets one; it serves nobody from then on.
    public CompletableFuture<Throwable> failure() {
        return server.failure();
    }

    /// Connections open now.
    public int connectionCount() {
        return server.connectionCount();
    }

    public Path dataFolder() {
        return lock.folder();
    }

    /// As if its process were killed: connections end, and nothing is brought to an end or marked. What was written is
    /// what the next start finds and looks at. For tests of what depends on a broker.
    public synchronized void crash() {
        if (closed) {
            return;
        }
        closed = true;
        if (http != null) {
            http.close();
        }
        abandon();
    }

    private void abandon() {
        watch.close();
        server.stopListening();
        attachment.abandon();
        server.close();
        disk.close();
        lock.release();
    }

    /// A clean stop: no more requests, everything on disk and marked so that the next start need not look for damage.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (http != null) {
            http.close();
        }
        if (server.failure().isDone()) {
            // No clean end after a bug: the next start looks at everything.
            abandon();
            return;
        }
        watch.close();
        attachment.leave();
        server.stopListening();
        List<CompletableFuture<Boolean>> closed = new ArrayList<>();
        for (Shard shard : core.shards().all()) {
            closed.add(Stopping.onLoop(shard.loop(), shard::close));
        }
        boolean isAllOnDisk = true;
        for (CompletableFuture<Boolean> one : closed) {
            isAllOnDisk &= Stopping.ends(one, false);
        }
        attachment.close(isAllOnDisk);
        server.close();
        folder.close();
        disk.close();
        lock.release();
    }
}
