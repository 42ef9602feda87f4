package io.chapar.broker.partition;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/// Up to where the log stands at every replica of the in-sync set, as the leader of one epoch knows it.
///
/// `value = max over time of min(written here, acknowledged by each follower in sync)`. It only rises. A follower that
/// has not acknowledged anything in this epoch holds it where it is: what it had in an earlier epoch may not be what
/// the leader has. What is acknowledged beyond the end of the log counts as the end.
///
/// Owned by the partition's loop.
final class HighWatermark {
    /// From nobody yet.
    private static final long NOTHING = -1;

    /// By node id; the followers that count.
    private final Map<Integer, Long> acknowledged = new TreeMap<>();
    private long written;
    private long value;

    /// @param saved what was known to stand everywhere before this leadership
    HighWatermark(long saved) {
        value = saved;
        written = saved;
    }

    long value() {
        return value;
    }

    /// A leadership begins: whoever follows has to acknowledge anew.
    void begin(Collection<Integer> followersInSync) {
        acknowledged.clear();
        followersInSync.forEach(node -> acknowledged.put(node, NOTHING));
    }

    /// How far the log counts as written by the leader itself. Returns whether the high watermark rose.
    boolean written(long end) {
        written = end;
        return rise();
    }

    /// What a follower has. Those that are not in sync, and what is less than was acknowledged, change nothing.
    boolean acknowledged(int node, long end) {
        Long before = acknowledged.get(node);
        if (before == null || end <= before) {
            return false;
        }
        acknowledged.put(node, end);
        return rise();
    }

    private boolean rise() {
        long everywhere = written;
        for (long end : acknowledged.values()) {
            everywhere = Math.min(everywhere, end);
        }
        if (everywhere <= value) {
            return false;
        }
        value = everywhere;
        return true;
    }
}
