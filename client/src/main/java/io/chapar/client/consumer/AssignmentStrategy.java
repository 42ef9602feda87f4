package io.chapar.client.consumer;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/// How the leader of a group shares the partitions out; `label` is the name that all members must have in common. The
/// first two can be mixed with members that run Kafka's own Java client.
public enum AssignmentStrategy {
    /// Topic by topic, neighbouring partitions together, members in the order of their ids. All stop while it changes.
    RANGE("range", "org.apache.kafka.clients.consumer.RangeAssignor", false),
    /// Even over all topics, and what a member has stays with it; only partitions that move stop.
    COOPERATIVE_STICKY("cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor", true),
    /// As the one before, and partitions of one number stay together in topics that belong together
    /// ([ConsumerConfig.Builder#together]). Of members that tell what they have of partitions' state ([StateReport]),
    /// one whose copy has caught up is given a partition, and others keep copies ([Standbys]).
    TOGETHER("chapar-together", null, true);

    private final String label;
    /// Null where Kafka has none that does the same.
    private final @Nullable String kafkaClass;
    private final boolean cooperative;

    AssignmentStrategy(String label, @Nullable String kafkaClass, boolean cooperative) {
        this.label = label;
        this.kafkaClass = kafkaClass;
        this.cooperative = cooperative;
    }

    public String label() {
        return label;
    }

    boolean cooperative() {
        return cooperative;
    }

    /// `together`: what this member tells of topics that belong together, as in [ConsumerConfig#TOGETHER].
    /// `state`: what it tells of state, if anything.
    Assignor assignor(String together, @Nullable StateReport state) {
        return switch (this) {
            case RANGE -> new RangeAssignor();
            case COOPERATIVE_STICKY -> new CooperativeStickyAssignor();
            case TOGETHER -> new TogetherAssignor(together, state);
        };
    }

    /// By its own name or by the name of Kafka's class; null when there is no such strategy.
    static @Nullable AssignmentStrategy ofLabel(String label) {
        for (AssignmentStrategy strategy : values()) {
            if (strategy.label.equals(label.toLowerCase(Locale.ROOT)) || label.equals(strategy.kafkaClass)) {
                return strategy;
            }
        }
        return null;
    }
}
