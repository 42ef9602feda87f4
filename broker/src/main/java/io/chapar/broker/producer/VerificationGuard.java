package io.chapar.broker.producer;

/// Proof that a transaction was asked about before its first batch: made before the coordinator is asked, handed in
/// with the batch, and only the very object that the partition still holds opens the door. A marker that arrives in
/// between removes it, so a stale yes from the coordinator cannot start a transaction that nobody will finish.
///
/// Compared by identity.
public final class VerificationGuard {
    VerificationGuard() {}
}
