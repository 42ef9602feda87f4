package io.chapar.simulator;

import io.chapar.broker.partition.Partition;

/// One broker's replica of a partition as it was last looked at, in one role: up to where it is known to hold what was
/// committed, and what it said then.
final class SeenReplica {
    private final SimulatedBroker broker;
    private final Partition partition;
    private final boolean leading;
    private final long openedUpTo;
    private boolean beingIndexed;
    private long verified;
    /// Of the last leadership that was seen.
    int epoch = -1;
    /// Where its log ended when that was seen first.
    private long ledFrom;
    long highWatermark;
    long lastStable;
    long compactedUpTo;

    SeenReplica(SimulatedBroker broker, Partition partition, boolean leading) {
        this.broker = broker;
        this.partition = partition;
        this.leading = leading;
        openedUpTo = partition.logEndOffset();
    }

    SimulatedBroker broker() {
        return broker;
    }

    Partition partition() {
        return partition;
    }

    /// Whether nothing has happened since that makes another of it: a new life, or another role.
    boolean is(Partition opened, boolean leads) {
        return partition == opened && leading == leads;
    }

    boolean isLeading() {
        return leading;
    }

    /// It leads in this epoch.
    void leads(int now) {
        if (now != epoch) {
            epoch = now;
            ledFrom = partition.logEndOffset();
        }
    }

    /// Whatever stands behind was written by it, in this leadership.
    long ledFrom() {
        return ledFrom;
    }

    /// Where its log ended when it was looked at for the first time: what has come into it in a task in which its
    /// broker died stands in front of that, and is seen when it counts as committed again, which may be later.
    long openedUpTo() {
        return openedUpTo;
    }

    /// Whether an index of it was being built anew when it was last read.
    boolean isBeingIndexed() {
        return beingIndexed;
    }

    void isBeingIndexed(boolean now) {
        beingIndexed = now;
    }

    /// Up to here it has been looked at.
    long verified() {
        return verified;
    }

    void verified(long upTo) {
        verified = upTo;
    }
}
