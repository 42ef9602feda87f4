package io.chapar.compatibility;

import io.chapar.client.ChaparException;
import io.chapar.client.FencedException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.IsolationLevel;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.compress.Compression;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Chapar's own producer and consumer through the scenarios that Kafka's run, on one real broker.
class ChaparClientIT extends SharedBroker {
    private Producer<String, String> producer(ProducerConfig.Builder config) {
        return Producer.open(config.build(), Serdes.string(), Serdes.string());
    }

    private ProducerConfig.Builder producing() {
        return ProducerConfig.builder(broker.bootstrap());
    }

    private Producer<String, String> transactional(String id) {
        return producer(producing().transactionalId(id));
    }

    private Consumer<String, String> consumer(ConsumerConfig.Builder config) {
        return Consumer.open(config.offsetReset(OffsetReset.EARLIEST).build(), Serdes.string(), Serdes.string());
    }

    private ConsumerConfig.Builder consuming() {
        return ConsumerConfig.builder(broker.bootstrap());
    }

    private static void send(Producer<String, String> producer, String topic, int from, int to) {
        List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
        for (int i = from; i < to; i++) {
            sent.add(producer.send(new ProducerRecord<>(topic, "key" + i, "v" + i)));
        }
        producer.flush();
        sent.forEach(each -> assertEquals(Future.State.SUCCESS, each.state()));
    }

