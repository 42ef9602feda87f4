package io.chapar.processor;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.consumer.AssignmentStrategy;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.IsolationLevel;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.producer.ProducerConfig;

/// What a delivery mode means for the settings of consumer and producer.
final class ClientSettings {
    /// A call that waits for the cluster gives up after this, so that a stop is noticed.
    private static final int MAX_BLOCK_MS = 15_000;
    /// At least so often is a member heard of in each session.
    private static final int HEARTBEATS_PER_SESSION = 4;
    /// A member learns of a rebalance by its next heartbeat: until then its newcomers wait.
    private static final int MAX_HEARTBEAT_MS = 1_000;
    private static final int RESTORE_WAIT_MS = 20;
    private static final int FETCHED_SHARE = 16;
    private static final long MIN_FETCHED_BYTES = 1 << 20;
    private static final long MAX_FETCHED_BYTES = 16 << 20;

    private ClientSettings() {
    }

    /// Committed records only, in every mode: outputs of an aborted transaction are nobody's input.
    static ConsumerConfig consumer(ProcessorConfig config, Stages stages, String memberName) {
        ConsumerConfig.Builder builder = ConsumerConfig.builder(config.bootstrapServers())
                .clientId(memberName)
                .heartbeatIntervalMs(Math.max(1, Math.min(MAX_HEARTBEAT_MS,
                        config.sessionTimeoutMs() / HEARTBEATS_PER_SESSION)))
                .set(KafkaConfigNames.DEFAULT_API_TIMEOUT_MS, MAX_BLOCK_MS);
        config.consumerSettings().forEach(builder::set);
        builder.groupId(config.applicationId())
                .strategies(AssignmentStrategy.TOGETHER)
                .together(stages.topicsByStage().values().stream().filter(topics -> topics.size() > 1).toList())
                .earliest(stages.ownInputs())
                .isolation(IsolationLevel.READ_COMMITTED)
                .offsetReset(switch (config.startFrom()) {
                    case EARLIEST -> OffsetReset.EARLIEST;
                    case LATEST -> OffsetReset.LATEST;
                })
                .sessionTimeoutMs(config.sessionTimeoutMs());
        if (stages.hasInternalTopics()) {
            // Nobody but the application itself makes its topics, with the partitions that they need.
            builder.set(KafkaConfigNames.ALLOW_AUTO_CREATE_TOPICS, false);
        }
        if (config.instanceName() != null) {
            builder.groupInstanceId(memberName);
        }
        return builder.build();
    }

    /// For reading changelogs and global tables on and on, as nobody's member.
    static ConsumerConfig changelog(ProcessorConfig config, String memberName) {
        return changelog(config, ConsumerConfig.builder(config.bootstrapServers()).clientId(memberName + "-restore"));
    }

    /// For reading changelogs up to their ends. A fetch of partitions that have nothing more holds up, for as long as
    /// it may wait at the broker, those that have. Where a position is not in the log any more, the store begins anew.
    static ConsumerConfig restore(ProcessorConfig config, String memberName) {
        ConsumerConfig.Builder builder = ConsumerConfig.builder(config.bootstrapServers())
                .clientId(memberName + "-restore").set(KafkaConfigNames.FETCH_MAX_WAIT_MS, RESTORE_WAIT_MS);
        changelog(config, builder);
        return builder.offsetReset(OffsetReset.NONE).build();
    }

    /// For keeping copies of state. Where a position is not in the log any more, the copy begins anew.
    static ConsumerConfig standby(ProcessorConfig config, String memberName) {
        ConsumerConfig.Builder builder = ConsumerConfig.builder(config.bootstrapServers())
                .clientId(memberName + "-standby");
        changelog(config, builder);
        return builder.offsetReset(OffsetReset.NONE).build();
    }

    /// What is fetched ahead, of all partitions together: a part of what state may take.
    private static int fetchBytes(ProcessorConfig config) {
        long share = config.maxStateBytes() / FETCHED_SHARE / config.threads();
        return Math.toIntExact(Math.max(MIN_FETCHED_BYTES, Math.min(MAX_FETCHED_BYTES, share)));
    }

    private static ConsumerConfig changelog(ProcessorConfig config, ConsumerConfig.Builder builder) {
        builder.set(KafkaConfigNames.FETCH_MAX_BYTES, fetchBytes(config));
        builder.set(KafkaConfigNames.DEFAULT_API_TIMEOUT_MS, MAX_BLOCK_MS);
        config.consumerSettings().forEach(builder::set);
        // A topic that is gone is not made again by who reads it.
        builder.set(KafkaConfigNames.ALLOW_AUTO_CREATE_TOPICS, false);
        return builder.isolation(IsolationLevel.READ_COMMITTED).offsetReset(OffsetReset.EARLIEST).build();
    }

    /// For recording layouts: outside of every transaction.
    static ProducerConfig layouts(ProcessorConfig config, String memberName) {
        ProducerConfig.Builder builder = ProducerConfig.builder(config.bootstrapServers())
                .clientId(memberName + "-layouts")
                .maxBlockMs(MAX_BLOCK_MS);
        config.producerSettings().forEach(builder::set);
        return builder.idempotent(true).build();
    }

    /// With two phases; of this thread, or of one whose partitions it was given.
    static ProducerConfig heir(ProcessorConfig config, String transactionalId) {
        ProducerConfig.Builder builder = ProducerConfig.builder(config.bootstrapServers())
                .clientId(transactionalId)
                .maxBlockMs(MAX_BLOCK_MS);
        config.producerSettings().forEach(builder::set);
        return builder.idempotent(true).transactionalId(transactionalId)
                .transactionTimeoutMs(config.transactionTimeoutMs()).twoPhaseCommit(true).build();
    }

    /// Idempotent in every mode, so that a repeated request never writes twice.
    static ProducerConfig producer(ProcessorConfig config, String memberName, boolean transactional) {
        ProducerConfig.Builder builder = ProducerConfig.builder(config.bootstrapServers())
                .clientId(memberName)
                .maxBlockMs(MAX_BLOCK_MS);
        config.producerSettings().forEach(builder::set);
        builder.idempotent(true);
        if (transactional) {
            builder.transactionalId(memberName).transactionTimeoutMs(config.transactionTimeoutMs());
        }
        return builder.build();
    }
}
