package io.chapar.simulator;

import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.protocol.TopicPartition;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads all partitions of some topics from the beginning, over and over with each life, and keeps what it was given.
final class Reader extends Actor {
    private static final int POLL_MS = 500;

    /// What one life was given of one partition, in the order given.
    record Delivered(SimulatedBroker broker, TopicPartition partition, boolean committedOnly, List<Long> offsets,
            List<String> stamps) {}

    private final Ghosts ghosts;
    private final SimulatedBroker broker;
    private final ConsumerConfig config;
    private final List<TopicPartition> partitions;
    private final boolean committedOnly;
    private final List<Delivered> all = new ArrayList<>();
    private Map<TopicPartition, Delivered> current;
    private LoopConsumer consumer;

    Reader(SimulatedClient client, SimulatedBroker broker, Swarm swarm, List<String> topics, boolean committedOnly,
            Ghosts ghosts) {
        super(client);
        this.ghosts = ghosts;
        this.broker = broker;
        this.committedOnly = committedOnly;
        partitions = new ArrayList<>();
        for (String topic : topics) {
            for (int i = 0; i < swarm.partitions(); i++) {
                partitions.add(new TopicPartition(topic, i));
            }
        }
        Map<String, Object> settings = Settings.client(swarm, broker, client.name());
        settings.put("isolation.level", committedOnly ? "read_committed" : "read_uncommitted");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.partition.fetch.bytes", random().nextInt(3) == 0 ? 300 : 1 << 20);
        settings.put("max.poll.records", 1 + random().nextInt(50));
        config = ConsumerConfig.from(settings);
    }

    List<Delivered> delivered() {
        return all;
    }

    @Override
    void live() {
        current = new TreeMap<>();
        consumer = new LoopConsumer(config, client().runtime(config.client()));
        consumer.assign(partitions);
        poll();
    }

    private void poll() {
        if (isStopping()) {
            consumer.close(this::stopped);
            return;
        }
        var _ = consumer.poll(POLL_MS).whenComplete((records, failure) -> client().loop().execute(() -> {
            if (failure != null) {
                note("poll: " + failure);
            } else if (!records.isEmpty()) {
                records.forEach(this::take);
                succeeded();
            }
            later(0, 50, this::poll);
        }));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        Delivered kept = current.computeIfAbsent(record.topicPartition(), id -> {
            Delivered fresh = new Delivered(broker, id, committedOnly, new ArrayList<>(), new ArrayList<>());
            all.add(fresh);
            return fresh;
        });
        if (!ghosts.isLossy() && !kept.offsets().isEmpty() && record.offset() <= kept.offsets().getLast()) {
            client().world().broken("Readers get each record once, in order",
                    name() + " got " + record.topicPartition() + " offset " + record.offset() + " after "
                            + kept.offsets().getLast());
        }
        kept.offsets().add(record.offset());
        kept.stamps().add(record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8));
    }
}
