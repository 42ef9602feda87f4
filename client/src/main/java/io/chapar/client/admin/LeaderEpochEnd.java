package io.chapar.client.admin;

/// Where the log of a leader epoch ends in the leader's log: `epoch` is the largest there that is not above the one
/// asked for. Both are -1 when the leader knows none.
public record LeaderEpochEnd(int epoch, long endOffset) {
    /// Whether a log of which the leader says this still has what was read up to `offset`, the last of it in `epoch`.
    public boolean holds(int readEpoch, long offset) {
        return epoch == readEpoch && endOffset >= offset;
    }
}
