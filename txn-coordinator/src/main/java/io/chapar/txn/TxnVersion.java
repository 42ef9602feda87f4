package io.chapar.txn;

/// The transaction protocol a client speaks, by the level of Kafka's feature `transaction.version`.
public enum TxnVersion {
    /// Levels 0 and 1: the epoch changes in InitProducerId alone, so that a late EndTxn cannot be told from the next
    /// transaction's.
    V1((short) 0),
    /// Level 2 (KIP-890): every end of a transaction bumps the epoch.
    V2((short) 2);

    private final short level;

    TxnVersion(short level) {
        this.level = level;
    }

    /// The level that is written to the log and sent with markers.
    public short level() {
        return level;
    }

    public static TxnVersion ofLevel(int level) {
        return level >= V2.level ? V2 : V1;
    }
}
