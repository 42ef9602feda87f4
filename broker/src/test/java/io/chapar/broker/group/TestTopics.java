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
///
/// @param deleted how often there has been another one of the name
record TestTopics(SortedMap<String, Integer> partitions, Map<String, Integer> deleted, long version)
        implements TopicDirectory {
    private static final String LIFE = "~";
    private static final Map<UUID, String> LABELS = new ConcurrentHashMap<>();

    TestTopics(Map<String, Integer> partitions) {
        this(new TreeMap<>(partitions), Map.of(), 1);
    }

    /// The same but for one topic; without it for 0 partitions. One that comes again has another id.
    TestTopics with(String name, int count) {
        SortedMap<String, Integer> all = new TreeMap<>(partitions);
        Map<String, Integer> gone = new TreeMap<>(deleted);
        if (count > 0) {
            all.put(name, count);
        } else if (all.remove(name) != null) {
            gone.merge(name, 1, Integer::sum);
        }
        return new TestTopics(all, gone, version + 1);
    }

    /// `in` for the first topic of that name, `in~1` for the one after it: which one it is.
    String label(String name) {
        int before = deleted.getOrDefault(name, 0);
        return before == 0 ? name : name + LIFE + before;
    }

    /// Of the topic of this id.
    static String label(UUID id) {
        return LABELS.get(id);
    }

    /// @param label of the topic; its name where it is the first of that name
    static UUID id(String label) {
        UUID id = UUID.nameUUIDFromBytes(label.getBytes(StandardCharsets.UTF_8));
        LABELS.put(id, label);
        return id;
    }

    @Override
    public @Nullable Topic topic(String name) {
        Integer count = partitions.get(name);
        return count == null ? null : new Topic(id(label(name)), count);
    }

    @Override
    public @Nullable String name(UUID id) {
        String label = LABELS.get(id);
        String name = label == null ? "" : label.split(LIFE)[0];
        return partitions.containsKey(name) && label(name).equals(label) ? name : null;
    }

    @Override
    public Iterable<String> names() {
        return partitions.keySet();
    }
}
