package io.chapar.broker.replica;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Leadership;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.replica.FollowStreams.Back;
import io.chapar.broker.replica.FollowStreams.Follower;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.LongPredicate;

/// The partitions of one loop that have several replicas: those that are led here and their followers' links, those
/// that are followed and the links to their leaders.
///
/// All that one turn of the loop appends and takes in is told at its end, in one frame to each other side. Who has all
/// but the news that more is committed gets it with the next batches, or [#NEWS_MS] later.
///
/// What is said over a link counts for as long as the life of the broker at its other end is the one that the image
/// here has: an acknowledgement of an older life does not, since that life's end may have taken what it had.
public final class ReplicaHost implements Followers, FollowersCore.Led {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaHost.class);
    static final long NEWS_MS = 2;
    static final long PACE_MS = 10;

    private final int node;
    private final Loop loop;
    private final long lagMs;
    private final MetadataLog metadata;
    private final FollowStreams streams;
    private final IsrWishes wishes;
    private final LeadershipProofs proofs;
    private final Map<TopicPartition, Partition> led = new TreeMap<>();
    /// The leader of each partition that is followed.
    private final Map<TopicPartition, LeaderLink> following = new TreeMap<>();
    private final Map<Integer, LeaderLink> leaders = new TreeMap<>();
    private final Map<Object, FollowerLink> followers = new LinkedHashMap<>();
    private final Set<TopicPartition> grown = new LinkedHashSet<>();
    /// Those of which more is committed than followers have been told, and since when, the earliest first.
    private final Map<TopicPartition, Long> risen = new LinkedHashMap<>();
    private boolean turnPlanned;
    private boolean newsPlanned;
    private boolean pacedPlanned;
    private final ReplicationPace pace;
    private final SlowFollowersCore slowness = new SlowFollowersCore();
    private volatile SortedSet<Integer> slow = Collections.emptySortedSet();
    /// Asked with a time of this broker's clock.
    private volatile LongPredicate cutOff = _ -> false;

    /// @param life the epoch that this broker's present life was registered with
    /// @param lagMs as [Followers#lagMs]
    /// @param rates what all loops of this broker have sent
    public ReplicaHost(int node, long life, Loop loop, long lagMs, MetadataLog metadata, FollowStreams streams,
            SendingRates rates) {
        this.node = node;
        this.loop = loop;
        this.lagMs = lagMs;
        this.metadata = metadata;
        this.streams = streams;
        this.pace = new ReplicationPace(node, loop, metadata, rates);
        this.wishes = new IsrWishes(node, life, loop, metadata, this::lifeHeard, this::isCutOff);
        this.proofs = new LeadershipProofs(node, life, loop, metadata);
    }

    Loop loop() {
        return loop;
    }

    ReplicationPace pace() {
        return pace;
    }

    /// Followers that hold up what is led here. From any thread.
    SortedSet<Integer> slow() {
        return slow;
    }

    /// From now on this says, for a time, what [Followers#isCutOff] is then. From any thread.
    public void cutOff(LongPredicate at) {
        cutOff = at;
    }

    // ---- what partitions tell

    @Override
    public boolean isCutOff() {
        return cutOff.test(loop.nowMs());
    }

    @Override
    public long nextProof() {
        return proofs.next();
    }

    @Override
    public boolean isProven(Partition partition, long proof) {
        TopicImage topic = metadata.image().topic(partition.id().topic());
        if (!proofs.isThere(proof) || topic == null || !topic.id().equals(partition.topicId())) {
            return false;
        }
        PartitionImage latest = topic.partition(partition.id().partition());
        return latest.leader() == node && latest.leaderEpoch() == partition.leaderEpoch();
    }

    @Override
    public Watch onProven(long proof, Runnable wake) {
        return proofs.watch(proof, wake);
    }

    @Override
    public long lagMs() {
        return lagMs;
    }

    @Override
    public Collection<Integer> inSync(TopicPartition partition) {
        return List.of();
    }

    @Override
    public void appended(Partition partition) {
        if (partition.leadership() != null) {
            grown.add(partition.id());
            // The batches take the news with them.
            risen.remove(partition.id());
            wishes.watch(partition);
            watchSlowness(partition);
            planTurn();
        }
    }

    private void watchSlowness(Partition partition) {
        long nowMs = loop.nowMs();
        TopicImage topic = slowness.wants(nowMs) ? metadata.image().topic(partition.topicId()) : null;
        if (topic != null && topic.hasPartition(partition.id().partition())) {
            turned(slowness.appended(partition.id(), partition.logEndOffset(),
                    topic.partition(partition.id().partition()).isr().stream().filter(one -> one != node).toList(),
                    nowMs));
        }
    }

    private void turned(List<SlowFollowersCore.Turned> all) {
        for (SlowFollowersCore.Turned one : all) {
            if (one.isSlow()) {
                LOG.warn("Broker {} holds up what waits for all in sync: of the last {} records that were watched here"
                        + " it was the last one to have {}, by more than {} ms", one.follower(), one.records(),
                        one.last(), SlowFollowersCore.BEHIND_MS);
            } else {
                LOG.info("Broker {} does not hold up the others any more", one.follower());
            }
        }
        if (!all.isEmpty()) {
            slow = Collections.unmodifiableSortedSet(slowness.slow());
        }
    }

    @Override
    public void rose(Partition partition) {
        risen.putIfAbsent(partition.id(), loop.nowMs());
        planNews(NEWS_MS);
    }

    @Override
    public void leads(Partition partition) {
        slowness.gone(partition.id());
        led.put(partition.id(), partition);
        grown.add(partition.id());
        wishes.watch(partition);
        planTurn();
    }

    @Override
    public void follows(Partition partition, int leader) {
        rests(partition);
        LeaderLink link = leaders.computeIfAbsent(leader, _ -> new LeaderLink(leader, loop, streams, this::planTurn));
        following.put(partition.id(), link);
        link.follow(partition);
    }

    @Override
    public void synced(Partition partition) {
        LeaderLink link = following.get(partition.id());
        if (link != null) {
            link.synced(partition);
            planTurn();
        }
    }

    @Override
    public void rests(Partition partition) {
        if (led.remove(partition.id()) != null) {
            slowness.gone(partition.id());
            // Who follows is told.
            grown.add(partition.id());
            planTurn();
        }
        LeaderLink link = following.remove(partition.id());
        if (link != null) {
            link.leave(partition.id());
            planTurn();
        }
    }

    // ---- what is led, for those who follow

    @Override
    public @Nullable LedLog of(UUID topicId, int partition) {
        var topic = metadata.image().topic(topicId);
        Partition known = topic == null ? null : led.get(new TopicPartition(topic.name(), partition));
        return known == null || !known.topicId().equals(topicId) ? null : led(known);
    }

    @Override
    public @Nullable LedLog of(TopicPartition id) {
        Partition known = led.get(id);
        return known == null ? null : led(known);
    }

    private static @Nullable LedLog led(Partition partition) {
        Leadership leadership = partition.leadership();
        return leadership == null ? null : new LedLog(
                partition.id(), partition.leaderEpoch(), partition.logStartOffset(), partition.logEndOffset(),
                partition.highWatermark(), leadership.syncs(), leadership.shape(), epoch -> {
                    var end = partition.endOffsetForEpoch(-1, epoch);
                    return new LedLog.End(end.epoch(), end.endOffset());
                }, leadership::has);
    }

    @Nullable Leadership leadership(TopicPartition id) {
        Partition known = led.get(id);
        return known == null ? null : known.leadership();
    }

    // ---- links of followers

    /// A frame of a link that ends here.
    ///
    /// @param link whose it is
    void received(Object link, Follower who, Back back, int index, List<FollowMessage.ToLeader> frame) {
        if (life(who.node()) != who.epoch()) {
            back.end("its life is not the one that is known here");
            return;
        }
        followers.computeIfAbsent(link, _ -> new FollowerLink(this, who, back, index)).received(frame);
        planTurn();
    }

    void ended(Object link) {
        FollowerLink gone = followers.remove(link);
        if (gone != null) {
            gone.followed().forEach(id -> lost(gone.who().node(), id));
        }
    }

    private void lost(int follower, TopicPartition id) {
        Partition partition = led.get(id);
        Leadership leadership = leadership(id);
        boolean elsewhere = followers.values().stream()
                .anyMatch(link -> link.who().node() == follower && link.followed().contains(id));
        if (partition != null && leadership != null && !elsewhere) {
            leadership.lost(follower);
            wishes.watch(partition);
        }
    }

    void acknowledged(Follower who, TopicPartition id, long end, long synced) {
        Partition partition = led.get(id);
        Leadership leadership = leadership(id);
        if (partition == null || leadership == null || life(who.node()) != who.epoch()) {
            return;
        }
        leadership.acknowledged(who.node(), end, synced);
        turned(slowness.acknowledged(id, who.node(), leadership.endOf(who.node()), loop.nowMs()));
        if (!leadership.isInSync(who.node())) {
            wishes.watch(partition);
        }
    }

    /// As the image has it; -1 for none.
    private long life(int broker) {
        BrokerImage known = metadata.image().brokers().get(broker);
        return known == null ? -1 : known.epoch();
    }

    /// Of the broker that follows the partition: where the image has another life of it already, and its links are
    /// still to be ended here, the one that what is known of it comes from. Where it follows nothing, as the image has
    /// it.
    private long lifeHeard(TopicPartition id, int broker) {
        return followers.values().stream()
                .filter(link -> link.who().node() == broker && link.followed().contains(id))
                .mapToLong(link -> link.who().epoch()).min().orElseGet(() -> life(broker));
    }

    /// The image has changed. Before the partitions follow it.
    public void follow(ClusterImage after) {
        for (var entry : List.copyOf(followers.entrySet())) {
            FollowerLink link = entry.getValue();
            BrokerImage known = after.brokers().get(link.who().node());
            if (known == null || known.epoch() > link.who().epoch()) {
                link.end("another life of that broker has begun");
                forgetSlowness(link.who().node());
                ended(entry.getKey());
            }
        }
        if (!slow.isEmpty()) {
            forgetWhoFollowsNothing(after);
        }
    }

    /// Nobody would ever find out that they are not slow any more.
    private void forgetWhoFollowsNothing(ClusterImage after) {
        Set<Integer> following = new TreeSet<>();
        for (TopicPartition id : led.keySet()) {
            TopicImage topic = after.topic(id.topic());
            if (topic != null && topic.hasPartition(id.partition())) {
                following.addAll(topic.partition(id.partition()).replicas());
            }
        }
        for (int one : List.copyOf(slow)) {
            if (!following.contains(one)) {
                forgetSlowness(one);
            }
        }
    }

    private void forgetSlowness(int follower) {
        slowness.forget(follower);
        slow = Collections.unmodifiableSortedSet(slowness.slow());
    }

    // ---- the end of a turn

    void planTurn() {
        if (!turnPlanned) {
            turnPlanned = true;
            loop.execute(this::endTurn);
        }
    }

    private void endTurn() {
        turnPlanned = false;
        List<FollowerLink> links = List.copyOf(followers.values());
        for (FollowerLink link : links) {
            grown.forEach(link::changed);
        }
        grown.clear();
        boolean more = false;
        for (FollowerLink link : links) {
            more |= link.turnEnded();
        }
        List.copyOf(leaders.values()).forEach(LeaderLink::turnEnded);
        if (more && !turnPlanned) {
            turnPlanned = true;
            loop.later(this::endTurn);
        }
    }

    /// Something waits for nothing but that time passes.
    void planPaced() {
        if (!pacedPlanned) {
            pacedPlanned = true;
            loop.schedule(PACE_MS, () -> {
                pacedPlanned = false;
                planTurn();
            });
        }
    }

    private void planNews(long afterMs) {
        if (!newsPlanned) {
            newsPlanned = true;
            loop.schedule(afterMs, this::tellNews);
        }
    }

    private void tellNews() {
        newsPlanned = false;
        long nowMs = loop.nowMs();
        while (!risen.isEmpty()) {
            var earliest = risen.entrySet().iterator().next();
            long leftMs = earliest.getValue() + NEWS_MS - nowMs;
            if (leftMs > 0) {
                planNews(leftMs);
                return;
            }
            risen.remove(earliest.getKey());
            grown.add(earliest.getKey());
            planTurn();
        }
    }

    @Override
    public String toString() {
        return "replicas of a loop of broker " + node;
    }
}
