package io.chapar.broker.partition;

/// Whoever keeps state by the log of a partition for as long as this broker leads it. On the partition's loop.
public interface LeadershipListener {
    /// This broker leads the partition anew: after another broker, or after a failure of its disk, and then without
    /// [#resigned] in between. What was not committed by then may be in the log, or not.
    void elected();

    /// It leads no more. Who waits for an append is told afterwards.
    void resigned();

    /// The partition is of no use any more: another one may come of the same name, which the listener does not hear of.
    /// It led, or not.
    void deleted();
}
