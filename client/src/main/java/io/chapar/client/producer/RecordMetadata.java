package io.chapar.client.producer;

import io.chapar.protocol.TopicPartition;

/// Where a record was written. `offset` is -1 with acks=0 and for a duplicate that the broker no longer can place.
/// `timestampMs` is the record's own, or the broker's append time where the topic says so.
public record RecordMetadata(TopicPartition partition, long offset, long timestampMs, int keyBytes, int valueBytes) {
    public static final long UNKNOWN_OFFSET = -1;

    public boolean hasOffset() {
        return offset != UNKNOWN_OFFSET;
    }
}
