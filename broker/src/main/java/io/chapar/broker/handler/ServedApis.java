package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.protocol.message.ApiKey;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// The versions of each API that this broker answers, and what it tells clients about them. An API that is missing
/// here is neither served nor advertised.
public final class ServedApis {
    /// @param advertisedLowest lower than `lowest` only for Produce: old librdkafka looks for version 0 when it decides
    ///        whether it may compress, and then never uses it
    public record Range(short lowest, short highest, short advertisedLowest) {}

    private static final Map<ApiKey, Range> RANGES = ranges();

    private ServedApis() {}

    public static boolean serves(ApiKey api, short version, BrokerConfig config) {
        Range range = range(api, config);
        return range != null && version >= range.lowest() && version <= range.highest();
    }

    /// As it is without settings.
    public static @Nullable Range range(ApiKey api) {
        return RANGES.get(api);
    }

    /// InitProducerId v6 is not final in Kafka 4.4, and a later client may mean something else by it: it is there for
    /// those who ask for two-phase commit.
    public static @Nullable Range range(ApiKey api, BrokerConfig config) {
        return api == ApiKey.INIT_PRODUCER_ID && config.flag("transaction.two.phase.commit.enable")
                ? new Range((short) 0, (short) 6, (short) 0)
                : RANGES.get(api);
    }

    /// In the order of their keys.
    public static List<ApiKey> all() {
        return new ArrayList<>(RANGES.keySet());
    }

    private static Map<ApiKey, Range> ranges() {
        EnumMap<ApiKey, Range> all = new EnumMap<>(ApiKey.class);
        all.put(ApiKey.PRODUCE, new Range((short) 3, (short) 13, (short) 0));
        add(all, ApiKey.FETCH, 4, 18);
        add(all, ApiKey.LIST_OFFSETS, 1, 11);
        add(all, ApiKey.METADATA, 0, 13);
        add(all, ApiKey.OFFSET_COMMIT, 2, 10);
        add(all, ApiKey.OFFSET_FETCH, 1, 10);
        add(all, ApiKey.FIND_COORDINATOR, 0, 6);
        add(all, ApiKey.JOIN_GROUP, 0, 9);
        add(all, ApiKey.HEARTBEAT, 0, 4);
        add(all, ApiKey.LEAVE_GROUP, 0, 5);
        add(all, ApiKey.SYNC_GROUP, 0, 5);
        add(all, ApiKey.DESCRIBE_GROUPS, 0, 6);
        add(all, ApiKey.LIST_GROUPS, 0, 5);
        add(all, ApiKey.API_VERSIONS, 0, 5);
        add(all, ApiKey.CREATE_TOPICS, 2, 7);
        add(all, ApiKey.DELETE_TOPICS, 1, 6);
        add(all, ApiKey.DELETE_RECORDS, 0, 2);
        add(all, ApiKey.OFFSET_FOR_LEADER_EPOCH, 2, 4);
        add(all, ApiKey.INIT_PRODUCER_ID, 0, 5);
        add(all, ApiKey.ADD_PARTITIONS_TO_TXN, 0, 5);
        add(all, ApiKey.ADD_OFFSETS_TO_TXN, 0, 4);
        add(all, ApiKey.END_TXN, 0, 5);
        add(all, ApiKey.WRITE_TXN_MARKERS, 1, 2);
        add(all, ApiKey.TXN_OFFSET_COMMIT, 0, 6);
        add(all, ApiKey.DESCRIBE_CONFIGS, 1, 4);
        add(all, ApiKey.ALTER_CONFIGS, 0, 2);
        add(all, ApiKey.DESCRIBE_LOG_DIRS, 1, 5);
        add(all, ApiKey.CREATE_PARTITIONS, 0, 3);
        add(all, ApiKey.DELETE_GROUPS, 0, 3);
        add(all, ApiKey.ELECT_LEADERS, 0, 2);
        add(all, ApiKey.INCREMENTAL_ALTER_CONFIGS, 0, 1);
        add(all, ApiKey.ALTER_PARTITION_REASSIGNMENTS, 0, 1);
        add(all, ApiKey.LIST_PARTITION_REASSIGNMENTS, 0, 0);
        add(all, ApiKey.OFFSET_DELETE, 0, 0);
        add(all, ApiKey.DESCRIBE_CLIENT_QUOTAS, 0, 1);
        add(all, ApiKey.ALTER_CLIENT_QUOTAS, 0, 1);
        add(all, ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS, 0, 0);
        add(all, ApiKey.DESCRIBE_QUORUM, 0, 2);
        add(all, ApiKey.UPDATE_FEATURES, 0, 2);
        add(all, ApiKey.DESCRIBE_CLUSTER, 0, 2);
        add(all, ApiKey.DESCRIBE_PRODUCERS, 0, 0);
        add(all, ApiKey.UNREGISTER_BROKER, 0, 0);
        add(all, ApiKey.DESCRIBE_TRANSACTIONS, 0, 0);
        add(all, ApiKey.LIST_TRANSACTIONS, 0, 2);
        add(all, ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, 0, 0);
        add(all, ApiKey.PUSH_TELEMETRY, 0, 0);
        add(all, ApiKey.LIST_CONFIG_RESOURCES, 0, 1);
        add(all, ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, 0);
        add(all, ApiKey.CONSUMER_GROUP_HEARTBEAT, 0, 1);
        add(all, ApiKey.CONSUMER_GROUP_DESCRIBE, 0, 1);
        add(all, ApiKey.STREAMS_GROUP_HEARTBEAT, 0, 1);
        add(all, ApiKey.STREAMS_GROUP_DESCRIBE, 0, 1);
        add(all, ApiKey.STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE, 0, 0);
        add(all, ApiKey.SHARE_GROUP_HEARTBEAT, 1, 1);
        add(all, ApiKey.SHARE_GROUP_DESCRIBE, 1, 1);
        add(all, ApiKey.SHARE_FETCH, 1, 2);
        add(all, ApiKey.SHARE_ACKNOWLEDGE, 1, 2);
        add(all, ApiKey.DESCRIBE_SHARE_GROUP_OFFSETS, 0, 1);
        add(all, ApiKey.ALTER_SHARE_GROUP_OFFSETS, 0, 0);
        add(all, ApiKey.DELETE_SHARE_GROUP_OFFSETS, 0, 0);
        add(all, ApiKey.ADD_RAFT_VOTER, 0, 1);
        add(all, ApiKey.REMOVE_RAFT_VOTER, 0, 0);
        return all;
    }

    private static void add(Map<ApiKey, Range> all, ApiKey api, int lowest, int highest) {
        all.put(api, new Range((short) lowest, (short) highest, (short) lowest));
    }
}
