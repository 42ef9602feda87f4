package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;

/// Who hears what became of one record: one call of one of these, on the producer's loop, or on the thread that hands
/// the record over when it is refused at once. Neither throws.
public interface Receipt {
    /// `offset` is [RecordMetadata#UNKNOWN_OFFSET] where [RecordMetadata] has that; `appendTimeMs` is -1 where the
    /// record keeps its own time.
    void written(TopicPartition partition, long offset, long appendTimeMs);

    void failed(ChaparException cause);
}
