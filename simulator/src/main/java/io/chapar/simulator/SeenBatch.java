package io.chapar.simulator;

import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordCursor;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// A batch as it was found in a log.
///
/// @param marker null for data
/// @param records of data batches
record SeenBatch(
        long base,
        long last,
        int leaderEpoch,
        long crc,
        long producerId,
        short epoch,
        int firstSequence,
        int lastSequence,
        boolean transactional,
        @Nullable EndTxnMarker marker,
        List<SeenRecord> records,
        long maxTimestamp,
        int sizeInBytes) {

    /// Either may be null.
    record SeenRecord(long offset, @Nullable ByteBuffer key, @Nullable ByteBuffer value, long timestamp) {
        String text() {
            return value == null ? "" : StandardCharsets.UTF_8.decode(value.duplicate()).toString();
        }
    }

    static SeenBatch of(RecordBatch batch) {
        List<SeenRecord> records = new ArrayList<>();
        if (!batch.isControl()) {
            try (RecordCursor cursor = batch.cursor()) {
                while (cursor.advance()) {
                    records.add(new SeenRecord(
                            cursor.offset(), copy(cursor.key()), copy(cursor.value()), cursor.timestamp()));
                }
            }
        }
        return new SeenBatch(batch.baseOffset(), batch.lastOffset(), batch.partitionLeaderEpoch(), batch.crc(),
                batch.producerId(), batch.producerEpoch(), batch.baseSequence(),
                batch.baseSequence() < 0 ? -1 : batch.lastSequence(), batch.isTransactional(),
                EndTxnMarker.of(batch), records, batch.maxTimestamp(), batch.sizeInBytes());
    }

    private static @Nullable ByteBuffer copy(@Nullable ByteBuffer of) {
        return of == null ? null : ByteBuffer.allocate(of.remaining()).put(of.duplicate()).flip();
    }

    boolean isData() {
        return marker == null;
    }

    /// Of a marker, whether it says that the transaction is committed.
    boolean commits() {
        return requireNonNull(marker, "a marker").commit();
    }

    /// Of a marker, in which leadership its coordinator has sent it.
    int coordinatorEpoch() {
        return requireNonNull(marker, "a marker").coordinatorEpoch();
    }

    boolean isFromClient() {
        return producerId >= 0 && isData() && firstSequence >= 0;
    }

    boolean isSameAs(SeenBatch other) {
        return base == other.base && last == other.last && crc == other.crc && leaderEpoch == other.leaderEpoch;
    }

    @Override
    public String toString() {
        return (marker == null ? "data" : marker.commit() ? "COMMIT" : "ABORT") + " " + base + ".." + last
                + " of producer " + producerId + " epoch " + epoch
                + (firstSequence < 0 ? "" : " seq " + firstSequence + ".." + lastSequence)
                + (transactional ? " in a transaction" : "");
    }
}
