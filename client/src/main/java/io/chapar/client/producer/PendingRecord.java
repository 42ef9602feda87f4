package io.chapar.client.producer;

import io.chapar.protocol.record.Header;
import io.chapar.protocol.record.OneBody;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBodies;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// A record between the caller and its batch. `partition` is [#ANY_PARTITION] or [#BY_KEY] when it is still to be
/// chosen, the latter by `keyHash`. What it says is the one with number `body` of `bodies`. `reservedBytes` is what it
/// holds of the [MemoryBudget], an upper bound of its size on the wire. `acceptedMs` is loop time.
record PendingRecord(String topic, int partition, int keyHash, long timestampMs, RecordBodies bodies, int body,
        int reservedBytes, long acceptedMs, Receipt receipt) {
    static final int ANY_PARTITION = -1;
    static final int BY_KEY = -2;

    /// One that is handed over alone.
    static PendingRecord of(String topic, @Nullable Integer partition, long timestampMs, @Nullable ByteBuffer key,
            @Nullable ByteBuffer value, List<Header> headers, int reservedBytes, long acceptedMs, Receipt receipt) {
        int where = partition != null ? partition : key != null ? BY_KEY : ANY_PARTITION;
        int keyHash = partition == null && key != null ? Partitioner.murmur2(key) : 0;
        return new PendingRecord(topic, where, keyHash, timestampMs, new OneBody(key, value, headers), 0,
                reservedBytes, acceptedMs, receipt);
    }

    /// The same one, which keeps nothing of others in memory.
    PendingRecord alone() {
        return new PendingRecord(topic, partition, keyHash, timestampMs, bodies.alone(body), 0, reservedBytes,
                acceptedMs, receipt);
    }

    /// The most that it takes in a batch beside the batch's header.
    int maxBytes() {
        return reservedBytes - RecordBatch.HEADER_BYTES;
    }
}
