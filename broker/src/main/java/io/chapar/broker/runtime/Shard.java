package io.chapar.broker.runtime;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Compactor;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/// The partitions that one loop owns. Everything here is called on that loop, except [#loop] and [#index].
///
/// A partition is opened when it is first asked for, or by [#openAll] when nobody is in a hurry, and lives until its
/// topic is deleted or the broker stops.
public final class Shard {
    private final int index;
    private final Loop loop;
    private final DataFolder folder;
    private final Supplier<ClusterImage> cluster;
    private final Function<TopicImage, LogConfig> configs;
    private final Function<TopicPartition, Shard> owners;
    private final Map<TopicPartition, Partition> open = new TreeMap<>();
    /// The open partitions are those of the image of this version.
    private long followed = -1;
    private boolean closed;
    private final Compactor compactor;

    /// @param cluster the latest committed image
    /// @param configs what a topic's settings mean for its logs
    /// @param owners the shard of any partition; pure
    /// @param limits what compaction may take here
    Shard(
            int index,
            Loop loop,
            DataFolder folder,
            Supplier<ClusterImage> cluster,
            Function<TopicImage, LogConfig> configs,
            Function<TopicPartition, Shard> owners,
            CompactionLimits limits) {
        this.index = index;
        this.loop = loop;
        this.folder = folder;
        this.cluster = cluster;
        this.configs = configs;
        this.owners = owners;
        this.compactor = new Compactor(loop, folder.disk(), limits, open::values);
    }

    public int index() {
        return index;
    }

    public Loop loop() {
        return loop;
    }

    /// The partition, opened if need be; null when the cluster has none of this name, or another loop owns it, or the
    /// deletion of an older topic of the name is still to be followed.
    public Partition partition(TopicPartition id) {
        Partition known = open.get(id);
        ClusterImage image = cluster.get();
        if (known != null && image.version() == followed) {
            return known;
        }
        TopicImage topic = image.topic(id.topic());
        if (known != null) {
            // Of a deleted topic whose deletion has not been followed yet, and not of its namesake.
            return topic != null && topic.id().equals(known.topicId()) ? known : null;
        }
        if (closed || topic == null || !topic.hasPartition(id.partition()) || owners.apply(id) != this) {
            return null;
        }
        Partition opened = Partition.open(new PartitionSetup(
                id, topic.id(), image.leaderEpoch(topic), configs.apply(topic), folder, loop));
        if (open.isEmpty()) {
            followed = image.version();
        }
        open.put(id, opened);
        return opened;
    }

    /// The partitions opened so far, in order.
    public Iterable<Partition> opened() {
        return List.copyOf(open.values());
    }

    /// Follows a change of the cluster: deletes what has gone, reconfigures what has changed. Runs before whoever
    /// asked for the change is answered, so that no later request meets the past. A partition that was opened for a
    /// still newer image is no part of this change: its topic has not gone, it has not come yet.
    public void follow(ClusterImage before, ClusterImage after) {
        followed = after.version();
        List<Partition> gone = new ArrayList<>();
        for (Partition partition : open.values()) {
            TopicImage was = before.topic(partition.topicId());
            TopicImage is = after.topic(partition.topicId());
            if (is == null) {
                if (cluster.get().topic(partition.topicId()) == null) {
                    gone.add(partition);
                }
            } else if (was == null || !was.config().equals(is.config())) {
                partition.configure(configs.apply(is));
            }
        }
        for (Partition partition : gone) {
            open.remove(partition.id());
            partition.delete();
        }
    }

    /// Opens every partition that this loop owns, one per turn of the loop, then runs `done`.
    public void openAll(Runnable done) {
        ArrayDeque<TopicPartition> left = new ArrayDeque<>();
        for (TopicImage topic : cluster.get().topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                TopicPartition id = new TopicPartition(topic.name(), i);
                if (owners.apply(id) == this && !open.containsKey(id)) {
                    left.add(id);
                }
            }
        }
        openNext(left, done);
    }

    private void openNext(ArrayDeque<TopicPartition> left, Runnable done) {
        TopicPartition id = closed ? null : left.poll();
        if (id == null) {
            done.run();
            return;
        }
        partition(id);
        loop.execute(() -> openNext(left, done));
    }

    /// Compacts what is worth it, for as long as the shard is open.
    public void keepCompacting() {
        compactor.start();
    }

    /// Retention, expiry and the like over all open partitions, one per turn of the loop, then again and again.
    public void keepHouse(long everyMs) {
        if (closed) {
            return;
        }
        loop.schedule(everyMs, () -> keepNext(new ArrayDeque<>(open.keySet()), everyMs));
    }

    private void keepNext(ArrayDeque<TopicPartition> left, long everyMs) {
        TopicPartition id = closed ? null : left.poll();
        if (id == null) {
            keepHouse(everyMs);
            return;
        }
        Partition partition = open.get(id);
        if (partition != null) {
            partition.housekeep(loop.nowMs());
        }
        loop.execute(() -> keepNext(left, everyMs));
    }

    /// Closes every partition cleanly; blocks. No request may come afterwards.
    public void close() {
        closed = true;
        compactor.close();
        open.values().forEach(Partition::close);
        open.clear();
    }
}
