package io.chapar.client.consumer;

import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Runs of batches as a broker would send them.
final class Batches {
    static final int EPOCH = 3;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long next;

    static Batches from(long offset) {
        Batches batches = new Batches();
        batches.next = offset;
        return batches;
    }

    /// Records without a producer, values "v" and their offset.
    Batches plain(int count) {
        return add(new RecordBatchBuilder(Compression.NONE), count);
    }

    Batches compressed(Compression codec, int count) {
        return add(new RecordBatchBuilder(codec), count);
    }

    Batches transactional(long producerId, int count) {
        return add(new RecordBatchBuilder(Compression.NONE).producer(producerId, (short) 0, 0).transactional(), count);
    }

    Batches idempotent(long producerId, int count) {
        return add(new RecordBatchBuilder(Compression.NONE).producer(producerId, (short) 0, 0), count);
    }

    Batches marker(long producerId, boolean commit) {
        put(new EndTxnMarker(producerId, (short) 0, 0, commit).build(next, EPOCH, 1));
        next++;
        return this;
    }

    /// Offsets that are not there any more.
    Batches gap(int offsets) {
        next += offsets;
        return this;
    }

    long nextOffset() {
        return next;
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private Batches add(RecordBatchBuilder builder, int count) {
        builder.baseOffset(next).partitionLeaderEpoch(EPOCH);
        for (int i = 0; i < count; i++) {
            ByteBuffer value = ByteBuffer.wrap(("v" + (next + i)).getBytes(StandardCharsets.UTF_8));
            builder.append(1_000 + next + i, null, value, List.of());
        }
        put(builder.build());
        next += count;
        return this;
    }

    private void put(ByteBuffer batch) {
        byte[] array = new byte[batch.remaining()];
        batch.get(batch.position(), array);
        bytes.write(array, 0, array.length);
    }
}
