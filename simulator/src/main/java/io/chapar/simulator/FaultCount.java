package io.chapar.simulator;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// How often each fault struck.
public final class FaultCount {
    private final SortedMap<String, Long> counts = new TreeMap<>();

    void count(String fault) {
        counts.merge(fault, 1L, Long::sum);
    }

    void add(FaultCount other) {
        other.counts.forEach((fault, count) -> counts.merge(fault, count, Long::sum));
    }

    public SortedMap<String, Long> byName() {
        return Collections.unmodifiableSortedMap(counts);
    }

    public long total() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
