package io.chapar.broker.metadata;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// A committed fact about the cluster. The image is what these facts, applied in order, add up to; nothing else
/// changes it.
public sealed interface MetadataRecord {

    /// The cluster exists. First record of every log.
    record ClusterCreated(UUID clusterId) implements MetadataRecord {}

    /// A broker began a new life. Every life of a leader is a new leader epoch of what it leads, so that readers can
    /// tell a log that lost its unsynced tail from the log they knew.
    record BrokerStarted(int nodeId) implements MetadataRecord {}

    record TopicCreated(UUID topicId, String name, int partitions, SortedMap<String, String> config)
            implements MetadataRecord {
        public TopicCreated {
            config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
        }
    }

    /// `partitions` is the new total; it never falls.
    record PartitionsAdded(UUID topicId, int partitions) implements MetadataRecord {}

    /// Replaces all settings of the topic.
    record TopicConfigured(UUID topicId, SortedMap<String, String> config) implements MetadataRecord {
        public TopicConfigured {
            config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
        }
    }

    record TopicDeleted(UUID topicId) implements MetadataRecord {}

    /// All producer ids below `next` are given away for good.
    record ProducerIdsTaken(long next) implements MetadataRecord {}

    record FeatureFinalized(String name, short level) implements MetadataRecord {}

    /// What a snapshot starts from: the values that are counted rather than stated.
    record Counters(long lives, long version) implements MetadataRecord {}

    /// A topic as a snapshot tells it.
    record TopicKept(UUID topicId, String name, int partitions, SortedMap<String, String> config, long bornInLife)
            implements MetadataRecord {
        public TopicKept {
            config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
        }
    }
}
