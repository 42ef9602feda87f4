package io.chapar.txn;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/// One record of `__transaction_state`: the whole state of one transactional id from here on.
///
/// @param state null when the id is forgotten (a tombstone)
public record TxnRecord(String transactionalId, @Nullable TxnState state) {
    public TxnRecord {
        Objects.requireNonNull(transactionalId, "transactionalId");
    }
}
