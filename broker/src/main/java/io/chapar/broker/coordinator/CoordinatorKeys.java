package io.chapar.broker.coordinator;

/// Where a transactional id, a group, or a partition of a share group lives in the internal topics.
public final class CoordinatorKeys {
    public static final String TRANSACTION_STATE = "__transaction_state";
    public static final String CONSUMER_OFFSETS = "__consumer_offsets";
    public static final String SHARE_STATE = "__share_group_state";

    private CoordinatorKeys() {}

    /// The partition of the key's coordinator, Kafka's formula for all of these topics. The number of partitions of an
    /// internal topic never changes, or its keys would be looked for in the wrong place.
    public static int partitionOf(String key, int partitions) {
        int hash = key.hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions;
    }
}
