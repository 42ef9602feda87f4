package io.chapar.simulator;

import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// Reads all partitions of some topics from the beginning, over and over with each life, and keeps what it was given.
final class Reader extends Actor {
    private static final int POLL_MS = 500;
    private static final int ASKS_FOR_A_TIME_IN_ONE_OF = 5;

    /// What one life was given of one partition, in the order given.
    ///
    /// @param log what the partition was when the first record came; it is another one when its topic has been made
    ///     anew
    record Delivered(SimulatedCluster cluster, TopicPartition partition, @Nullable GhostLog log, boolean committedOnly,
            List<Long> offsets, List<String> stamps) {}

    /// In pieces as small as they come, or as much at a time as there is.
    enum Pace { ANY, STEADY }

    private final Ghosts ghosts;
    private final Ledger ledger;
    private final SimulatedCluster cluster;
    private final ConsumerConfig config;
    private final List<TopicPartition> partitions;
    private final boolean committedOnly;
    private final List<Delivered> all = new ArrayList<>();
    private Map<TopicPartition, Delivered> current = new TreeMap<>();
    /// Null until it lives.
    private @Nullable LoopConsumer consumer;
    private final RandomGenerator times;

    Reader(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, List<String> topics, boolean committedOnly,
            Pace pace, Ghosts ghosts, Ledger ledger) {
        super(client);
        this.ghosts = ghosts;
        this.ledger = ledger;
        this.cluster = cluster;
        this.committedOnly = committedOnly;
        partitions = new ArrayList<>();
        for (String topic : topics) {
            for (int i = 0; i < swarm.partitions(); i++) {
                partitions.add(new TopicPartition(topic, i));
            }
        }
        Map<String, Object> settings = Settings.client(swarm, cluster, client.name());
        settings.put("isolation.level", committedOnly ? "read_committed" : "read_uncommitted");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.partition.fetch.bytes", random().nextInt(3) == 0 ? 300 : 1 << 20);
        settings.put("max.poll.records", 1 + random().nextInt(50));
        settings.putAll(Settings.rack(client.world(), swarm, client.name()));
        if (pace == Pace.STEADY) {
            settings.put("max.partition.fetch.bytes", 1 << 20);
            settings.put("max.poll.records", 1_000);
        }
        config = ConsumerConfig.from(settings);
        times = client.world().random("times that " + client.name() + " asks for");
    }

    List<Delivered> delivered() {
        return all;
    }

    @Override
    void live() {
        current = new TreeMap<>();
        consumer = new LoopConsumer(config, client().runtime(config.client()));
        consumer().assign(partitions);
        poll();
    }

    private LoopConsumer consumer() {
        return requireNonNull(consumer, "begun to live");
    }

    private void poll() {
        if (isStopping()) {
            consumer().close(this::stopped);
            return;
        }
        var _ = consumer().poll(POLL_MS).whenComplete((records, failure) -> client().loop().execute(() -> {
            if (failure != null) {
                note("poll: " + failure);
            } else if (!records.isEmpty()) {
                records.forEach(this::take);
                succeeded();
                if (times.nextInt(ASKS_FOR_A_TIME_IN_ONE_OF) == 0) {
                    askForTime(any(records));
                }
            }
            later(0, 50, this::poll);
        }));
    }

    private ConsumerRecord<byte[], byte[]> any(ConsumerRecords<byte[], byte[]> records) {
        Iterator<ConsumerRecord<byte[], byte[]>> each = records.iterator();
        for (int skip = times.nextInt(records.count()); skip > 0; skip--) {
            each.next();
        }
        return each.next();
    }

    /// The answer is looked at where it leaves the broker.
    private void askForTime(ConsumerRecord<byte[], byte[]> near) {
        long time = Math.max(0, near.timestamp() - 1 + times.nextInt(3));
        SortedMap<TopicPartition, Long> asked = new TreeMap<>();
        partitions.forEach(partition -> asked.put(partition, time));
        var _ = consumer().offsetsForTimes(asked);
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        Delivered kept = current.computeIfAbsent(record.topicPartition(), id -> {
            Delivered fresh = new Delivered(
                    cluster, id, ghosts.log(cluster, id), committedOnly, new ArrayList<>(), new ArrayList<>());
            all.add(fresh);
            return fresh;
        });
        String stamp = record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8);
        if (!ledger.wasWritten(record.topic(), stamp)) {
            client().world().broken("Readers are given what was written, as it was written",
                    name() + " got '" + stamp + "' of " + record.topicPartition() + " at offset " + record.offset());
        }
        if (!kept.offsets().isEmpty()) {
            follows(record, kept.offsets().getLast());
        }
        kept.offsets().add(record.offset());
        kept.stamps().add(stamp);
    }

    private void follows(ConsumerRecord<byte[], byte[]> record, long before) {
        // Where bits have turned around, an end may have been cut; what can be read has no holes all the same.
        boolean rotting = record.topic().equals(Topics.ROTTING);
        boolean wrong = rotting ? record.offset() > before + 1 : record.offset() <= before;
        if (wrong && !ghosts.isLossy()) {
            client().world().broken("Readers get each record once, in order (poll skip, non-monotonic poll)",
                    name() + " got " + record.topicPartition() + " offset " + record.offset() + " after " + before);
        }
    }

    boolean hasNothingToRead() {
        return partitions.isEmpty();
    }

    /// Whether it was given all that there is to give.
    boolean isAtEnd() {
        return behind().isEmpty();
    }

    /// What it was not given yet; empty when there is nothing.
    String behind() {
        for (TopicPartition partition : partitions) {
            GhostLog log = ghosts.log(cluster, partition);
            long last = log == null ? -1 : log.lastShown(committedOnly);
            Delivered given = current.get(partition);
            long got = given == null ? -1 : given.offsets().getLast();
            if (log != null && got < last) {
                return name() + " is at " + got + " of " + log.name() + ", which goes on to " + last;
            }
        }
        return "";
    }
}
