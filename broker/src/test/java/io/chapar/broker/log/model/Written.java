package io.chapar.broker.log.model;

import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// A batch that the log took, as it was found there right afterwards.
final class Written {
    final ByteBuffer bytes;
    final RecordBatch batch;
    private List<Record> records;

    Written(ByteBuffer bytes) {
        this.bytes = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
        this.batch = RecordBatch.at(this.bytes, 0);
    }

    long base() {
        return batch.baseOffset();
    }

    long last() {
        return batch.lastOffset();
    }

    long next() {
        return batch.nextOffset();
    }

    EndTxnMarker marker() {
        return batch.isControl() ? EndTxnMarker.of(batch) : null;
    }

    List<Record> records() {
        if (records == null) {
            records = new ArrayList<>();
            batch.records().forEach(records::add);
        }
        return records;
    }

    @Override
    public String toString() {
        return base() + ".." + last() + (batch.isControl() ? " marker" : batch.isTransactional() ? " txn" : "")
                + (batch.hasProducerId() ? " pid " + batch.producerId() + "/" + batch.producerEpoch() + " seq "
                        + batch.baseSequence() : "") + " le " + batch.partitionLeaderEpoch();
    }
}
