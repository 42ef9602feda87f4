package io.chapar.processor;

import java.util.concurrent.atomic.AtomicLong;

/// What the stores of one thread take of memory, and may take at most. Changed by that thread; read by functions on
/// others too.
final class StateBudget {
    /// What an entry takes beside its key and value, roughly.
    private static final int ENTRY_BYTES = 64;

    private final long maxBytes;
    private final AtomicLong usedBytes = new AtomicLong();

    StateBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    static long sizeOf(byte[] key, byte[] value) {
        return (long) ENTRY_BYTES + key.length + value.length;
    }

    /// [StateFullException] when so much more would be too much.
    void require(long moreBytes) {
        if (usedBytes.get() + moreBytes > maxBytes) {
            throw new StateFullException("The state of this thread's partitions takes more than its share of"
                    + " maxStateBytes, which is " + maxBytes + " bytes: raise it, or share the partitions between more"
                    + " instances");
        }
    }

    void take(long bytes) {
        usedBytes.addAndGet(bytes);
    }

    void giveBack(long bytes) {
        usedBytes.addAndGet(-bytes);
    }

    long usedBytes() {
        return usedBytes.get();
    }
}
