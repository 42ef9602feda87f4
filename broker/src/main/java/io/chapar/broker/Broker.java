package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.handler.Features;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.Reserve;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.LocalMetadataLog;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metrics.MetricsEndpoint;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.net.ServerLimits;
import io.chapar.broker.runtime.Loop;
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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/// A running broker: one process's event loops, data folder and port.
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final Descriptors DESCRIPTORS = Descriptors.ofThisProcess(DataFolder.MAX_OPEN_FILES);
    private static final long BEGIN_MS = 30_000;
    private static final long STOP_SECONDS = 60;
    private static final long MEASURE_SECONDS = 10;

    private final FolderLock lock;
    private final Server server;
    private final FileDisk disk;
    private final DataFolder folder;
    private final LocalMetadataLog metadata;
    private final Loop metadataLoop;
    private final BrokerCore core;
    private final HostPort address;
    /// Null when nobody asked for it.
    private final @Nullable MetricsEndpoint metrics;
    private boolean closed;

    /// Starts a broker; when this returns, clients are served. Throws [BrokerStartException] with the reason why it
    /// cannot, and then leaves nothing behind that runs.
    public static Broker start(BrokerConfig config) {
        FolderLock lock = FolderLock.take(config.dataFolder());
        Server server = new Server(config.loops());
        FileDisk disk = new FileDisk(config.dataFolder());
        try {
            return new Broker(config, lock, server, disk);
        } catch (Throwable failure) {
            server.close();
            disk.close();
            lock.release();
            throw failure;
        }
    }

    private Broker(BrokerConfig config, FolderLock lock, Server server, FileDisk disk) {
        this.lock = lock;
        this.server = server;
        this.disk = disk;
        this.folder = folder(config, disk);
        this.metadataLoop = server.loops().get(0);
        RandomGenerator random = new SecureRandom();
        try {
            FolderIdentity.require(config.dataFolder(), config.nodeId());
            folder.removeDeleted();
            metadata = LocalMetadataLog.open(
                    disk, metadataLoop, new ControllerCore(random, new ClusterRules(config)), config.nodeId());
            UUID cluster = metadata.image().clusterId();
            if (cluster == null) {
                Orphans.requireNone(disk);
            } else {
                FolderIdentity.requireCluster(config.dataFolder(), KafkaUuid.text(cluster));
            }
            ClusterImage image = beginLife(config);
            FolderIdentity.claim(config.dataFolder(), config.nodeId(), image.clusterName());
            Orphans.remove(disk, image, metadata.isCut(), metadata.deletedTopics());
        } catch (IOException e) {
            throw new BrokerStartException.FolderNotUsable(
                    "The data folder '" + config.dataFolder() + "' cannot be used: " + reason(e) + ".", e);
        }
        core = new BrokerCore(config, server.loops(), folder, metadata, random);
        recover(config);
        address = listen(config);
        metrics = openMetrics(config);
        core.start();
    }

    /// On a full disk what is held for that is given up first: the start itself has something to write.
    private static DataFolder folder(BrokerConfig config, FileDisk disk) {
        try {
            Reserve reserve = Reserve.of(disk, config.number("disk.reserve.bytes"));
            reserve.relieve();
            return new DataFolder(disk, DESCRIPTORS.files(), reserve);
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

    private ClusterImage beginLife(BrokerConfig config) throws IOException {
        CompletableFuture<MetadataLog.Proposed<BrokerImage>> begun = new CompletableFuture<>();
        metadata.propose(
                new RegisterBroker(
                        Registration.alone(config.nodeId(), UUID.randomUUID()), Features.finalizedLevels(), true),
                metadataLoop.nowMs() + BEGIN_MS,
                metadataLoop, begun::complete);
        return switch (begun.join()) {
            case MetadataLog.Committed<BrokerImage> _ -> metadata.image();
            case MetadataLog.NotCommitted<BrokerImage> not -> throw new IOException(not.reason());
        };
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
                .perAddress(config.count("max.connections.per.ip"));
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

    private @Nullable MetricsEndpoint openMetrics(BrokerConfig config) {
        HostPort at = config.metricsListener();
        if (at == null) {
            return null;
        }
        try {
            return MetricsEndpoint.start(
                    at.host(), at.port(), this::measure, server::connectionCount, config.nodeId(), clusterId());
        } catch (IOException | UncheckedIOException e) {
            throw new BrokerStartException.AddressNotUsable(
                    "Cannot listen on " + at + " for metrics: " + whyNotBound(reason(e)) + ".", e);
        }
    }

    /// Goes from loop to loop; blocks. A fault in here is no reason to stop a loop.
    private Totals measure() {
        CompletableFuture<Totals> done = new CompletableFuture<>();
        measureFrom(0, new Totals(), done);
        return done.orTimeout(MEASURE_SECONDS, TimeUnit.SECONDS).join();
    }

    private void measureFrom(int index, Totals totals, CompletableFuture<Totals> done) {
        if (index == server.loops().size()) {
            totals.budgets(core.budgets().all());
            done.complete(totals);
            return;
        }
        NettyLoop loop = server.loops().get(index);
        loop.execute(() -> {
            try {
                totals.add(loop.traffic());
                core.measure(core.shards().all().get(index), totals);
                measureFrom(index + 1, totals, done);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
    }

    /// For whoever measures how long they are held.
    List<NettyLoop> loops() {
        return server.loops();
    }

    /// The port of the page for Prometheus, 0 when there is none.
    public int metricsPort() {
        return metrics == null ? 0 : metrics.port();
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
        return metadata.image().clusterName();
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

    /// A clean stop: no more requests, everything on disk and marked so that the next start need not look for damage.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (metrics != null) {
            metrics.close();
        }
        server.stopListening();
        if (server.failure().isDone()) {
            // No clean end after a bug: the next start looks at everything.
            server.close();
            disk.close();
            lock.release();
            return;
        }
        List<CompletableFuture<Void>> closed = new ArrayList<>();
        for (Shard shard : core.shards().all()) {
            closed.add(onLoop(shard.loop(), shard::close));
        }
        closed.forEach(Broker::await);
        await(onLoop(metadataLoop, () -> {
            try {
                metadata.close();
            } catch (IOException e) {
                LOG.warn("Closing the metadata log failed", e);
            }
        }));
        server.close();
        folder.close();
        disk.close();
        lock.release();
    }

    private static CompletableFuture<Void> onLoop(Loop loop, Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                task.run();
                done.complete(null);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private static void await(CompletableFuture<Void> done) {
        try {
            done.orTimeout(STOP_SECONDS, TimeUnit.SECONDS).join();
        } catch (RuntimeException e) {
            LOG.error("Part of the broker did not stop cleanly", e);
        }
    }
}
