package io.chapar.broker.replica;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Which followers hold up what waits for all in sync: those that are nearly always the last to have it, and well
/// behind the one before. Of all that is appended one record at a time is watched on its way, whichever comes next, so
/// that it costs nothing to speak of.
///
/// ```
/// nothing --appended, a pause after the last--> watched --all have it, or it takes too long--> nothing
///                                                  +---its leadership ends-------------------> nothing
/// ```
/// Of a loop, and of what it leads.
final class SlowFollowersCore {
    /// So far behind the one before it.
    static final long BEHIND_MS = 50;
    /// Of so many records that it was watched for last.
    static final int OF = Long.SIZE;
    /// Before that nothing is said.
    static final int LEAST = 20;
    static final int SLOW_PERCENT = 90;
    static final int FINE_PERCENT = 50;
    static final long PAUSE_MS = 100;
    /// Who does not have it by then is taken to have it then: it will leave the in-sync set.
    static final long LONGEST_MS = 10_000;
    /// Brokers that are known at a time: those that a cluster of any use has.
    static final int MOST = 1_000;

    private static final int NOT_YET = -1;

    /// What one follower was like: a bit for each record, the last one lowest.
    private static final class Past {
        private long lastOne;
        private int records;
        private boolean isSlow;

        void add(boolean wasLast) {
            lastOne = lastOne << 1 | (wasLast ? 1 : 0);
            records = Math.min(OF, records + 1);
        }

        /// Whether that makes it another than it was.
        boolean turns() {
            int percent = 100 * Long.bitCount(lastOne) / Math.max(1, records);
            boolean before = isSlow;
            isSlow = records >= LEAST && percent >= (isSlow ? FINE_PERCENT : SLOW_PERCENT);
            return before != isSlow;
        }
    }

    /// @param took by follower, ms until it had it
    private record Watched(TopicPartition id, long end, long sinceMs, Map<Integer, Long> took) {}

    /// A follower is slow from now on, or is not any more.
    ///
    /// @param records that it was watched for of late
    /// @param last of those, the ones that it held up
    record Turned(int follower, boolean isSlow, int records, int last) {}

    private final Map<Integer, Past> pasts = new TreeMap<>();
    private @Nullable Watched watched;
    private long nextMs = Long.MIN_VALUE;

    /// Whether [#appended] has a use for what grows now.
    boolean wants(long nowMs) {
        return watched == null ? nowMs >= nextMs : nowMs - watched.sinceMs() >= LONGEST_MS;
    }

    /// The log that is led here has grown.
    ///
    /// @param inSync followers that a commit waits for
    List<Turned> appended(TopicPartition id, long end, Collection<Integer> inSync, long nowMs) {
        Watched before = watched;
        if (before != null && nowMs - before.sinceMs() < LONGEST_MS) {
            return List.of();
        }
        List<Turned> turned = before == null ? List.of() : ended(before, nowMs);
        if (watched == null && nowMs >= nextMs && !inSync.isEmpty()) {
            Map<Integer, Long> took = new TreeMap<>();
            inSync.forEach(node -> took.put(node, (long) NOT_YET));
            watched = new Watched(id, end, nowMs, took);
        }
        return turned;
    }

    /// A follower has all below the offset.
    List<Turned> acknowledged(TopicPartition id, int follower, long end, long nowMs) {
        Watched now = watched;
        if (now == null || !now.id().equals(id) || end < now.end()) {
            return List.of();
        }
        Long took = now.took().get(follower);
        if (took != null && took == NOT_YET) {
            now.took().put(follower, nowMs - now.sinceMs());
        }
        return now.took().containsValue((long) NOT_YET) ? List.of() : ended(now, nowMs);
    }

    /// This broker does not lead it any more, or begins to lead it anew.
    void gone(TopicPartition id) {
        if (watched != null && watched.id().equals(id)) {
            watched = null;
        }
    }

    /// Of that broker nothing is known any more: it has another life, or none, or follows nothing that is led here.
    void forget(int follower) {
        pasts.remove(follower);
        if (watched != null && watched.took().containsKey(follower)) {
            watched = null;
        }
    }

    private List<Turned> ended(Watched all, long nowMs) {
        watched = null;
        nextMs = nowMs + PAUSE_MS;
        long last = 0;
        // The leader has had it since it was appended.
        long before = 0;
        for (long took : all.took().values()) {
            long ms = took == NOT_YET ? nowMs - all.sinceMs() : took;
            before = Math.max(before, Math.min(last, ms));
            last = Math.max(last, ms);
        }
        List<Turned> turned = new ArrayList<>();
        for (Map.Entry<Integer, Long> one : all.took().entrySet()) {
            long ms = one.getValue() == NOT_YET ? nowMs - all.sinceMs() : one.getValue();
            Past past = pasts.size() < MOST ? pasts.computeIfAbsent(one.getKey(), _ -> new Past())
                    : pasts.get(one.getKey());
            if (past != null) {
                past.add(ms == last && last - before > BEHIND_MS);
                if (past.turns()) {
                    turned.add(new Turned(one.getKey(), past.isSlow, past.records, Long.bitCount(past.lastOne)));
                }
            }
        }
        return turned;
    }

    SortedSet<Integer> slow() {
        SortedSet<Integer> slow = new TreeSet<>();
        pasts.forEach((follower, past) -> {
            if (past.isSlow) {
                slow.add(follower);
            }
        });
        return slow;
    }
}
