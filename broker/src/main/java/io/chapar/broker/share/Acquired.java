package io.chapar.broker.share;

/// Offsets that a member has now.
///
/// @param last inclusive
/// @param deliveries this one included
public record Acquired(long first, long last, short deliveries) {}
