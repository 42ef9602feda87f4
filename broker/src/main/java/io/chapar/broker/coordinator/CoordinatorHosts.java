package io.chapar.broker.coordinator;

import io.chapar.protocol.TopicPartition;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// The coordinators of one loop over the partitions of one internal topic. On that loop alone.
public final class CoordinatorHosts<H extends CoordinatorHost<?>> {
    private final String topic;
    private final CoordinatorLogs logs;
    private final Function<CoordinatorLog, H> begin;
    private final Map<Integer, H> hosts = new LinkedHashMap<>();

    public CoordinatorHosts(String topic, CoordinatorLogs logs, Function<CoordinatorLog, H> begin) {
        this.topic = topic;
        this.logs = logs;
        this.begin = begin;
    }

    /// The coordinator of this partition, which begins to load if it has not yet; null when the partition does not live
    /// here. When its log is replaced, another coordinator begins with the new one at once.
    public H at(int partition) {
        H known = hosts.get(partition);
        if (known != null) {
            return known;
        }
        CoordinatorLog log = logs.open(new TopicPartition(topic, partition));
        if (log == null) {
            return null;
        }
        H begun = begin.apply(log);
        hosts.put(partition, begun);
        log.onReplaced(() -> {
            begun.lose();
            hosts.remove(partition, begun);
            at(partition);
        });
        begun.load();
        return begun;
    }

    public Collection<H> all() {
        return Collections.unmodifiableCollection(hosts.values());
    }
}
