package io.chapar.broker.shard;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/// The loops that own partitions, and which owns which. Never changes while the broker runs; from any thread.
public final class Shards {
    private static final int ONLY = 1;

    private final List<Shard> all = new ArrayList<>();
    private final DataFolder folder;

    /// Of the only broker, which is broker 1.
    public Shards(
            List<? extends Loop> loops,
            DataFolder folder,
            Supplier<ClusterImage> cluster,
            Function<TopicImage, LogConfig> configs) {
        this(ONLY, loops, folder, cluster, configs, CompactionLimits.DEFAULTS, ProducerLimits.none(),
                Collections.nCopies(loops.size(), Followers.NONE));
    }

    /// @param node this broker
    /// @param limits what compaction may take, over all loops
    /// @param producers how many partitions may remember
    /// @param followers how the partitions of each loop are replicated
    public Shards(
            int node,
            List<? extends Loop> loops,
            DataFolder folder,
            Supplier<ClusterImage> cluster,
            Function<TopicImage, LogConfig> configs,
            CompactionLimits limits,
            ProducerLimits producers,
            List<Followers> followers) {
        this.folder = folder;
        CompactionLimits share = limits.share(loops.size());
        for (Loop loop : loops) {
            all.add(new Shard(
                    all.size(), node, loop, folder, cluster, configs, this::of, share, followers.get(all.size()),
                    producers));
        }
    }

    /// Where all of them are.
    public DataFolder folder() {
        return folder;
    }

    public Shard of(TopicPartition id) {
        return of(id.topic(), id.partition());
    }

    public Shard of(String topic, int partition) {
        return all.size() == 1 ? all.get(0) : all.get(indexOf(topic, partition, all.size()));
    }

    /// Which of so many loops owns it. A pure function of the name, on every broker and for good: partitions of one
    /// topic are spread, and topics do not all begin with one loop.
    public static int indexOf(String topic, int partition, int loops) {
        return Math.floorMod(topic.hashCode() + partition, loops);
    }

    /// Whether its disk took the partition offline. From any thread.
    public boolean isOffline(String topic, int partition) {
        return of(topic, partition).isOffline(topic, partition);
    }

    public List<Shard> all() {
        return List.copyOf(all);
    }
}
