package io.chapar.simulator;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// A follower is slow for so long that its leader asks it out of the set in sync; when it is quick again it comes back.
/// Its leader ends just as it has gone, or just as it is back. Once nothing fails any more one is held still: it has to
/// leave the set, while writers go on, and to come back.
///
/// ```
/// in sync --slow--> behind for too long --asked out--> not in sync --quick--> asked in --> in sync
///                                             | its leader ends                   | its leader ends
/// ```
final class SlowFollowers {
    /// As with [Resizing].
    private static final int NUMBERS = 48;
    private static final List<Integer> HAPPENS = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 15, 17, 18, 23);
    private static final long MOST_PAUSE_US = 2_000_000;
    private static final long LOOK_EVERY_US = 10_000;
    private static final long LONGER_US = 1_500_000;
    private static final long MOST_BACK_US = 6_000_000;
    private static final long SOON_US = 60_000;
    /// Who lags for longer before it is asked out is not waited for.
    private static final int MOST_LAG_MS = 2_000;

    private final World world;
    private final SimulatedCluster cluster;
    private final SimulatedStreams streams;
    private final Failovers failovers;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final boolean happen;
    private final boolean kills;
    private final long lagUs;
    // ---- once nothing fails any more
    private int still = PartitionImage.NO_LEADER;
    private long stillSinceUs;
    /// Of which it lacked something while it was in sync.
    private final SortedSet<TopicPartition> behind = new TreeSet<>();

    SlowFollowers(World world, Swarm swarm, SimulatedCluster cluster, SimulatedStreams streams, Failovers failovers,
            FaultCount faults) {
        this.world = world;
        this.cluster = cluster;
        this.streams = streams;
        this.failovers = failovers;
        this.faults = faults;
        random = world.random("slow followers");
        happen = happen(swarm, random);
        kills = swarm.killsBrokers() || swarm.losesPower();
        lagUs = lagMs(swarm) * 1_000L;
    }

    static boolean happen(World world, Swarm swarm) {
        return happen(swarm, world.random("slow followers"));
    }

    private static boolean happen(Swarm swarm, RandomGenerator random) {
        return HAPPENS.contains(random.nextInt(NUMBERS)) && swarm.replicated() && lagMs(swarm) <= MOST_LAG_MS;
    }

    private static int lagMs(Swarm swarm) {
        return swarm.count("replica.lag.time.max.ms");
    }

    private record Place(TopicPartition id, int leader, int follower) {}

    void begin() {
        if (happen) {
            next();
        }
    }

    private void next() {
        world.in(1 + random.nextLong(MOST_PAUSE_US), () -> {
            Place place = failovers.rests() ? null : anyPlace();
            if (place == null) {
                again();
            } else {
                slow(place);
            }
        });
    }

    private void again() {
        if (failovers.strikes()) {
            next();
        }
    }

    private void slow(Place place) {
        long forUs = lagUs + LONGER_US + random.nextLong(2 * LONGER_US);
        faults.count("follower slow for long");
        streams.slowBy(place.follower(), lagUs + random.nextLong(LONGER_US), forUs);
        when(world.nowUs() + forUs, () -> isOut(place), () -> {
            faults.count("slow follower fell out of the set in sync");
            endLeader(place, "leader ended as a slow follower fell out of the set in sync");
            world.in(random.nextLong(LONGER_US), () -> streams.quick(place.follower()));
            when(world.nowUs() + MOST_BACK_US, () -> isIn(place), () -> {
                faults.count("slow follower came back in sync");
                endLeader(place, "leader ended as a slow follower came back in sync");
                again();
            });
        });
    }

    private void endLeader(Place place, String what) {
        PartitionImage now = now(place.id());
        SimulatedBroker leader = now == null ? null : failovers.broker(now.leader());
        if (leader != null && kills && !failovers.rests() && random.nextBoolean()) {
            faults.count(what);
            world.in(random.nextLong(SOON_US), () -> failovers.end(leader));
        }
    }

    /// Where it takes too long the next one is slow.
    private void when(long lastUs, BooleanSupplier there, Runnable then) {
        if (!failovers.strikes()) {
            return;
        }
        if (there.getAsBoolean()) {
            then.run();
        } else if (world.nowUs() >= lastUs) {
            again();
        } else {
            world.in(LOOK_EVERY_US, () -> when(lastUs, there, then));
        }
    }

    private boolean isOut(Place place) {
        PartitionImage now = now(place.id());
        return now != null && now.leader() == place.leader() && !now.isr().contains(place.follower());
    }

    private boolean isIn(Place place) {
        PartitionImage now = now(place.id());
        return now != null && now.isr().contains(place.follower());
    }

    private @Nullable PartitionImage now(TopicPartition id) {
        TopicImage topic = cluster.image().topic(id.topic());
        return topic == null || !topic.hasPartition(id.partition()) ? null : topic.partition(id.partition());
    }

    private @Nullable Place anyPlace() {
        List<Place> all = places();
        return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    /// Each follower in sync, of all that is led.
    private List<Place> places() {
        List<Place> all = new ArrayList<>();
        for (TopicImage topic : cluster.image().topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage now = topic.partition(i);
                TopicPartition id = new TopicPartition(topic.name(), i);
                now.isr().stream().filter(node -> now.leader() >= 0 && node != now.leader())
                        .forEach(node -> all.add(new Place(id, now.leader(), node)));
            }
        }
        return all;
    }

    // ---- once nothing fails any more

    /// Whether somebody is held still from now on, until [#hasLeft].
    boolean holdsOne() {
        Place place = happen ? anyPlace() : null;
        if (place == null) {
            return false;
        }
        faults.count("follower held still to the end");
        still = place.follower();
        stillSinceUs = world.nowUs();
        streams.holdStill(still);
        return true;
    }

    /// Whether it is not in sync any more with a leader that has more than it has; or nobody has anything more.
    boolean hasLeft() {
        behind.removeIf(id -> !isFollowed(id));
        boolean left = behind.stream().map(this::now).anyMatch(now -> now != null && !now.isr().contains(still));
        places().stream().filter(place -> place.follower() == still && isBehind(place))
                .forEach(place -> behind.add(place.id()));
        boolean over = left || (behind.isEmpty() && world.nowUs() - stillSinceUs > lagUs + LONGER_US);
        if (over) {
            streams.holdStill(PartitionImage.NO_LEADER);
        }
        return over;
    }

    /// Whether the one that is held still is a replica, and does not lead.
    private boolean isFollowed(TopicPartition id) {
        PartitionImage now = now(id);
        return now != null && now.leader() != still && now.replicas().contains(still);
    }

    private boolean isBehind(Place place) {
        Partition leading = cluster.partition(place.leader(), place.id());
        Partition following = cluster.partition(place.follower(), place.id());
        return leading != null && following != null && leading.logEndOffset() > following.logEndOffset();
    }

    String inWords() {
        return "broker" + still + " lacks what others have of " + behind;
    }
}
