package io.chapar.simulator;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Asks where a partition ends, and goes on from there with a consumer that has just begun and knows one broker alone,
/// as a member does that takes over from another; and asks it what a group has committed. Whom that broker takes for
/// the leader, or the coordinator, may not have heard of what was written since. The answers are looked at where they
/// leave the broker.
final class Latecomer extends Actor {
    private static final long POLL_MS = 200;
    private static final int POLLS = 3;

    private final List<TopicPartition> partitions;
    private final List<String> addresses;
    private final List<String> groups;
    private final Map<String, Object> settings;

    Latecomer(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, List<TopicPartition> partitions,
            List<String> groups) {
        super(client);
        this.partitions = List.copyOf(partitions);
        settings = Settings.client(swarm, cluster, client.name());
        this.groups = List.copyOf(groups);
        settings.put("auto.offset.reset", "earliest");
        settings.put("isolation.level", "read_committed");
        addresses = List.of(cluster.addresses().split(",", -1));
    }

    private LoopConsumer consumer() {
        ConsumerConfig config = ConsumerConfig.from(settings);
        return new LoopConsumer(config, client().runtime(config.client()));
    }

    @Override
    void live() {
        settings.put("bootstrap.servers", String.join(",", addresses));
        ask(consumer());
    }

    private void ask(LoopConsumer first) {
        if (isStopping()) {
            first.close(this::stopped);
            return;
        }
        TopicPartition partition = partitions.get(random().nextInt(partitions.size()));
        var _ = first.offsets(List.of(partition), OffsetReset.LATEST).whenComplete((ends, failure) ->
                client().loop().execute(() -> {
                    if (failure != null || !ends.containsKey(partition)) {
                        later(5, 150, () -> ask(first));
                    } else {
                        succeeded();
                        goOn(partition, ends.get(partition).offset(), () -> later(5, 150, () -> ask(first)));
                    }
                }));
    }

    private void goOn(TopicPartition partition, long end, Runnable done) {
        settings.put("bootstrap.servers", addresses.get(random().nextInt(addresses.size())));
        settings.put("group.id", groups.get(random().nextInt(groups.size())));
        LoopConsumer second = consumer();
        second.assign(new ArrayList<>(List.of(partition)));
        second.seek(partition, new OffsetAndMetadata(end));
        var _ = second.committed(partitions).whenComplete((_, _) ->
                client().loop().execute(() -> poll(second, POLLS, done)));
    }

    private void poll(LoopConsumer second, int left, Runnable done) {
        if (left == 0) {
            second.close(done);
            return;
        }
        var _ = second.poll(POLL_MS).whenComplete((_, _) ->
                client().loop().execute(() -> poll(second, left - 1, done)));
    }
}
