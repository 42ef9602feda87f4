package io.chapar.simulator;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
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
    /// Within which who came in sync is fenced and let in again, and more is committed.
    private static final long MOST_AGAIN_US = 5_000_000;
    /// Within which who lost its power is let in again.
    private static final long MOST_ANEW_US = 6_000_000;
    /// Within which a wish that was lost is there again, and decided.
    private static final long REPEATED_US = 1_500_000;

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
        if (broker == null || !strikes() || failovers.rests() || random.nextInt(3) == 0) {
            return;
        }
        faults.count("leader killed as another came in sync");
        isolate(leader, newcomer, 1 + random.nextLong(MOST_AWAY_US));
        world.in(random.nextLong(MOST_GROWTH_US), () -> failovers.end(broker));
    }

    @Override
    public SimulatedMetadataLog.@Nullable Held wished(ChangeIsr command) {
        Place place = strikes() && !failovers.rests() && wishes.nextInt(4) != 0 ? grown(command) : null;
        SimulatedBroker newcomer = place == null ? null : failovers.broker(place.newcomer());
        if (place == null || newcomer == null) {
            return null;
        }
        if (swarm.losesPower() && wishes.nextBoolean()) {
            return beginAnew(newcomer);
        }
        if (wishes.nextInt(3) != 0) {
            comesAgain(command, place);
            return null;
        }
        long heldUpUs = 1 + wishes.nextLong(MOST_HELD_UP_US);
        faults.count("wish for another in sync held up");
        isolate(command.leader(), place.newcomer(), heldUpUs + LONGER_US);
        place.counts().forEach(this::fence);
        failovers.rest(heldUpUs + LONGER_US);
        long untilUs = world.nowUs() + heldUpUs;
        return new SimulatedMetadataLog.Held(() -> world.nowUs() >= untilUs, false);
    }

    /// The wish reaches the controller a second time. Meanwhile who came in sync by it is fenced and let in again, and
    /// lacks what was committed without it.
    private void comesAgain(ChangeIsr command, Place place) {
        SimulatedBroker leader = failovers.broker(command.leader());
        if (leader == null) {
            return;
        }
        int life = leader.starts();
        long lastUs = world.nowUs() + MOST_AGAIN_US;
        failovers.rest(MOST_AGAIN_US);
        when(lastUs, () -> isInSync(place), () -> {
            hold(place.newcomer(), MOST_AGAIN_US);
            fence(place.newcomer());
            long committed = failovers.committed(leader, place.id());
            when(lastUs, () -> !isInSync(place) && isActive(place.newcomer())
                    && failovers.committed(leader, place.id()) > committed, () -> {
                        if (leader.isListening() && leader.starts() == life) {
                            faults.count("wish for another in sync came twice");
                            hold(place.newcomer(), REPEATED_US);
                            failovers.rest(REPEATED_US);
                            leader.propose(command);
                        }
                    });
        });
    }

    private void when(long lastUs, BooleanSupplier there, Runnable then) {
        if (there.getAsBoolean()) {
            then.run();
        } else if (world.nowUs() < lastUs && failovers.strikes()) {
            world.in(SOON_US, () -> when(lastUs, there, then));
        }
    }

    private boolean isInSync(Place place) {
        TopicImage topic = cluster.image().topic(place.id().topic());
        return topic != null && topic.hasPartition(place.id().partition())
                && topic.partition(place.id().partition()).isr().contains(place.newcomer());
    }

    private boolean isActive(int node) {
        BrokerImage known = cluster.image().brokers().get(node);
        return known != null && known.isActive();
    }

    private void hold(int node, long forUs) {
        SimulatedStreams streams = cluster.streams();
        if (streams != null) {
            streams.hold(node, forUs);
        }
    }

    /// @param newcomer who is to be in sync
    /// @param counts who is, beside the leader
    private record Place(TopicPartition id, int newcomer, List<Integer> counts) {}

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
                    return new Place(new TopicPartition(topic.name(), wish.partition()), member.node(), counts);
                }
            }
        }
        return null;
    }

    /// What it had is gone, as far as it was not synced. It is back at once, and the wish, of its life before, goes on
    /// as soon as the cluster lets the next one in, which gets nothing yet; or then the wish is lost, and comes again.
    private SimulatedMetadataLog.Held beginAnew(SimulatedBroker broker) {
        boolean isLost = wishes.nextBoolean();
        faults.count(isLost ? "wish for another in sync lost" : "wish for another in sync held up");
        BrokerImage before = cluster.image().brokers().get(broker.nodeId());
        broker.losePower(Failovers.LOSSES.get(wishes.nextInt(Failovers.LOSSES.size())));
        hold(broker.nodeId(), MOST_ANEW_US + REPEATED_US);
        world.in(1 + wishes.nextLong(SOON_US), () -> {
            if (!broker.isAlive()) {
                broker.start();
            }
        });
        failovers.rest(MOST_ANEW_US);
        long lastUs = world.nowUs() + MOST_ANEW_US;
        return new SimulatedMetadataLog.Held(() -> {
            BrokerImage now = cluster.image().brokers().get(broker.nodeId());
            boolean isBack = now != null && before != null && now.epoch() != before.epoch() && now.isActive();
            boolean goesOn = isBack || world.nowUs() >= lastUs || !failovers.strikes();
            if (goesOn) {
                world.note("growth", "the wish for " + broker.name() + (isLost ? " is lost" : " goes on"), 0);
                failovers.rest(REPEATED_US);
                hold(broker.nodeId(), REPEATED_US);
            }
            return goesOn;
        }, isLost);
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
