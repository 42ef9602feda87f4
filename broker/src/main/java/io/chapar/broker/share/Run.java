package io.chapar.broker.share;

import io.chapar.broker.share.state.StateBatch;
import org.jspecify.annotations.Nullable;

/// Neighbouring offsets of one partition of a share group that one thing has become of.
///
/// ```
///              acquire                    accept
///   AVAILABLE ---------> ACQUIRED ------------------> ACKNOWLEDGED
///       ^                  |   |  reject, no such record,
///       +------------------+   |  delivered too often
///     release, lock is over    +---------------------> ARCHIVED
/// ```
/// Whatever leaves ACQUIRED is undecided until it is written.
final class Run {
    enum State { AVAILABLE, ACQUIRED, ACKNOWLEDGED, ARCHIVED }

    long first;
    /// Inclusive.
    long last;
    State state;
    int deliveries;
    /// Of an acquired one.
    @Nullable String holder;
    long lockedUntilMs;
    /// What is said of it is on its way, or to be written next.
    boolean undecided;
    /// Of an undecided one: what is said of it is on its way.
    boolean isSaid;

    Run(long first, long last, State state, int deliveries) {
        this.first = first;
        this.last = last;
        this.state = state;
        this.deliveries = deliveries;
    }

    long offsets() {
        return last - first + 1;
    }

    boolean isDone() {
        return state == State.ACKNOWLEDGED || state == State.ARCHIVED;
    }

    /// Whether members may have it.
    boolean isFree() {
        return state == State.AVAILABLE && !undecided;
    }

    boolean isHeldBy(String member) {
        return state == State.ACQUIRED && !undecided && member.equals(holder);
    }

    /// Takes what is from this offset on out of it.
    Run splitAt(long offset) {
        Run rest = new Run(offset, last, state, deliveries);
        rest.holder = holder;
        rest.lockedUntilMs = lockedUntilMs;
        rest.undecided = undecided;
        last = offset - 1;
        return rest;
    }

    /// Whether this one and the next, which is done with too, need not be told apart.
    boolean goesOnIn(Run next) {
        return isDone() && !undecided && !next.undecided && state == next.state && deliveries == next.deliveries
                && last + 1 == next.first;
    }

    StateBatch stored() {
        byte code = switch (state) {
            case AVAILABLE, ACQUIRED -> StateBatch.AVAILABLE;
            case ACKNOWLEDGED -> StateBatch.ACKNOWLEDGED;
            case ARCHIVED -> StateBatch.ARCHIVED;
        };
        return new StateBatch(first, last, code, (short) deliveries);
    }

    @Override
    public String toString() {
        return first + "-" + last + " " + state + (undecided ? "?" : "") + " " + deliveries
                + (state == State.ACQUIRED ? " " + holder + " until " + lockedUntilMs : "");
    }
}
