package io.chapar.broker.log.model;

import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/// What a writer wants in the log; where it lands is the log's affair.
///
/// @param marker null for data
/// @param producerId -1 for none
record Intended(
        EndTxnMarker marker,
        long producerId,
        short producerEpoch,
        int firstSequence,
        boolean transactional,
        Compression compression,
        List<Record> records) {

    boolean lacksKeys() {
        return records.stream().anyMatch(record -> record.key() == null);
    }

    ByteBuffer build(long baseOffset, int leaderEpoch, long nowMs) {
        if (marker != null) {
            return marker.build(baseOffset, leaderEpoch, nowMs);
        }
        RecordBatchBuilder builder = new RecordBatchBuilder(compression)
                .baseOffset(baseOffset).partitionLeaderEpoch(leaderEpoch);
        records.forEach(r -> builder.append(r.timestamp(), r.key(), r.value(), r.headers()));
        if (producerId >= 0) {
            builder.producer(producerId, producerEpoch, firstSequence);
        }
        if (transactional) {
            builder.transactional();
        }
        return builder.build();
    }

    /// @param appendTime the topic stamps its own time on records
    boolean isIn(RecordBatch batch, boolean appendTime) {
        if (!batch.isCrcValid()) {
            return false;
        }
        if (marker != null) {
            return batch.isControl() && marker.equals(EndTxnMarker.of(batch));
        }
        boolean header = !batch.isControl()
                && batch.isTransactional() == transactional
                && batch.producerId() == producerId
                && (producerId < 0
                        || (batch.producerEpoch() == producerEpoch && batch.baseSequence() == firstSequence))
                && batch.recordCount() == records.size();
        if (!header) {
            return false;
        }
        int i = 0;
        for (Record found : batch.records()) {
            Record mine = records.get(i);
            boolean same = found.offset() == batch.baseOffset() + i
                    && (appendTime || found.timestamp() == mine.timestamp())
                    && Objects.equals(found.key(), mine.key())
                    && Objects.equals(found.value(), mine.value());
            if (!same) {
                return false;
            }
            i++;
        }
        return true;
    }

    @Override
    public String toString() {
        return marker != null
                ? marker.toString()
                : (transactional ? "txn " : "") + "pid " + producerId + "/" + producerEpoch + " seq " + firstSequence
                        + " x" + records.size() + " " + compression;
    }
}
