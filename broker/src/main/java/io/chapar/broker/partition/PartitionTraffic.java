package io.chapar.broker.partition;

/// What went through one partition since it was opened here. Plain numbers, of the partition's loop.
public final class PartitionTraffic {
    private long bytesIn;
    private long bytesOut;
    private long shrinks;
    private long expansions;

    void in(int bytes) {
        bytesIn += bytes;
    }

    void out(int bytes) {
        bytesOut += bytes;
    }

    /// The cluster has another in-sync set, in one leadership of this broker.
    void inSync(int before, int now) {
        shrinks += Math.max(0, before - now);
        expansions += Math.max(0, now - before);
    }

    /// Of batches that clients wrote, as they sent them.
    public long bytesIn() {
        return bytesIn;
    }

    /// Of records that readers were given.
    public long bytesOut() {
        return bytesOut;
    }

    /// Replicas that left the in-sync set.
    public long shrinks() {
        return shrinks;
    }

    /// Replicas that came into the in-sync set.
    public long expansions() {
        return expansions;
    }
}
