package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// Keeps a [GhostLog] of every partition, shows every new batch and every answer to the promises, at every step.
final class Ghosts implements Witness {
    private static final String LEADER = "Whoever leads has all that was committed";
    private static final String FOLLOWER = "Followers have what their leaders have shown";

    private record Key(int cluster, String topic, int partition, UUID topicId) {}

    private final World world;
    private final Swarm swarm;
    private final List<Promise> promises;
    private final Map<Key, GhostLog> logs = new TreeMap<>(Comparator.comparingInt(Key::cluster)
            .thenComparing(Key::topic).thenComparingInt(Key::partition).thenComparing(Key::topicId));
    /// The same, by what was looked at.
    private final Map<Partition, GhostLog> byPartition = new LinkedHashMap<>();
    private final List<Runnable> answers = new ArrayList<>();
    private final MembersHaveAll members;
    /// Of coordinators, or of all of a world: what others hold may be gone with it.
    private boolean lossy;
    /// Partitions of users that may have lost what was acknowledged there, and nowhere else.
    private final Set<String> lossyAlone = new TreeSet<>();

    Ghosts(World world, Swarm swarm, List<Promise> promises) {
        this.world = world;
        this.swarm = swarm;
        this.promises = promises;
        members = new MembersHaveAll(world, swarm.durable());
        promises.forEach(promise -> promise.join(this));
    }

    World world() {
        return world;
    }

    Swarm swarm() {
        return swarm;
    }

    /// Whether acknowledged records may have been lost so far, of any partition.
    boolean isLossy() {
        return lossy || !lossyAlone.isEmpty();
    }

    /// Whether coordinators, or all partitions, may have lost something.
    boolean isLossyAltogether() {
        return lossy;
    }

    boolean isLossy(GhostLog log) {
        return lossy || log.isDamaged() || lossyAlone.contains(place(log.topicId(), log.id().partition()));
    }

    /// Whether any partition of that name may have lost something.
    boolean isLossy(String topic) {
        return logs.values().stream().anyMatch(log -> log.id().topic().equals(topic) && isLossy(log));
    }

    private static String place(UUID topicId, int partition) {
        return topicId + "-" + partition;
    }

    /// As [GhostLog#lastCall()] for a topic.
    void lastCall(String topic) {
        logs.values().stream().filter(log -> log.id().topic().equals(topic)).forEach(GhostLog::lastCall);
    }

    boolean hasDamage() {
        return logs.values().stream().anyMatch(GhostLog::isDamaged);
    }

    /// Any of its partitions.
    private boolean isDamaged(SimulatedCluster cluster, String topic) {
        return logs.values().stream()
                .anyMatch(log -> log.cluster() == cluster && log.id().topic().equals(topic) && log.isDamaged());
    }

    /// The disk does not hold any more what was written to it in this topic.
    void damaged(SimulatedBroker broker, String topic) {
        logs.values().stream().filter(log -> log.broker().nodeId() == broker.nodeId() && log.id().topic().equals(topic))
                .forEach(GhostLog::damage);
    }

    /// Topics of users that exist there, and are as they were written.
    List<String> topicsToRead(SimulatedCluster cluster) {
        return logs.values().stream()
                .filter(log -> log.cluster() == cluster && !log.id().topic().startsWith("__")
                        && !log.id().topic().startsWith(Administrator.PREFIX)
                        && !isDamaged(cluster, log.id().topic()) && !isLossy(log.id().topic()) && log.exists())
                .map(log -> log.id().topic()).distinct().toList();
    }

    Iterable<GhostLog> all() {
        return logs.values();
    }

    /// The log that this broker has for the topic of this name, as far as it knows; or the cluster's.
    @Nullable GhostLog log(SimulatedBroker broker, TopicPartition id) {
        GhostLog found = null;
        for (GhostLog log : logs.values()) {
            boolean known = log.broker() == broker || log.at(broker) != null;
            if (known && log.cluster() == broker.cluster() && log.id().equals(id) && isNewer(log, found)) {
                found = log;
            }
        }
        return found == null ? log(broker.cluster(), id) : found;
    }

