package io.chapar.broker.group;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// Names, and when each comes due.
final class Expiries {
    private final SequencedMap<String, Long> byName = new LinkedHashMap<>();
    private final NavigableMap<Long, SequencedSet<String>> byTime = new TreeMap<>();

    void put(String name, long atMs) {
        Long before = byName.put(name, atMs);
        if (before != null) {
            unlist(name, before);
        }
        byTime.computeIfAbsent(atMs, _ -> new LinkedHashSet<>()).add(name);
    }

    /// Whether the name was here.
    boolean remove(String name) {
        Long before = byName.remove(name);
        if (before != null) {
            unlist(name, before);
        }
        return before != null;
    }

    private void unlist(String name, long atMs) {
        SequencedSet<String> together = requireNonNull(byTime.get(atMs), "each name is in both");
        together.remove(name);
        if (together.isEmpty()) {
            byTime.remove(atMs);
        }
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    /// Long.MAX_VALUE for a name that is not here.
    long atMs(String name) {
        return byName.getOrDefault(name, Long.MAX_VALUE);
    }

    int size() {
        return byName.size();
    }

    /// The name that was here before all others; null when there is none.
    @Nullable String oldest() {
        Map.Entry<String, Long> first = byName.firstEntry();
        return first == null ? null : first.getKey();
    }

    /// Long.MAX_VALUE for never.
    long nextMs() {
        return byTime.isEmpty() ? Long.MAX_VALUE : byTime.firstKey();
    }

    /// Takes out what is due, the earliest first, and no more than so many.
    List<String> takeDue(long nowMs, int most) {
        List<String> due = new ArrayList<>();
        while (due.size() < most && nextMs() <= nowMs) {
            String name = byTime.firstEntry().getValue().getFirst();
            remove(name);
            due.add(name);
        }
        return due;
    }

    void clear() {
        byName.clear();
        byTime.clear();
    }
}
