package io.chapar.simulator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// Somebody who lacks replicas lowers `min.insync.replicas`, of a topic or of all, while they are away, and raises it
/// again later. Its leader commits alone then, and ends, and who was away comes back before it does.
///
/// ```
/// as it was --lowered--> 1 --commits alone, and ends; who was away comes back--> as it was, or 1 for longer
/// ```
final class ChangedBounds {
    /// As with [Resizing].
    private static final int NUMBERS = 48;
    private static final String BOUND = "min.insync.replicas";
    private static final List<Integer> HAPPENS = List.of(0, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
    private static final long MOST_PAUSE_US = 3_000_000;
    private static final long LOOK_EVERY_US = 20_000;
    private static final long MOST_LOWERED_US = 1_500_000;
    private static final long SOON_US = 120_000;

    private final World world;
    private final SimulatedCluster cluster;
    private final SimulatedMetadataLog metadata;
    private final Failovers failovers;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final boolean happen;

    ChangedBounds(World world, Swarm swarm, SimulatedCluster cluster, SimulatedMetadataLog metadata,
            Failovers failovers, FaultCount faults) {
        this.world = world;
        this.cluster = cluster;
        this.metadata = metadata;
        this.failovers = failovers;
        this.faults = faults;
        random = world.random("changed bounds");
        happen = happen(swarm, random);
    }

    static boolean happen(World world, Swarm swarm) {
        return happen(swarm, world.random("changed bounds"));
    }

    /// What one broker alone has acknowledged a loss of power may take.
    private static boolean happen(Swarm swarm, RandomGenerator random) {
        return HAPPENS.contains(random.nextInt(NUMBERS)) && swarm.replicated() && swarm.killsBrokers()
                && !swarm.losesPower() && swarm.count(BOUND) > 1;
    }

    void begin() {
        if (happen) {
            next();
        }
    }

    private void next() {
        world.in(1 + random.nextLong(MOST_PAUSE_US), () -> {
            if (failovers.strikes()) {
                look(world.nowUs() + MOST_PAUSE_US);
            }
        });
    }

    /// For a partition that cannot commit.
    private void look(long untilUs) {
        List<TopicImage> lacking = new ArrayList<>();
        ClusterImage image = cluster.image();
        for (TopicImage topic : image.topics().values()) {
            if (topic.all().stream().anyMatch(ChangedBounds::waits)) {
                lacking.add(topic);
            }
        }
        if (!lacking.isEmpty()) {
            lower(lacking.get(random.nextInt(lacking.size())));
        } else if (!failovers.strikes() || world.nowUs() > untilUs) {
            next();
        } else {
            world.in(LOOK_EVERY_US, () -> look(untilUs));
        }
    }

    private static boolean waits(PartitionImage partition) {
        return partition.leader() != PartitionImage.NO_LEADER && partition.isr().size() == 1
                && !partition.elr().isEmpty();
    }

    private void lower(TopicImage topic) {
        boolean all = random.nextInt(3) == 0;
        PartitionImage waiting = topic.all().stream().filter(ChangedBounds::waits).findFirst().orElseThrow();
        faults.count(all ? "min.insync.replicas lowered for all" : "min.insync.replicas lowered");
        world.note("bounds", "1 instead of more for " + (all ? "all" : topic.name()), 0);
        propose(topic, all, "1");
        int away = Collections.min(waiting.elr());
        world.in(1 + random.nextLong(SOON_US), () -> endAndBringBack(waiting.leader(), away));
        raiseLater(topic, all);
    }

    /// Commands get lost: said until it is so.
    private void raiseLater(TopicImage topic, boolean all) {
        world.in(1 + random.nextLong(MOST_LOWERED_US), () -> {
            propose(topic, all, null);
            if (isLowered(topic, all)) {
                raiseLater(topic, all);
            } else {
                next();
            }
        });
    }

    private boolean isLowered(TopicImage topic, boolean all) {
        ClusterImage image = cluster.image();
        TopicImage now = image.topic(topic.id());
        return all ? image.settings().of(ConfigOwner.allBrokers()).containsKey(BOUND)
                : now != null && now.config().containsKey(BOUND);
    }

    /// The leader ends, and who was away comes back before it does.
    private void endAndBringBack(int leader, int away) {
        SimulatedBroker one = failovers.broker(leader);
        SimulatedBroker other = failovers.broker(away);
        if (one == null || other == null || !failovers.strikes()) {
            return;
        }
        faults.count("leader ended after its bound was lowered");
        failovers.end(one);
        if (!other.isAlive()) {
            other.start();
        }
    }

    private void propose(TopicImage topic, boolean all, @Nullable String bound) {
        ClusterMetadata controller = metadata.controller();
        if (controller != null) {
            SortedMap<String, String> change = new TreeMap<>();
            change.put(BOUND, bound);
            if (all) {
                controller.order(new Configure(ConfigOwner.allBrokers(), change, false, false));
            } else {
                controller.order(new ConfigureTopic(topic.name(), change, false, false));
            }
        }
    }
}