    /// The log of the topic that has this name now, or had it last; null when it was never seen.
    @Nullable GhostLog log(SimulatedCluster cluster, TopicPartition id) {
        TopicImage topic = cluster.metadata() == null ? null : cluster.image().topic(id.topic());
        GhostLog found = null;
        for (GhostLog log : logs.values()) {
            if (log.cluster() == cluster && log.id().equals(id)) {
                if (topic != null && log.topicId().equals(topic.id())) {
                    return log;
                }
                found = isNewer(log, found) ? log : found;
            }
        }
        return found;
    }

    private static boolean isNewer(GhostLog log, @Nullable GhostLog than) {
        return than == null || log.bornUs() >= than.bornUs();
    }

    @Nullable GhostLog log(SimulatedCluster cluster, UUID topicId, int partition) {
        for (GhostLog log : logs.values()) {
            if (log.cluster() == cluster && log.topicId().equals(topicId) && log.id().partition() == partition) {
                return log;
            }
        }
        return null;
    }

    // ---- looking on

    @Override
    public void stepped(SimulatedBroker broker, Shard shard) {
        // After a start there may be much to see at once, of tasks in which the power went: what was allowed by a
        // record of a coordinator of transactions comes behind that.
        for (boolean coordinators : List.of(true, false)) {
            for (Partition partition : shard.opened()) {
                if (partition.id().topic().equals(CoordinatorKeys.TRANSACTION_STATE) == coordinators) {
                    observe(broker, partition);
                    if (world.broken() != null) {
                        return;
                    }
                }
            }
        }
        if (!answers.isEmpty()) {
            List<Runnable> due = List.copyOf(answers);
            answers.clear();
            due.forEach(Runnable::run);
        }
        promises.forEach(promise -> promise.stepped(broker));
    }

    /// What this broker has of it now.
    void observe(SimulatedBroker broker, Partition partition) {
        if (partition.isBeingOpened()) {
            return;
        }
        if (partition.offlineReason() != null) {
            GhostLog known = log(broker.cluster(), partition.topicId(), partition.id().partition());
            if (known != null && known.isDamaged()) {
                return;
            }
            if (!swarm.mayGoOffline()) {
                world.broken("Partitions stay online", broker.name() + ": " + partition.offlineReason());
            }
            lossy |= broker.mayHaveLost();
            promises.forEach(promise -> promise.wentOffline(broker, partition.id()));
            return;
        }
        if (partition.refusal() != ErrorCode.NONE) {
            if (partition.following() != null) {
                lookAtFollower(broker, partition);
            }
            return;
        }
        GhostLog log = byPartition.computeIfAbsent(partition, _ -> logs.computeIfAbsent(
                new Key(broker.cluster().number(), partition.id().topic(), partition.id().partition(),
                        partition.topicId()),
                _ -> new GhostLog(broker, partition.id(), partition.topicId(), world.nowUs())));
        boolean first = log.partition() == null;
        log.reaches(broker, partition);
        boolean opened = log.lookAt(broker, partition, true);
        if (opened && !first && isLossy(log)) {
            log.startOver(partition.logStartOffset());
            promises.forEach(promise -> promise.startedOver(log));
        }
        lookAtLeader(log, partition, opened);
        log.lookedAt();
    }

    private void lookAtLeader(GhostLog log, Partition partition, boolean opened) {
        SeenReplica replica = log.current();
        replica.leads(partition.leaderEpoch());
        if (partition.leaderEpoch() > log.leaderEpoch) {
            log.leaderEpoch = partition.leaderEpoch();
            for (Promise promise : promises) {
                promise.ledAnew(log);
            }
        }
        boolean moved = false;
        boolean laterStart = swarm.replicated()
                ? partition.logStartOffset() > log.start() : partition.logStartOffset() != log.start();
        if (laterStart) {
            startMoves(log, partition, opened);
            moved = true;
        }
        if (partition.highWatermark() > log.verified()) {
            takeIn(log, partition);
            members.lookAtDisk(log, partition);
            moved = true;
        }
        if (swarm.replicated() && moved && !isLossy(log)) {
            members.look(log);
        }
        if (world.broken() != null) {
            return;
        }
        boolean caughtUp = log.verified() >= log.end() && !log.isBeingIndexed();
        if (caughtUp && (moved || partition.highWatermark() != replica.highWatermark
                || partition.lastStableOffset() != replica.lastStable
                || partition.compactedUpTo() != replica.compactedUpTo)) {
            for (Promise promise : promises) {
                promise.moved(log, partition);
            }
            replica.highWatermark = partition.highWatermark();
            replica.lastStable = partition.lastStableOffset();
            replica.compactedUpTo = partition.compactedUpTo();
        }
        if (partition.logEndOffset() < log.end() && !isLossy(log) && isLeader(replica, log)) {
            world.broken(LEADER, replica.broker().name() + " leads " + log.name() + " in epoch " + replica.epoch
                    + " up to " + partition.logEndOffset() + ", and it was committed up to " + log.end());
        }
    }

