package io.chapar.transport;

/// The cluster's switched-on features, from the newest ApiVersions answer of any node (highest `epoch`; -1 before any,
/// or from brokers that do not say). `transactionVersion` is the level of `transaction.version`, 0 when absent.
public record FinalizedFeatures(long epoch, short transactionVersion) {
    public static final FinalizedFeatures UNKNOWN = new FinalizedFeatures(-1, (short) 0);

    /// Whether transactions are version 2: the broker adds partitions itself and every end bumps the epoch.
    public boolean transactionsV2() {
        return transactionVersion >= 2;
    }
}
