package io.chapar.broker.coordinator;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// The coordinators of one loop over the partitions of one internal topic, each for as long as this broker leads its
/// partition. On that loop alone.
public final class PartitionCoordinators<C extends PartitionCoordinator<?>> {
    private final String topic;
    private final CoordinatorLogs logs;
    private final Function<CoordinatorLog, C> begin;
    private final Map<Integer, C> elected = new LinkedHashMap<>();

    public PartitionCoordinators(String topic, CoordinatorLogs logs, Function<CoordinatorLog, C> begin) {
        this.topic = topic;
        this.logs = logs;
        this.begin = begin;
        logs.onElected(topic, this::elect);
    }

    /// The coordinator of this partition, which begins to load if it has not yet; null when the partition does not live
    /// here, or is led elsewhere.
    public @Nullable C at(int partition) {
        C known = elected.get(partition);
        return known != null ? known : elect(partition);
    }

    private @Nullable C elect(int partition) {
        CoordinatorLog log = logs.open(new TopicPartition(topic, partition));
        // It may have been elected within that call.
        C known = elected.get(partition);
        if (log == null || known != null) {
            return known;
        }
        C begun = begin.apply(log);
        elected.put(partition, begun);
        log.onEnd(() -> {
            elected.remove(partition, begun);
            begun.resigned();
        });
        begun.elected();
        return begun;
    }

    public Collection<C> all() {
        return Collections.unmodifiableCollection(elected.values());
    }
}
