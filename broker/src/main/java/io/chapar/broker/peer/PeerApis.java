package io.chapar.broker.peer;

import io.chapar.protocol.message.ApiKey;

/// What brokers ask each other.
final class PeerApis {
    private static final int ADDS_BATCHED_SINCE = 4;
    private static final int ADDS_UNTIL = 5;
    private static final int MARKERS_SINCE = 1;
    private static final int MARKERS_UNTIL = 2;

    /// Since folders that cannot be written to are named.
    private static final int BEATS_SINCE = 1;
    private static final int BEATS_UNTIL = 2;

    private static final int LIST_OFFSETS_VERSION = 11;
    private static final int SHARE_STATE_UNTIL = 1;
    private static final int QUORUM_UNTIL = 2;
    private static final int ADD_VOTER_UNTIL = 1;

    private PeerApis() {}

    static boolean serves(ApiKey api, short version) {
        return switch (api) {
            case ADD_PARTITIONS_TO_TXN -> version >= ADDS_BATCHED_SINCE && version <= ADDS_UNTIL;
            case WRITE_TXN_MARKERS -> version >= MARKERS_SINCE && version <= MARKERS_UNTIL;
            case BROKER_HEARTBEAT -> version >= BEATS_SINCE && version <= BEATS_UNTIL;
            case ADD_RAFT_VOTER -> version >= 0 && version <= ADD_VOTER_UNTIL;
            case REMOVE_RAFT_VOTER -> version == 0;
            case LIST_OFFSETS -> version == LIST_OFFSETS_VERSION;
            case INITIALIZE_SHARE_GROUP_STATE, READ_SHARE_GROUP_STATE, DELETE_SHARE_GROUP_STATE -> version == 0;
            case WRITE_SHARE_GROUP_STATE, READ_SHARE_GROUP_STATE_SUMMARY ->
                version >= 0 && version <= SHARE_STATE_UNTIL;
            case DESCRIBE_QUORUM -> version >= 0 && version <= QUORUM_UNTIL;
            default -> false;
        };
    }
}
