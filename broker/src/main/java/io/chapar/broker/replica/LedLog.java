package io.chapar.broker.replica;

import io.chapar.protocol.TopicPartition;

import java.io.IOException;

/// A partition that this broker leads, as it is at the moment that it is asked for.
///
/// @param epoch in which it is led
/// @param syncs whether what is on stable storage alone counts, here and at followers
/// @param shape the same object for as long as nothing is compacted away; what is, lies below the high watermark
public record LedLog(TopicPartition id, int epoch, long logStart, long logEnd, long highWatermark, boolean syncs,
        Object shape, Epochs epochs, Batches batches) {
    /// Where epochs end in the log.
    @FunctionalInterface
    public interface Epochs {
        /// The largest epoch at or below this one, and where it ended; (-1, -1) for one above the latest.
        End endOf(int epoch);
    }

    public record End(int epoch, long offset) {}

    /// What is in the log.
    @FunctionalInterface
    public interface Batches {
        /// Whether the batch of this offset, which is not below the log's start, was not compacted away.
        boolean has(long offset) throws IOException;
    }

    /// Whether that is there which a transaction begins with that is open in a log like this one up to some offset.
    /// Compaction takes a marker no earlier than all the rest of its transaction, so its marker is there then, or still
    /// to be written.
    boolean hasBeginning(long first) throws IOException {
        return first < logStart || batches.has(first);
    }
}
