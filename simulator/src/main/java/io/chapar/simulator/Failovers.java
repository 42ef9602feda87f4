package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.handler.Features;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataRecord.PartitionsChanged;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// What goes wrong with those who lead, where others follow them: one is cut off from all other brokers, both ways or
/// one, right after it has appended something, and its clients still reach it; one ends, and so does whoever leads
/// next, at once; one ends as soon as it has committed something without a follower that counts no more; one hands over
/// what it leads, and its successor ends; another process takes an id that is taken; a coordinator of transactions ends
/// between two of its steps; all end at once; the last that is in sync loses its power; and what [GrowingSets] has.
/// Comes on top of all else that strikes.
final class Failovers {
    private static final long LOOK_EVERY_US = 500;
    private static final int LOOKS = 4_000;
    private static final long MOST_AWAY_US = 4_000_000;
    private static final long SOON_US = 50_000;
    private static final int STEPS_OF_A_TRANSACTION = 12;
    static final List<Loss> LOSSES = List.of(Loss.ALL_UNSYNCED, Loss.TAILS, Loss.SECTORS);

    private final World world;
    private final Swarm swarm;
    private final FaultCount faults;
    private final SimulatedCluster cluster;
    private final RandomGenerator random;
    private final List<Runnable> kinds = new ArrayList<>();
    private final GrowingSets growing;
    private final long everyUs;
    private boolean begun;
    private boolean over;
    private long restsUntilUs;

    Failovers(World world, Swarm swarm, FaultCount faults, SimulatedCluster cluster) {
        this.world = world;
        this.swarm = swarm;
        this.faults = faults;
        this.cluster = cluster;
        random = world.random("failovers");
        everyUs = (random.nextBoolean() ? 800 : 3_000) * 1_000L;
        growing = new GrowingSets(world, swarm, faults, cluster, this);
        if (swarm.cutsLinks()) {
            kinds.add(this::isolateOne);
        }
        if (swarm.killsBrokers() || swarm.losesPower()) {
            kinds.add(this::endCoordinator);
        }
        if (swarm.killsBrokers()) {
            kinds.addAll(List.of(this::killTwo, this::killTwo, this::killTwo, this::killAll, this::handOver,
                    this::handOver, this::startTwice));
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
                Runnable fault = kinds.get(random.nextInt(kinds.size()));
                if (!rests()) {
                    fault.run();
                }
                next();
            }
        });
    }

    void decided(ClusterImage before, PartitionsChanged changed) {
        TopicImage topic = before.topic(changed.topicId());
        if (topic != null) {
            changed.after().forEach((number, is) -> {
                if (topic.hasPartition(number)) {
                    shrinks(topic, number, topic.partition(number), is);
                }
            });
        }
    }

    /// One counts no more, so that more is committed: its leader ends just then, before it has told anybody. Who counts
    /// no more is back at once, and hears little.
    private void shrinks(TopicImage topic, int number, PartitionImage was, PartitionImage is) {
        SimulatedBroker leader = broker(is.leader());
        boolean fewer = is.leader() == was.leader() && is.isr().size() < was.isr().size();
        boolean may = strikes() && !rests() && (swarm.killsBrokers() || swarm.losesPower());
        if (leader == null || !fewer || !may || random.nextInt(3) == 0) {
            return;
        }
        TopicPartition id = new TopicPartition(topic.name(), number);
        long committed = committed(leader, id);
        when(() -> committed(leader, id) > committed, () -> {
            faults.count("leader ended as it committed alone");
            end(leader);
            was.isr().stream().filter(node -> !is.isr().contains(node)).forEach(this::comeBack);
        });
    }

    long committed(SimulatedBroker leader, TopicPartition id) {
        Partition partition = cluster.partition(leader.nodeId(), id);
        return partition == null ? Long.MAX_VALUE : partition.highWatermark();
    }

    private void comeBack(int node) {
        SimulatedBroker broker = broker(node);
        SimulatedStreams streams = cluster.streams();
        if (broker != null && streams != null) {
            streams.slow(node, MOST_AWAY_US);
            world.in(random.nextLong(SOON_US), () -> {
                if (!over && !broker.isAlive()) {
                    broker.start();
                }
            });
        }
    }

    /// What strikes as others come in sync.
    GrowingSets growing() {
        return growing;
    }

    /// Something is under way that takes so long, and that other failures would cut short: they wait.
    void rest(long forUs) {
        restsUntilUs = world.nowUs() + forUs;
    }

    boolean rests() {
        return world.nowUs() < restsUntilUs;
    }

    boolean strikes() {
        return begun && !over;
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

    /// A coordinator of transactions, from when it has written something down until, perhaps, others know of it.
    private void endCoordinator() {
        List<TopicImage> topics = cluster.image().topics().values().stream()
                .filter(topic -> topic.name().equals(CoordinatorKeys.TRANSACTION_STATE)).toList();
        if (topics.isEmpty()) {
            return;
        }
        TopicImage topic = topics.getFirst();
        Place place = new Place(topic, random.nextInt(topic.partitions()));
        TopicPartition id = new TopicPartition(topic.name(), place.partition());
        when(() -> isWriting(leader(place), id), () -> {
            SimulatedBroker broker = leader(place);
            if (broker != null) {
                faults.count("coordinator ended between two steps");
                world.in(random.nextLong(STEPS_OF_A_TRANSACTION * swarm.latencyUs()), () -> end(broker));
            }
        });
    }

    private boolean isWriting(@Nullable SimulatedBroker broker, TopicPartition id) {
        Partition partition = broker == null ? null : cluster.partition(broker.nodeId(), id);
        return partition != null && partition.leadership() != null
                && partition.logEndOffset() > partition.highWatermark();
    }

    /// One that leads stops in good order, and now and then whoever leads next is not there for long.
    private void handOver() {
        Place place = anyPlace();
        SimulatedBroker first = place == null ? null : leader(place);
        if (place == null || first == null) {
            return;
        }
        first.leave();
        if (random.nextInt(3) == 0) {
            when(() -> leader(place) != null && leader(place) != first, () -> {
                SimulatedBroker next = leader(place);
                if (next != null) {
                    faults.count("leader killed that was handed something");
                    world.in(random.nextLong(20 * swarm.latencyUs()), () -> end(next));
                }
            });
        }
    }

    /// Another process registers with an id that is taken, and is never heard again. It is refused while the first is
    /// in session, or it comes just as that one's session has ended. It has its folder.
    private void startTwice() {
        List<SimulatedBroker> members = cluster.members();
        SimulatedBroker twice = members.get(random.nextInt(members.size()));
        ClusterMetadata controller = cluster.metadata() == null ? null : cluster.metadata().controller();
        if (controller == null) {
            return;
        }
        faults.count("id of a broker taken twice");
        BrokerImage known = controller.image().brokers().get(twice.nodeId());
        RegisterBroker command = new RegisterBroker(new Registration(twice.nodeId(), new UUID(-1, world.nowUs()),
                twice.address(), null, null, Features.ranges()), Features.finalizedLevels(), false,
                known == null ? List.of() : List.of(known.registration().incarnation()));
        if (random.nextBoolean()) {
            controller.order(command);
        } else if (controller.broker().isListening()) {
            controller.broker().propose(command);
        }
    }

    /// Whether it is that of a process that registers with an id that is taken.
    static boolean isOfNobody(UUID incarnation) {
        return incarnation.getMostSignificantBits() == -1;
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

    void end(SimulatedBroker broker) {
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

    void later(Runnable task) {
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

    @Nullable SimulatedBroker broker(int node) {
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
