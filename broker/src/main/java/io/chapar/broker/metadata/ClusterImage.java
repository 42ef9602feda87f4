package io.chapar.broker.metadata;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// The cluster as of one version of the metadata log. Never changes; safe to hand to any loop.
///
/// @param version number of records applied so far; grows with every change
/// @param lives how often a broker has been started on this log
/// @param topics by name
/// @param nextProducerId every id below has been given away
/// @param features finalized feature levels by name
public record ClusterImage(
        UUID clusterId,
        long version,
        long lives,
        SortedMap<String, TopicImage> topics,
        Map<UUID, TopicImage> topicsById,
        long nextProducerId,
        SortedMap<String, Short> features) {

    public static final ClusterImage EMPTY = new ClusterImage(
            null, 0, 0, Collections.emptySortedMap(), Map.of(), 0, Collections.emptySortedMap());

    /// Null when there is no such topic.
    public TopicImage topic(String name) {
        return topics.get(name);
    }

    /// Null when there is no such topic.
    public TopicImage topic(UUID id) {
        return topicsById.get(id);
    }

    /// The life of the broker in which it leads the topic's partitions, counted from the topic's first.
    public int leaderEpoch(TopicImage topic) {
        return Math.toIntExact(lives - topic.bornInLife());
    }

    public ClusterImage apply(List<MetadataRecord> records) {
        Builder builder = new Builder(this);
        records.forEach(builder::apply);
        return builder.build();
    }

    /// Records that lead from [#EMPTY] to this image.
    public List<MetadataRecord> snapshot() {
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.ClusterCreated(clusterId));
        topics.values().forEach(t -> records.add(
                new MetadataRecord.TopicKept(t.id(), t.name(), t.partitions(), t.config(), t.bornInLife())));
        records.add(new MetadataRecord.ProducerIdsTaken(nextProducerId));
        features.forEach((name, level) -> records.add(new MetadataRecord.FeatureFinalized(name, level)));
        records.add(new MetadataRecord.Counters(lives, version));
        return records;
    }

    /// Applies records one after the other. The only code that changes what is known about the cluster.
    static final class Builder {
        private UUID clusterId;
        private long version;
        private long lives;
        private final TreeMap<String, TopicImage> topics;
        private final Map<UUID, TopicImage> topicsById;
        private long nextProducerId;
        private final TreeMap<String, Short> features;

        Builder(ClusterImage from) {
            clusterId = from.clusterId;
            version = from.version;
            lives = from.lives;
            topics = new TreeMap<>(from.topics);
            topicsById = new LinkedHashMap<>(from.topicsById);
            nextProducerId = from.nextProducerId;
            features = new TreeMap<>(from.features);
        }

        void apply(MetadataRecord entry) {
            version++;
            switch (entry) {
                case MetadataRecord.ClusterCreated r -> clusterId = r.clusterId();
                case MetadataRecord.BrokerStarted r -> lives++;
                case MetadataRecord.TopicCreated r ->
                    put(new TopicImage(r.topicId(), r.name(), r.partitions(), r.config(), lives));
                case MetadataRecord.TopicKept r ->
                    put(new TopicImage(r.topicId(), r.name(), r.partitions(), r.config(), r.bornInLife()));
                case MetadataRecord.PartitionsAdded r -> {
                    TopicImage t = existing(r.topicId());
                    put(new TopicImage(t.id(), t.name(), r.partitions(), t.config(), t.bornInLife()));
                }
                case MetadataRecord.TopicConfigured r -> {
                    TopicImage t = existing(r.topicId());
                    put(new TopicImage(t.id(), t.name(), t.partitions(), r.config(), t.bornInLife()));
                }
                case MetadataRecord.TopicDeleted r -> {
                    TopicImage t = existing(r.topicId());
                    topics.remove(t.name());
                    topicsById.remove(t.id());
                }
                case MetadataRecord.ProducerIdsTaken r -> nextProducerId = r.next();
                case MetadataRecord.FeatureFinalized r -> features.put(r.name(), r.level());
                case MetadataRecord.Counters r -> {
                    lives = r.lives();
                    version = r.version();
                }
            }
        }

        private void put(TopicImage topic) {
            topics.put(topic.name(), topic);
            topicsById.put(topic.id(), topic);
        }

        private TopicImage existing(UUID id) {
            TopicImage topic = topicsById.get(id);
            if (topic == null) {
                throw new IllegalStateException("metadata record names topic " + id + ", which does not exist");
            }
            return topic;
        }

        ClusterImage build() {
            return new ClusterImage(
                    clusterId, version, lives, Collections.unmodifiableSortedMap(topics),
                    Collections.unmodifiableMap(topicsById), nextProducerId,
                    Collections.unmodifiableSortedMap(features));
        }
    }
}
