package io.chapar.broker.replica;

import io.chapar.protocol.TopicPartition;

/// A partition that this broker leads, as it is at the moment that it is asked for.
///
/// @param epoch in which it is led
public record LedLog(TopicPartition id, int epoch, long logStart, long logEnd, long highWatermark, Epochs epochs) {
    /// Where epochs end in the log.
    @FunctionalInterface
    public interface Epochs {
        /// The largest epoch at or below this one, and where it ended; (-1, -1) for one above the latest.
        End endOf(int epoch);
    }

    public record End(int epoch, long offset) {}
}
