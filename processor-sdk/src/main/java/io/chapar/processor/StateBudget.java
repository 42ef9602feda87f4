package io.chapar.processor;

import java.util.concurrent.atomic.AtomicLong;

/// What the stores of one thread take of memory, and may take at most. Changed by that thread; read by functions on
/// others too.
final class StateBudget {
    /// What an entry of [Entries] takes beside its key and value: 92 when it is found by hash alone, 132 when it stands
    /// in an order as well.
    private static final int ENTRY_BYTES = 128;
    /// So large a part may be changes that are not committed; then a commit is due.
    private static final int CHANGES_SHARE = 4;

    /// Three quarters.
    private static final int COPIES_SHARE = 3;
    private static final int COPIES_OF = 4;

    private final long maxBytes;
    private final AtomicLong committedBytes = new AtomicLong();
    private final AtomicLong changedBytes = new AtomicLong();

    StateBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    static long sizeOf(byte[] key, byte[] value) {
        return (long) ENTRY_BYTES + key.length + value.length;
    }

    /// Of a key alone.
    static long sizeOf(byte[] key) {
        return (long) ENTRY_BYTES + key.length;
    }

    /// [StateFullException] when so much more would be too much.
    void require(long moreBytes) {
        if (usedBytes() + moreBytes > maxBytes) {
            throw new StateFullException("The state of this thread's partitions takes more than its share of"
                    + " maxStateBytes, which is " + maxBytes + " bytes: raise it, keep state on disk"
                    + " (stateDirectory), or share the partitions between more instances");
        }
    }

    /// Copies of others' state must leave room for what is worked on here.
    boolean hasRoomForCopies(long moreBytes) {
        return usedBytes() + moreBytes <= maxBytes / COPIES_OF * COPIES_SHARE;
    }

    void take(long bytes) {
        committedBytes.addAndGet(bytes);
    }

    void giveBack(long bytes) {
        committedBytes.addAndGet(-bytes);
    }

    /// Of what is not committed.
    void change(long bytes) {
        changedBytes.addAndGet(bytes);
    }

    /// What is not committed shall become less.
    boolean isCommitDue() {
        return changedBytes.get() > maxBytes / CHANGES_SHARE;
    }

    long usedBytes() {
        return committedBytes.get() + changedBytes.get();
    }
}
