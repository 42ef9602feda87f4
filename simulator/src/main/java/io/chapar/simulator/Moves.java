package io.chapar.simulator;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Reassignments;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// Replicas that move: to any brokers, more or fewer than before, again before they have arrived, and back. One that is
/// not in sync is to come first, and whoever leads is to go. One goes and comes back before its broker has heard that
/// it went. In half of the worlds in which brokers follow each other; the wishes end with the faults, the moves go on.
final class Moves {
    private static final long MOST_PAUSE_US = 2_000_000;
    private static final long ADVANCE_EVERY_US = 150_000;
    private static final int CANCELLED_IN_ONE_OF = 6;
    private static final int AT_ONCE = 3;
    private static final long LOOK_EVERY_US = 100_000;
    private static final int UNHEARD_IN_ONE_OF = 20;
    private static final int ASIDE_IN_ONE_OF = 15;
    private static final long SET_ASIDE_US = 1_500_000;
    private static final long MOST_DEAF_US = 4_000_000;
    private static final long SOON_US = 100_000;

    private final World world;
    private final SimulatedCluster cluster;
    private final SimulatedMetadataLog metadata;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final RandomGenerator chosen;
    private final boolean happen;
    private final Failovers failovers;
    private boolean over;

    Moves(World world, SimulatedCluster cluster, SimulatedMetadataLog metadata, FaultCount faults,
            Failovers failovers) {
        this.failovers = failovers;
        this.world = world;
        this.cluster = cluster;
        this.metadata = metadata;
        this.faults = faults;
        random = world.random("moves");
        happen = random.nextBoolean();
        chosen = world.random("chosen moves");
    }

    /// @param alsoElsewhere whether somebody else moves replicas, too, which the controller sees to as well
    void begin(boolean alsoElsewhere) {
        if (happen) {
            next();
        }
        if (happen || alsoElsewhere) {
            advance();
        }
        if (happen) {
            choose();
        }
    }

    void end() {
        over = true;
    }

    private void next() {
        world.in(1 + random.nextLong(MOST_PAUSE_US), () -> {
            if (!over) {
                move();
                next();
            }
        });
    }

    private void move() {
        // What rots at one broker stays rotten there, whoever has more of it.
        List<TopicImage> topics = cluster.image().topics().values().stream()
                .filter(topic -> !topic.name().startsWith(Topics.ROTTING)).toList();
        List<SimulatedBroker> asked = cluster.brokers().stream().filter(SimulatedBroker::isListening).toList();
        if (topics.isEmpty() || asked.isEmpty()) {
            return;
        }
        List<ReassignmentWish> wishes = new ArrayList<>();
        for (int i = 1 + random.nextInt(AT_ONCE); i > 0; i--) {
            TopicImage topic = topics.get(random.nextInt(topics.size()));
            wishes.add(wish(new TopicPartition(topic.name(), random.nextInt(topic.partitions()))));
        }
        faults.count("replicas moved");
        asked.get(random.nextInt(asked.size())).propose(new AlterReassignments(true, wishes));
    }

    /// To brokers that are not drained.
    private ReassignmentWish wish(TopicPartition partition) {
        if (random.nextInt(CANCELLED_IN_ONE_OF) == 0) {
            return new ReassignmentWish(partition, null);
        }
        List<Integer> left = cluster.image().brokers().values().stream().map(BrokerImage::id)
                .filter(node -> !cluster.image().settings().isDrained(node)).toList();
        List<Integer> to = new ArrayList<>();
        for (int count = 1 + random.nextInt(left.size()); count > 0; count--) {
            int one = left.get(random.nextInt(left.size()));
            to.add(one);
            left = left.stream().filter(other -> other != one).toList();
        }
        return new ReassignmentWish(partition, to);
    }

    /// What is worth a move just now.
    private void choose() {
        world.in(1 + chosen.nextLong(LOOK_EVERY_US), () -> {
            if (!over && !failovers.rests()) {
                if (chosen.nextInt(UNHEARD_IN_ONE_OF) == 0) {
                    goAndComeBack();
                } else if (chosen.nextInt(ASIDE_IN_ONE_OF) == 0) {
                    setAside();
                }
            }
            if (!over) {
                choose();
            }
        });
    }

