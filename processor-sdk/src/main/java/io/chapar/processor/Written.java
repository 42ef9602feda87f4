package io.chapar.processor;

/// What was written to one changelog partition, as the answers say: so many entries from one offset to before another.
/// With gaps somebody else has written there as well, or the cluster its markers.
record Written(long from, long count, long end) {
    static Written at(long offset) {
        return new Written(offset, 1, offset + 1);
    }

    Written and(Written other) {
        return new Written(Math.min(from, other.from), count + other.count, Math.max(end, other.end));
    }

    boolean isWithoutGaps() {
        return end - from == count;
    }
}
