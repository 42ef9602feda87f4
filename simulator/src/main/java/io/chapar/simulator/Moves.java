package io.chapar.simulator;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.Reassignments;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Replicas that move: to any brokers, more or fewer than before, again before they have arrived, and back. In half of
/// the worlds in which brokers follow each other; the wishes end with the faults, the moves go on.
final class Moves {
    private static final long MOST_PAUSE_US = 2_000_000;
    private static final long ADVANCE_EVERY_US = 150_000;
    private static final int CANCELLED_IN_ONE_OF = 6;
    private static final int AT_ONCE = 3;

    private final World world;
    private final SimulatedCluster cluster;
    private final SimulatedMetadataLog metadata;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final boolean happen;
    private boolean over;

    Moves(World world, SimulatedCluster cluster, SimulatedMetadataLog metadata, FaultCount faults) {
        this.world = world;
        this.cluster = cluster;
        this.metadata = metadata;
        this.faults = faults;
        random = world.random("moves");
        happen = random.nextBoolean();
    }

    void begin() {
        if (happen) {
            next();
            advance();
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

    private ReassignmentWish wish(TopicPartition partition) {
        if (random.nextInt(CANCELLED_IN_ONE_OF) == 0) {
            return new ReassignmentWish(partition, null);
        }
        List<Integer> left = cluster.image().brokers().values().stream().map(BrokerImage::id).toList();
        List<Integer> to = new ArrayList<>();
        for (int count = 1 + random.nextInt(left.size()); count > 0; count--) {
            int one = left.get(random.nextInt(left.size()));
            to.add(one);
            left = left.stream().filter(other -> other != one).toList();
        }
        return new ReassignmentWish(partition, to);
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
