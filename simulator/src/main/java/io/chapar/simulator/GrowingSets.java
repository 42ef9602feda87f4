package io.chapar.simulator;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// What goes wrong as somebody comes in sync with a leader.
///
/// ```
/// the leader asks ------ long on its way ------> decided --> in the order --> the leader hears of it
///   | the newcomer loses its power and is back before; or it gets      | the newcomer gets nothing more, and the
///   | nothing more, and those that count are fenced and come back      | leader ends; or the newcomer is fenced,
///   |                                                                  | comes back, and the wish is there again
/// ```
final class GrowingSets implements SimulatedMetadataLog.Growth {
    private static final long MOST_GROWTH_US = 60_000;
    private static final long MOST_HELD_UP_US = 3_000_000;
    private static final long MOST_AWAY_US = 4_000_000;
    private static final long LONGER_US = 500_000;
    private static final long SOON_US = 20_000;
    private static final long AGAIN_US = 700_000;

    private final World world;
    private final Swarm swarm;
    private final FaultCount faults;
    private final SimulatedCluster cluster;
    private final Failovers failovers;
    private final RandomGenerator random;
    private final RandomGenerator wishes;

    GrowingSets(World world, Swarm swarm, FaultCount faults, SimulatedCluster cluster, Failovers failovers) {
        this.world = world;
        this.swarm = swarm;
        this.faults = faults;
        this.cluster = cluster;
        this.failovers = failovers;
        random = world.random("growing sets");
        wishes = world.random("wishes for others in sync");
    }

    private boolean strikes() {
        return failovers.strikes() && (swarm.killsBrokers() || swarm.losesPower());
    }

    @Override
    public void comes(int leader, int newcomer) {
        SimulatedBroker broker = failovers.broker(leader);
        if (broker == null || !strikes() || random.nextInt(3) == 0) {
            return;
        }
        faults.count("leader killed as another came in sync");
        isolate(leader, newcomer, 1 + random.nextLong(MOST_AWAY_US));
        world.in(random.nextLong(MOST_GROWTH_US), () -> failovers.end(broker));
    }

    @Override
    public long wished(ChangeIsr command) {
        Place place = strikes() && !failovers.rests() && wishes.nextInt(4) != 0 ? grown(command) : null;
        SimulatedBroker newcomer = place == null ? null : failovers.broker(place.newcomer());
        if (place == null || newcomer == null) {
            return 0;
        }
        long heldUpUs = 1 + wishes.nextLong(MOST_HELD_UP_US);
        boolean power = swarm.losesPower() && wishes.nextBoolean();
        if (!power && wishes.nextInt(3) != 0) {
            comesAgain(command, place.newcomer(), AGAIN_US + heldUpUs / 2);
            return 0;
        }
        faults.count("wish for another in sync held up");
        if (power) {
            // Its id is free again when the session of its life before has ended.
            heldUpUs += 1_000L * swarm.brokerSessionMs();
            beginAnew(newcomer, heldUpUs);
            failovers.rest(heldUpUs + LONGER_US);
        } else {
            isolate(command.leader(), place.newcomer(), heldUpUs + LONGER_US);
            place.counts().forEach(this::fence);
            failovers.rest(heldUpUs + LONGER_US);
        }
        return heldUpUs;
    }

    /// The wish reaches the controller a second time. Meanwhile who came in sync by it is fenced, is let in again, and
    /// gets nothing more.
    private void comesAgain(ChangeIsr command, int newcomer, long afterUs) {
        SimulatedBroker leader = failovers.broker(command.leader());
        if (leader == null) {
            return;
        }
        faults.count("wish for another in sync came twice");
        int life = leader.starts();
        failovers.rest(afterUs + LONGER_US);
        world.in(SOON_US + wishes.nextLong(SOON_US), () -> {
            isolate(command.leader(), newcomer, afterUs + LONGER_US);
            fence(newcomer);
        });
        world.in(afterUs, () -> {
            if (leader.isListening() && leader.starts() == life) {
                leader.propose(command);
            }
        });
    }

    /// @param newcomer who is to be in sync
    /// @param counts who is, beside the leader
    private record Place(int newcomer, List<Integer> counts) {}

    private @Nullable Place grown(ChangeIsr command) {
        for (IsrWish wish : command.wishes()) {
            TopicImage topic = cluster.image().topic(wish.topicId());
            if (topic == null || !topic.hasPartition(wish.partition())) {
                continue;
            }
            PartitionImage now = topic.partition(wish.partition());
            for (InSync member : wish.isr()) {
                if (!now.isr().contains(member.node())) {
                    List<Integer> counts = new ArrayList<>(now.isr());
                    counts.removeIf(node -> node == command.leader());
                    return new Place(member.node(), counts);
                }
            }
        }
        return null;
    }

    /// What it had is gone, as far as it was not synced; it is back at once, and gets it again by and by.
    private void beginAnew(SimulatedBroker broker, long forUs) {
        broker.losePower(Failovers.LOSSES.get(wishes.nextInt(Failovers.LOSSES.size())));
        SimulatedStreams streams = cluster.streams();
        if (streams != null) {
            streams.slow(broker.nodeId(), forUs + LONGER_US);
        }
        world.in(1 + wishes.nextLong(SOON_US), () -> {
            if (!broker.isAlive()) {
                broker.start();
            }
        });
    }

    /// Though it is well: it is let in again by and by.
    private void fence(int node) {
        SimulatedMetadataLog metadata = cluster.metadata();
        ClusterMetadata controller = metadata == null ? null : metadata.controller();
        BrokerImage known = cluster.image().brokers().get(node);
        if (controller != null && known != null) {
            controller.order(new FenceBroker(node, known.epoch()));
        }
    }

    private void isolate(int leader, int newcomer, long forUs) {
        SimulatedPeers peers = cluster.peers();
        if (peers != null) {
            peers.cut(leader, newcomer);
            world.in(forUs, () -> peers.heal(leader, newcomer));
        }
    }
}
