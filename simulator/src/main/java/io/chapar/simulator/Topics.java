package io.chapar.simulator;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.Replicas;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The topics of a world. Most come into being when somebody asks for them; these are made, since they are not like the
/// others.
final class Topics {
    /// Keeps the latest record of each key.
    static final String COMPACTED = "compacted";
    /// Keeps the last few records.
    static final String SHORT = "short";
    /// Its segments have bits that turn around. Nobody writes transactions to it.
    static final String ROTTING = "rotting";

    /// Transactions are left open here that nobody will end.
    static final String HANGING = "hanging";
    /// What [#SHORT] keeps of each partition.
    static final int SHORT_BYTES = 2_500;
    static final int SMALL_SEGMENT_BYTES = 1_024;

    private static final String SMALL_SEGMENT = Integer.toString(SMALL_SEGMENT_BYTES);

    private Topics() {}

    static boolean areNeeded(Swarm swarm, Extras extras) {
        return swarm.nearExhaustion() || extras.compaction() || extras.retention() || extras.hanging()
                || rotsAlone(swarm, extras);
    }

    /// Of a topic with several replicas nobody could say whose bits have turned around.
    private static boolean rotsAlone(Swarm swarm, Extras extras) {
        return swarm.replicated() && extras.flipsBits();
    }

    static void create(SimulatedCluster cluster, Swarm swarm, Extras extras) {
        List<NewTopic> all = new ArrayList<>();
        int most = cluster.members().size();
        int internal = swarm.replicated() ? most : 1;
        int replicas = Math.min(swarm.replicas(), most);
        if (swarm.nearExhaustion() || extras.compaction()) {
            all.add(new NewTopic(CoordinatorKeys.TRANSACTION_STATE,
                    swarm.count("transaction.state.log.num.partitions"), of(internal), internal(internal, extras)));
        }
        if (extras.compaction()) {
            all.add(new NewTopic(CoordinatorKeys.CONSUMER_OFFSETS, swarm.count("offsets.topic.num.partitions"),
                    of(internal), internal(internal, extras)));
            all.add(new NewTopic(COMPACTED, swarm.partitions(), of(replicas), compacted(extras)));
        }
        if (extras.retention()) {
            SortedMap<String, String> config = new TreeMap<>();
            config.put("segment.bytes", SMALL_SEGMENT);
            config.put("retention.bytes", Integer.toString(SHORT_BYTES));
            if (extras.keepsMs() > 0) {
                config.put("retention.ms", Integer.toString(extras.keepsMs()));
            }
            all.add(new NewTopic(SHORT, swarm.partitions(), of(replicas), config));
        }
        if (extras.hanging()) {
            all.add(new NewTopic(HANGING, swarm.partitions(), new TreeMap<>()));
        }
        if (rotsAlone(swarm, extras)) {
            all.add(new NewTopic(ROTTING, swarm.partitions(), new TreeMap<>()));
        }
        cluster.brokers().getFirst().propose(new CreateTopics(all, false));
    }

    private static Replicas of(int replicas) {
        return new Replicas.Factor(replicas);
    }

    private static SortedMap<String, String> internal(int replicas, Extras extras) {
        SortedMap<String, String> config = TopicConfig.forInternalTopic(replicas);
        if (extras.compaction()) {
            config.put("segment.bytes", SMALL_SEGMENT);
            config.put("min.cleanable.dirty.ratio", "0.01");
            config.put("delete.retention.ms", Integer.toString(extras.deleteRetentionMs()));
        }
        return config;
    }

    private static SortedMap<String, String> compacted(Extras extras) {
        SortedMap<String, String> config = new TreeMap<>();
        config.put("cleanup.policy", "compact");
        config.put("segment.bytes", SMALL_SEGMENT);
        config.put("min.cleanable.dirty.ratio", "0.01");
        config.put("delete.retention.ms", Integer.toString(extras.deleteRetentionMs()));
        return config;
    }
}
