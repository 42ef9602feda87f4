package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.MetadataRecord.BrokerKept;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.MetadataRecord.VersionReached;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// What a cluster's image becomes where it is to go on as another one. Pure.
public final class SeedImages {
    /// Beyond whatever the quorum that was lost may have decided without the survivor.
    static final long LOST_VERSIONS = 1_000_000;
    static final int LOST_EPOCHS = 1_000;
    /// That one record gives away at the most.
    private static final long PRODUCER_IDS = 1_000;
    private static final int NAMED = 3;

    private SeedImages() {}

    /// Of a broker that has no others any more: it leads all there is. Throws [IOException] with the reason where other
    /// brokers have something that it has not.
    public static ClusterImage alone(ClusterImage image, int node) throws IOException {
        BrokerImage self = image.brokers().get(node);
        if (self == null) {
            throw new IOException("the cluster knows no broker " + node);
        }
        List<String> elsewhere = new ArrayList<>();
        image.topics().values().forEach(topic -> {
            for (int i = 0; i < topic.partitions(); i++) {
                if (!topic.partition(i).replicas().equals(List.of(node))) {
                    elsewhere.add(topic.name() + "-" + i);
                }
            }
        });
        if (!elsewhere.isEmpty()) {
            throw new IOException(elsewhere.size() + " partitions have other replicas than the one at broker " + node
                    + " (" + String.join(", ", elsewhere.subList(0, Math.min(NAMED, elsewhere.size())))
                    + (elsewhere.size() > NAMED ? " ..." : "") + "); move them first");
        }
        BrokerImage alone = new BrokerImage(
                Registration.alone(node, self.registration().incarnation()), self.epoch(), Standing.ACTIVE);
        return rebuilt(image, image.version(),
                broker -> broker.id() == node ? alone : null,
                was -> new PartitionImage(node, was.leaderEpoch() + 1, was.partitionEpoch() + 1, List.of(node),
                        List.of(node), List.of()));
    }

    /// Of a cluster that lost the majority of its voters for good: as one of those left knows it, with versions and
    /// epochs that the lost ones cannot have given away. Producer ids neither.
    public static ClusterImage afterLoss(ClusterImage image) {
        return rebuilt(image, image.version() + LOST_VERSIONS, broker -> broker,
                was -> new PartitionImage(was.leader(), was.leaderEpoch() + LOST_EPOCHS,
                        was.partitionEpoch() + LOST_EPOCHS, was.replicas(), was.isr(), was.elr(), was.lastLeader(),
                        was.recovering(), was.reassignment()));
    }

    /// Whether metadata of that version may come from a survivor that knew less than a broker that registered at that
    /// epoch: what they do not tell of is no reason to delete it.
    public static boolean isBegunAnew(long epoch, long version) {
        return epoch >= 0 && version - epoch >= LOST_VERSIONS / 2;
    }

    private static ClusterImage rebuilt(ClusterImage image, long version,
            Function<BrokerImage, @Nullable BrokerImage> brokers, UnaryOperator<PartitionImage> partitions) {
        List<MetadataRecord> records = new ArrayList<>();
        for (MetadataRecord one : image.snapshot()) {
            switch (one) {
                case BrokerKept(BrokerImage broker) -> {
                    BrokerImage kept = brokers.apply(broker);
                    if (kept != null) {
                        records.add(new BrokerKept(kept));
                    }
                }
                case TopicCreated topic -> records.add(new TopicCreated(topic.topicId(), topic.name(),
                        topic.partitions().stream().map(partitions).toList(), topic.config()));
                case MetadataRecord.ProducerIdsTaken(long next) -> records.add(new MetadataRecord.ProducerIdsTaken(
                        next + (version - image.version()) * PRODUCER_IDS));
                case VersionReached _ -> records.add(new VersionReached(version));
                default -> records.add(one);
            }
        }
        return ClusterImage.EMPTY.apply(records);
    }
}
