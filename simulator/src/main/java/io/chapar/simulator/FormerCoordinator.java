package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.Set;

/// Commits an offset of a group, has the group's coordinator cut off from all other brokers, which its clients still
/// reach, commits the next offset with whoever coordinates then, and asks the first one where to go on from. The answer
/// is looked at where it leaves the broker. Each round has a group of its own, which nobody else knows: a commit whose
/// outcome is not known is not followed by another one.
///
/// ```
/// 1 committed --> cut off, and fenced --> another coordinates --> 2 committed there --> the first asked --> healed
///      |                   +-----------------------+--------------------+-- takes too long ------------------^
///      +-- not known: the next round
/// ```
final class FormerCoordinator extends Actor {
    /// As with [Resizing].
    private static final int NUMBERS = 48;
    private static final List<Integer> IS_THERE =
            List.of(0, 4, 5, 7, 9, 13, 14, 15, 16, 18, 19, 20, 24, 27, 29, 31, 33, 36, 37, 40);
    private static final long MOST_AWAY_US = 7_000_000;
    private static final long MOST_PAUSE_MS = 700;
    private static final long LOOK_MS = 25;

    private final SimulatedCluster cluster;
    private final Swarm swarm;
    private final FaultCount faults;
    private final TopicPartition partition;
    private int rounds;

    FormerCoordinator(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, FaultCount faults,
            TopicPartition partition) {
        super(client);
        this.cluster = cluster;
        this.swarm = swarm;
        this.faults = faults;
        this.partition = partition;
    }

    static boolean isThere(World world, Swarm swarm) {
        return swarm.replicated() && swarm.cutsLinks()
                && IS_THERE.contains(world.random("former coordinator").nextInt(NUMBERS));
    }

    /// One group, and who coordinated it as it was known last.
    private final class Round {
        private final String group = name() + "-" + rounds;
        private final GroupCalls calls = new GroupCalls(client(), cluster, swarm, group);
        private final SimulatedBroker first;
        private final long lastUs = client().world().nowUs() + MOST_AWAY_US;
        private boolean isFenced;

        Round(SimulatedBroker first) {
            this.first = first;
        }
    }

    @Override
    void live() {
        next();
    }

    private void next() {
        later(1, MOST_PAUSE_MS, this::begin);
    }

    /// As soon as nothing else is under way that takes its time.
    private void again() {
        later(LOOK_MS, LOOK_MS, this::begin);
    }

    private void end(Round round) {
        round.calls.close();
        next();
    }

    private void begin() {
        if (isStopping()) {
            stopped();
            return;
        }
        rounds++;
        Failovers failovers = cluster.failovers();
        PartitionImage place = place(name() + "-" + rounds);
        SimulatedBroker first = place == null || failovers == null ? null : failovers.broker(place.leader());
        if (failovers == null || !failovers.strikes() || failovers.rests() || place == null || first == null
                || !first.isListening() || place.isr().size() == 1) {
            again();
            return;
        }
        Round round = new Round(first);
        round.calls.take(first);
        round.calls.commit("", -1, Map.of(partition, 1L), done -> {
            if (done && failovers.strikes() && !failovers.rests()) {
                cutOff(round, failovers);
                await(round);
            } else {
                end(round);
            }
        });
    }

    private void cutOff(Round round, Failovers failovers) {
        SimulatedPeers peers = cluster.peers();
        if (peers == null) {
            return;
        }
        faults.count("coordinator of groups cut off");
        failovers.rest(MOST_AWAY_US);
        int node = round.first.nodeId();
        cluster.brokers().stream().filter(other -> other != round.first).forEach(other -> {
            peers.cut(node, other.nodeId());
            peers.cut(other.nodeId(), node);
            client().world().in(MOST_AWAY_US, () -> {
                peers.heal(node, other.nodeId());
                peers.heal(other.nodeId(), node);
            });
        });
    }

    private void await(Round round) {
        PartitionImage place = place(round.group);
        SimulatedBroker next = place == null || cluster.failovers() == null ? null
                : cluster.failovers().broker(place.leader());
        if (isStopping() || client().world().nowUs() >= round.lastUs) {
            end(round);
        } else if (next == null || next == round.first || !next.isListening()) {
            fence(round);
            later(LOOK_MS, LOOK_MS, () -> await(round));
        } else {
            round.calls.take(next);
            round.calls.commit("", -1, Map.of(partition, 2L), done -> {
                if (done) {
                    askFirst(round);
                } else {
                    later(LOOK_MS, LOOK_MS, () -> await(round));
                }
            });
        }
    }

    /// Though it is well: it would be when its session ends.
    private void fence(Round round) {
        SimulatedMetadataLog metadata = cluster.metadata();
        ClusterMetadata controller = metadata == null ? null : metadata.controller();
        BrokerImage known = cluster.image().brokers().get(round.first.nodeId());
        if (!round.isFenced && controller != null && controller.broker() != round.first && known != null) {
            round.isFenced = true;
            controller.order(new FenceBroker(known.id(), known.epoch()));
        }
    }

    private void askFirst(Round round) {
        faults.count("former coordinator asked where to go on from");
        round.calls.take(round.first);
        round.calls.committed("", -1, Set.of(partition), _ -> {
            succeeded();
            end(round);
        });
    }

    /// Where the group is kept; null while there is no such place.
    private @Nullable PartitionImage place(String group) {
        TopicImage topic = cluster.image().topic(CoordinatorKeys.CONSUMER_OFFSETS);
        return topic == null ? null : topic.partition(CoordinatorKeys.partitionOf(group, topic.partitions()));
    }
}
