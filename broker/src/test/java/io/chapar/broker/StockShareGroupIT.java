package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own share consumers and administrators (KIP-932), against a broker of this process on several loops.
@SuppressWarnings("FutureReturnValueIgnored") // what was sent is counted by reading it
class StockShareGroupIT {
    /// Several times as long as a busy machine takes between two renewals.
    private static final int LOCK_MS = 3_000;

    @TempDir
    Path folder;

    private Broker broker;
    private Admin admin;

    @BeforeEach
    void start() throws Exception {
        open();
        admin.createTopics(List.of(new NewTopic("t", 2, (short) 1), new NewTopic("narrow", 1, (short) 1))).all().get();
    }

    private void open() {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "num.network.threads", "3",
                "offsets.topic.num.partitions", "5", "transaction.state.log.num.partitions", "5",
                "share.coordinator.state.topic.num.partitions", "5",
                "group.share.min.record.lock.duration.ms", "1000", "group.share.min.heartbeat.interval.ms", "100",
                "group.share.heartbeat.interval.ms", "300")));
        admin = Admin.create(properties(Map.of()));
    }

    @AfterEach
    void stop() {
        admin.close();
        broker.close();
    }

    private Properties properties(Map<String, ?> more) {
        Properties all = new Properties();
        all.put("bootstrap.servers", broker.address().toString());
        all.putAll(more);
        return all;
    }

    private KafkaShareConsumer<String, String> consumer(String group, boolean isExplicit) {
        return new KafkaShareConsumer<>(
                properties(Map.of("group.id", group,
                        "share.acknowledgement.mode", isExplicit ? "explicit" : "implicit")),
                new StringDeserializer(), new StringDeserializer());
    }

    private KafkaProducer<String, String> producer(Map<String, ?> more) {
        return new KafkaProducer<>(properties(more), new StringSerializer(), new StringSerializer());
    }

    private void set(String group, String name, String value) throws Exception {
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), List.of(
                new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)))).all().get();
    }

    private void write(int from, int to) {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (int i = from; i < to; i++) {
                producer.send(new ProducerRecord<>("t", i % 2, null, "v" + i));
            }
        }
    }

    private static Set<String> values(int from, int to) {
        Set<String> all = new TreeSet<>();
        for (int i = from; i < to; i++) {
            all.add("v" + i);
        }
        return all;
    }

    private static List<ConsumerRecord<String, String>> poll(
            KafkaShareConsumer<String, String> consumer, int least) {
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(1)).until(() -> {
            consumer.poll(Duration.ofMillis(200)).forEach(got::add);
            return got.size() >= least;
        });
        return got;
    }

    private static Set<String> values(Collection<ConsumerRecord<String, String>> records) {
        Set<String> all = new TreeSet<>();
        records.forEach(one -> all.add(one.value()));
        return all;
    }

    @Test
    void what_one_member_has_accepted_nobody_gets_again_not_after_a_restart_either() throws Exception {
        set("g", "share.auto.offset.reset", "earliest");
        write(0, 100);
        try (KafkaShareConsumer<String, String> one = consumer("g", false)) {
            one.subscribe(List.of("t"));
            List<ConsumerRecord<String, String>> got = poll(one, 100);
            assertEquals(100, got.size());
            assertEquals(values(0, 100), values(got));
            one.commitSync().forEach((_, error) -> assertTrue(error.isEmpty(), error::toString));
        }
        admin.close();
        broker.close();
        open();
        write(100, 110);
        try (KafkaShareConsumer<String, String> two = consumer("g", false)) {
            two.subscribe(List.of("t"));
            assertEquals(values(100, 110), values(poll(two, 10)));
        }
    }

    @Test
    void members_share_a_partition_and_what_one_gives_back_another_gets() throws Exception {
        set("g", "share.auto.offset.reset", "earliest");
        write(0, 20);
        try (KafkaShareConsumer<String, String> two = consumer("g", true)) {
            Map<String, Short> counts = new TreeMap<>();
            try (KafkaShareConsumer<String, String> one = consumer("g", true)) {
                one.subscribe(List.of("t"));
                two.subscribe(List.of("t"));
                for (ConsumerRecord<String, String> record : poll(one, 1)) {
                    counts.put(record.value(), record.deliveryCount().orElseThrow());
                    one.acknowledge(record, AcknowledgeType.RELEASE);
                }
                one.commitSync();
            }
            counts.values().forEach(count -> assertEquals((short) 1, count));
            Set<String> accepted = new TreeSet<>();
            while (!accepted.equals(values(0, 20))) {
                for (ConsumerRecord<String, String> record : poll(two, 1)) {
                    if (counts.containsKey(record.value())) {
                        assertEquals((short) 2, record.deliveryCount().orElseThrow());
                    }
                    assertTrue(accepted.add(record.value()));
                    two.acknowledge(record, AcknowledgeType.ACCEPT);
                }
                two.commitSync().forEach((_, error) -> assertTrue(error.isEmpty(), error::toString));
            }
        }
    }

    @Test
    void a_record_is_delivered_no_more_often_than_it_may_be_and_a_rejected_one_once() throws Exception {
        set("g", "share.auto.offset.reset", "earliest");
        set("g", "share.delivery.count.limit", "3");
        write(0, 2);
        int[] deliveries = new int[2];
        try (KafkaShareConsumer<String, String> one = consumer("g", true)) {
            one.subscribe(List.of("t"));
            while (deliveries[0] < 3 || deliveries[1] < 1) {
                for (ConsumerRecord<String, String> record : poll(one, 1)) {
                    int which = record.value().equals("v0") ? 0 : 1;
                    deliveries[which]++;
                    assertEquals(deliveries[which], record.deliveryCount().orElseThrow().intValue());
                    one.acknowledge(record, which == 0 ? AcknowledgeType.RELEASE : AcknowledgeType.REJECT);
                }
                one.commitSync();
            }
            write(2, 4);
            assertEquals(values(2, 4), values(poll(one, 2)));
        }
        assertEquals(3, deliveries[0]);
        assertEquals(1, deliveries[1]);
    }

    @Test
    void a_lock_that_is_over_lets_another_have_the_record_and_one_that_is_renewed_does_not() throws Exception {
        set("g", "share.auto.offset.reset", "earliest");
        set("g", "share.record.lock.duration.ms", Integer.toString(LOCK_MS));
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>("narrow", "v0"));
        }
        try (KafkaShareConsumer<String, String> one = consumer("g", true);
                KafkaShareConsumer<String, String> two = consumer("g", true)) {
            one.subscribe(List.of("narrow"));
            ConsumerRecord<String, String> held = poll(one, 1).getFirst();
            long untilMs = System.currentTimeMillis() + LOCK_MS + LOCK_MS / 2;
            two.subscribe(List.of("narrow"));
            while (System.currentTimeMillis() < untilMs) {
                one.acknowledge(held, AcknowledgeType.RENEW);
                one.commitSync().forEach((_, error) -> assertTrue(error.isEmpty(), error::toString));
                one.poll(Duration.ofMillis(10));
                assertTrue(two.poll(Duration.ofMillis(200)).isEmpty(), "it is locked");
            }
            ConsumerRecord<String, String> again = poll(two, 1).getFirst();
            assertEquals("v0", again.value());
            assertEquals((short) 2, again.deliveryCount().orElseThrow());
        }
    }

    @Test
    void readers_of_what_is_committed_see_neither_what_was_aborted_nor_what_is_open() throws Exception {
        set("g", "share.auto.offset.reset", "earliest");
        set("g", "share.isolation.level", "read_committed");
        try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", "x"))) {
            producer.initTransactions();
            for (int round = 0; round < 6; round++) {
                producer.beginTransaction();
                for (int i = 0; i < 10; i++) {
                    producer.send(new ProducerRecord<>("t", 0, null, "r" + round + "." + i));
                }
                producer.flush();
                if (round % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("t", 0, null, "open")).get();
            try (KafkaShareConsumer<String, String> one = consumer("g", false)) {
                one.subscribe(List.of("t"));
                Set<String> got = values(poll(one, 30));
                assertEquals(30, got.size());
                got.forEach(value -> assertTrue((value.charAt(1) - '0') % 2 == 0, value));
                assertTrue(one.poll(Duration.ofMillis(300)).isEmpty());
                producer.commitTransaction();
                assertEquals(Set.of("open"), values(poll(one, 1)));
            }
        }
    }

    @Test
    void administrators_see_and_move_a_group_and_delete_it() throws Exception {
        set("g", "share.auto.offset.reset", "earliest");
        write(0, 10);
        TopicPartition p0 = new TopicPartition("t", 0);
        try (KafkaShareConsumer<String, String> one = consumer("g", false)) {
            one.subscribe(List.of("t"));
            poll(one, 10);
            one.commitSync();
            ShareGroupDescription described = admin.describeShareGroups(List.of("g")).all().get().get("g");
            assertEquals(GroupState.STABLE, described.groupState());
            assertEquals(1, described.members().size());
            assertEquals(2, described.members().iterator().next().assignment().topicPartitions().size());
            assertInstanceOf(GroupNotEmptyException.class, assertThrows(ExecutionException.class,
                    () -> admin.alterShareGroupOffsets("g", Map.of(p0, 2L)).all().get()).getCause());
            assertInstanceOf(GroupNotEmptyException.class, assertThrows(ExecutionException.class,
                    () -> admin.deleteShareGroups(List.of("g")).all().get()).getCause());
        }
        Collection<GroupListing> listed = admin.listGroups(ListGroupsOptions.forShareGroups()).all().get();
        assertEquals(List.of("g"), listed.stream().map(GroupListing::groupId).toList());
        assertEquals(GroupType.SHARE, listed.iterator().next().type().orElseThrow());
        Map<TopicPartition, SharePartitionOffsetInfo> offsets = offsets();
        assertEquals(5, offsets.get(p0).startOffset());
        assertEquals(0, offsets.get(p0).lag().orElseThrow());
        assertInstanceOf(GroupIdNotFoundException.class, assertThrows(ExecutionException.class,
                () -> admin.alterConsumerGroupOffsets("g", Map.of(p0, new OffsetAndMetadata(1))).all().get())
                .getCause());
        admin.alterShareGroupOffsets("g", Map.of(p0, 2L)).all().get();
        assertEquals(2, offsets().get(p0).startOffset());
        assertEquals(3, offsets().get(p0).lag().orElseThrow());
        try (KafkaShareConsumer<String, String> one = consumer("g", false)) {
            one.subscribe(List.of("t"));
            assertEquals(Set.of("v4", "v6", "v8"), values(poll(one, 3)));
        }
        admin.deleteShareGroupOffsets("g", Set.of("t")).all().get();
        assertTrue(offsets().isEmpty());
        admin.deleteShareGroups(List.of("g")).all().get();
        assertInstanceOf(GroupIdNotFoundException.class, assertThrows(ExecutionException.class,
                () -> admin.describeShareGroups(List.of("g")).all().get()).getCause());
    }

    private Map<TopicPartition, SharePartitionOffsetInfo> offsets() throws Exception {
        return admin.listShareGroupOffsets(Map.of("g", new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo("g").get();
    }
}
