package io.chapar.broker.replica;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// How fast replicas that are not in sync are sent what they lack, by Kafka's settings: a rate of this broker for what
/// it leads, and one of the follower, each for the replicas that their topics name. The follower's is shared by the
/// brokers that lead what it lacks, in equal parts, since each of them sends for itself.
///
/// Of one loop; what was sent lately is known to all loops of the broker.
final class ReplicationPace {
    static final String LEADER_RATE = "leader.replication.throttled.rate";
    static final String FOLLOWER_RATE = "follower.replication.throttled.rate";
    static final String LEADER_REPLICAS = "leader.replication.throttled.replicas";
    static final String FOLLOWER_REPLICAS = "follower.replication.throttled.replicas";
    /// What is sent at once lasts so long.
    private static final int PARTS_OF_A_SECOND = 20;
    private static final long SHARES_EVERY_MS = 1_000;
    private static final long UNLIMITED = Long.MAX_VALUE;

    private final int node;
    private final Loop loop;
    private final MetadataLog metadata;
    private final SendingRates sent;
    private ClusterSettings known = ClusterSettings.NONE;
    private boolean anyRate;
    private final Map<Integer, Long> leaderRates = new HashMap<>();
    private final Map<Integer, Long> followerRates = new HashMap<>();
    private final Map<String, ThrottledReplicas> throttled = new HashMap<>();
    /// How many brokers lead what a follower lacks.
    private final Map<Integer, Integer> shares = new HashMap<>();
    private long sharesOfVersion = -1;
    private long sharesAtMs;

    ReplicationPace(int node, Loop loop, MetadataLog metadata, SendingRates sent) {
        this.node = node;
        this.loop = loop;
        this.metadata = metadata;
        this.sent = sent;
    }

    /// Bytes that this follower may be sent of it now, at most `most`; 0 for none.
    int room(int follower, TopicPartition id, int most) {
        if (!look()) {
            return most;
        }
        long ofLeader = leaderRate(id);
        long ofFollower = followerRate(follower, id);
        boolean isFree = (ofLeader == UNLIMITED || sent.isFree(SendingRates.TO_ALL, loop.nowMs()))
                && (ofFollower == UNLIMITED || sent.isFree(follower, loop.nowMs()));
        long rate = Math.min(ofLeader, ofFollower);
        return !isFree || rate == 0 ? 0 : (int) Math.min(most, Math.max(1, rate / PARTS_OF_A_SECOND));
    }

    /// It was sent so much of it.
    void sent(int follower, TopicPartition id, int bytes) {
        if (!look()) {
            return;
        }
        charge(SendingRates.TO_ALL, bytes, leaderRate(id));
        charge(follower, bytes, followerRate(follower, id));
    }

    private void charge(int kind, int bytes, long rate) {
        if (rate > 0 && rate != UNLIMITED) {
            sent.sent(kind, bytes, rate, loop.nowMs());
        }
    }

    /// Whether any broker has a rate.
    private boolean look() {
        ClusterSettings settings = metadata.image().settings();
        if (!settings.isConfiguredAs(known)) {
            known = settings;
            leaderRates.clear();
            followerRates.clear();
            anyRate = false;
            settings.configs().forEach((owner, config) -> anyRate |= owner.kind() == ConfigOwner.Kind.BROKER
                    && (config.containsKey(LEADER_RATE) || config.containsKey(FOLLOWER_RATE)));
            if (!anyRate) {
                throttled.clear();
            }
        }
        return anyRate;
    }

    private long leaderRate(TopicPartition id) {
        long rate = leaderRates.computeIfAbsent(node, broker -> rate(broker, LEADER_RATE));
        return rate != UNLIMITED && isThrottled(id, LEADER_REPLICAS, node) ? rate : UNLIMITED;
    }

    private long followerRate(int follower, TopicPartition id) {
        long rate = followerRates.computeIfAbsent(follower, broker -> rate(broker, FOLLOWER_RATE));
        if (rate == UNLIMITED || !isThrottled(id, FOLLOWER_REPLICAS, follower)) {
            return UNLIMITED;
        }
        return rate == 0 ? 0 : Math.max(1, rate / share(follower));
    }

    private long rate(int broker, String name) {
        String value = known.of(ConfigOwner.broker(broker)).get(name);
        String given = value == null ? known.of(ConfigOwner.allBrokers()).get(name) : value;
        return given == null ? UNLIMITED : Long.parseLong(given.strip());
    }

    private boolean isThrottled(TopicPartition id, String setting, int broker) {
        TopicImage topic = metadata.image().topic(id.topic());
        return topic != null && of(topic, setting).has(id.partition(), broker);
    }

    private ThrottledReplicas of(TopicImage topic, String setting) {
        ThrottledReplicas seen = throttled.get(topic.name() + " " + setting);
        if (seen == null || !seen.isOf(topic, setting)) {
            seen = ThrottledReplicas.of(topic, setting);
            throttled.put(topic.name() + " " + setting, seen);
        }
        return seen;
    }

    /// At least 1. It is looked up once a second at most.
    private int share(int follower) {
        ClusterImage image = metadata.image();
        if (image.version() != sharesOfVersion && loop.nowMs() - sharesAtMs >= SHARES_EVERY_MS) {
            sharesOfVersion = image.version();
            sharesAtMs = loop.nowMs();
            shares.clear();
        }
        return shares.computeIfAbsent(follower, broker -> Math.max(1, leaders(image, broker)));
    }

    private int leaders(ClusterImage image, int follower) {
        Set<Integer> leaders = new TreeSet<>();
        for (TopicImage topic : image.topics().values()) {
            ThrottledReplicas of = of(topic, FOLLOWER_REPLICAS);
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage partition = topic.partition(i);
                if (partition.replicas().contains(follower) && !partition.isr().contains(follower)
                        && of.has(i, follower) && partition.leader() != PartitionImage.NO_LEADER) {
                    leaders.add(partition.leader());
                }
            }
        }
        return leaders.size();
    }
}
