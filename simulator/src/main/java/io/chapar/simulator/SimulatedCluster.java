package io.chapar.simulator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/// Brokers that are one cluster: several that share a [SimulatedMetadataLog] and ask each other, or one that is a
/// cluster by itself.
final class SimulatedCluster {
    private final int number;
    private final String name;
    private final @Nullable SimulatedMetadataLog metadata;
    private final @Nullable SimulatedPeers peers;
    private final @Nullable SimulatedStreams streams;
    private final List<SimulatedBroker> brokers = new ArrayList<>();
    private @Nullable Failovers failovers;
    private @Nullable Moves moves;
    private @Nullable Resizing resizing;
    private @Nullable SlowFollowers slowFollowers;
    private @Nullable ChangedBounds bounds;

    private SimulatedCluster(
            int number, String name, @Nullable SimulatedMetadataLog metadata, @Nullable SimulatedPeers peers,
            @Nullable SimulatedStreams streams) {
        this.number = number;
        this.name = name;
        this.metadata = metadata;
        this.peers = peers;
        this.streams = streams;
    }

    /// Those of a world, with their brokers.
    static List<SimulatedCluster> all(World world, Network network, Swarm swarm, Extras extras, Witness witness,
            FaultCount faults) {
        List<SimulatedCluster> all = new ArrayList<>();
        if (swarm.cluster()) {
            SimulatedPeers peers = new SimulatedPeers(world, network, swarm, faults);
            SimulatedMetadataLog metadata = new SimulatedMetadataLog(world, swarm, peers, faults, witness);
            SimulatedStreams streams = !swarm.replicated() ? null
                    : new SimulatedStreams(world, network, swarm, peers, faults);
            SimulatedCluster one = new SimulatedCluster(0, "cluster", metadata, peers, streams);
            if (swarm.killsBrokers()) {
                new Fences(world, one, metadata, faults).begin();
            }
            if (streams != null) {
                Failovers failovers = new Failovers(world, swarm, faults, one);
                one.failovers = failovers;
                one.moves = new Moves(world, one, metadata, faults, failovers);
                one.slowFollowers = new SlowFollowers(world, swarm, one, streams, failovers, faults);
                one.bounds = new ChangedBounds(world, swarm, one, metadata, failovers, faults);
                metadata.onGrowth(failovers.growing());
                peers.onMarkers(new LateMarkers(world, swarm, faults, witness, failovers));
                metadata.onDecision((before, changed) -> {
                    witness.decided(one, changed.topicId());
                    failovers.decided(before, changed);
                });
            }
            all.add(one);
        }
        for (int node = 1; node <= swarm.brokers(); node++) {
            if (!swarm.cluster()) {
                all.add(new SimulatedCluster(node, "broker" + node, null, null, null));
            }
            SimulatedCluster cluster = all.getLast();
            cluster.join(new SimulatedBroker(world, network, swarm, extras, witness, faults, cluster, node));
        }
        SimulatedCluster first = all.getFirst();
        if (first.failovers != null && first.metadata != null) {
            first.resizing = new Resizing(world, swarm, extras, first, first.metadata, first.failovers, faults);
        }
        return all;
    }

    private void join(SimulatedBroker broker) {
        brokers.add(broker);
    }

    /// One that no other cluster of the world has.
    int number() {
        return number;
    }

    String name() {
        return name;
    }

    /// All that the world has, whether they belong to it now or not.
    List<SimulatedBroker> brokers() {
        return brokers;
    }

    List<SimulatedBroker> members() {
        return brokers.stream().filter(SimulatedBroker::isMember).toList();
    }

    /// Null for one broker by itself.
    @Nullable SimulatedMetadataLog metadata() {
        return metadata;
    }

    /// Null for one broker by itself.
    @Nullable SimulatedPeers peers() {
        return peers;
    }

    /// Null where nobody follows anybody.
    @Nullable SimulatedStreams streams() {
        return streams;
    }

    /// Null where nobody follows anybody.
    @Nullable Failovers failovers() {
        return failovers;
    }

    /// Null where nobody follows anybody.
    @Nullable SlowFollowers slowFollowers() {
        return slowFollowers;
    }

    /// From here on things go wrong that only those know who follow each other.
    void begin() {
        if (failovers != null) {
            failovers.begin();
        }
        if (moves != null) {
            moves.begin(isChanging());
        }
        if (resizing != null) {
            resizing.begin();
        }
        if (slowFollowers != null) {
            slowFollowers.begin();
        }
        if (bounds != null) {
            bounds.begin();
        }
    }

    /// What has been begun goes on to its end.
    void end() {
        if (failovers != null) {
            failovers.end();
        }
        if (moves != null) {
            moves.end();
        }
        if (resizing != null) {
            resizing.heal();
        }
    }

    /// Whether it is about to have more brokers, or fewer.
    boolean isChanging() {
        return resizing != null && !resizing.isOver();
    }

    String sizeInWords() {
        return resizing == null ? "as large as ever" : resizing.inWords();
    }

    /// Where clients begin.
    String addresses() {
        return brokers.stream().map(broker -> broker.name() + ":" + SimulatedBroker.PORT)
                .collect(Collectors.joining(","));
    }

    /// What is decided; nothing while nobody is there who knows.
    ClusterImage image() {
        if (metadata != null) {
            return metadata.decided();
        }
        SimulatedBroker one = brokers.getFirst();
        return one.isListening() ? one.image() : ClusterImage.EMPTY;
    }

    boolean exists(UUID topicId) {
        return image().topic(topicId) != null;
    }

    /// From here on things go wrong that only clusters know.
    void strike() {
        if (metadata != null) {
            metadata.strike();
        }
    }

    /// Null while nobody leads it, or who does is not there.
    @Nullable SimulatedBroker leader(TopicPartition partition) {
        TopicImage topic = image().topic(partition.topic());
        if (topic == null || !topic.hasPartition(partition.partition())) {
            return null;
        }
        int leader = topic.partition(partition.partition()).leader();
        return brokers.stream().filter(broker -> broker.nodeId() == leader && broker.isListening())
                .findFirst().orElse(null);
    }

    /// The replica there; null where there is none, or its broker is not there.
    @Nullable Partition partition(int node, TopicPartition id) {
        return brokers.stream().filter(broker -> broker.nodeId() == node).map(SimulatedBroker::core)
                .filter(Objects::nonNull).map(core -> core.shards().of(id).partition(id))
                .filter(Objects::nonNull).findFirst().orElse(null);
    }

    /// Whether all that belong to it serve clients, and each knows all that is decided.
    boolean isReady() {
        return members().stream().allMatch(broker -> broker.isListening()
                && (metadata == null || (broker.image().version() == metadata.decided().version()
                        && metadata.isActive(broker.nodeId()))));
    }
}
