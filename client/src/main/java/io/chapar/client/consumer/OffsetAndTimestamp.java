package io.chapar.client.consumer;

/// The first record at or after a moment: its offset and its timestamp in milliseconds. `leaderEpoch` is -1 when
/// unknown.
public record OffsetAndTimestamp(long offset, long timestamp, int leaderEpoch) {
}
