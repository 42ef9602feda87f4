package io.chapar.client.producer;

import io.chapar.protocol.record.RecordBatch;

/// The pair under which an idempotent producer writes.
public record Identity(long producerId, short epoch) {
    static final Identity NONE = new Identity(RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH);

    boolean isKnown() {
        return producerId >= 0;
    }

    /// The same producer one epoch on, or [#NONE] when its epochs are used up and a new id is needed.
    Identity bumped() {
        return epoch == Short.MAX_VALUE ? NONE : new Identity(producerId, (short) (epoch + 1));
    }
}
