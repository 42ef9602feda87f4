package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// One record on its way through a topology. `key` and `value` may be null; `timestampMs` is in milliseconds since
/// 1970. `origin` is the input record from which it came, through all steps.
public record StreamRecord<K, V>(@Nullable K key, @Nullable V value, long timestampMs, List<Header> headers,
        Origin origin) {
    public StreamRecord {
        headers = List.copyOf(headers);
        Objects.requireNonNull(origin, "origin");
    }

    /// Where the input record stands in the log: unique, and the same whenever the record is processed again.
    public record Origin(String topic, int partition, long offset) {
        public TopicPartition topicPartition() {
            return new TopicPartition(topic, partition);
        }
    }

    /// Another key and value; time, headers and origin stay.
    public <A, B> StreamRecord<A, B> with(@Nullable A newKey, @Nullable B newValue) {
        return new StreamRecord<>(newKey, newValue, timestampMs, headers, origin);
    }

    public <A> StreamRecord<A, V> withKey(A newKey) {
        return with(newKey, value);
    }

    public <B> StreamRecord<K, B> withValue(B newValue) {
        return with(key, newValue);
    }

    public StreamRecord<K, V> withTimestampMs(long newTimestampMs) {
        return new StreamRecord<>(key, value, newTimestampMs, headers, origin);
    }

    /// One header more, behind the others.
    public StreamRecord<K, V> withHeader(Header header) {
        List<Header> more = new ArrayList<>(headers);
        more.add(header);
        return new StreamRecord<>(key, value, timestampMs, more, origin);
    }
}