    private static List<String> values(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "v" + i).toList();
    }

    private List<String> read(String topic, IsolationLevel isolation) {
        try (Consumer<String, String> consumer = consumer(consuming().isolation(isolation))) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<String> all = new ArrayList<>();
            Awaitility.await().until(() -> {
                consumer.poll(Duration.ofMillis(50)).forEach(each -> all.add(each.value()));
                return consumer.position(partition) >= end;
            });
            return all;
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void bothClientsReadWhatOursWrote(Compression codec) throws Exception {
        String topic = "ours-" + codec.name();
        create(topic, 1);
        try (Producer<String, String> producer = producer(producing().compression(codec).lingerMs(5))) {
            send(producer, topic, 0, 3000);
        }
        assertEquals(values(0, 3000), read(topic, IsolationLevel.READ_COMMITTED));
        assertEquals(values(0, 3000), stock.values(topic, StockClients.READ_COMMITTED));
    }

    @Test
    void anAcknowledgedRecordHasItsOffset() throws Exception {
        create("offsets", 1);
        try (Producer<String, String> producer = producer(producing())) {
            for (int i = 0; i < 50; i++) {
                assertEquals(i, producer.send(new ProducerRecord<>("offsets", "k", "v" + i)).get().offset());
            }
        }
    }

    @Test
    void commitsShowAndAbortsDoNot() throws Exception {
        create("commits", 1);
        try (Producer<String, String> producer = transactional("ours-commits")) {
            producer.initTransactions();
            for (int i = 0; i < 30; i++) {
                producer.beginTransaction();
                send(producer, "commits", 10 * i, 10 * i + 10);
                if (i % 3 == 1) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
        }
        List<String> expected = IntStream.range(0, 30).filter(i -> i % 3 != 1).boxed()
                .flatMap(i -> values(10 * i, 10 * i + 10).stream()).toList();
        Awaitility.await().untilAsserted(() ->
                assertEquals(expected, read("commits", IsolationLevel.READ_COMMITTED)));
        assertEquals(values(0, 300), read("commits", IsolationLevel.READ_UNCOMMITTED));
        assertEquals(expected, stock.values("commits", StockClients.READ_COMMITTED));
    }

    @Test
    void aSecondInstanceFencesTheFirst() throws Exception {
        create("fence", 1);
        try (Producer<String, String> first = transactional("ours-fenced");
                Producer<String, String> second = transactional("ours-fenced")) {
            first.initTransactions();
            first.beginTransaction();
            send(first, "fence", 0, 5);
            second.initTransactions();
            ChaparException refused = assertThrows(ChaparException.class, first::commitTransaction);
            assertInstanceOf(FencedException.class, refused, refused::toString);
            second.beginTransaction();
            send(second, "fence", 5, 9);
            second.commitTransaction();
        }
        Awaitility.await().untilAsserted(() ->
                assertEquals(values(5, 9), read("fence", IsolationLevel.READ_COMMITTED)));
    }

    @Test
    void aSilentProducersTransactionIsAborted() throws Exception {
        create("timeouts", 1);
        try (Producer<String, String> silent =
                producer(producing().transactionalId("ours-silent").transactionTimeoutMs(1000).lingerMs(1000));
                Producer<String, String> plain = producer(producing())) {
            silent.initTransactions();
            silent.beginTransaction();
            // In one batch: the time runs from the first.
            send(silent, "timeouts", 0, 3);
            send(plain, "timeouts", 3, 4);
            Awaitility.await().untilAsserted(() ->
                    assertEquals(values(3, 4), read("timeouts", IsolationLevel.READ_COMMITTED)));
            assertThrows(ChaparException.class, silent::commitTransaction);
        }
    }

    @Test
    void offsetsCommitWithTheTransactionAlone() throws Exception {
        create("tx-offsets", 1);
        TopicPartition input = new TopicPartition("tx-offsets", 0);
        try (Producer<String, String> producer = transactional("ours-offsets");
                Consumer<String, String> consumer = consumer(consuming().groupId("ours-offsets-group"))) {
            consumer.assign(List.of(input));
            producer.initTransactions();
            producer.beginTransaction();
            producer.sendOffsets(Map.of(input, new OffsetAndMetadata(4)), consumer.groupMetadata());
            producer.abortTransaction();
            assertTrue(consumer.committed(Set.of(input)).isEmpty());
            producer.beginTransaction();
            producer.sendOffsets(Map.of(input, new OffsetAndMetadata(7, -1, "seven")), consumer.groupMetadata());
            producer.commitTransaction();
            assertEquals(Map.of(input, new OffsetAndMetadata(7, -1, "seven")), consumer.committed(Set.of(input)));
        }
    }

    @Test
    void ourMemberAndKafkasShareAGroup() throws Exception {
        create("mixed", 4);
        try (Consumer<String, String> ours = consumer(consuming().groupId("mixed-group")
                        .set("partition.assignment.strategy", "range"));
                var theirs = stock.consumer("group.id=mixed-group",
                        "partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor")) {
            ours.subscribe(List.of("mixed"));
            theirs.subscribe(List.of("mixed"));
            Awaitility.await().until(() -> {
                ours.poll(Duration.ofMillis(50));
                theirs.poll(Duration.ofMillis(50));
                return ours.assignment().size() == 2 && theirs.assignment().size() == 2;
            });
            try (Producer<String, String> producer = producer(producing())) {
                send(producer, "mixed", 0, 200);
            }
            Set<String> seen = new HashSet<>();
            Awaitility.await().until(() -> {
                ours.poll(Duration.ofMillis(50)).forEach(each -> seen.add(each.value()));
                theirs.poll(Duration.ofMillis(50)).forEach(each -> seen.add(each.value()));
                return seen.size() == 200;
            });
            theirs.unsubscribe();
            Awaitility.await().until(() -> {
                ours.poll(Duration.ofMillis(50));
                return ours.assignment().size() == 4;
            });
        }
    }

    @Test
    void twoMembersShareAndCommit() throws Exception {
        create("shared", 4);
        try (Consumer<String, String> first = consumer(consuming().groupId("ours-shared"));
                Consumer<String, String> second = consumer(consuming().groupId("ours-shared"));
                Producer<String, String> producer = producer(producing())) {
            first.subscribe(List.of("shared"));
            second.subscribe(List.of("shared"));
            Awaitility.await().until(() -> {
                first.poll(Duration.ofMillis(50));
                second.poll(Duration.ofMillis(50));
                return first.assignment().size() == 2 && second.assignment().size() == 2;
            });
            send(producer, "shared", 0, 100);
            Set<String> seen = new HashSet<>();
            Awaitility.await().until(() -> {
                for (Consumer<String, String> each : List.of(first, second)) {
                    var records = each.poll(Duration.ofMillis(50));
                    records.forEach(record -> seen.add(record.value()));
                    if (!records.isEmpty()) {
                        each.commit(records.nextOffsets());
                    }
                }
                return seen.size() == 100;
            });
            long committed = Stream.of(0, 1, 2, 3).map(p -> new TopicPartition("shared", p))
                    .mapToLong(p -> first.committed(Set.of(p)).get(p).offset()).sum();
            assertEquals(100, committed);
        }
    }

    @Test
    void readersRewindByOffsetAndByTime() throws Exception {
        create("rewind", 1);
        try (var producer = stock.producer()) {
            for (int i = 0; i < 50; i++) {
                var _ = producer.send(new org.apache.kafka.clients.producer.ProducerRecord<>(
                        "rewind", 0, 1_000L * (i + 1), "k", "v" + i));
            }
        }
        TopicPartition partition = new TopicPartition("rewind", 0);
        try (Consumer<String, String> consumer = consumer(consuming())) {
            consumer.assign(List.of(partition));
            assertEquals(17, consumer.offsetsForTimes(Map.of(partition, 17_500L)).get(partition).offset());
            for (long offset : new long[] {49, 0, 33}) {
                consumer.seek(partition, offset);
                List<ConsumerRecord<String, String>> read = new ArrayList<>();
                Awaitility.await().until(() -> {
                    consumer.poll(Duration.ofMillis(50)).forEach(read::add);
                    return !read.isEmpty();
                });
                assertEquals("v" + offset, read.getFirst().value());
            }
        }
    }

    @Test
    void topicsAreCreatedDescribedAndDeleted() {
        try (io.chapar.client.admin.Admin admin = io.chapar.client.admin.Admin.open(broker.bootstrap())) {
            var topic = new io.chapar.client.admin.NewTopic("managed", 3);
            assertEquals(3, admin.createTopics(List.of(topic)).get("managed").get().partitions());
            ChaparException twice = assertThrows(ChaparException.class,
                    () -> admin.createTopics(List.of(topic)).get("managed").get());
            assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS, twice.errorCode());
            UUID first = admin.describeTopics(List.of("managed")).get("managed").get().id();
            assertTrue(admin.listTopics().stream().anyMatch(each -> each.name().equals("managed")));
            assertEquals(1, admin.describeCluster().nodes().size());
            admin.deleteTopics(List.of("managed")).get("managed").get();
            ChaparException gone = assertThrows(ChaparException.class,
                    () -> admin.describeTopics(List.of("managed")).get("managed").get());
            assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, gone.errorCode());
            admin.createTopics(List.of(topic)).get("managed").get();
            assertNotEquals(first, admin.describeTopics(List.of("managed")).get("managed").get().id());
        }
    }

    /// Its brokers do not allow two-phase commit.
    @Test
    void twoPhaseCommitThatIsNotAllowedIsToldByItsSetting() {
        ProducerConfig config = ProducerConfig.builder(broker.bootstrap()).transactionalId("not-allowed")
                .twoPhaseCommit(true).build();
        try (Producer<String, String> producer = Producer.open(config, Serdes.string(), Serdes.string())) {
            ChaparException refused = assertThrows(ChaparException.class, () -> producer.initTransactions(true));
            assertTrue(refused.getMessage().contains("transaction.two.phase.commit.enable=true"), refused.getMessage());
        }
    }
}
