package io.chapar.broker.metadata;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.SortedMap;
import java.util.UUID;

/// A wish to change the cluster. Plain data, so that it can travel to whoever decides.
///
/// @param <R> what the wisher gets to know when the decision is committed
public sealed interface MetadataCommand<R> {

    /// A new life of a broker; creates the cluster when the log is empty. Beside other brokers it begins fenced.
    /// Without effect when that life has begun already. Answered with the broker as it is then.
    ///
    /// @param isNothingLost whether the broker can prove that all is there which it had acknowledged in its life before
    /// @param lives the incarnations for which it can, at most [#MOST_LIVES]; empty where there is no doubt which life
    ///        was the one before. Where it cannot, those that were lived in its folder
    record RegisterBroker(Registration registration, SortedMap<String, Short> features, boolean isNothingLost,
            List<UUID> lives) implements MetadataCommand<BrokerImage> {
        public static final int MOST_LIVES = 8;

        public RegisterBroker {
            lives = List.copyOf(lives);
        }

        public RegisterBroker(Registration registration, SortedMap<String, Short> features, boolean isNothingLost) {
            this(registration, features, isNothingLost, List.of());
        }

        /// Whether all is there that this life has acknowledged.
        boolean hasAllOf(@Nullable BrokerImage before) {
            return isNothingLost && (before == null || lives.isEmpty() || isAfter(before));
        }

        /// Whether it has the folder of that life, be it that something is lost of what there was.
        boolean hasFolderOf(@Nullable BrokerImage before) {
            return before != null && lives.contains(before.registration().incarnation());
        }

        /// Whether the process of that life is known to be gone, since this one has its folder.
        public boolean isAfter(BrokerImage before) {
            return isNothingLost && lives.contains(before.registration().incarnation());
        }
    }

    /// The broker is not in session any more: it leads nothing from then on, and is in sync with nobody.
    ///
    /// @param epoch of the life that ended; another one is not touched
    record FenceBroker(int node, long epoch) implements MetadataCommand<ErrorCode> {}

    /// The broker has the metadata up to its own registration, and its logs are open.
    record UnfenceBroker(int node, long epoch) implements MetadataCommand<ErrorCode> {}

    /// Who is in sync with this leader, for any number of its partitions.
    ///
    /// @param leaderLife the epoch of its registration
    record ChangeIsr(int leader, long leaderLife, List<IsrWish> wishes)
            implements MetadataCommand<List<IsrOutcome>> {
        public ChangeIsr {
            wishes = List.copyOf(wishes);
        }
    }

    /// @param partitionEpoch of the image that the wish is built on
    /// @param recovering whether an uncleanly elected leader has its log's end still to make up
    record IsrWish(UUID topicId, int partition, int leaderEpoch, int partitionEpoch, List<InSync> isr,
            boolean recovering) {
        public IsrWish {
            isr = List.copyOf(isr);
        }
    }

    /// @param life the epoch of its registration, as the leader knows it
    record InSync(int node, long life) {}

    /// @param partition as it is afterwards; null when refused
    record IsrOutcome(ErrorCode error, @Nullable PartitionImage partition) {}

    /// Another leader for partitions that should have one. Answered with what became of each, in their order.
    ///
    /// @param partitions at most [#MOST]: so many change hands in one entry
    record ElectLeaders(ElectionKind kind, List<TopicPartition> partitions)
            implements MetadataCommand<List<ErrorCode>> {
        public static final int MOST = 1_000;

        public ElectLeaders {
            partitions = List.copyOf(partitions);
            if (partitions.size() > MOST) {
                throw new IllegalArgumentException(partitions.size() + " partitions, of which one command takes "
                        + MOST);
            }
        }
    }

    /// Which leader is wanted.
    enum ElectionKind {
        /// The first replica, if it is active and in sync.
        PREFERRED,
        /// Where nobody leads: anybody who is active, even if that loses what was acknowledged.
        UNCLEAN
    }

