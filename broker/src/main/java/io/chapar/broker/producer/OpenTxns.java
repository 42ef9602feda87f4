package io.chapar.broker.producer;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/// Transactions that readers of committed data must not see yet: those without a marker, and those whose marker is not
/// below the high watermark. The smallest first offset among them bounds the last stable offset.
final class OpenTxns {
    /// First offset -> producer id.
    private final NavigableMap<Long, Long> undecided = new TreeMap<>();
    /// First offset -> offset of the marker.
    private final NavigableMap<Long, Long> unreplicated = new TreeMap<>();
    private long highWatermark;

    void begin(long firstOffset, long producerId) {
        undecided.put(firstOffset, producerId);
    }

    void complete(long firstOffset, long markerOffset) {
        undecided.remove(firstOffset);
        unreplicated.put(firstOffset, markerOffset);
    }

    /// First offset -> offset of the marker, of those that have one which is not below the high watermark.
    NavigableMap<Long, Long> unreplicated() {
        return unreplicated;
    }

    /// First offset -> producer id of the transactions without a marker.
    NavigableMap<Long, Long> undecided() {
        return undecided;
    }

    /// Markers below the high watermark count as seen by everybody.
    void advance(long to) {
        highWatermark = to;
        if (!unreplicated.isEmpty()) {
            unreplicated.values().removeIf(marker -> marker < to);
        }
    }

    /// As it was last told of.
    long highWatermark() {
        return highWatermark;
    }

    /// `Long.MAX_VALUE` when there is none.
    long firstUnstable() {
        long first = unreplicated.isEmpty() ? Long.MAX_VALUE : unreplicated.firstKey();
        return undecided.isEmpty() ? first : Math.min(first, undecided.firstKey());
    }

    /// `Long.MAX_VALUE` when every transaction has its marker.
    long firstUndecided() {
        return undecided.isEmpty() ? Long.MAX_VALUE : undecided.firstKey();
    }

    /// Where the log will be stable up to once this producer's transaction ends with a marker at this offset.
    long stableAfter(long producerId, long markerOffset) {
        for (Map.Entry<Long, Long> txn : undecided.entrySet()) {
            if (txn.getValue() != producerId) {
                return txn.getKey();
            }
        }
        return markerOffset + 1;
    }

    void clear() {
        undecided.clear();
        unreplicated.clear();
    }

    boolean isEmpty() {
        return undecided.isEmpty() && unreplicated.isEmpty();
    }
}
