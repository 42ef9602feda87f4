package io.chapar.broker.fetch;

import java.util.Comparator;
import java.util.UUID;

/// One partition of a fetch: where the reader is, and what it was told last. Belongs to one fetch, or to one session
/// and then outlives the fetch; on the session's loop alone.
public final class FetchedPartition {
    /// By name below version 13 (then the id is zero), by id from it on (then the name is empty).
    /// Ordered, so that a map of keys whose hashes a stranger made equal stays fast.
    public record Key(String topic, UUID topicId, int partition) implements Comparable<Key> {
        private static final Comparator<Key> ORDER = Comparator.comparing(Key::topic)
                .thenComparing(Key::topicId).thenComparingInt(Key::partition);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    private static final int BYTES = 160;

    private final Key key;
    private long fetchOffset;
    private int maxBytes;
    private int currentLeaderEpoch;
    private int lastFetchedEpoch;
    private long toldHighWatermark = -1;
    private long toldLogStartOffset = -1;

    public FetchedPartition(Key key) {
        this.key = key;
    }

    public Key key() {
        return key;
    }

    /// About what it takes in memory.
    long bytes() {
        return BYTES + 2L * key.topic().length();
    }

    public long fetchOffset() {
        return fetchOffset;
    }

    public int maxBytes() {
        return maxBytes;
    }

    public int currentLeaderEpoch() {
        return currentLeaderEpoch;
    }

    public int lastFetchedEpoch() {
        return lastFetchedEpoch;
    }

    public FetchedPartition readFrom(long offset, int bytes, int leaderEpoch, int fetchedEpoch) {
        fetchOffset = offset;
        maxBytes = bytes;
        currentLeaderEpoch = leaderEpoch;
        lastFetchedEpoch = fetchedEpoch;
        return this;
    }

    /// Whether these watermarks are news to the reader; from now on they are not.
    public boolean tell(long highWatermark, long logStartOffset) {
        boolean news = highWatermark != toldHighWatermark || logStartOffset != toldLogStartOffset;
        toldHighWatermark = highWatermark;
        toldLogStartOffset = logStartOffset;
        return news;
    }
}
