package io.chapar.txn;

import java.util.Objects;

/// One record of `__transaction_state`: the whole state of one transactional id from here on.
///
/// @param state null when the id is forgotten (a tombstone)
public record TxnRecord(String transactionalId, TxnState state) {
    public TxnRecord {
        Objects.requireNonNull(transactionalId, "transactionalId");
    }
}
