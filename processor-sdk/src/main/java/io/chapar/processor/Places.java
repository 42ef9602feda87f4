package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.TreeMap;

/// Where entries of changelogs were written to, by changelog. Added to on the producer's loop, taken at home.
final class Places {
    private final TreeMap<TopicPartition, Written> spans = new TreeMap<>();
    /// Entries of one changelog come in a row: so many until `end`, which are not in `spans`. Null: none.
    private @Nullable TopicPartition current;
    private long from;
    private long end;

    synchronized void add(TopicPartition changelog, long offset) {
        if (!changelog.equals(current) || offset != end) {
            close();
            current = changelog;
            from = offset;
        }
        end = offset + 1;
    }

    private void close() {
        if (current != null) {
            spans.merge(current, new Written(from, end - from, end), Written::and);
            current = null;
        }
    }

    /// What was added since this was last asked.
    synchronized Map<TopicPartition, Written> take() {
        close();
        Map<TopicPartition, Written> taken = new TreeMap<>(spans);
        spans.clear();
        return taken;
    }

    synchronized void clear() {
        current = null;
        spans.clear();
    }
}
