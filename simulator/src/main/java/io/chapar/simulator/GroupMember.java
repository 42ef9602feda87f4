package io.chapar.simulator;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// A consumer that shares topics with others of its group, commits behind what it was given, and now and then leaves
/// and joins again.
final class GroupMember extends Actor {
    private static final int POLL_MS = 300;

    private final ConsumerConfig config;
    private final Ghosts ghosts;
    private final Readings.Group group;
    private final List<String> topics;
    private final Map<TopicPartition, Long> next = new TreeMap<>();
    private final SortedSet<TopicPartition> owned = new TreeSet<>();
    /// Null until it lives.
    private @Nullable LoopConsumer consumer;
    private boolean leaving;

    GroupMember(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, Readings readings, Ghosts ghosts,
            String group, boolean committedOnly, List<String> topics) {
        super(client);
        this.ghosts = ghosts;
        this.topics = topics;
        this.group = readings.join(cluster, group, committedOnly);
        Map<String, Object> settings = Settings.client(swarm, cluster, client.name());
        settings.put("group.id", group);
        settings.put("isolation.level", committedOnly ? "read_committed" : "read_uncommitted");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("session.timeout.ms", swarm.sessionTimeoutMs());
        settings.put("heartbeat.interval.ms", swarm.sessionTimeoutMs() / 4);
        settings.put("max.poll.records", 20 + random().nextInt(50));
        settings.putAll(Settings.assignment(client.world(), group));
        config = ConsumerConfig.from(settings);
    }

    @Override
    void live() {
        if (isStopping()) {
            stopped();
            return;
        }
        next.clear();
        owned.clear();
        leaving = false;
        consumer = new LoopConsumer(config, client().runtime(config.client()));
        consumer().subscribe(topics, new LoopConsumer.Rebalance() {
            @Override
            public void assigned(SortedSet<TopicPartition> partitions) {
                owned.addAll(partitions);
                partitions.forEach(next::remove);
            }

            @Override
            public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
                commit(partitions, () -> {
                    gone(partitions);
                    done.run();
                });
            }

            @Override
            public void lost(SortedSet<TopicPartition> partitions) {
                gone(partitions);
            }
        });
        poll();
    }

    private void gone(SortedSet<TopicPartition> partitions) {
        owned.removeAll(partitions);
        partitions.forEach(next::remove);
    }

    private LoopConsumer consumer() {
        return requireNonNull(consumer, "begun to live");
    }

    private void poll() {
        leaving |= isStopping() || random().nextInt(80) == 0;
        if (leaving) {
            note("leaves");
            consumer().close(() -> later(0, 2_000, this::live));
            return;
        }
        var _ = consumer().poll(POLL_MS).whenComplete((records, failure) -> client().loop().execute(() -> {
            if (failure != null) {
                note("poll: " + failure);
            } else {
                records.forEach(this::take);
            }
            if (failure == null && random().nextInt(3) == 0) {
                commit(consumer().assignment(), () -> later(0, 50, this::poll));
            } else {
                later(0, 50, this::poll);
            }
        }));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = record.topicPartition();
        if (!owned.contains(partition)) {
            client().world().broken("Members are given records of their own partitions",
                    name() + " got " + partition + " offset " + record.offset() + " and has " + owned);
        }
        Long expected = next.put(partition, record.offset() + 1);
        if (expected != null && record.offset() < expected && !ghosts.isLossy()) {
            client().world().broken("Members get each record once, in order (non-monotonic poll)",
                    name() + " got " + partition + " offset " + record.offset() + " after " + (expected - 1));
        }
        Readings.given(group, partition, record.offset());
    }

    private void commit(SortedSet<TopicPartition> of, Runnable then) {
        Map<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>();
        next.forEach((partition, offset) -> {
            if (of.contains(partition)) {
                positions.put(partition, new OffsetAndMetadata(offset));
            }
        });
        if (positions.isEmpty()) {
            then.run();
            return;
        }
        var _ = consumer().commit(positions).whenComplete((nothing, failure) -> client().loop().execute(() -> {
            if (failure == null) {
                succeeded();
            } else {
                note("commit: " + failure);
            }
            then.run();
        }));
    }
}
