package io.chapar.client.consumer;

import io.chapar.client.ClientConfig;
import io.chapar.client.ConfigReader;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import static java.util.Objects.requireNonNull;

/// A consumer's settings; defaults are Kafka's, but that nothing is ever committed by itself. Times in milliseconds,
/// sizes in bytes.
///
/// `groupId` null: no group, hence no `subscribe` and no commits. `groupInstanceId` null: a dynamic member. What is
/// fetched and not yet returned is bounded by `fetchMaxBytes` for each broker, twice. `rack` is where this consumer
/// stands, empty where nobody said: brokers may send it to a replica there (KIP-392).
public record ConsumerConfig(
        ClientConfig client,
        @Nullable String groupId,
        @Nullable String groupInstanceId,
        IsolationLevel isolation,
        OffsetReset offsetReset,
        int fetchMinBytes,
        int fetchMaxBytes,
        int fetchMaxWaitMs,
        int maxPartitionFetchBytes,
        int maxPollRecords,
        int maxPollIntervalMs,
        int sessionTimeoutMs,
        int heartbeatIntervalMs,
        List<AssignmentStrategy> strategies,
        String together,
        Set<String> earliest,
        boolean createTopics,
        String rack) {
    /// Sets of topics, for [AssignmentStrategy#TOGETHER]: topics separated by `,`, sets by `;`.
    public static final String TOGETHER = "chapar.topics.together";
    /// Topics in which reading begins with the first record where nothing is committed, also where `auto.offset.reset`
    /// is `latest`.
    public static final String EARLIEST = "chapar.topics.earliest";
    private static final int MAX_TIME_MS = 7 * 24 * 60 * 60 * 1000;

    public ConsumerConfig {
        strategies = List.copyOf(strategies);
        earliest = Set.copyOf(earliest);
        ConfigReader.requireString(KafkaConfigNames.GROUP_ID, groupId);
        ConfigReader.requireString(KafkaConfigNames.GROUP_INSTANCE_ID, groupInstanceId);
        ConfigReader.requireString(KafkaConfigNames.CLIENT_RACK, rack);
        ConfigReader.requireBetween(KafkaConfigNames.FETCH_MIN_BYTES, fetchMinBytes, 0, ClientConfig.MAX_FRAME_BYTES);
        ConfigReader.requireBetween(KafkaConfigNames.FETCH_MAX_BYTES, fetchMaxBytes, 1, ClientConfig.MAX_FRAME_BYTES);
        ConfigReader.requireBetween(KafkaConfigNames.FETCH_MAX_WAIT_MS, fetchMaxWaitMs, 0, MAX_TIME_MS);
        ConfigReader.requireBetween(KafkaConfigNames.MAX_PARTITION_FETCH_BYTES, maxPartitionFetchBytes, 1,
                ClientConfig.MAX_FRAME_BYTES);
        ConfigReader.requireBetween(KafkaConfigNames.MAX_POLL_RECORDS, maxPollRecords, 1, Integer.MAX_VALUE);
        ConfigReader.requireBetween(KafkaConfigNames.MAX_POLL_INTERVAL_MS, maxPollIntervalMs, 1, Integer.MAX_VALUE);
        ConfigReader.requireBetween(KafkaConfigNames.SESSION_TIMEOUT_MS, sessionTimeoutMs, 1, MAX_TIME_MS);
        ConfigReader.requireBetween(KafkaConfigNames.HEARTBEAT_INTERVAL_MS, heartbeatIntervalMs, 1, MAX_TIME_MS);
        if (heartbeatIntervalMs >= sessionTimeoutMs) {
            throw new UsageException("Setting " + KafkaConfigNames.HEARTBEAT_INTERVAL_MS + " (" + heartbeatIntervalMs
                    + ") must be less than " + KafkaConfigNames.SESSION_TIMEOUT_MS + " (" + sessionTimeoutMs + ")");
        }
        if (strategies.isEmpty()) {
            throw new UsageException("Setting " + KafkaConfigNames.PARTITION_ASSIGNMENT_STRATEGY + " is empty");
        }
        if (groupId != null && groupId.isEmpty()) {
            throw new UsageException("Setting " + KafkaConfigNames.GROUP_ID + " is empty");
        }
        if (groupInstanceId != null && groupId == null) {
            throw new UsageException("Setting " + KafkaConfigNames.GROUP_INSTANCE_ID + " needs "
                    + KafkaConfigNames.GROUP_ID);
        }
    }

    /// Partitions stay with their member through a rebalance if every strategy in the list can do that.
    boolean cooperative() {
        return strategies.stream().allMatch(AssignmentStrategy::cooperative);
    }

    /// The group's id, where there is a group.
    String requireGroupId() {
        return requireNonNull(groupId, "what belongs to a group is made with a group's id alone");
    }

    /// From Kafka's own names, as in a properties file or in Kafka's `ConsumerConfig`. An unknown name is an error.
    public static ConsumerConfig from(Map<?, ?> settings) {
        ConfigReader reader = new ConfigReader(settings);
        ClientConfig client = ClientConfig.read(reader, "chapar-consumer");
        if (reader.flag(KafkaConfigNames.ENABLE_AUTO_COMMIT, false)) {
            throw new UsageException("Setting " + KafkaConfigNames.ENABLE_AUTO_COMMIT
                    + "=true is not offered: commit what was processed, with commit or in a transaction");
        }
        ConsumerConfig config = new ConsumerConfig(
                client,
                reader.text(KafkaConfigNames.GROUP_ID),
                reader.text(KafkaConfigNames.GROUP_INSTANCE_ID),
                isolation(reader.text(KafkaConfigNames.ISOLATION_LEVEL, IsolationLevel.READ_UNCOMMITTED.label())),
                offsetReset(reader.text(KafkaConfigNames.AUTO_OFFSET_RESET, OffsetReset.LATEST.label())),
                reader.integer(KafkaConfigNames.FETCH_MIN_BYTES, 1),
                reader.integer(KafkaConfigNames.FETCH_MAX_BYTES, 50 * 1024 * 1024),
                reader.integer(KafkaConfigNames.FETCH_MAX_WAIT_MS, 500),
                reader.integer(KafkaConfigNames.MAX_PARTITION_FETCH_BYTES, 1024 * 1024),
                reader.integer(KafkaConfigNames.MAX_POLL_RECORDS, 500),
                reader.integer(KafkaConfigNames.MAX_POLL_INTERVAL_MS, 300_000),
                reader.integer(KafkaConfigNames.SESSION_TIMEOUT_MS, 45_000),
                reader.integer(KafkaConfigNames.HEARTBEAT_INTERVAL_MS, 3_000),
                strategies(reader.list(KafkaConfigNames.PARTITION_ASSIGNMENT_STRATEGY,
                        List.of(AssignmentStrategy.RANGE.label(), AssignmentStrategy.COOPERATIVE_STICKY.label()))),
                reader.text(TOGETHER, ""),
                Set.copyOf(reader.list(EARLIEST, List.of())),
                reader.flag(KafkaConfigNames.ALLOW_AUTO_CREATE_TOPICS, true),
                reader.text(KafkaConfigNames.CLIENT_RACK, ""));
        reader.finish();
        return config;
    }

    public static Builder builder(String bootstrapServers) {
        return new Builder().set(KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrapServers);
    }

    private static IsolationLevel isolation(String label) {
        IsolationLevel level = IsolationLevel.ofLabel(label.toLowerCase(Locale.ROOT));
        if (level == null) {
            throw new UsageException("Setting " + KafkaConfigNames.ISOLATION_LEVEL
                    + " must be read_uncommitted or read_committed, not \"" + label + "\"");
        }
        return level;
    }

    private static OffsetReset offsetReset(String label) {
        OffsetReset reset = OffsetReset.ofLabel(label.toLowerCase(Locale.ROOT));
        if (reset == null) {
            throw new UsageException("Setting " + KafkaConfigNames.AUTO_OFFSET_RESET
                    + " must be earliest, latest or none, not \"" + label + "\"");
        }
        return reset;
    }

    private static List<AssignmentStrategy> strategies(List<String> labels) {
        Set<AssignmentStrategy> strategies = new LinkedHashSet<>();
        for (String label : labels) {
            AssignmentStrategy strategy = AssignmentStrategy.ofLabel(label);
            if (strategy == null) {
                throw new UsageException("Setting " + KafkaConfigNames.PARTITION_ASSIGNMENT_STRATEGY
                        + " takes range, cooperative-sticky and chapar-together, not \"" + label + "\"");
            }
            strategies.add(strategy);
        }
        return List.copyOf(strategies);
    }

    /// Typed settings; what is not set keeps Kafka's default.
    public static final class Builder {
        private final Map<String, Object> settings = new LinkedHashMap<>();

        private Builder() {
        }

        public Builder clientId(String id) {
            return set(KafkaConfigNames.CLIENT_ID, id);
        }

        public Builder groupId(String id) {
            return set(KafkaConfigNames.GROUP_ID, id);
        }

        public Builder groupInstanceId(String id) {
            return set(KafkaConfigNames.GROUP_INSTANCE_ID, id);
        }

        public Builder isolation(IsolationLevel level) {
            return set(KafkaConfigNames.ISOLATION_LEVEL, level.label());
        }

        public Builder offsetReset(OffsetReset reset) {
            return set(KafkaConfigNames.AUTO_OFFSET_RESET, reset.label());
        }

        public Builder rack(String name) {
            return set(KafkaConfigNames.CLIENT_RACK, name);
        }

        public Builder fetchMaxWaitMs(int ms) {
            return set(KafkaConfigNames.FETCH_MAX_WAIT_MS, ms);
        }

        public Builder maxPartitionFetchBytes(int bytes) {
            return set(KafkaConfigNames.MAX_PARTITION_FETCH_BYTES, bytes);
        }

        public Builder maxPollRecords(int records) {
            return set(KafkaConfigNames.MAX_POLL_RECORDS, records);
        }

        public Builder maxPollIntervalMs(int ms) {
            return set(KafkaConfigNames.MAX_POLL_INTERVAL_MS, ms);
        }

        public Builder sessionTimeoutMs(int ms) {
            return set(KafkaConfigNames.SESSION_TIMEOUT_MS, ms);
        }

        public Builder heartbeatIntervalMs(int ms) {
            return set(KafkaConfigNames.HEARTBEAT_INTERVAL_MS, ms);
        }

        public Builder strategies(AssignmentStrategy... strategies) {
            return set(KafkaConfigNames.PARTITION_ASSIGNMENT_STRATEGY,
                    List.of(strategies).stream().map(AssignmentStrategy::label).toList());
        }

        /// Partitions of one number in the topics of one set go to one member.
        public Builder together(Collection<? extends Collection<String>> sets) {
            return set(TOGETHER, sets.stream().map(set -> String.join(",", new TreeSet<>(set)))
                    .collect(Collectors.joining(";")));
        }

        /// See [ConsumerConfig#EARLIEST].
        public Builder earliest(Collection<String> topics) {
            return set(EARLIEST, List.copyOf(topics));
        }

        /// Any setting by Kafka's name.
        public Builder set(String name, Object value) {
            settings.put(name, value);
            return this;
        }

        public ConsumerConfig build() {
            return from(settings);
        }
    }
}
