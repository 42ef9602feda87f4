package io.chapar.processor;

/// What the stores of one thread take of memory, and may take at most. Owned by that thread.
final class StateBudget {
    /// What an entry takes beside its key and value, roughly.
    private static final int ENTRY_BYTES = 64;

    private final long maxBytes;
    private long usedBytes;

    StateBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    static long sizeOf(byte[] key, byte[] value) {
        return (long) ENTRY_BYTES + key.length + value.length;
    }

    /// [StateFullException] when so much more would be too much.
    void require(long moreBytes) {
        if (usedBytes + moreBytes > maxBytes) {
            throw new StateFullException("The state of this thread's partitions takes more than its share of"
                    + " maxStateBytes, which is " + maxBytes + " bytes: raise it, or share the partitions between more"
                    + " instances");
        }
    }

    void take(long bytes) {
        usedBytes += bytes;
    }

    void giveBack(long bytes) {
        usedBytes -= bytes;
    }

    long usedBytes() {
        return usedBytes;
    }
}
