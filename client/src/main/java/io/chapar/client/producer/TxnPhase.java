package io.chapar.client.producer;

import io.chapar.client.ChaparException;

/// Where a transactional producer stands.
///
/// ```
/// Uninitialised -> Initialising -> Ready <-----------------------------+
///                                    | begin                           |
///                                    v             all answered,       |
///                                  InTxn ------> Committing -----------+
///                                    |  commit       |    EndTxn       |
///                   a batch or an    |               | a batch failed  |
///                   offset failed    v               v                 |
///                                 Abortable <--------+                 |
///                                    | abort (also from InTxn)         |
///                                    v                                 |
///                                 Aborting ----------------------------+
///
/// InTxn --prepare--> Prepared --commit or abort--> Committing or Aborting; Initialising -> Prepared, when an earlier
/// instance's transaction was open and is kept
/// any -> Broken: fenced or refused for good; only close is left
/// ```
/// A commit whose answer does not come stays in Committing and goes on asking: calling commit again waits for the same
/// one.
sealed interface TxnPhase {
    record Uninitialised() implements TxnPhase {
    }

    record Initialising() implements TxnPhase {
    }

    record Ready() implements TxnPhase {
    }

    record InTxn() implements TxnPhase {
    }

    /// All of it is written; a decision made elsewhere is waited for. It may be an earlier instance's, which this one
    /// has inherited.
    record Prepared(PreparedTransaction transaction) implements TxnPhase {
    }

    record Committing() implements TxnPhase {
    }

    record Aborting() implements TxnPhase {
    }

    record Abortable(ChaparException cause) implements TxnPhase {
    }

    record Broken(ChaparException cause) implements TxnPhase {
    }
}
