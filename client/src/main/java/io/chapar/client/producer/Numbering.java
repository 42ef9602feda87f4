package io.chapar.client.producer;

import io.chapar.client.ChaparException;

import java.util.function.Consumer;

/// Under which producer id and epoch new batches are numbered. On the loop only.
///
/// A transactional producer is told by its [TxnCore]. An idempotent one without transactions asks for an id itself, and
/// begins the next epoch when the sequence of a partition is broken: for that partition as soon as all that is left of
/// the old numbers is known not to be written, for the others when they have nothing outstanding.
final class Numbering {
    private final IdentitySource source;
    private final MemoryBudget memory;
    private final boolean idempotent;
    private final TxnLink txn;
    private Identity identity = Identity.NONE;

    Numbering(IdentitySource source, MemoryBudget memory, boolean idempotent, TxnLink txn) {
        this.source = source;
        this.memory = memory;
        this.idempotent = idempotent;
        this.txn = txn;
    }

    Identity identity() {
        return identity;
    }

    /// From now on new batches are written under this pair.
    void identity(Identity next) {
        identity = next;
    }

    /// Whether sequences are kept here alone, without a transaction to abort when they break.
    boolean isOwn() {
        return idempotent && !txn.isTransactional();
    }

    /// Asks for an identity if one is missing; once it is there, `done` gets null, or why it is denied.
    void request(Consumer<ChaparException> done) {
        if (!isOwn() || identity.isKnown()) {
            return;
        }
        source.request(result -> {
            switch (result) {
                case IdentitySource.Result.Given(Identity given) -> {
                    identity = given;
                    done.accept(null);
                }
                case IdentitySource.Result.Denied(ChaparException cause) -> done.accept(cause);
            }
        });
    }

    /// Ends what was given up and is not needed any more, and numbers a broken sequence anew when that is safe.
    void settle(PartitionQueue queue) {
        queue.takeSpent().forEach(batch -> batch.abandon(memory));
        if (!queue.isSettled()) {
            return;
        }
        if (queue.identity().equals(identity)) {
            identity = identity.bumped();
        }
        if (identity.isKnown()) {
            queue.beginAnew(identity);
        }
    }
}
