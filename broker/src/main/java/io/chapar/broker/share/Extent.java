package io.chapar.broker.share;

/// Offsets that the log was read at, of one batch.
///
/// @param last inclusive
/// @param isDelivered false for what no member is to see: markers, and what was aborted
record Extent(long first, long last, boolean isDelivered) {}
