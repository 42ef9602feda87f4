package io.chapar.processor;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/// Which stores an application has here and ready, for questions from any thread. Told by the threads that own them.
final class StoreDirectory {
    /// By step, then by partition.
    private final Map<String, ConcurrentSkipListMap<Integer, Store>> stores = new ConcurrentHashMap<>();

    void add(String step, int partition, Store store) {
        stores.computeIfAbsent(step, name -> new ConcurrentSkipListMap<>()).put(partition, store);
    }

    /// Nothing when another one is there by now.
    void remove(String step, int partition, Store store) {
        ConcurrentSkipListMap<Integer, Store> ofStep = stores.get(step);
        if (ofStep != null) {
            ofStep.remove(partition, store);
        }
    }

    /// By partition; a copy.
    SortedMap<Integer, Store> of(String step) {
        ConcurrentSkipListMap<Integer, Store> ofStep = stores.get(step);
        return ofStep == null ? new TreeMap<>() : new TreeMap<>(ofStep);
    }
}
