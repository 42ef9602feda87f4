package io.chapar.broker.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Settings change that say how many replicas have to be in sync. Leaders commit by what an entry says as soon as they
/// see it: where that is less than before, without those that are eligible. So the same entry makes these so no more.
/// Pure.
final class RequiredInSync {
    private final TopicRules rules;

    RequiredInSync(TopicRules rules) {
        this.rules = rules;
    }

    /// With what it makes of partitions.
    ///
    /// @param changed what it says of settings of a topic
    List<MetadataRecord> with(MetadataRecord.TopicConfigured changed, TopicImage topic, ClusterImage image) {
        return with(changed, List.of(topic.withConfig(changed.config())), image.settings());
    }

    /// With what it makes of partitions, of whatever topic.
    ///
    /// @param changed what it says of settings of brokers or others
    List<MetadataRecord> with(MetadataRecord.Configured changed, ClusterImage image) {
        return with(changed, changed.owner().equals(ConfigOwner.allBrokers()) ? image.topics().values() : List.of(),
                image.settings().with(changed.owner(), changed.config()));
    }

    private List<MetadataRecord> with(
            MetadataRecord changed, Collection<TopicImage> topics, ClusterSettings settings) {
        PartitionChanges changes = new PartitionChanges();
        for (TopicImage topic : topics) {
            Election election = new Election(_ -> false, rules.minIsr(topic.config(), settings), false);
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage was = topic.partition(i);
                if (!was.elr().isEmpty()) {
                    changes.put(topic, i, election.required(was));
                }
            }
        }
        List<MetadataRecord> records = new ArrayList<>();
        records.add(changed);
        records.addAll(changes.records());
        return records;
    }
}
