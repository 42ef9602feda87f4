package io.chapar.simulator;

import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Asks again and again what groups have committed, as somebody does who is about to take over from them. The answers
/// are looked at where they leave the broker.
final class OffsetWatcher extends Actor {
    private final List<ConsumerConfig> groups = new ArrayList<>();
    private final TreeSet<TopicPartition> partitions = new TreeSet<>();
    private List<LoopConsumer> consumers = List.of();

    OffsetWatcher(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, List<String> groups,
            List<TopicPartition> partitions) {
        super(client);
        this.partitions.addAll(partitions);
        for (String group : groups) {
            Map<String, Object> settings = Settings.client(swarm, cluster, client.name());
            settings.put("group.id", group);
            this.groups.add(ConsumerConfig.from(settings));
        }
    }

    @Override
    void live() {
        consumers = groups.stream().map(config -> new LoopConsumer(config, client().runtime(config.client()))).toList();
        ask();
    }

    private void ask() {
        if (isStopping()) {
            consumers.forEach(consumer -> consumer.close(() -> { }));
            stopped();
            return;
        }
        LoopConsumer one = consumers.get(random().nextInt(consumers.size()));
        var _ = one.committed(partitions).whenComplete((offsets, failure) ->
                client().loop().execute(() -> later(5, 150, this::ask)));
    }
}
