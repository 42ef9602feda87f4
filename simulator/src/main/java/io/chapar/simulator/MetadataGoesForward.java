package io.chapar.simulator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// What was once known about a cluster stays known, also after a restart, whatever its disk lost that was not synced:
/// the version does not fall, no producer id is free again that was given, and an id means one topic for ever, which
/// never gets fewer partitions. Epochs of partitions do not fall, and in one there is one leader.
final class MetadataGoesForward extends Promise {
    private static final class Known {
        private ClusterImage last = ClusterImage.EMPTY;
        private final Set<UUID> gone = new TreeSet<>();
    }

    private final Map<Integer, Known> brokers = new TreeMap<>();

    MetadataGoesForward() {
        super("Metadata goes forward, and an id means one topic");
    }

    @Override
    void stepped(SimulatedBroker broker) {
        Known known = brokers.computeIfAbsent(broker.nodeId(), _ -> new Known());
        ClusterImage image = broker.image();
        ClusterImage before = known.last;
        if (image.version() == before.version()) {
            return;
        }
        String wrong = wrong(image, before);
        if (wrong == null) {
            wrong = wrongTopic(image, before, known);
        }
        if (wrong != null) {
            breach(broker.name() + ": " + wrong);
        }
        before.topicsById().keySet().stream().filter(id -> image.topic(id) == null).forEach(known.gone::add);
        known.last = image;
    }

    private static @Nullable String wrong(ClusterImage image, ClusterImage before) {
        if (image.version() < before.version()) {
            return "version " + image.version() + " after " + before.version();
        }
        if (image.nextProducerId() < before.nextProducerId()) {
            return "the next producer id is " + image.nextProducerId() + " after " + before.nextProducerId();
        }
        return before.clusterId() == null || before.clusterId().equals(image.clusterId()) ? null
                : "cluster " + image.clusterId() + " was " + before.clusterId();
    }

    private static @Nullable String wrongTopic(ClusterImage image, ClusterImage before, Known known) {
        if (image.topicsById().size() != image.topics().size()) {
            return "topics by name are " + image.topics() + ", and by id " + image.topicsById();
        }
        for (TopicImage topic : image.topics().values()) {
            if (known.gone.contains(topic.id()) || !topic.equals(image.topic(topic.id()))) {
                return topic + " has the id of another";
            }
            TopicImage was = before.topic(topic.id());
            String wrong = was == null ? null : wrongLeader(topic, was);
            if (wrong != null) {
                return wrong;
            }
            if (was != null && (!was.name().equals(topic.name()) || was.partitions() > topic.partitions())) {
                return topic + " was " + was;
            }
        }
        return null;
    }

    /// Epochs never fall, and nobody else leads in the same one.
    private static @Nullable String wrongLeader(TopicImage topic, TopicImage was) {
        for (int i = 0; i < Math.min(topic.partitions(), was.partitions()); i++) {
            PartitionImage before = was.partition(i);
            PartitionImage now = topic.partition(i);
            if (now.leaderEpoch() < before.leaderEpoch() || now.partitionEpoch() < before.partitionEpoch()
                    || (now.leaderEpoch() == before.leaderEpoch() && now.leader() != before.leader())) {
                return topic.name() + "-" + i + " is " + now + " after " + before;
            }
        }
        return null;
    }
}
