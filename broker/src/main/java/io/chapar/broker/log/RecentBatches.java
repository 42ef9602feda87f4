package io.chapar.broker.log;

/// Where the last batches of the active segment begin, so that a reader at the tail costs no look into the file.
final class RecentBatches {
    private static final int KEPT = 16;

    private final long[] baseOffsets = new long[KEPT];
    private final long[] lastOffsets = new long[KEPT];
    private final int[] positions = new int[KEPT];
    private int count;
    /// Slot of the next one.
    private int head;

    void add(long baseOffset, long lastOffset, int position) {
        baseOffsets[head] = baseOffset;
        lastOffsets[head] = lastOffset;
        positions[head] = position;
        head = (head + 1) % KEPT;
        count = Math.min(KEPT, count + 1);
    }

    void clear() {
        count = 0;
        head = 0;
    }

    /// The slot of the batch that holds the offset, or, where that lies in a hole, of the one behind it; -1 when it is
    /// not known which one that is.
    int find(long offset) {
        for (int n = 1; n <= count; n++) {
            int slot = (head - n + KEPT) % KEPT;
            if (baseOffsets[slot] <= offset) {
                boolean holds = lastOffsets[slot] >= offset;
                return holds ? slot : n == 1 ? -1 : (slot + 1) % KEPT;
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
