package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// An input record as it stands in the log. The arrays are never changed; either may be null.
@SuppressWarnings("ArrayRecordComponent")
public record SourceRecord(TopicPartition partition, long offset, int leaderEpoch, long timestampMs,
        byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {
    StreamRecord.Origin origin() {
        return new StreamRecord.Origin(partition.topic(), partition.partition(), offset);
    }

    int sizeInBytes() {
        return (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
    }
}
