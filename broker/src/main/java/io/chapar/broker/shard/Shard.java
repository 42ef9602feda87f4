package io.chapar.broker.shard;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Compactor;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Leaders;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;

/// The partitions that one loop owns. Everything here is called on that loop, except [#loop], [#index] and
/// [#isOffline].
///
/// A partition is opened when it is first asked for, or by [#openAll] when nobody is in a hurry, and lives until its
/// topic is deleted, its replica belongs to other brokers alone, or the broker stops.
public final class Shard {
    /// Per loop. Their number is bounded again by the threads that do the work.
    private static final int RECOVERED_AT_A_TIME = 8;
    /// By one thread before it tells the loop.
    private static final int RECOVERED_IN_A_ROW = 16;
    /// As [Slices] counts it: a folder is renamed, a mark and files go, which takes a tenth of a millisecond of the
    /// processor's time, and longer where others keep the file system's journal busy.
    static final int DELETE_COST = 100;
    /// The disk is asked whether there is anything of it.
    static final int OPEN_COST = 20;
    static final int FOLLOW_COST = 5;
    private static final int PRODUCERS_OF_COST = 100;
    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);

    private final int index;
    private final int node;
    private final Loop loop;
    private final DataFolder folder;
    private final Supplier<ClusterImage> cluster;
    private final Function<TopicImage, LogConfig> configs;
    private final Function<TopicPartition, Shard> owners;
    private final NavigableMap<TopicPartition, Partition> open = new TreeMap<>();
    /// By the topic's id: one that is made anew begins without any.
    private final RefusedWrites<UUID> refused = new RefusedWrites<>();
    private final Leaving leaving = new Leaving();
    /// Those that their disk took offline. Written by this loop alone, read by all.
    private final ConcurrentSkipListSet<TopicPartition> offline = new ConcurrentSkipListSet<>();
    private final Changes changes = new Changes(this::changedBy, version -> followed = version);
    private boolean following;
    /// While logs are opened by [#recover] the changes wait: one of them might open the same log a second time.
    private boolean recovering;
    /// The open partitions are those of the image of this version.
    private long followed = -1;
    private boolean closed;
    private final HeldAppends held;
    private final Compactor compactor;
    private final Leaders leaders;
    private final ProducerLimits producers;
    private Consumer<TopicPartition> onOpened = _ -> { };

    /// @param node this broker
    /// @param cluster the latest committed image
    /// @param configs what a topic's settings mean for its logs
    /// @param owners the shard of any partition; pure
    /// @param limits what compaction may take here
    /// @param producers how many partitions may remember
    Shard(
            int index,
            int node,
            Loop loop,
            DataFolder folder,
            Supplier<ClusterImage> cluster,
            Function<TopicImage, LogConfig> configs,
            Function<TopicPartition, Shard> owners,
            CompactionLimits limits,
            Followers followers,
            ProducerLimits producers) {
        this.index = index;
        this.node = node;
        this.loop = loop;
        this.folder = folder;
        this.cluster = cluster;
        this.configs = configs;
        this.owners = owners;
        this.leaders = Leaders.followedBy(followers);
        this.producers = producers;
        this.held = new HeldAppends(loop);
        this.compactor = new Compactor(loop, folder.disk(), limits, open::values);
    }

    public int index() {
        return index;
    }

    public RefusedWrites<UUID> refusedWrites() {
        return refused;
    }

    public Loop loop() {
        return loop;
    }

    /// Through which clients' batches come.
    public HeldAppends held() {
        return held;
    }

    /// The partition as the latest image has it, opened if need be; null when the cluster has none of this name, or
    /// other brokers or another loop have it.
    public @Nullable Partition partition(TopicPartition id) {
        Partition known = open.get(id);
        ClusterImage image = cluster.get();
        if (known != null && image.version() == followed) {
            return known;
        }
        TopicImage topic = image.topic(id.topic());
        if (known != null && follow(known, topic)) {
            return known;
        }
        return closed || topic == null || !isHere(id, topic) ? null : add(open(setup(id, topic)), image);
    }

    /// At once where there is nothing to look through. A folder that is there belonged to another topic of the name, as
    /// a rule: those that are this topic's have been opened by [#recover].
    private Partition open(PartitionSetup setup) {
        try {
            return leaving.isBusy(setup.id()) || folder.disk().exists(setup.id().toString())
                    ? Partition.openLater(setup, then -> leaving.whenFree(setup.id(), then)) : Partition.open(setup);
        } catch (IOException e) {
            return Partition.offline(e, setup);
        }
    }

    /// Whether a replica of it belongs here.
    private boolean isHere(TopicPartition id, TopicImage topic) {
        return topic.hasPartition(id.partition())
                && topic.partition(id.partition()).replicas().contains(node)
                && owners.apply(id) == this;
    }

    /// What whoever asks for a partition that is not here is told: another broker has it, or there is none.
    public ErrorCode absence(TopicPartition id) {
        TopicImage topic = cluster.get().topic(id.topic());
        return topic != null && topic.hasPartition(id.partition())
                ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    }

    private PartitionSetup setup(TopicPartition id, TopicImage topic) {
        return new PartitionSetup(id, topic.id(), node, topic.partition(id.partition()), configs.apply(topic), folder,
                loop, leaders, producers);
    }

    private Partition add(Partition opened, ClusterImage image) {
        if (open.isEmpty()) {
            followed = image.version();
        }
        open.put(opened.id(), opened);
        opened.watchAvailability(isOnline -> {
            if (isOnline) {
                offline.remove(opened.id());
            } else {
                offline.add(opened.id());
            }
        });
        onOpened.accept(opened.id());
        return opened;
    }

    /// Tells of each partition that is opened from now on, whoever it is opened for; within that call.
    public void onOpened(Consumer<TopicPartition> then) {
        onOpened = then;
    }

    boolean isOffline(String topic, int partition) {
        return !offline.isEmpty() && offline.contains(new TopicPartition(topic, partition));
    }

    /// The partitions opened so far, in order.
    public Iterable<Partition> opened() {
        return List.copyOf(open.values());
    }

    /// Follows a change of the cluster: deletes what has gone from here, reconfigures what has changed, some in each
    /// turn of the loop. Begun before whoever asked for the change is answered; a request that comes while it goes on
    /// finds the partition that it asks for as it should be ([#partition]).
    public void follow(ClusterImage after, ClusterDelta delta) {
        changes.add(after.version(), delta);
        followChanges();
    }

    private void followChanges() {
        if (!following && !recovering) {
            following = true;
            Slices.<TopicPartition>each(loop, () -> changes, this::cost, this::follow, () -> following = false);
        }
    }

    /// All that are open where defaults of topics may have changed, and of those that changed themselves also what is
    /// not open yet.
    private Iterator<TopicPartition> changedBy(ClusterDelta delta) {
        Stream<TopicPartition> byTopic = delta.topics().stream().flatMap(change -> {
            String name = change.known().name();
            NavigableSet<TopicPartition> changed = new TreeSet<>(open.subMap(
                    new TopicPartition(name, 0), true, new TopicPartition(name, Integer.MAX_VALUE), true).keySet());
            if (change.is() != null) {
                changed.addAll(replicated(change.is()));
            }
            return changed.stream();
        });
        return (delta.isConfigured() ? Stream.concat(byTopic, List.copyOf(open.keySet()).stream()) : byTopic)
                .iterator();
    }

    /// Those that belong here and have more replicas: nobody may ask for them, and they are to follow their leader, or
    /// to be followed.
    private List<TopicPartition> replicated(TopicImage topic) {
        List<TopicPartition> here = new ArrayList<>();
        for (int i = 0; i < topic.partitions(); i++) {
            TopicPartition id = new TopicPartition(topic.name(), i);
            if (topic.partition(i).replicas().size() > 1 && isHere(id, topic)) {
                here.add(id);
            }
        }
        return here;
    }

    private int cost(TopicPartition id) {
        Partition partition = open.get(id);
        if (partition == null) {
            return OPEN_COST;
        }
        TopicImage topic = cluster.get().topic(id.topic());
        return topic != null && exists(partition, topic) && isHere(id, topic) ? FOLLOW_COST : DELETE_COST;
    }

    private void follow(TopicPartition id) {
        Partition partition = open.get(id);
        TopicImage topic = cluster.get().topic(id.topic());
        if (partition != null) {
            var _ = follow(partition, topic);
        } else if (topic != null && topic.hasPartition(id.partition())
                && topic.partition(id.partition()).replicas().size() > 1) {
            var _ = partition(id);
        }
    }

    /// A topic of the same name may be another one.
    private static boolean exists(Partition partition, TopicImage topic) {
        return topic.id().equals(partition.topicId());
    }

    /// Makes of an open partition what the latest image says of its topic. False when it has gone.
    private boolean follow(Partition partition, @Nullable TopicImage topic) {
        if (topic == null || !exists(partition, topic)) {
            delete(partition, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
            return false;
        }
        if (!isHere(partition.id(), topic)) {
            // Whoever keeps state by a leadership is told that it has ended, as ever.
            partition.become(topic.partition(partition.id().partition()));
            delete(partition, ErrorCode.NOT_LEADER_OR_FOLLOWER);
            return false;
        }
        LogConfig config = configs.apply(topic);
        if (!config.equals(partition.config())) {
            partition.configure(config);
        }
        partition.become(topic.partition(partition.id().partition()));
        return true;
    }

    private void delete(Partition partition, ErrorCode why) {
        open.remove(partition.id());
        leaving.delete(partition, why);
        offline.remove(partition.id());
    }

    /// Opens the partitions that have a folder, several at a time and away from the loop, then runs `done`. Before
    /// anybody else asks for a partition, and in the first task of this loop that may hear of a change.
    public void recover(RecoveryProgress progress, Runnable done) {
        recovering = true;
        ArrayDeque<TopicPartition> left = unopened();
        left.removeIf(id -> !progress.isOnDisk(id));
        progress.found(left.size());
        int[] underWay = {1};
        Runnable one = () -> {
            if (--underWay[0] == 0) {
                recovering = false;
                followChanges();
                done.run();
            }
        };
        for (int i = 0; i < RECOVERED_AT_A_TIME && !left.isEmpty(); i++) {
            underWay[0]++;
            recoverNext(left, progress, one);
        }
        one.run();
    }

    private void recoverNext(ArrayDeque<TopicPartition> left, RecoveryProgress progress, Runnable done) {
        if (closed || left.isEmpty()) {
            done.run();
            return;
        }
        ClusterImage image = cluster.get();
        List<Opening> some = new ArrayList<>();
        while (some.size() < RECOVERED_IN_A_ROW && !left.isEmpty()) {
            TopicPartition id = left.poll();
            TopicImage topic = image.topic(id.topic());
            // What has moved away since is opened, and deleted by the change that says so.
            if (topic != null && topic.hasPartition(id.partition())) {
                some.add(new Opening(setup(id, topic)));
            }
        }
        folder.disk().runLater(
                () -> some.forEach(opening -> {
                    opening.run();
                    progress.opened(opening.log);
                }),
                loop,
                _ -> {
                    some.forEach(opening -> add(opening.partition(), image));
                    recoverNext(left, progress, done);
                });
    }

    /// A log that is opened away from the loop.
    private static final class Opening {
        private final PartitionSetup setup;
        private @Nullable PartitionLog log;
        private @Nullable IOException failure;

        Opening(PartitionSetup setup) {
            this.setup = setup;
        }

        void run() {
            try {
                log = PartitionLog.open(setup.id(), setup.topicId(), setup.config(), setup.folder());
            } catch (IOException e) {
                failure = e;
            }
        }

        Partition partition() {
            if (log != null) {
                return Partition.over(log, setup);
            }
            return Partition.offline(requireNonNull(failure, "a log is opened, or is not"), setup);
        }
    }

    /// Opens every partition that this loop owns, one per turn of the loop, then runs `done`.
    public void openAll(Runnable done) {
        openNext(unopened(), done);
    }

    private ArrayDeque<TopicPartition> unopened() {
        ArrayDeque<TopicPartition> left = new ArrayDeque<>();
        for (TopicImage topic : cluster.get().topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                TopicPartition id = new TopicPartition(topic.name(), i);
                if (isHere(id, topic) && !open.containsKey(id)) {
                    left.add(id);
                }
            }
        }
        return left;
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
            partition.housekeep(() -> keepNext(left, everyMs));
        } else {
            loop.execute(() -> keepNext(left, everyMs));
        }
    }

    /// Forgets idle producers, again and again, until this shard closes.
    public void keepForgetting(long everyMs) {
        loop.schedule(everyMs, () -> Slices.each(loop, closed ? List.<Partition>of() : List.copyOf(open.values()),
                partition -> 1 + partition.producers() / PRODUCERS_OF_COST, Partition::expireProducers, () -> {
                    if (!closed) {
                        keepForgetting(everyMs);
                    }
                }));
    }

    /// Closes every partition cleanly; blocks. No request may come afterwards.
    ///
    /// All that partitions have to sync is synced together: first what they hold, then the marks that say so.
    ///
    /// @return whether that is so of all of them; false as well where one was offline
    public boolean close() {
        closed = true;
        compactor.close();
        List<Closing> closings = new ArrayList<>();
        for (Partition partition : open.values()) {
            if (partition.logToClose() != null) {
                closings.add(new Closing(partition.logToClose(), partition.highWatermark()));
            }
        }
        boolean isAllOnDisk = closings.size() == open.size();
        try {
            Closing.all(folder.disk(), closings);
        } catch (IOException e) {
            // Without their marks: the next start reads again what is not vouched for.
            LOG.error("Partitions could not be closed cleanly: {}", e.getMessage());
            isAllOnDisk = false;
        }
        open.values().forEach(Partition::abandon);
        open.clear();
        return isAllOnDisk;
    }
}
