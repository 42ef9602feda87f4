package io.chapar.broker.log;

/// Where the last batches of the active segment begin, so that a reader at the tail costs no look into the file.
final class RecentBatches {
    private static final int KEPT = 16;

    private final long[] baseOffsets = new long[KEPT];
    private final int[] positions = new int[KEPT];
    private int count;
    /// Slot of the next one.
    private int head;

    void add(long baseOffset, int position) {
        baseOffsets[head] = baseOffset;
        positions[head] = position;
        head = (head + 1) % KEPT;
        count = Math.min(KEPT, count + 1);
    }

    void clear() {
        count = 0;
        head = 0;
    }

    /// The slot of the batch that begins at the offset, or holds it without being the oldest kept; else -1. An offset
    /// in the hole that compaction left is not searched here.
    int find(long offset) {
        for (int n = 1; n <= count; n++) {
            int slot = (head - n + KEPT) % KEPT;
            if (baseOffsets[slot] <= offset) {
                return slot;
            }
        }
        return -1;
    }

    long baseOffset(int slot) {
        return baseOffsets[slot];
    }

    int position(int slot) {
        return positions[slot];
    }

    int endPosition(int slot, int segmentSize) {
        int next = (slot + 1) % KEPT;
        return next == head ? segmentSize : positions[next];
    }
}
