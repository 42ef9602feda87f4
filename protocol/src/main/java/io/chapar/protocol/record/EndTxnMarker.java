package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/// The end of a transaction as it stands in the log of each partition the transaction wrote to: a transactional
/// control batch of one record, without a sequence.
/// ```
/// key    version i16 = 0 | type i16, 0 abort, 1 commit
/// value  version i16 = 0 | coordinator epoch i32
/// ```
public record EndTxnMarker(long producerId, short producerEpoch, int coordinatorEpoch, boolean commit) {
    private static final int VALUE_BYTES = 6;
    private static final int SIZE_BYTES = 128;

    /// The batch with this marker alone, written at `nowMs`.
    public ByteBuffer build(long baseOffset, int partitionLeaderEpoch, long nowMs) {
        ByteBuffer value = ByteBuffer.allocate(VALUE_BYTES).putShort((short) 0).putInt(coordinatorEpoch).flip();
        return new RecordBatchBuilder(Compression.NONE, SIZE_BYTES)
                .baseOffset(baseOffset)
                .partitionLeaderEpoch(partitionLeaderEpoch)
                .producer(producerId, producerEpoch, RecordBatch.NO_SEQUENCE)
                .transactional()
                .control()
                .append(nowMs, (commit ? ControlType.COMMIT : ControlType.ABORT).key(), value)
                .build();
    }

    /// The marker in this batch, or null if it is something else: data, or a control batch of another type.
    public static @Nullable EndTxnMarker of(RecordBatch batch) {
        if (!batch.isControl() || batch.recordCount() == 0) {
            return null;
        }
        try (RecordCursor cursor = batch.cursor()) {
            cursor.advance();
            ControlType type = ControlType.ofKey(cursor.key());
            if (type != ControlType.COMMIT && type != ControlType.ABORT) {
                return null;
            }
            ByteBuffer value = cursor.value();
            if (value == null || value.remaining() < VALUE_BYTES || value.getShort(0) < 0) {
                throw new MalformedMessageException("a transaction marker without a coordinator epoch");
            }
            return new EndTxnMarker(batch.producerId(), batch.producerEpoch(), value.getInt(2),
                    type == ControlType.COMMIT);
        }
    }
}
