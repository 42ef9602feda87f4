package io.chapar.broker.coordinator;

import io.chapar.broker.partition.LeadershipListener;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;

/// The coordinator logs of one loop, one for each partition of an internal topic that this broker leads. Shared by both
/// kinds of coordinator and by the writer of markers, which waits until a marker in such a log is taken in. On that
/// loop alone.
public final class CoordinatorLogs {
    private final Loop loop;
    private final Function<TopicPartition, Partition> partitions;
    private final PartitionMarkers markers;
    private final Map<TopicPartition, PartitionCoordinatorLog> open = new LinkedHashMap<>();
    private final Set<TopicPartition> watched = new LinkedHashSet<>();
    private final Map<String, IntConsumer> elections = new LinkedHashMap<>();

    /// @param partitions the partitions that live on this loop; null for any other
    public CoordinatorLogs(Loop loop, Function<TopicPartition, Partition> partitions) {
        this.loop = loop;
        this.partitions = partitions;
        this.markers = new PartitionMarkers(partitions, this);
    }

    /// From any thread.
    public Loop loop() {
        return loop;
    }

    public PartitionMarkers markers() {
        return markers;
    }

    /// Tells who coordinates over the partitions of a topic that this broker leads one of them from now on, beyond what
    /// was led when [#open] was asked for it.
    void onElected(String topic, IntConsumer elected) {
        elections.put(topic, elected);
    }

    /// The log over this partition, the same one until [CoordinatorLog#onEnd]; null when the partition does not live
    /// here, or is led elsewhere.
    public @Nullable CoordinatorLog open(TopicPartition id) {
        // Whoever looks for a partition has it take up what the cluster has decided of it, which may be that it is led
        // here: then its log is opened within that call.
        Partition partition = open.containsKey(id) ? null : partitions.apply(id);
        PartitionCoordinatorLog known = open.get(id);
        if (known != null || partition == null) {
            return known;
        }
        if (watched.add(id)) {
            partition.onLeadership(new Leadership(id));
        }
        if (partition.refusal() == ErrorCode.NOT_LEADER_OR_FOLLOWER) {
            return null;
        }
        PartitionCoordinatorLog log = new PartitionCoordinatorLog(partition, loop);
        open.put(id, log);
        return log;
    }

    /// The partition was opened here, for whomever: who coordinates over it begins when this broker leads it, now or
    /// later, though nobody asks.
    void begin(TopicPartition id) {
        IntConsumer elected = elections.get(id.topic());
        if (elected != null) {
            elected.accept(id.partition());
        }
    }

    private final class Leadership implements LeadershipListener {
        private final TopicPartition id;

        Leadership(TopicPartition id) {
            this.id = id;
        }

        @Override
        public void elected() {
            PartitionCoordinatorLog old = end(id);
            begin(id);
            if (old != null) {
                old.handOver(open.get(id));
            }
        }

        @Override
        public void resigned() {
            PartitionCoordinatorLog old = end(id);
            if (old != null) {
                old.handOver(null);
            }
        }

        @Override
        public void deleted() {
            watched.remove(id);
            resigned();
        }
    }

    private @Nullable PartitionCoordinatorLog end(TopicPartition id) {
        PartitionCoordinatorLog old = open.remove(id);
        if (old != null) {
            old.end();
        }
        return old;
    }

    /// The log that a coordinator opened on this partition, or null.
    @Nullable PartitionCoordinatorLog opened(TopicPartition id) {
        return open.get(id);
    }
}
