package io.chapar.broker.group.consumer;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/// Which member has which partition of a group, or has still to give it up. One at a time.
final class PartitionOwners {
    private final Map<UUID, Map<Integer, String>> byTopic = new LinkedHashMap<>();
    private int size = 0;

    /// Null when nobody has it.
    @Nullable String ownerOf(UUID topic, int partition) {
        Map<Integer, String> here = byTopic.get(topic);
        return here == null ? null : here.get(partition);
    }

    /// Also what it is only about to give up, when it says that it has done so.
    boolean mayTake(String memberId, UUID topic, int partition) {
        String owner = ownerOf(topic, partition);
        return owner == null || owner.equals(memberId);
    }

    int size() {
        return size;
    }

    void take(String memberId, HeldPartitions held) {
        held.each((topic, partition, _) -> {
            if (byTopic.computeIfAbsent(topic, _ -> new LinkedHashMap<>()).put(partition, memberId) == null) {
                size++;
            }
        });
    }

    /// What another has taken meanwhile stays with that one: a log that was compacted may show the two the other way
    /// round.
    void release(String memberId, HeldPartitions held) {
        held.each((topic, partition, _) -> {
            Map<Integer, String> here = byTopic.get(topic);
            if (here != null && here.remove(partition, memberId)) {
                size--;
                if (here.isEmpty()) {
                    byTopic.remove(topic);
                }
            }
        });
    }
}
