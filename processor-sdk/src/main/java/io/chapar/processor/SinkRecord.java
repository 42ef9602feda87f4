package io.chapar.processor;

import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// A record to write. The arrays are never changed; either may be null. `partition` null: the key chooses it.
@SuppressWarnings("ArrayRecordComponent")
public record SinkRecord(String topic, @Nullable Integer partition, long timestampMs, byte @Nullable [] key,
        byte @Nullable [] value, List<Header> headers) {
    public SinkRecord(String topic, long timestampMs, byte @Nullable [] key, byte @Nullable [] value,
            List<Header> headers) {
        this(topic, null, timestampMs, key, value, headers);
    }

    /// As a timestamp: that of the moment at which it is sent.
    static final long TIME_OF_SENDING = -2;

    /// Sent now.
    SinkRecord at(long nowMs) {
        return timestampMs == TIME_OF_SENDING ? new SinkRecord(topic, partition, nowMs, key, value, headers) : this;
    }

    int sizeInBytes() {
        return (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
    }
}
