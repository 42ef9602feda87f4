package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// A committed fact about the cluster. The image is what these facts, applied in order, add up to; nothing else
/// changes it.
public sealed interface MetadataRecord {

    /// The cluster exists. First record of every log.
    record ClusterCreated(UUID clusterId) implements MetadataRecord {}

    /// A broker that has no others began a new life: of everything that it leads, a new leader epoch.
    record BrokerBegan(Registration registration) implements MetadataRecord {}

    /// A broker began a new life, and is fenced. What that changes of partitions stands in records of its own.
    record BrokerRegistered(Registration registration) implements MetadataRecord {}

    /// What that changes of partitions stands in records of its own.
    record BrokerStands(int node, Standing standing) implements MetadataRecord {}

    /// The broker is not registered any more.
    record BrokerRemoved(int node) implements MetadataRecord {}

    /// A broker as a snapshot tells it, in whichever life.
    record BrokerKept(BrokerImage broker) implements MetadataRecord {}

    /// @param partitions as they were decided, or, in a snapshot, as they are
    record TopicCreated(UUID topicId, String name, List<PartitionImage> partitions, SortedMap<String, String> config)
            implements MetadataRecord {
        public TopicCreated {
            partitions = PartitionPages.of(partitions);
            config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
        }
    }

    /// Behind those that the topic has.
    record PartitionsAdded(UUID topicId, List<PartitionImage> added) implements MetadataRecord {
        public PartitionsAdded {
            added = PartitionPages.of(added);
        }
    }

    /// @param after the changed ones by number, as they are from now on
    record PartitionsChanged(UUID topicId, SortedMap<Integer, PartitionImage> after) implements MetadataRecord {
        public PartitionsChanged {
            after = Collections.unmodifiableSortedMap(new TreeMap<>(after));
        }
    }

    /// Replaces all settings of the topic.
    record TopicConfigured(UUID topicId, SortedMap<String, String> config) implements MetadataRecord {
        public TopicConfigured {
            config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
        }
    }

    /// Replaces all settings of the owner; it has none left where there are none.
    record Configured(ConfigOwner owner, SortedMap<String, String> config) implements MetadataRecord {
        public Configured {
            config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
        }
    }

    /// Replaces all quotas of the entity; it has none left where there are none.
    record QuotasSet(QuotaEntity entity, SortedMap<String, Double> quotas) implements MetadataRecord {
        public QuotasSet {
            quotas = Collections.unmodifiableSortedMap(new TreeMap<>(quotas));
        }
    }

    record TopicDeleted(UUID topicId) implements MetadataRecord {}

    /// All producer ids below `next` are given away for good.
    record ProducerIdsTaken(long next) implements MetadataRecord {}

    record FeatureFinalized(String name, short level) implements MetadataRecord {}

    /// Last record of a snapshot: the number of records that it stands for.
    record VersionReached(long version) implements MetadataRecord {}
}