    private record Place(TopicImage topic, int number, PartitionImage now) {
        TopicPartition id() {
            return new TopicPartition(topic.name(), number);
        }
    }

    /// Those whose replicas do not move yet, and that somebody leads.
    private List<Place> places(Predicate<PartitionImage> which) {
        List<Place> all = new ArrayList<>();
        for (TopicImage topic : cluster.image().topics().values()) {
            for (int i = 0; i < topic.partitions() && !topic.name().startsWith(Topics.ROTTING); i++) {
                PartitionImage now = topic.partition(i);
                if (now.reassignment() == null && now.leader() >= 0 && which.test(now)) {
                    all.add(new Place(topic, i, now));
                }
            }
        }
        return all;
    }

    /// One that follows is fenced, is let in again, and gets nothing meanwhile.
    private void setAside() {
        List<Place> places = places(now -> now.isr().size() > 1);
        ClusterMetadata controller = metadata.controller();
        SimulatedStreams streams = cluster.streams();
        if (places.isEmpty() || controller == null || streams == null) {
            return;
        }
        PartitionImage now = places.get(chosen.nextInt(places.size())).now();
        int node = now.isr().stream().filter(one -> one != now.leader()).findFirst().orElseThrow();
        BrokerImage known = metadata.decided().brokers().get(node);
        if (known != null && known.isActive()) {
            failovers.rest(SET_ASIDE_US);
            streams.hold(node, SET_ASIDE_US);
            controller.order(new FenceBroker(node, known.epoch()));
            putFirst(node, world.nowUs() + SET_ASIDE_US);
        }
    }

    private void putFirst(int node, long lastUs) {
        world.in(LOOK_EVERY_US / 10, () -> {
            List<Place> places = places(now -> now.isr().size() > 1 && lagging(now) == node);
            if (!over && !places.isEmpty()) {
                putFirst(places.get(chosen.nextInt(places.size())));
            } else if (!over && world.nowUs() < lastUs) {
                putFirst(node, lastUs);
            }
        });
    }

    /// A broker that lives and is not in sync becomes the first of those that have the partition, without who leads.
    private void putFirst(Place place) {
        List<Integer> to = new ArrayList<>(place.now().isr());
        to.removeIf(node -> node == place.now().leader());
        to.addFirst(lagging(place.now()));
        faults.count("one that is not in sync to come first");
        propose(new ReassignmentWish(place.id(), to));
    }

    private int lagging(PartitionImage now) {
        return now.replicas().stream().filter(node -> metadata.isActive(node) && !now.isr().contains(node))
                .findFirst().orElse(-1);
    }

    /// A broker has heard neither that it is no replica any more nor that it is one again.
    private void goAndComeBack() {
        List<Place> places = places(now -> now.isr().size() > 1);
        ClusterMetadata controller = metadata.controller();
        if (places.isEmpty() || controller == null) {
            return;
        }
        Place place = places.get(chosen.nextInt(places.size()));
        int goes = place.now().isr().stream().filter(node -> node != place.now().leader()
                && node != controller.node()).findFirst().orElse(-1);
        if (goes < 0) {
            return;
        }
        faults.count("replica gone and back");
        world.note("moves", place.id() + " goes from broker" + goes + ", which does not hear of it, and back", 0);
        metadata.deafen(goes, MOST_DEAF_US);
        failovers.rest(MOST_DEAF_US);
        propose(new ReassignmentWish(place.id(), place.now().replicas().stream().filter(node -> node != goes)
                .toList()));
        world.in(1 + chosen.nextLong(SOON_US), () ->
                propose(new ReassignmentWish(place.id(), place.now().replicas())));
    }

    private void propose(ReassignmentWish wish) {
        ClusterMetadata controller = metadata.controller();
        if (controller != null) {
            controller.order(new AlterReassignments(true, List.of(wish)));
        }
    }

    /// As the controller does.
    private void advance() {
        world.in(1 + random.nextLong(ADVANCE_EVERY_US), () -> {
            ClusterMetadata controller = metadata.controller();
            if (controller != null && Reassignments.isDue(metadata.decided())) {
                controller.order(new AdvanceReassignments());
            }
            advance();
        });
    }
}
