package io.chapar.broker.partition;

import io.chapar.protocol.record.RecordBatch;

/// Sees every batch of a partition, markers included, in offset order, each once, as soon as it is below the high
/// watermark. On the partition's loop, after the partition's own state has taken the batch in.
@FunctionalInterface
public interface AppendListener {
    /// The batch's bytes are valid during the call alone.
    void committed(RecordBatch batch);
}
