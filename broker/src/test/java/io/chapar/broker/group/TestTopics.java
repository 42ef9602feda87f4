package io.chapar.broker.group;

import io.chapar.broker.group.consumer.TopicDirectory;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// Topics of a test, by name, with their numbers of partitions.
record TestTopics(SortedMap<String, Integer> partitions, long version) implements TopicDirectory {
    TestTopics(Map<String, Integer> partitions) {
        this(new TreeMap<>(partitions), 1);
    }

    /// The same but for one topic; without it for 0 partitions.
    TestTopics with(String name, int count) {
        SortedMap<String, Integer> all = new TreeMap<>(partitions);
        if (count == 0) {
            all.remove(name);
        } else {
            all.put(name, count);
        }
        return new TestTopics(all, version + 1);
    }

    private static final Map<UUID, String> NAMES = new ConcurrentHashMap<>();

    static UUID id(String name) {
        UUID id = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
        NAMES.put(id, name);
        return id;
    }

    @Override
    public @Nullable Topic topic(String name) {
        Integer count = partitions.get(name);
        return count == null ? null : new Topic(id(name), count);
    }

    @Override
    public @Nullable String name(UUID id) {
        String name = NAMES.get(id);
        return name != null && partitions.containsKey(name) ? name : null;
    }

    @Override
    public Iterable<String> names() {
        return partitions.keySet();
    }
}
