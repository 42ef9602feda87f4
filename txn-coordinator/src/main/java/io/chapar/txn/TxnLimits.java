package io.chapar.txn;

/// What one coordinator takes on.
///
/// @param maxTimeoutMs the longest transaction timeout a client may ask for (`transaction.max.timeout.ms`)
/// @param idExpirationMs how long an unused id is remembered (`transactional.id.expiration.ms`)
/// @param twoPhase whether transactions may take part in two-phase commit (`transaction.two.phase.commit.enable`)
/// @param maxIds transactional ids (`transaction.coordinator.max.ids`); a new one beyond is refused with
///        POLICY_VIOLATION
/// @param maxOpen open transactions (`transaction.coordinator.max.open`); one more is refused with POLICY_VIOLATION
/// @param maxPartitions partitions in one transaction (`transaction.max.partitions`); more are refused with
///        POLICY_VIOLATION
/// @param maxRecordBytes of one record; more partitions than fit are refused with POLICY_VIOLATION. Below what the log
///        takes, so that the record that ends a transaction is never refused for its size
/// @param maxWaiting requests that wait in one id; one more is refused with CONCURRENT_TRANSACTIONS
/// @param retryMs pause before a marker, or a write of the coordinator's own, is tried again
public record TxnLimits(
        int maxTimeoutMs,
        long idExpirationMs,
        boolean twoPhase,
        int maxIds,
        int maxOpen,
        int maxPartitions,
        int maxRecordBytes,
        int maxWaiting,
        int retryMs) {
    public static final TxnLimits DEFAULTS = new TxnLimits(
            15 * 60 * 1000, 7L * 24 * 60 * 60 * 1000, false, 20_000, 10_000, 10_000, 8 * 1024 * 1024, 64, 50);

    public TxnLimits {
        Check.that(maxTimeoutMs > 0 && idExpirationMs > 0, "times are above zero", maxTimeoutMs);
        Check.that(
                maxIds > 0 && maxOpen > 0 && maxPartitions > 0 && maxWaiting > 0, "limits are above zero", maxIds);
        Check.that(maxRecordBytes >= 1024, "a record has room for a partition", maxRecordBytes);
        Check.that(retryMs > 0, "a retry pauses", retryMs);
    }

    public TxnLimits withTwoPhase() {
        return new TxnLimits(maxTimeoutMs, idExpirationMs, true, maxIds, maxOpen, maxPartitions, maxRecordBytes,
                maxWaiting, retryMs);
    }
}
