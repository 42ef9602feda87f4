package io.chapar.broker.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// What becomes of partitions with the settings by which brokers count and choose.
///
/// Where `min.insync.replicas` is less than before, leaders commit without those that are eligible as soon as they see
/// the entry that says so: the same entry makes these so no more. Where a replica may lead from here on that may lack
/// something, one does, of partitions that nobody leads. Pure.
final class SettingsEffects {
    private final TopicRules rules;

    SettingsEffects(TopicRules rules) {
        this.rules = rules;
    }

    /// With what it makes of partitions.
    ///
    /// @param changed what it says of settings of a topic
    List<MetadataRecord> with(MetadataRecord.TopicConfigured changed, TopicImage topic, ClusterImage image) {
        return with(changed, List.of(topic.withConfig(changed.config())), image.settings(), image);
    }

    /// With what it makes of partitions, of whatever topic.
    ///
    /// @param changed what it says of settings of brokers or others
    List<MetadataRecord> with(MetadataRecord.Configured changed, ClusterImage image) {
        return with(changed, changed.owner().equals(ConfigOwner.allBrokers()) ? image.topics().values() : List.of(),
                image.settings().with(changed.owner(), changed.config()), image);
    }

    private List<MetadataRecord> with(
            MetadataRecord changed, Collection<TopicImage> topics, ClusterSettings settings, ClusterImage image) {
        PartitionChanges changes = new PartitionChanges();
        for (TopicImage topic : topics) {
            boolean unclean = rules.isUnclean(topic.config(), settings);
            Election election = new Election(image::isActive, rules.minIsr(topic.config(), settings), unclean);
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage was = topic.partition(i);
                if (unclean && was.leader() == PartitionImage.NO_LEADER) {
                    changes.put(topic, i, election.unfenced(was));
                } else if (!was.elr().isEmpty()) {
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
