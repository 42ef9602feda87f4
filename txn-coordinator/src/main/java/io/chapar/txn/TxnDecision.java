package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What a command leads to in a state. A decision changes nothing by itself.
public sealed interface TxnDecision {

    /// @param reason as in [TxnReply.Refused]
    record Refuse(ErrorCode error, @Nullable String reason) implements TxnDecision {
        Refuse(ErrorCode error) {
            this(error, null);
        }
    }

    /// Nothing needs to be written: the state already says so, or the question was only a question.
    record Answer(TxnReply reply) implements TxnDecision {}

    /// The markers of the transaction before are still on their way: decide again once they are written.
    record AwaitMarkers() implements TxnDecision {}

    /// A fresh producer id is needed and none is at hand: decide again once a block of them has arrived.
    record AwaitProducerId() implements TxnDecision {}

    /// The record is to be committed, then applied, then the reply leaves.
    record Persist(TxnRecord record, @Nullable TxnReply whenCommitted) implements TxnDecision {}

    /// The record is to be committed and applied, then the other command takes this one's place.
    record PersistThenDecide(TxnRecord record, TxnCommand next) implements TxnDecision {}

    /// A command of the coordinator itself that no longer fits the state.
    record Ignore() implements TxnDecision {}
}