    /// Whether the cluster has decided so, and not since that somebody else does.
    boolean isLeader(SeenReplica replica, GhostLog log) {
        TopicImage topic = replica.broker().cluster().image().topic(log.topicId());
        if (topic == null || !topic.hasPartition(log.id().partition())) {
            return false;
        }
        PartitionImage decided = topic.partition(log.id().partition());
        return decided.leader() == replica.broker().nodeId() && decided.leaderEpoch() == replica.epoch;
    }

    /// Whether somebody else leads by now, or nobody, and who answers here may not have heard of it: what it tells of
    /// its own state, without asking those who follow, may be old.
    boolean isDeposed(SimulatedBroker broker, @Nullable GhostLog log) {
        SeenReplica replica = log == null ? null : log.at(broker);
        return swarm.replicated() && log != null && (replica == null || !isLeader(replica, log));
    }

    /// Where the group is kept; null while that was never seen.
    @Nullable GhostLog groupLog(SimulatedBroker broker, String group) {
        int count = swarm.count("offsets.topic.num.partitions");
        return log(broker.cluster(), new TopicPartition(
                CoordinatorKeys.CONSUMER_OFFSETS, CoordinatorKeys.partitionOf(group, count)));
    }

    /// What a follower knows to be committed is what leaders have shown.
    private void lookAtFollower(SimulatedBroker broker, Partition partition) {
        GhostLog log = log(broker.cluster(), partition.topicId(), partition.id().partition());
        PartitionLog open = partition.logToClose();
        if (log == null || open == null) {
            return;
        }
        log.reaches(broker, partition);
        if (!swarm.replicated() || isLossy(log)) {
            return;
        }
        boolean another = log.lookAt(broker, partition, false);
        SeenReplica replica = log.current();
        if (!another && replica.epoch != partition.leaderEpoch()) {
            replica.verified(0);
        }
        replica.epoch = partition.leaderEpoch();
        if (partition.logEndOffset() < replica.verified()) {
            replica.verified(partition.logEndOffset());
            members.look(log);
        } else if (another) {
            members.look(log);
        }
        // In the task in which its broker died it may have come to know what nobody was shown yet.
        long upTo = MembersHaveAll.sureUpTo(replica, log);
        if (upTo > replica.verified()) {
            compare(log, replica, upTo);
        }
        log.lookedAt();
    }

    /// What of a topic was decided by an entry that has just come into the order.
    @Override
    public void decided(SimulatedCluster cluster, UUID topicId) {
        for (GhostLog log : logs.values()) {
            if (log.cluster() == cluster && log.topicId().equals(topicId) && !isLossy(log)) {
                members.look(log);
            }
        }
    }

    @Override
    public boolean isMarked(SimulatedCluster cluster, TopicPartition partition, long producerId, int coordinatorEpoch) {
        GhostLog log = log(cluster, partition);
        GhostLog.Producer producer = log == null ? null : log.producers().get(producerId);
        return producer != null && producer.coordinatorEpoch > coordinatorEpoch;
    }

    private void compare(GhostLog log, SeenReplica replica, long upTo) {
        Partition partition = replica.partition();
        replica.verified(Math.max(replica.verified(), partition.logStartOffset()));
        List<SeenBatch> found = read(log, replica.verified());
        for (SeenBatch batch : found == null ? List.<SeenBatch>of() : found) {
            if (batch.base() >= upTo) {
                return;
            }
            SeenBatch known = log.batches().get(batch.base());
            boolean same = known != null && (log.isCompacted() || known.isSameAs(batch));
            if (!same && batch.last() >= log.start()) {
                world.broken(FOLLOWER, replica.broker().name() + " has " + batch + " of " + log.name()
                        + " where there is " + known);
                return;
            }
            replica.verified(batch.last() + 1);
        }
    }