    /// Replicas of partitions to other brokers, or back to where they were. Answered for each, in their order.
    ///
    /// @param mayChangeFactor whether a partition may have more or fewer replicas afterwards
    /// @param wishes at most [#MOST]
    record AlterReassignments(boolean mayChangeFactor, List<ReassignmentWish> wishes)
            implements MetadataCommand<List<Outcome>> {
        public static final int MOST = 1_000;

        public AlterReassignments {
            wishes = List.copyOf(wishes);
            if (wishes.size() > MOST) {
                throw new IllegalArgumentException(wishes.size() + " partitions, of which one command takes " + MOST);
            }
        }
    }

    /// @param to the replicas that it shall have, the preferred leader first; null to cancel what is under way
    record ReassignmentWish(TopicPartition partition, @Nullable List<Integer> to) {
        public ReassignmentWish {
            to = to == null ? null : List.copyOf(to);
        }
    }

    /// Completes the reassignments that can be, and begins others in their place. Answered with how many it changed.
    record AdvanceReassignments() implements MetadataCommand<Integer> {}

    /// The broker is gone for good. Refused while it is in session, and while it has replicas.
    record RemoveBroker(int node) implements MetadataCommand<Outcome> {}

    record CreateTopics(List<NewTopic> topics, boolean validateOnly) implements MetadataCommand<List<TopicOutcome>> {
        public CreateTopics {
            topics = List.copyOf(topics);
        }
    }

    /// @param partitions at least 1
    /// @param config settings for this topic alone, by Kafka's names
    /// @param replicas how many each partition has, and where
    record NewTopic(String name, int partitions, Replicas replicas, SortedMap<String, String> config) {
        /// With one replica each.
        public NewTopic(String name, int partitions, SortedMap<String, String> config) {
            this(name, partitions, new Replicas.Factor(1), config);
        }
    }

    /// Where the replicas of new partitions are wanted.
    sealed interface Replicas {
        /// So many of each partition, wherever there is room.
        record Factor(int factor) implements Replicas {}

        /// @param byPartition the brokers of each new partition, the preferred leader first
        record Assigned(List<List<Integer>> byPartition) implements Replicas {
            public Assigned {
                byPartition = byPartition.stream().map(List::copyOf).toList();
            }
        }
    }

    record DeleteTopics(List<TopicRef> topics) implements MetadataCommand<List<TopicOutcome>> {
        public DeleteTopics {
            topics = List.copyOf(topics);
        }
    }

    /// A topic by name, or by id when the name is null.
    record TopicRef(@Nullable String name, @Nullable UUID id) {}

    /// @param replicas of the new ones; null for as many as the topic's first partition has
    record AddPartitions(String topic, int total, Replicas.@Nullable Assigned replicas, boolean validateOnly)
            implements MetadataCommand<TopicOutcome> {}

    /// Sets the values given and drops the keys whose value is null; with `replace` all others are dropped too.
    record ConfigureTopic(String topic, SortedMap<String, String> changes, boolean replace, boolean validateOnly)
            implements MetadataCommand<TopicOutcome> {}

    /// Settings of what is no topic: sets the values given and drops the keys whose value is null; with `replace` all
    /// others are dropped too.
    record Configure(ConfigOwner owner, SortedMap<String, String> changes, boolean replace, boolean validateOnly)
            implements MetadataCommand<Outcome> {}

    /// Answered with what became of each, in their order.
    record AlterQuotas(List<QuotaWish> wishes, boolean validateOnly) implements MetadataCommand<List<Outcome>> {
        public AlterQuotas {
            wishes = List.copyOf(wishes);
        }
    }

    /// @param changes of those that are to be removed the value is null
    record QuotaWish(QuotaEntity entity, SortedMap<String, Double> changes) {}

    /// All of them, or none. Answered with what is wrong with each, in their order.
    record FinalizeFeatures(List<FeatureWish> wishes, boolean validateOnly)
            implements MetadataCommand<List<Outcome>> {
        public FinalizeFeatures {
            wishes = List.copyOf(wishes);
        }
    }

    /// @param level one that the brokers support; 0 ends the feature
    /// @param isDowngrade whether it may be lower than it is, and no higher; else higher, and no lower
    record FeatureWish(String name, short level, boolean isDowngrade) {}

    /// @param message why it was refused; null otherwise
    record Outcome(ErrorCode error, @Nullable String message) {
        public static final Outcome DONE = new Outcome(ErrorCode.NONE, null);
    }

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
