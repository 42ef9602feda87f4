package io.chapar.client.producer;

import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// A record between the caller and its batch. `partition` is -1 when it is still to be chosen. `reservedBytes` is what
/// it holds of the [MemoryBudget], an upper bound of its size on the wire. `acceptedMs` is loop time.
record PendingRecord(String topic, int partition, long timestampMs, @Nullable ByteBuffer key,
        @Nullable ByteBuffer value,
        List<Header> headers, int reservedBytes, long acceptedMs, Receipt receipt) {
    static final int ANY_PARTITION = -1;
}
