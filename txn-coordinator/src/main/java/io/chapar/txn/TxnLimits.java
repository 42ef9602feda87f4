package io.chapar.txn;

/// @param maxTimeoutMs the longest transaction timeout a client may ask for (`transaction.max.timeout.ms`)
/// @param idExpirationMs how long an unused id is remembered (`transactional.id.expiration.ms`)
/// @param maxIds transactional ids of one coordinator; a new one beyond is refused with POLICY_VIOLATION
/// @param maxPartitions partitions in one transaction; more are refused with TRANSACTION_ABORTABLE. Bounds the record
/// @param maxWaiting requests that wait in one id; one more is refused with CONCURRENT_TRANSACTIONS
/// @param retryMs pause before a marker, or a write of the coordinator's own, is tried again
public record TxnLimits(
        int maxTimeoutMs, long idExpirationMs, int maxIds, int maxPartitions, int maxWaiting, int retryMs) {
    public static final TxnLimits DEFAULTS =
            new TxnLimits(15 * 60 * 1000, 7L * 24 * 60 * 60 * 1000, 1_000_000, 10_000, 64, 50);

    public TxnLimits {
        Check.that(
                maxTimeoutMs > 0 && idExpirationMs > 0 && maxIds > 0 && maxPartitions > 0 && maxWaiting > 0,
                "limits are above zero",
                maxTimeoutMs);
        Check.that(retryMs > 0, "a retry pauses", retryMs);
    }
}
