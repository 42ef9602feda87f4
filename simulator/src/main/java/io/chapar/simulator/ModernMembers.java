package io.chapar.simulator;

import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiFunction;

/// Who makes up a world's [ModernGroup], and who asks for what it has committed.
final class ModernMembers {
    private ModernMembers() {}

    /// @param clients by name, and whether repetitions of their writes are recognised
    static List<Actor> of(ModernGroup group, SimulatedCluster cluster, Swarm swarm, Readings readings,
            List<String> topics, BiFunction<String, Boolean, SimulatedClient> clients) {
        List<Actor> all = new ArrayList<>();
        for (int i = 1; group.isThere() && i <= group.members(); i++) {
            String name = ModernGroup.ID + i;
            String instanceId = group.isStatic() && i % 2 == 0 ? name : null;
            SimulatedClient client = clients.apply(name, true);
            all.add(switch (group.kind()) {
                case SHARE -> new ShareGroupMember(client, cluster, swarm, group, topics);
                case STREAMS -> new StreamsGroupMember(client, cluster, swarm, group, instanceId);
                case CONSUMERS, NONE -> new ConsumerGroupMember(
                        client, cluster, swarm, group, instanceId, readings, topics);
            });
        }
        if (group.commits() && swarm.replicated()) {
            SortedSet<TopicPartition> partitions = new TreeSet<>();
            for (String topic : topics) {
                for (int partition = 0; partition < swarm.partitions(); partition++) {
                    partitions.add(new TopicPartition(topic, partition));
                }
            }
            all.add(new OffsetAsker(clients.apply("offset-asker", false), cluster, swarm, partitions));
        }
        return all;
    }
}
