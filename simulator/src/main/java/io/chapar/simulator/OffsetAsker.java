package io.chapar.simulator;

import io.chapar.protocol.TopicPartition;

import java.util.SortedSet;
import java.util.TreeSet;

/// Asks one broker after the other what the group has committed, as somebody does who goes on from there and may have
/// heard long ago who coordinates the group. The answers are looked at where they leave the broker.
final class OffsetAsker extends Actor {
    private final SimulatedCluster cluster;
    private final Swarm swarm;
    private final SortedSet<TopicPartition> partitions;

    OffsetAsker(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, SortedSet<TopicPartition> partitions) {
        super(client);
        this.cluster = cluster;
        this.swarm = swarm;
        this.partitions = new TreeSet<>(partitions);
    }

    @Override
    void live() {
        cluster.brokers().forEach(broker -> ask(broker, new GroupCalls(client(), cluster, swarm, ModernGroup.ID)));
    }

    private void ask(SimulatedBroker broker, GroupCalls calls) {
        if (isStopping()) {
            calls.close();
            stopped();
            return;
        }
        calls.take(broker);
        calls.committed("", -1, partitions, offsets -> later(5, 80, () -> ask(broker, calls)));
    }
}
