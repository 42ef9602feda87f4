package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import io.chapar.protocol.record.TimestampType;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// One record as read. `timestamp` is in milliseconds since 1970; `key` and `value` may be null; header values share
/// the memory of what was fetched. `leaderEpoch` is the epoch in which the record was written, to be committed with its
/// offset.
public record ConsumerRecord<K, V>(
        String topic,
        int partition,
        long offset,
        long timestamp,
        TimestampType timestampType,
        @Nullable K key,
        @Nullable V value,
        List<Header> headers,
        int leaderEpoch) {
    public TopicPartition topicPartition() {
        return new TopicPartition(topic, partition);
    }
}
