package io.chapar.client.admin;

/// What a partition's leader remembers of one producer. `openSinceOffset` is the first offset of its open transaction,
/// -1 when none is open; `coordinatorEpoch` -1 when no marker was seen.
public record ProducerState(long producerId, int producerEpoch, int lastSequence, long lastTimestampMs,
        int coordinatorEpoch, long openSinceOffset) {
}
