package io.chapar.broker.metrics;

import io.chapar.protocol.TopicPartition;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Since when a partition has had records beyond an offset, by when this broker saw it grow: what records say of their
/// own time may be anything. So nothing is known of the time before the first look, and a lag that is older than that
/// counts from there.
///
/// Of each partition that groups read [#KEPT] looks are kept, the newest ones and ever fewer of those before: the
/// answer is wrong by a tenth of itself or by the time between two looks, whichever is more. On one thread at a time.
final class LagTimes {
    static final int KEPT = 64;

    private final Map<TopicPartition, Seen> seen = new TreeMap<>();

    /// Ends at times, in order.
    private static final class Seen {
        /// Up to [#KEPT] of them; a partition that does not grow needs two.
        private long[] atMs = new long[2];
        private long[] ends = new long[2];
        private int count;

        void add(long nowMs, long end) {
            if (count > 0 && end < ends[count - 1]) {
                count = 0; // another topic of the name, or a log that was cut
            }
            // Looks that saw nothing new say only until when: two of them are enough.
            if (count > 1 && ends[count - 1] == end && ends[count - 2] == end) {
                atMs[count - 1] = nowMs;
                return;
            }
            if (count == KEPT) {
                thin();
            } else if (count == ends.length) {
                atMs = Arrays.copyOf(atMs, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
            }
            atMs[count] = nowMs;
            ends[count] = end;
            count++;
        }

        /// Of the older half each second one goes.
        private void thin() {
            int to = 1;
            for (int from = 1; from < count; from++) {
                if (from >= count / 2 || from % 2 == 0) {
                    atMs[to] = atMs[from];
                    ends[to] = ends[from];
                    to++;
                }
            }
            count = to;
        }

        /// When the record of this offset came, at the latest; the first look if it was there then.
        long cameMs(long offset) {
            int i = Arrays.binarySearch(ends, 0, count, offset + 1);
            int at = i < 0 ? -i - 1 : i;
            while (at > 0 && ends[at - 1] > offset) {
                at--;
            }
            if (at == 0) {
                return atMs[0];
            }
            if (at == count) {
                return atMs[count - 1];
            }
            long span = ends[at] - ends[at - 1];
            return atMs[at - 1] + (atMs[at] - atMs[at - 1]) * (offset - ends[at - 1]) / span;
        }
    }

    /// @param nowMs not before that of an earlier call
    void saw(TopicPartition id, long nowMs, long end) {
        seen.computeIfAbsent(id, _ -> new Seen()).add(nowMs, end);
    }

    /// Nobody reads others any more.
    void keep(Set<TopicPartition> read) {
        seen.keySet().retainAll(read);
    }

    /// For how long there has been something to read at the offset, in seconds; 0 where there is nothing.
    double seconds(TopicPartition id, long offset, long nowMs) {
        Seen one = seen.get(id);
        if (one == null || one.count == 0 || one.ends[one.count - 1] <= offset) {
            return 0;
        }
        return Math.max(0, nowMs - one.cameMs(offset)) / 1e3;
    }
}
