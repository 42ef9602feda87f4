package io.chapar.txn;

import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.SortedSet;
import java.util.TreeSet;

/// The partitions that still owe the marker of one decided transaction. An answer for anything else is a late
/// duplicate and changes nothing.
final class MarkerFanout {
    static final long NOT_DUE = Long.MAX_VALUE;

    private final SortedSet<TopicPartition> owing;
    private final SortedSet<TopicPartition> toRepeat = new TreeSet<>();
    private long repeatAtMs = NOT_DUE;

    MarkerFanout(SortedSet<TopicPartition> partitions) {
        owing = new TreeSet<>(partitions);
    }

    boolean isDone() {
        return owing.isEmpty();
    }

    /// A copy, in order.
    SequencedSet<TopicPartition> owing() {
        return new LinkedHashSet<>(owing);
    }

    long repeatAtMs() {
        return repeatAtMs;
    }

    void answered(TopicPartition partition, MarkerResult result, long repeatAt) {
        if (!owing.contains(partition)) {
            return;
        }
        if (result == MarkerResult.RETRY) {
            toRepeat.add(partition);
            repeatAtMs = Math.min(repeatAtMs, repeatAt);
        } else {
            owing.remove(partition);
            toRepeat.remove(partition);
            if (toRepeat.isEmpty()) {
                repeatAtMs = NOT_DUE;
            }
        }
    }

    void repeatNoLaterThan(long atMs) {
        if (repeatAtMs != NOT_DUE) {
            repeatAtMs = Math.min(repeatAtMs, atMs);
        }
    }

    /// The partitions to be asked again now.
    List<TopicPartition> takeRepeats() {
        List<TopicPartition> repeats = new ArrayList<>(toRepeat);
        toRepeat.clear();
        repeatAtMs = NOT_DUE;
        return repeats;
    }
}
