package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own consumers as members of groups of a broker of this process, spread over several loops.
///
/// Every commit is preceded by a flush: the producer of kafka-clients 4.3 looks whether batches are left before it
/// takes the lock under which it sends EndTxn, so that a commit in the wrong instant overtakes its own records.
@SuppressWarnings("FutureReturnValueIgnored") // what was sent is counted by reading it
class StockGroupIT {
    private static final int PARTITIONS = 4;

    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void start() throws Exception {
        broker = Broker.start(config());
        try (Admin admin = Admin.create(properties(Map.of()))) {
            admin.createTopics(List.of(new NewTopic("in", PARTITIONS, (short) 1), new NewTopic("out", 1, (short) 1)))
                    .all().get();
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private BrokerConfig config() {
        return BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "num.network.threads", "3",
                "group.initial.rebalance.delay.ms", "0", "transaction.state.log.num.partitions", "5",
                "offsets.topic.num.partitions", "5"));
    }

    private Properties properties(Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        properties.putAll(more);
        return properties;
    }

    private void produce(int count) {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties(Map.of()), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>("in", i % PARTITIONS, "k", "v" + i));
            }
        }
    }

    private KafkaConsumer<String, String> member(String group) {
        return new KafkaConsumer<>(
                properties(Map.of("group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                        "heartbeat.interval.ms", "200", "session.timeout.ms", "30000")),
                new StringDeserializer(), new StringDeserializer());
    }

    /// One member on its own thread; stops when told.
    private final class Member implements AutoCloseable {
        private final AtomicBoolean run = new AtomicBoolean(true);
        private final AtomicInteger assigned = new AtomicInteger();
        private final Thread thread;

        Member(String group, Set<String> seen) {
            thread = Thread.ofVirtual().start(() -> {
                try (KafkaConsumer<String, String> consumer = member(group)) {
                    consumer.subscribe(List.of("in"));
                    while (run.get()) {
                        for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(50))) {
                            seen.add(one.value());
                        }
                        consumer.commitSync();
                        assigned.set(consumer.assignment().size());
                    }
                }
            });
        }

        @Override
        public void close() {
            run.set(false);
            await(() -> !thread.isAlive());
        }
    }

    private void await(java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await().until(condition);
    }

    @Test
    void twoMembersShareAndOneTakesOver() throws Exception {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        produce(100);
        try (Member first = new Member("g", seen)) {
            await(() -> first.assigned.get() == PARTITIONS);
            try (Member second = new Member("g", seen)) {
                await(() -> first.assigned.get() == 2 && second.assigned.get() == 2);
                produce(200);
                await(() -> seen.size() == 200);
                try (Admin admin = Admin.create(properties(Map.of()))) {
                    var description = admin.describeConsumerGroups(List.of("g")).all().get().get("g");
                    assertEquals(GroupState.STABLE, description.groupState());
                    assertEquals(2, description.members().size());
                }
            }
            await(() -> first.assigned.get() == PARTITIONS);
        }
        try (Admin admin = Admin.create(properties(Map.of()))) {
            Map<TopicPartition, OffsetAndMetadata> offsets =
                    admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get();
            assertEquals(300, offsets.values().stream().mapToLong(OffsetAndMetadata::offset).sum());
            assertEquals(1, admin.listGroups().all().get().size());
        }
    }

    @Test
    void offsetsSurviveARestart() throws Exception {
        produce(40);
        TopicPartition partition = new TopicPartition("in", 1);
        try (KafkaConsumer<String, String> consumer = member("kept")) {
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(7, "seven")));
        }
        broker.close();
        broker = Broker.start(config());
        try (KafkaConsumer<String, String> consumer = member("kept")) {
            assertEquals(new OffsetAndMetadata(7, "seven"), consumer.committed(Set.of(partition)).get(partition));
        }
    }

    @Test
    void offsetsAndOutputAreOneTransaction() {
        produce(100);
        List<String> expected = new ArrayList<>();
        for (int round = 0; expected.size() < 100; round++) {
            // Every other round aborts: what it read is read again.
            boolean commit = round % 2 == 1;
            try (KafkaConsumer<String, String> consumer = member("eos");
                    KafkaProducer<String, String> producer = new KafkaProducer<>(
                            properties(Map.of("transactional.id", "eos-1")),
                            new StringSerializer(), new StringSerializer())) {
                producer.initTransactions();
                consumer.subscribe(List.of("in"));
                ConsumerRecords<String, String> batch = ConsumerRecords.empty();
                while (batch.isEmpty()) {
                    batch = consumer.poll(Duration.ofMillis(100));
                }
                producer.beginTransaction();
                batch.forEach(one -> producer.send(new ProducerRecord<>("out", one.value())));
                producer.sendOffsetsToTransaction(batch.nextOffsets(), consumer.groupMetadata());
                if (commit) {
                    producer.flush();
                    producer.commitTransaction();
                    batch.forEach(one -> expected.add(one.value()));
                } else {
                    producer.abortTransaction();
                }
            }
            assertTrue(round < 60);
        }
        assertEquals(100, new LinkedHashSet<>(expected).size());
        assertEquals(expected, committedOutput());
    }

    private List<String> committedOutput() {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                properties(Map.of("isolation.level", "read_committed")),
                new StringDeserializer(), new StringDeserializer())) {
            TopicPartition out = new TopicPartition("out", 0);
            consumer.assign(List.of(out));
            consumer.seekToBeginning(Collections.singleton(out));
            await(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(one -> values.add(one.value()));
                return values.size() >= 100;
            });
            consumer.poll(Duration.ofMillis(300)).forEach(one -> values.add(one.value()));
        }
        return values;
    }
}
