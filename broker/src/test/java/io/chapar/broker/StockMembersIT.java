package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
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
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own consumers and administrators in groups, against a broker of this process on several loops.
///
/// Every commit is preceded by a flush: the producer of kafka-clients 4.3 looks whether batches are left before it
/// takes the lock under which it sends EndTxn, so that a commit in the wrong instant overtakes its own records.
@SuppressWarnings("FutureReturnValueIgnored") // what was sent is counted by reading it
class StockMembersIT {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final TopicPartition T1 = new TopicPartition("t", 1);

    @TempDir
    Path folder;

    private Broker broker;
    private Admin admin;

    @BeforeEach
    void start() throws Exception {
        open();
        admin.createTopics(List.of(new NewTopic("t", 2, (short) 1), new NewTopic("out", 1, (short) 1))).all().get();
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (int i = 0; i < 20; i++) {
                producer.send(new ProducerRecord<>("t", i % 2, null, "v" + i));
            }
        }
    }

    private void open() {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "num.network.threads", "3",
                "offsets.topic.num.partitions", "5", "transaction.state.log.num.partitions", "5")));
        admin = Admin.create(properties(Map.of()));
    }

    @AfterEach
    void stop() {
        admin.close();
        broker.close();
    }

    private void restart() {
        stop();
        open();
    }

    private Properties properties(Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        properties.putAll(more);
        return properties;
    }

    private KafkaProducer<String, String> producer(Map<String, String> more) {
        return new KafkaProducer<>(properties(more), new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(Map<String, String> more) {
        Properties properties = properties(Map.of(
                "group.id", "g", "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                "session.timeout.ms", "30000", "heartbeat.interval.ms", "200", "isolation.level", "read_committed"));
        properties.putAll(more);
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    private static Set<String> poll(KafkaConsumer<String, String> consumer, int expected) {
        Set<String> values = new TreeSet<>();
        Awaitility.await().until(() -> {
            for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(50))) {
                values.add(one.value());
            }
            return values.size() >= expected;
        });
        return values;
    }

    private static void untilAssigned(KafkaConsumer<String, String> one, KafkaConsumer<String, String> two) {
        Awaitility.await().until(() -> {
            one.poll(Duration.ofMillis(20));
            two.poll(Duration.ofMillis(20));
            return one.assignment().size() == 1 && two.assignment().size() == 1;
        });
    }

    @Test
    void aConsumerGoesOnWhereItsGroupLeftOffAlsoAfterARestart() throws Exception {
        try (KafkaConsumer<String, String> first = consumer(Map.of())) {
            first.subscribe(List.of("t"));
            assertEquals(20, poll(first, 20).size());
            first.commitSync(Map.of(T0, new OffsetAndMetadata(10, "zero"), T1, new OffsetAndMetadata(4, "one")));
        }
        restart();
        try (KafkaConsumer<String, String> second = consumer(Map.of())) {
            assertEquals("zero", second.committed(Set.of(T0)).get(T0).metadata());
            second.subscribe(List.of("t"));
            assertEquals(new TreeSet<>(Set.of("v9", "v11", "v13", "v15", "v17", "v19")), poll(second, 6));
        }
        Map<TopicPartition, OffsetAndMetadata> all =
                admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get();
        assertEquals(10, all.get(T0).offset());
        assertEquals(4, all.get(T1).offset());
    }

    @Test
    void twoMembersShareAndTheOneThatStaysTakesAll() throws Exception {
        try (KafkaConsumer<String, String> one = consumer(Map.of())) {
            one.subscribe(List.of("t"));
            poll(one, 20);
            try (KafkaConsumer<String, String> two = consumer(Map.of("client.id", "second"))) {
                two.subscribe(List.of("t"));
                untilAssigned(one, two);
                ConsumerGroupDescription group =
                        admin.describeConsumerGroups(List.of("g")).describedGroups().get("g").get();
                assertEquals(GroupState.STABLE, group.groupState());
                assertEquals(2, group.members().size());
                assertEquals("range", group.partitionAssignor());
                assertTrue(group.members().stream().allMatch(one2 -> one2.host().equals("/127.0.0.1")));
                assertTrue(group.members().stream()
                        .allMatch(member -> member.assignment().topicPartitions().size() == 1));
            }
            Awaitility.await().until(() -> {
                one.poll(Duration.ofMillis(20));
                return one.assignment().size() == 2;
            });
        }
        ConsumerGroupDescription group =
                admin.describeConsumerGroups(List.of("g")).describedGroups().get("g").get();
        assertEquals(GroupState.EMPTY, group.groupState());
    }

    @Test
    void cooperativeMembersKeepWhatTheyNeedNotGive() {
        Map<String, String> sticky = Map.of(
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
        try (KafkaConsumer<String, String> one = consumer(sticky);
                KafkaConsumer<String, String> two = consumer(sticky)) {
            one.subscribe(List.of("t"));
            poll(one, 20);
            two.subscribe(List.of("t"));
            untilAssigned(one, two);
        }
    }

    @Test
    void aStaticMemberKeepsItsPartOverItsOwnRestartAndTheBrokers() throws Exception {
        Map<String, String> fixed = Map.of("group.instance.id", "i", "session.timeout.ms", "30000");
        try (KafkaConsumer<String, String> one = consumer(fixed)) {
            one.subscribe(List.of("t"));
            poll(one, 20);
        }
        restart();
        try (KafkaConsumer<String, String> again = consumer(fixed)) {
            again.subscribe(List.of("t"));
            poll(again, 20);
            assertEquals(1, again.groupMetadata().generationId());
        }
        admin.removeMembersFromConsumerGroup(
                        "g", new RemoveMembersFromConsumerGroupOptions(Set.of(new MemberToRemove("i"))))
                .all()
                .get();
        assertEquals(
                GroupState.EMPTY,
                admin.describeConsumerGroups(List.of("g")).describedGroups().get("g").get().groupState());
    }

    @Test
    void offsetsInATransactionAreSeenWithItsCommitAlone() throws Exception {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of());
                KafkaProducer<String, String> producer = producer(Map.of("transactional.id", "x"))) {
            consumer.subscribe(List.of("t"));
            poll(consumer, 20);
            producer.initTransactions();
            for (int round = 1; round <= 6; round++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("out", "round " + round));
                producer.sendOffsetsToTransaction(
                        Map.of(T0, new OffsetAndMetadata(round)), consumer.groupMetadata());
                if (round % 2 == 0) {
                    producer.flush();
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
                int expected = round - round % 2;
                OffsetAndMetadata committed = consumer.committed(Set.of(T0)).get(T0);
                assertEquals(expected, committed == null ? 0 : (int) committed.offset());
            }
            // A transaction may hold offsets and nothing else.
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(T1, new OffsetAndMetadata(9)), consumer.groupMetadata());
            producer.flush();
            producer.commitTransaction();
            assertEquals(9, consumer.committed(Set.of(T1)).get(T1).offset());
        }
        restart();
        assertEquals(
                6, admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get().get(T0).offset());
    }

    @Test
    void aMemberOfAnEarlierGenerationCannotCommitInATransaction() {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of());
                KafkaProducer<String, String> producer = producer(Map.of("transactional.id", "x"))) {
            consumer.subscribe(List.of("t"));
            poll(consumer, 20);
            ConsumerGroupMetadata before = consumer.groupMetadata();
            consumer.enforceRebalance();
            Awaitility.await().until(() -> {
                consumer.poll(Duration.ofMillis(20));
                return consumer.groupMetadata().generationId() > before.generationId();
            });
            ConsumerGroupMetadata now = consumer.groupMetadata();
            producer.initTransactions();
            producer.beginTransaction();
            assertThrows(CommitFailedException.class, () -> {
                producer.sendOffsetsToTransaction(Map.of(T0, new OffsetAndMetadata(9)), before);
                producer.flush();
                producer.commitTransaction();
            });
            producer.abortTransaction();
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(T0, new OffsetAndMetadata(3)), now);
            producer.flush();
            producer.commitTransaction();
            assertEquals(3, consumer.committed(Set.of(T0)).get(T0).offset());
        }
    }

    @Test
    void administratorsListChangeAndDelete() throws Exception {
        admin.alterConsumerGroupOffsets("quiet", Map.of(T0, new OffsetAndMetadata(3), T1, new OffsetAndMetadata(4)))
                .all()
                .get();
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            consumer.subscribe(List.of("t"));
            poll(consumer, 20);
            consumer.commitSync();
            List<String> listed = new ArrayList<>();
            for (GroupListing group : admin.listGroups(new ListGroupsOptions()).all().get()) {
                listed.add(group.groupId() + " " + group.groupState().orElseThrow());
            }
            assertEquals(Set.of("quiet Empty", "g Stable"), Set.copyOf(listed));
            assertInstanceOf(GroupNotEmptyException.class, cause(() ->
                    admin.deleteConsumerGroups(List.of("g")).all().get()));
            assertInstanceOf(GroupSubscribedToTopicException.class, cause(() ->
                    admin.deleteConsumerGroupOffsets("g", Set.of(T0)).partitionResult(T0).get()));
        }
        admin.deleteConsumerGroupOffsets("quiet", Set.of(T0)).all().get();
        assertEquals(
                Set.of(T1),
                admin.listConsumerGroupOffsets("quiet").partitionsToOffsetAndMetadata().get().keySet());
        admin.deleteConsumerGroups(List.of("quiet", "g")).all().get();
        assertInstanceOf(GroupIdNotFoundException.class, cause(() ->
                admin.describeConsumerGroups(List.of("g")).describedGroups().get("g").get()));
        restart();
        assertEquals(0, admin.listGroups(new ListGroupsOptions()).all().get().size());
    }

    @Test
    void aTopicThatIsMadeAnewBeginsWithoutOffsets() throws Exception {
        admin.alterConsumerGroupOffsets("quiet", Map.of(T0, new OffsetAndMetadata(3))).all().get();
        admin.deleteTopics(List.of("t")).all().get();
        admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get();
        Awaitility.await().until(() ->
                admin.listConsumerGroupOffsets("quiet").partitionsToOffsetAndMetadata().get().get(T0) == null);
    }

    private interface Action {
        Object run() throws Exception;
    }

    private static Throwable cause(Action action) {
        return assertThrows(ExecutionException.class, action::run).getCause();
    }
}
