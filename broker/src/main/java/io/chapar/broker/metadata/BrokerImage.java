package io.chapar.broker.metadata;

/// A registered broker.
///
/// @param epoch the version of the metadata at which its present life began; no two lives have the same
public record BrokerImage(int id, long epoch) {}
