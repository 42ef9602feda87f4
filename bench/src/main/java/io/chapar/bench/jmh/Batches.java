package io.chapar.bench.jmh;

import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;

/// Batches as a producer with default settings sends them: 16 KB of records without keys, off the heap.
final class Batches {
    static final int BATCH_BYTES = 16 * 1024;
    /// Some day of 2026.
    static final long TIMESTAMP = 1_770_000_000_000L;

    private Batches() {
    }

    static ByteBuffer full(int valueBytes) {
        ByteBuffer value = ByteBuffer.allocate(valueBytes);
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE).baseOffset(0).baseTimestamp(TIMESTAMP);
        do {
            batch.append(TIMESTAMP + batch.recordCount(), null, value.duplicate());
        } while (batch.sizeInBytes() + RecordBatchBuilder.maxSizeOf(null, value, java.util.List.of()) < BATCH_BYTES);
        ByteBuffer built = batch.build();
        return ByteBuffer.allocateDirect(built.remaining()).put(built).flip();
    }

    /// What an append has stamped over, as the client would send it again.
    static void reset(ByteBuffer batch) {
        RecordBatch.at(batch, 0).stamp(0, RecordBatch.NO_LEADER_EPOCH);
    }
}
