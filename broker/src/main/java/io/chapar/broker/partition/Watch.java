package io.chapar.broker.partition;

/// A pending wish to be woken once. On the partition's loop only.
public interface Watch {
    /// Gives the wish up; without effect once it has been fulfilled.
    void cancel();
}
