package io.chapar.broker.metadata;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.SortedMap;
import java.util.UUID;

/// A wish to change the cluster. Plain data, so that it can travel to whoever decides.
///
/// @param <R> what the wisher gets to know when the decision is committed
public sealed interface MetadataCommand<R> {

    /// A new life of a broker; creates the cluster when the log is empty.
    record RegisterBroker(int nodeId, SortedMap<String, Short> features) implements MetadataCommand<ClusterImage> {}

    record CreateTopics(List<NewTopic> topics, boolean validateOnly) implements MetadataCommand<List<TopicOutcome>> {
        public CreateTopics {
            topics = List.copyOf(topics);
        }
    }

    /// @param partitions at least 1
    /// @param config settings for this topic alone, by Kafka's names
    record NewTopic(String name, int partitions, SortedMap<String, String> config) {}

    record DeleteTopics(List<TopicRef> topics) implements MetadataCommand<List<TopicOutcome>> {
        public DeleteTopics {
            topics = List.copyOf(topics);
        }
    }

    /// A topic by name, or by id when the name is null.
    record TopicRef(@Nullable String name, @Nullable UUID id) {}

    record AddPartitions(String topic, int total, boolean validateOnly) implements MetadataCommand<TopicOutcome> {}

    /// Sets the values given and drops the keys whose value is null; with `replace` all others are dropped too.
    record ConfigureTopic(String topic, SortedMap<String, String> changes, boolean replace, boolean validateOnly)
            implements MetadataCommand<TopicOutcome> {}

    /// The next `count` producer ids.
    record TakeProducerIds(int count) implements MetadataCommand<ProducerIdBlock> {}

    /// What became of the wish for one topic.
    ///
    /// @param topic as it is afterwards, or would be with validateOnly; as it was, for a deletion; null when refused
    /// @param message why it was refused; null otherwise
    record TopicOutcome(TopicRef asked, ErrorCode error, @Nullable String message, @Nullable TopicImage topic) {
        static TopicOutcome refused(TopicRef asked, ErrorCode error, String message) {
            return new TopicOutcome(asked, error, message, null);
        }
    }

    /// Ids `first` to `first + count - 1`, given to nobody else, ever.
    record ProducerIdBlock(long first, int count) {}
}
