package io.chapar.broker.shard;

import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Deleted partitions in whose folders something is still under way, and who waits for these; one of a name at most,
/// since the next of that name does nothing in the folder before. On the shard's loop.
final class Leaving {
    private final Map<TopicPartition, List<Runnable>> waiting = new TreeMap<>();

    /// @param why what whoever comes too late is told
    void delete(Partition partition, ErrorCode why) {
        if (!partition.delete(why, () -> free(partition.id()))) {
            waiting.put(partition.id(), new ArrayList<>());
        }
    }

    private void free(TopicPartition id) {
        List<Runnable> after = waiting.remove(id);
        if (after != null) {
            after.forEach(Runnable::run);
        }
    }

    boolean isBusy(TopicPartition id) {
        return waiting.containsKey(id);
    }

    /// Runs `then` when nobody works in the folder of that name: now, or later.
    void whenFree(TopicPartition id, Runnable then) {
        List<Runnable> after = waiting.get(id);
        if (after == null) {
            then.run();
        } else {
            after.add(then);
        }
    }
}
