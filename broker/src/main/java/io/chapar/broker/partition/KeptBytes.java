package io.chapar.broker.partition;

/// How many bytes of uncommitted batches a loop keeps in memory, over all its partitions. What finds no room is read
/// back from the log. Owned by the loop.
final class KeptBytes {
    static final long PER_LOOP = 32L << 20;

    private final long most;
    private long taken;

    KeptBytes(long most) {
        this.most = most;
    }

    boolean take(int bytes) {
        if (taken + bytes > most) {
            return false;
        }
        taken += bytes;
        return true;
    }

    void give(long bytes) {
        taken -= bytes;
    }
}
