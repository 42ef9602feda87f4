package io.chapar.processor;

import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// A record to write. The arrays are never changed; either may be null. The key chooses the partition.
@SuppressWarnings("ArrayRecordComponent")
public record SinkRecord(String topic, long timestampMs, byte @Nullable [] key, byte @Nullable [] value,
        List<Header> headers) {
    int sizeInBytes() {
        return (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
    }
}
