package io.chapar.client.admin;

/// An answer of ListOffsets: -1 as offset when no record matches, -1 as timestamp where none belongs to it.
public record ListedOffset(long offset, long timestampMs, int leaderEpoch) {
}
