package io.chapar.simulator;

import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.shard.Shard;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// What goes wrong with those who lead, where others follow them: one is cut off from all other brokers, both ways or
/// one, right after it has appended something, and its clients still reach it; one ends, and so does whoever leads
/// next, at once; one ends just as another is taken for in sync with it; all end at once; the last that is in sync
/// loses its power. Comes on top of all else that strikes.
final class Failovers {
    private static final long LOOK_EVERY_US = 500;
    private static final int LOOKS = 4_000;
    private static final long MOST_AWAY_US = 4_000_000;
    private static final long MOST_GROWTH_US = 60_000;
    private static final List<Loss> LOSSES = List.of(Loss.ALL_UNSYNCED, Loss.TAILS, Loss.SECTORS);

    private final World world;
    private final Swarm swarm;
    private final FaultCount faults;
    private final SimulatedCluster cluster;
    private final RandomGenerator random;
    private final List<Runnable> kinds = new ArrayList<>();
    private final long everyUs;
    private boolean begun;
    private boolean over;

    Failovers(World world, Swarm swarm, FaultCount faults, SimulatedCluster cluster) {
        this.world = world;
        this.swarm = swarm;
        this.faults = faults;
        this.cluster = cluster;
        random = world.random("failovers");
        everyUs = (random.nextBoolean() ? 800 : 3_000) * 1_000L;
        if (swarm.cutsLinks()) {
            kinds.add(this::isolateOne);
        }
        if (swarm.killsBrokers()) {
            kinds.addAll(List.of(this::killTwo, this::killTwo, this::killTwo, this::killAll));
        }
        if (swarm.losesPower()) {
            kinds.addAll(List.of(this::killTwo, this::killTwo, this::killTwo, this::losePowerOfTheLast));
        }
    }

    void begin() {
        begun = true;
        if (!kinds.isEmpty()) {
            next();
        }
    }

    private void next() {
        world.in(1 + random.nextLong(2 * everyUs), () -> {
            if (!over) {
                kinds.get(random.nextInt(kinds.size())).run();
                next();
            }
        });
    }

    /// It is being decided that another is in sync with this leader. That one gets nothing more, and the leader ends
    /// soon.
    void grows(int leader, int newcomer) {
        SimulatedBroker broker = broker(leader);
        SimulatedPeers peers = cluster.peers();
        boolean strikes = begun && !over && (swarm.killsBrokers() || swarm.losesPower());
        if (broker == null || peers == null || !strikes || random.nextInt(3) == 0) {
            return;
        }
        faults.count("leader killed as another came in sync");
        peers.cut(leader, newcomer);
        later(() -> peers.heal(leader, newcomer));
        world.in(random.nextLong(MOST_GROWTH_US), () -> end(broker));
    }

    void end() {
        over = true;
    }

    // ---- what strikes

    private void isolateOne() {
        SimulatedBroker broker = anyLeader();
        if (broker != null) {
            when(() -> hasUncommitted(broker), () -> isolate(broker));
        }
    }

    /// From some others or from all, so that neither or one of the two directions is left.
    private void isolate(SimulatedBroker broker) {
        SimulatedPeers peers = cluster.peers();
        if (peers == null || !broker.isListening()) {
            return;
        }
        faults.count("leader isolated");
        int way = random.nextInt(4);
        for (SimulatedBroker other : cluster.brokers()) {
            if (other != broker && way != 1) {
                peers.cut(broker.nodeId(), other.nodeId());
            }
            if (other != broker && way != 2) {
                peers.cut(other.nodeId(), broker.nodeId());
            }
        }
        later(() -> cluster.brokers().forEach(other -> {
            peers.heal(broker.nodeId(), other.nodeId());
            peers.heal(other.nodeId(), broker.nodeId());
        }));
    }

    /// The second as soon as it leads.
    private void killTwo() {
        Place place = anyPlace();
        SimulatedBroker first = place == null ? null : leader(place);
        if (place == null || first == null) {
            return;
        }
        end(first);
        when(() -> leader(place) != null && leader(place) != first, () -> {
            SimulatedBroker next = leader(place);
            if (next != null) {
                faults.count("next leader killed too");
                world.in(random.nextLong(20 * swarm.latencyUs()), () -> end(next));
            }
        });
    }

    private void killAll() {
        faults.count("all brokers killed");
        cluster.brokers().forEach(broker -> broker.kill(random.nextInt(3) == 0));
        cluster.brokers().forEach(this::startLater);
    }

    private void losePowerOfTheLast() {
        for (TopicImage topic : cluster.image().topics().values()) {
            for (PartitionImage partition : topic.all()) {
                SimulatedBroker last = partition.isr().size() == 1 ? broker(partition.isr().getFirst()) : null;
                if (last != null && last.isAlive()) {
                    faults.count("last in sync lost its power");
                    last.losePower(LOSSES.get(random.nextInt(LOSSES.size())));
                    startLater(last);
                    return;
                }
            }
        }
    }

    private void end(SimulatedBroker broker) {
        if (over || !broker.isAlive()) {
            return;
        }
        if (swarm.losesPower() && random.nextInt(3) == 0) {
            broker.losePower(LOSSES.get(random.nextInt(LOSSES.size())));
        } else {
            broker.kill(random.nextInt(3) == 0);
        }
        startLater(broker);
    }

    private void startLater(SimulatedBroker broker) {
        later(() -> {
            if (!broker.isAlive()) {
                broker.start();
            }
        });
    }

    private void later(Runnable task) {
        world.in(1 + random.nextLong(MOST_AWAY_US), () -> {
            if (!over) {
                task.run();
            }
        });
    }

    /// As soon as it is so; not at all where that takes too long.
    private void when(BooleanSupplier there, Runnable task) {
        when(there, task, LOOKS);
    }

    private void when(BooleanSupplier there, Runnable task, int looks) {
        if (over || looks == 0) {
            return;
        }
        if (there.getAsBoolean()) {
            task.run();
        } else {
            world.in(LOOK_EVERY_US, () -> when(there, task, looks - 1));
        }
    }

    // ---- who leads

    private record Place(TopicImage topic, int partition) {}

    private @Nullable Place anyPlace() {
        List<TopicImage> topics = cluster.image().topics().values().stream()
                .filter(topic -> topic.partition(0).replicas().size() > 1).toList();
        if (topics.isEmpty()) {
            return null;
        }
        TopicImage topic = topics.get(random.nextInt(topics.size()));
        return new Place(topic, random.nextInt(topic.partitions()));
    }

    private @Nullable SimulatedBroker anyLeader() {
        Place place = anyPlace();
        return place == null ? null : leader(place);
    }

    private @Nullable SimulatedBroker leader(Place place) {
        ClusterImage image = cluster.image();
        TopicImage topic = image.topic(place.topic().id());
        return topic == null ? null : broker(topic.partition(place.partition()).leader());
    }

    private @Nullable SimulatedBroker broker(int node) {
        return cluster.brokers().stream().filter(broker -> broker.nodeId() == node).findFirst().orElse(null);
    }

    /// Something that it leads ends behind what followers have.
    private static boolean hasUncommitted(SimulatedBroker broker) {
        if (broker.core() == null) {
            return false;
        }
        for (Shard shard : broker.core().shards().all()) {
            for (Partition partition : shard.opened()) {
                if (partition.leadership() != null && partition.logEndOffset() > partition.highWatermark()) {
                    return true;
                }
            }
        }
        return false;
    }
}
