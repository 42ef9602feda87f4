package io.chapar.client.producer;

import io.chapar.client.UsageException;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;

/// A record to send. `partition` null: chosen by the key, or in turn. `timestampMs` null: the time of the call. `key`
/// and `value` may be null.
public record ProducerRecord<K, V>(String topic, @Nullable Integer partition, @Nullable Long timestampMs,
        @Nullable K key, @Nullable V value, List<Header> headers) {
    public ProducerRecord {
        Objects.requireNonNull(topic, "topic");
        headers = List.copyOf(headers);
        if (partition != null && partition < 0) {
            throw new UsageException("A partition is not negative: " + partition);
        }
        if (timestampMs != null && timestampMs < 0) {
            throw new UsageException("A timestamp is not negative: " + timestampMs);
        }
    }

    public ProducerRecord(String topic, @Nullable K key, @Nullable V value) {
        this(topic, null, null, key, value, List.of());
    }

    public ProducerRecord(String topic, @Nullable V value) {
        this(topic, null, null, null, value, List.of());
    }

    public ProducerRecord(String topic, int partition, @Nullable K key, @Nullable V value) {
        this(topic, partition, null, key, value, List.of());
    }
}
