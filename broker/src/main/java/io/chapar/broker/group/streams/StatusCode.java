package io.chapar.broker.group.streams;

/// What members are told about their group, by Kafka's numbers.
public enum StatusCode {
    STALE_TOPOLOGY(0),
    MISSING_SOURCE_TOPICS(1),
    INCORRECTLY_PARTITIONED_TOPICS(2),
    MISSING_INTERNAL_TOPICS(3),
    SHUTDOWN_APPLICATION(4),
    ASSIGNMENT_DELAYED(5),
    /// Not understood before version 1.
    MISSING_CLIENT_TAGS(6);

    private final byte code;

    StatusCode(int code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }
}
