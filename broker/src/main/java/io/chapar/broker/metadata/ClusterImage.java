package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ClusterDelta.TopicChange;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;

/// The cluster as of one version of the metadata log. Never changes; safe to hand to any loop.
///
/// @param version number of records applied so far; grows with every change
/// @param brokers the registered ones, by id
/// @param topics by name, in order
/// @param topicsById in order
/// @param nextProducerId every id below has been given away
/// @param features finalized feature levels by name
/// @param settings the same object as long as none of them changes
/// @param settingsChars how long the settings of all topics and of [#settings] are, as [SettingsRoom] counts them
public record ClusterImage(
        @Nullable UUID clusterId,
        long version,
        SortedMap<Integer, BrokerImage> brokers,
        Map<String, TopicImage> topics,
        Map<UUID, TopicImage> topicsById,
        long nextProducerId,
        SortedMap<String, Short> features,
        ClusterSettings settings,
        long settingsChars) {

    public static final ClusterImage EMPTY = new ClusterImage(
            null, 0, Collections.emptySortedMap(), PersistentMap.empty(), PersistentMap.empty(), 0,
            Collections.emptySortedMap(), ClusterSettings.NONE, 0);

    /// Null when there is no such topic.
    public @Nullable TopicImage topic(String name) {
        return topics.get(name);
    }

    /// Null when there is no such topic.
    public @Nullable TopicImage topic(@Nullable UUID id) {
        return topicsById.get(id);
    }

    /// Whether it is registered and not fenced.
    public boolean isActive(int node) {
        BrokerImage broker = brokers.get(node);
        return broker != null && broker.isActive();
    }

    /// The id of a cluster that was created, as clients are told it.
    public String clusterName() {
        return KafkaUuid.text(requireNonNull(clusterId, "a cluster is created before it is asked about"));
    }

    public ClusterImage apply(List<MetadataRecord> records) {
        Builder builder = new Builder(this);
        records.forEach(builder::apply);
        return builder.build();
    }

    /// Another image, and what differs in it.
    public record Step(ClusterImage after, ClusterDelta delta) {}

    public Step step(List<MetadataRecord> records) {
        Builder builder = new Builder(this);
        records.forEach(builder::apply);
        return new Step(builder.build(), builder.delta());
    }

    /// Records that lead from [#EMPTY] to this image.
    public List<MetadataRecord> snapshot() {
        List<MetadataRecord> records = new ArrayList<>();
        if (clusterId != null) {
            records.add(new MetadataRecord.ClusterCreated(clusterId));
        }
        brokers.values().forEach(b -> records.add(new MetadataRecord.BrokerKept(b)));
        topics.values().forEach(t -> records.add(
                new MetadataRecord.TopicCreated(t.id(), t.name(), t.all(), t.config())));
        records.add(new MetadataRecord.ProducerIdsTaken(nextProducerId));
        features.forEach((name, level) -> records.add(new MetadataRecord.FeatureFinalized(name, level)));
        settings.configs().forEach((owner, config) -> records.add(new MetadataRecord.Configured(owner, config)));
        settings.quotas().forEach((entity, quotas) -> records.add(new MetadataRecord.QuotasSet(entity, quotas)));
        records.add(new MetadataRecord.VersionReached(version));
        return records;
    }

    /// Applies records one after the other. The only code that changes what is known about the cluster.
    static final class Builder {
        private final ClusterImage from;
        private @Nullable UUID clusterId;
        private long version;
        private SortedMap<Integer, BrokerImage> brokers;
        private PersistentMap<String, TopicImage> topics = PersistentMap.empty();
        private PersistentMap<UUID, TopicImage> topicsById = PersistentMap.empty();
        private long nextProducerId;
        private SortedMap<String, Short> features;
        private ClusterSettings settings;
        private long settingsChars;
        private final Map<UUID, TopicChange> changes = new LinkedHashMap<>();

        Builder(ClusterImage from) {
            this.from = from;
            clusterId = from.clusterId;
            version = from.version;
            brokers = from.brokers;
            topics = (PersistentMap<String, TopicImage>) from.topics;
            topicsById = (PersistentMap<UUID, TopicImage>) from.topicsById;
            nextProducerId = from.nextProducerId;
            features = from.features;
            settings = from.settings;
            settingsChars = from.settingsChars;
        }

        void apply(MetadataRecord entry) {
            version++;
            switch (entry) {
                case MetadataRecord.ClusterCreated r -> clusterId = r.clusterId();
                case MetadataRecord.BrokerBegan r -> {
                    keep(new BrokerImage(r.registration(), version, Standing.ACTIVE));
                    beginLeaderships(r.registration().node());
                }
                case MetadataRecord.BrokerRegistered r ->
                    keep(new BrokerImage(r.registration(), version, Standing.FENCED));
                case MetadataRecord.BrokerStands r -> keep(existing(r.node()).as(r.standing()));
                case MetadataRecord.BrokerRemoved r -> remove(existing(r.node()));
                case MetadataRecord.BrokerKept r -> keep(r.broker());
                case MetadataRecord.TopicCreated r ->
                    put(new TopicImage(r.topicId(), r.name(), r.partitions(), r.config()));
                case MetadataRecord.PartitionsAdded r -> put(existing(r.topicId()).withMore(r.added()));
                case MetadataRecord.PartitionsChanged r -> put(existing(r.topicId()).with(r.after()));
                case MetadataRecord.TopicConfigured r -> put(existing(r.topicId()).withConfig(r.config()));
                case MetadataRecord.TopicDeleted r -> {
                    TopicImage t = existing(r.topicId());
                    settingsChars -= SettingsRoom.chars(t.config());
                    topics = topics.without(t.name());
                    topicsById = topicsById.without(t.id());
                    changed(t.id(), null);
                }
                case MetadataRecord.ProducerIdsTaken r -> nextProducerId = r.next();
                case MetadataRecord.FeatureFinalized r -> {
                    SortedMap<String, Short> known = new TreeMap<>(features);
                    known.put(r.name(), r.level());
                    features = Collections.unmodifiableSortedMap(known);
                }
                case MetadataRecord.Configured r -> {
                    settingsChars += SettingsRoom.growth(r.config(), settings.of(r.owner()));
                    settings = settings.with(r.owner(), r.config());
                }
                case MetadataRecord.QuotasSet r -> settings = settings.with(r.entity(), r.quotas());
                case MetadataRecord.VersionReached r -> version = r.version();
            }
        }

        private void keep(BrokerImage broker) {
            SortedMap<Integer, BrokerImage> known = new TreeMap<>(brokers);
            known.put(broker.id(), broker);
            brokers = Collections.unmodifiableSortedMap(known);
        }

        private void remove(BrokerImage broker) {
            SortedMap<Integer, BrokerImage> known = new TreeMap<>(brokers);
            known.remove(broker.id());
            brokers = Collections.unmodifiableSortedMap(known);
        }

        private void beginLeaderships(int broker) {
            for (TopicImage topic : List.copyOf(topics.values())) {
                if (topic.all().stream().anyMatch(one -> one.leader() == broker)) {
                    put(topic.map(one -> one.leader() == broker ? one.ledAnew() : one));
                }
            }
        }

        private void put(TopicImage topic) {
            TopicImage before = topics.get(topic.name());
            if (before == null || !before.config().equals(topic.config())) {
                settingsChars += SettingsRoom.growth(
                        topic.config(), before == null ? Collections.emptySortedMap() : before.config());
            }
            topics = topics.with(topic.name(), topic);
            topicsById = topicsById.with(topic.id(), topic);
            changed(topic.id(), topic);
        }

        private void changed(UUID id, @Nullable TopicImage is) {
            changes.put(id, new TopicChange(from.topic(id), is));
        }

        private TopicImage existing(UUID id) {
            TopicImage topic = topicsById.get(id);
            if (topic == null) {
                throw new IllegalStateException("metadata record names topic " + id + ", which does not exist");
            }
            return topic;
        }

        private BrokerImage existing(int node) {
            BrokerImage broker = brokers.get(node);
            if (broker == null) {
                throw new IllegalStateException("metadata record names broker " + node + ", which has not registered");
            }
            return broker;
        }

        long version() {
            return version;
        }

        ClusterImage build() {
            return new ClusterImage(clusterId, version, brokers, topics, topicsById, nextProducerId, features,
                    settings, settingsChars);
        }

        /// The topics that were there at some time since it began, and are not any more.
        Set<UUID> deleted() {
            Set<UUID> gone = new LinkedHashSet<>(changes.keySet());
            gone.removeIf(topicsById::containsKey);
            return gone;
        }

        /// From the image that it began with to what it builds.
        ClusterDelta delta() {
            return new ClusterDelta(changes.values().stream()
                    .filter(change -> change.was() != null || change.is() != null).toList(),
                    !settings.isConfiguredAs(from.settings));
        }
    }
}