    private void startMoves(GhostLog log, Partition partition, boolean opened) {
        for (Promise promise : promises) {
            promise.startMoves(log, partition, partition.logStartOffset(), opened);
        }
        log.startMoved(partition.logStartOffset());
    }

    /// What has been seen before, in an earlier life of the broker, is compared; what is new is shown to the promises.
    private void takeIn(GhostLog log, Partition partition) {
        long from = Math.max(log.verified(), partition.logStartOffset());
        boolean fromBeginning = log.isCompacted() && from == partition.logStartOffset();
        List<SeenBatch> found = read(log, from);
        if (found == null) {
            showNew(log, partition);
            return;
        }
        // What its log does not begin with any more no replica that began anew has ever had.
        log.verified(from);
        for (SeenBatch batch : found) {
            if (batch.base() >= log.end()) {
                show(log, batch);
            } else if (!log.isCompacted() && batch.last() >= log.start()) {
                SeenBatch known = log.batches().get(batch.base());
                if (known == null || !known.isSameAs(batch)) {
                    world.broken("What was committed survives every restart",
                            log.name() + " held " + known + " and holds " + batch);
                    return;
                }
            }
            log.verified(batch.last() + 1);
        }
        if (fromBeginning) {
            promises.forEach(promise -> promise.readWhole(log, found));
        }
        if (log.isDamaged()) {
            log.unreadableUpTo(partition.highWatermark());
        }
    }

    /// What came while indexes of older segments are built anew: others go by it already. Nothing is appended to those
    /// segments, so that it can be read.
    private void showNew(GhostLog log, Partition partition) {
        List<SeenBatch> found = partition.highWatermark() > log.end() ? read(log, log.end()) : null;
        if (found != null) {
            found.forEach(batch -> show(log, batch));
        }
    }

    /// What compaction has left is looked at once more, in all logs whose broker has not been started anew since.
    void lookAgain() {
        for (GhostLog log : logs.values()) {
            Partition partition = log.partition();
            boolean exists = log.exists();
            if (exists && log.isCompacted() && partition != null && partition.refusal() == ErrorCode.NONE) {
                List<SeenBatch> found = read(log, partition.logStartOffset());
                if (found != null) {
                    promises.forEach(promise -> promise.readWhole(log, found));
                }
            }
        }
    }

    private void show(GhostLog log, SeenBatch batch) {
        world.note(log.name(), batch.toString(), 0);
        for (Promise promise : promises) {
            promise.appended(log, batch);
        }
        log.fold(batch);
        for (Promise promise : promises) {
            promise.folded(log, batch);
        }
    }

    /// What was committed once and is not there any more; null when nothing is missing.
    @Nullable String missing() {
        for (GhostLog log : logs.values()) {
            boolean exists = log.exists();
            if (exists && !isLossy(log) && log.verified() < log.end()) {
                return log.name() + " was committed up to " + log.end() + " and is there up to " + log.verified();
            }
        }
        return null;
    }

    /// As far as it can be read, where bits have turned around. Null while an index is built anew, without which nobody
    /// knows where batches are: it is looked at again with the next step.
    private @Nullable List<SeenBatch> read(GhostLog log, long from) {
        List<SeenBatch> found = new ArrayList<>();
        String unreadable = ReplicaReads.read(log.name(), log.isCompacted(), log.current(), from, found);
        if (unreadable != null && !log.isDamaged()) {
            world.broken("What is stored can be read", unreadable);
        }
        return log.isBeingIndexed() ? null : found;
    }

    @Override
    public void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        promises.forEach(promise -> promise.asked(broker, exchange));
    }

    @Override
    public void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        answers.add(() -> promises.forEach(promise -> promise.answered(broker, exchange, response)));
    }

    @Override
    public void stopped(SimulatedBroker broker) {
        answers.clear();
        promises.forEach(promise -> promise.stopped(broker));
    }

    @Override
    public void powerLost(SimulatedBroker broker) {
        lossy |= !swarm.durable() && !swarm.replicated();
    }

    @Override
    public void recordsMayBeLost(TopicImage topic, int partition) {
        if (InternalTopics.isInternal(topic.name())) {
            lossy |= swarm.replicated();
        } else if (swarm.replicated()) {
            lossyAlone.add(place(topic.id(), partition));
        }
    }
}
