package io.chapar.broker.fetch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// What one reader reads, remembered from fetch to fetch (KIP-227), so that it names only what has changed.
final class FetchSession {
    private int id;
    private final boolean byTopicId;
    private int nextEpoch = 1;
    private final LinkedHashMap<FetchedPartition.Key, FetchedPartition> partitions = new LinkedHashMap<>();
    private long bytes = 0;
    private boolean planning = false;

    FetchSession(boolean byTopicId) {
        this.byTopicId = byTopicId;
    }

    /// From now on it is known under this id.
    void begin(int as) {
        id = as;
    }

    int id() {
        return id;
    }

    boolean byTopicId() {
        return byTopicId;
    }

    /// About what the session takes in memory.
    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return partitions.isEmpty();
    }

    /// Whether this is the fetch that comes next; then the one after it comes next, once this one is planned.
    boolean advance(int epoch) {
        if (planning || epoch != nextEpoch) {
            return false;
        }
        nextEpoch = nextEpoch == Integer.MAX_VALUE ? 1 : nextEpoch + 1;
        return true;
    }

    /// A fetch is being planned, and comes to its end.
    void setPlanning(boolean underWay) {
        planning = underWay;
    }

    /// Of a partition that is named twice the first counts.
    void putFirst(FetchedPartition wanted) {
        if (partitions.putIfAbsent(wanted.key(), wanted) == null) {
            bytes += wanted.bytes();
        }
    }

    void put(FetchedPartition wanted) {
        FetchedPartition known = partitions.putIfAbsent(wanted.key(), wanted);
        if (known != null) {
            known.readFrom(wanted.fetchOffset(), wanted.maxBytes(), wanted.currentLeaderEpoch(),
                    wanted.lastFetchedEpoch());
        } else {
            bytes += wanted.bytes();
        }
    }

    void forget(FetchedPartition.Key key) {
        FetchedPartition known = partitions.remove(key);
        bytes -= known == null ? 0 : known.bytes();
    }

    List<FetchedPartition> inOrder() {
        return new ArrayList<>(partitions.values());
    }

    /// Those that just had their turn come last next time, so that a full answer starves nobody.
    void hadTheirTurn(List<FetchedPartition.Key> served) {
        for (FetchedPartition.Key key : served) {
            FetchedPartition partition = partitions.remove(key);
            if (partition != null) {
                partitions.put(key, partition);
            }
        }
    }
}
