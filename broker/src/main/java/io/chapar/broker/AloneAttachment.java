package io.chapar.broker;

import io.chapar.broker.backup.CutRequests;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.handler.Features;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.FeatureRange;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.LocalMetadataLog;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.net.Server;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/// Of a broker that has no others: the metadata are a file of its own.
final class AloneAttachment implements Attachment {
    private static final Logger LOG = LoggerFactory.getLogger(AloneAttachment.class);
    private static final long BEGIN_MS = 30_000;

    private final BrokerConfig config;
    private final Server server;
    private final RandomGenerator random;
    private final LocalMetadataLog metadata;
    private final Loop loop;
    private final FileDisk disk;
    private volatile boolean serves;
    /// While it serves.
    private @Nullable CutRequests backups;

    private AloneAttachment(BrokerConfig config, Server server, FileDisk disk, RandomGenerator random,
            LocalMetadataLog metadata, Loop loop) {
        this.config = config;
        this.disk = disk;
        this.server = server;
        this.random = random;
        this.metadata = metadata;
        this.loop = loop;
    }

    static AloneAttachment open(BrokerConfig config, Server server, FileDisk disk, RandomGenerator random)
            throws IOException {
        if (FolderIdentity.isOfCluster(config.dataFolder())) {
            throw new BrokerStartException.FolderOfAnother("The data folder '" + config.dataFolder()
                    + "' belongs to a broker of a cluster; start it with --quorum, as the others.");
        }
        Loop loop = server.loops().getFirst();
        LocalMetadataLog metadata = LocalMetadataLog.open(
                disk, loop, new ControllerCore(random, new ClusterRules(config)), config.nodeId());
        UUID cluster = metadata.image().clusterId();
        if (metadata.image().brokers().values().stream().anyMatch(
                one -> one.id() != config.nodeId() || !one.registration().isAlone())) {
            throw new BrokerStartException.FolderOfAnother("The data folder '" + config.dataFolder()
                    + "' has the metadata of a cluster; start it with --quorum.");
        }
        if (cluster == null) {
            Orphans.requireNone(disk);
        } else {
            FolderIdentity.requireCluster(config.dataFolder(), KafkaUuid.text(cluster));
        }
        AloneAttachment attachment = new AloneAttachment(config, server, disk, random, metadata, loop);
        ClusterImage image = attachment.beginLife();
        FolderIdentity.claim(config.dataFolder(), config.nodeId(), image.clusterName());
        Orphans.remove(disk, image, config.nodeId(), metadata.isCut(), metadata.deletedTopics());
        return attachment;
    }

    private ClusterImage beginLife() throws IOException {
        Registration self = Registration.alone(config.nodeId(), UUID.randomUUID(), config.rack(), Features.ranges());
        String misfit = FeatureRange.misfit(self, metadata.image().features());
        if (misfit != null) {
            throw new BrokerStartException.BadConfig(misfit);
        }
        CompletableFuture<MetadataLog.Proposed<BrokerImage>> begun = new CompletableFuture<>();
        metadata.propose(
                new RegisterBroker(self, Features.finalizedLevels(), true),
                loop.nowMs() + BEGIN_MS,
                loop, begun::complete);
        return switch (begun.join()) {
            case MetadataLog.Committed<BrokerImage> _ -> metadata.image();
            case MetadataLog.NotCommitted<BrokerImage> not -> throw new IOException(not.reason());
        };
    }

    @Override
    public MetadataLog metadata() {
        return metadata;
    }

    @Override
    public BrokerCore core(DataFolder folder) {
        return new BrokerCore(config, server.loops(), folder, metadata, random);
    }

    @Override
    public void serve(BrokerCore core) {
        serves = true;
        CutRequests requests =
                new CutRequests(config.dataFolder(), disk, loop, core.shards().all(), metadata::image);
        backups = requests;
        requests.start();
    }

    @Override
    public @Nullable String whyNotReady() {
        return serves ? null : "it starts or stops";
    }

    @Override
    public void leave() {
        // There is nobody to lead in its place.
        serves = false;
        if (backups != null) {
            backups.stop();
        }
    }

    @Override
    public void close(boolean isAllOnDisk) {
        boolean _ = Stopping.ends(Stopping.onLoop(loop, this::closeLog), false);
    }

    private boolean closeLog() {
        try {
            metadata.close();
            return true;
        } catch (IOException e) {
            LOG.warn("Closing the metadata log failed", e);
            return false;
        }
    }

    @Override
    public void abandon() {
        // Whoever closes the disk closes the log's file.
    }
}
