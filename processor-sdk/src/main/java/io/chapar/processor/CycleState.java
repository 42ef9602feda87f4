package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// Where one thread of an application stands between reading records and having committed their effects.
///
/// ```
///  Opening --> Idle --------------> Processing ------> Flushing -----> Committing --> Idle
///                ^   first record    |   |    due, revoked,  |              |   committed
///                |                   |   |    stopping       |              |
///                |                   | failure               | failure      | failure, unknown outcome
///                |                   v   v                   v              v
///                +--- rewound --- Aborting <--------------------------------+
///
///  AT_MOST_ONCE: Idle -- records --> Committing --> Processing --> Flushing --> Idle
///  any commit --> Keeping --> Idle, while the stores cannot keep what it has
///  any --> Closing --> Closed
/// ```
/// `sinceMs` is when the first uncommitted record was taken: an open transaction is as old as that.
sealed interface CycleState {
    record Opening() implements CycleState {
    }

    /// Nothing begun.
    record Idle() implements CycleState {
    }

    /// Records have been processed, or are waiting here to be, whose effects are not committed.
    record Processing(long sinceMs) implements CycleState {
    }

    /// Waiting until every output is written.
    record Flushing(long sinceMs) implements CycleState {
    }

    /// The decision is under way.
    record Committing(long sinceMs) implements CycleState {
    }

    /// It is committed, and the stores cannot keep it yet.
    record Keeping() implements CycleState {
    }

    /// What was begun shall have no effect; or, with REOPEN, its outcome is being found out.
    record Aborting(Way way) implements CycleState {
    }

    record Closing(@Nullable Throwable cause) implements CycleState {
    }

    /// `cause` null: as asked.
    record Closed(@Nullable Throwable cause) implements CycleState {
    }

    /// Nothing that a restore would hold up is begun; where positions are committed first, what was read has to be
    /// worked on in any case.
    default boolean mayRestore(boolean ending, Delivery delivery) {
        return switch (this) {
            case Idle() -> !ending;
            case Processing(long sinceMs) -> delivery == Delivery.AT_MOST_ONCE;
            case Committing(long sinceMs) -> delivery == Delivery.AT_MOST_ONCE;
            default -> false;
        };
    }

    /// What comes now is of the next transaction.
    default boolean isBetweenTransactions() {
        return this instanceof Idle || this instanceof Flushing || this instanceof Committing
                || this instanceof Keeping;
    }

    default boolean isBegun() {
        return this instanceof Processing || this instanceof Flushing || this instanceof Committing;
    }

    /// Nothing is under way whose end the next owner of partitions would have to wait for.
    default boolean isFree() {
        return switch (this) {
            case Processing(long sinceMs) -> false;
            case Flushing(long sinceMs) -> false;
            case Committing(long sinceMs) -> false;
            case Aborting(Way way) -> way == Way.REWIND;
            case Keeping() -> true;
            case Opening() -> true;
            case Idle() -> true;
            case Closing(Throwable cause) -> true;
            case Closed(Throwable cause) -> true;
        };
    }

    /// When what is not committed was begun; `nowMs` when nothing is.
    default long begunMs(long nowMs) {
        return switch (this) {
            case Processing(long sinceMs) -> sinceMs;
            case Flushing(long sinceMs) -> sinceMs;
            case Committing(long sinceMs) -> sinceMs;
            case Opening() -> nowMs;
            case Idle() -> nowMs;
            case Aborting(Way way) -> nowMs;
            case Keeping() -> nowMs;
            case Closing(Throwable cause) -> nowMs;
            case Closed(Throwable cause) -> nowMs;
        };
    }

    enum Way {
        /// End the transaction, then rewind.
        ABORT,
        /// The sink is of no more use, or the outcome unknown: a new one decides the transaction for good, then rewind.
        REOPEN,
        /// Go on at the committed positions.
        REWIND
    }
}
