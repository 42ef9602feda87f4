package io.chapar.broker.handler;

import io.chapar.txn.Outcome;
import io.chapar.txn.TxnState;

import java.util.List;

/// The states of a transactional id as Kafka's tools name them.
public final class TxnStateNames {
    static final List<String> ALL = List.of("Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit",
            "CompleteAbort", "Dead", "PrepareEpochFence");

    private TxnStateNames() {}

    public static String of(TxnState state) {
        return switch (state) {
            case TxnState.Empty _ -> "Empty";
            case TxnState.Ongoing _ -> "Ongoing";
            case TxnState.Preparing p -> p.outcome() == Outcome.COMMIT ? "PrepareCommit" : "PrepareAbort";
            case TxnState.Completed c -> c.outcome() == Outcome.COMMIT ? "CompleteCommit" : "CompleteAbort";
        };
    }
}
