package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own consumer with `group.protocol=consumer` (KIP-848), and Kafka's tool for groups, against one real broker
/// whose members show up often, so that all of it is over soon.
class ConsumerProtocolIT extends SharedBroker {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration LIMIT = Duration.ofMinutes(2);

    ConsumerProtocolIT() {
        super("group.consumer.min.session.timeout.ms=1000", "group.consumer.min.heartbeat.interval.ms=50",
                "group.consumer.heartbeat.interval.ms=100",
                "group.consumer.assignment.interval.ms=50");
    }

    private KafkaConsumer<String, String> member(String group, String... more) {
        String[] all = new String[more.length + 2];
        System.arraycopy(more, 0, all, 2, more.length);
        all[0] = "group.protocol=consumer";
        all[1] = "group.id=" + group;
        return stock.consumer(all);
    }

    @SafeVarargs
    private static void untilTheyHave(int each, KafkaConsumer<String, String>... members) {
        Awaitility.await().atMost(LIMIT).pollDelay(Duration.ZERO).pollInterval(POLL).until(() -> {
            boolean all = true;
            for (KafkaConsumer<String, String> member : members) {
                member.poll(POLL);
                all &= member.assignment().size() == each;
            }
            return all;
        });
    }

    @Test
    void membersJoinLeaveAndAreKilled(@TempDir Path folder) throws Exception {
        create("joined", 4);
        try (KafkaConsumer<String, String> first = member("joiners")) {
            first.subscribe(List.of("joined"));
            untilTheyHave(4, first);
            try (KafkaConsumer<String, String> second = member("joiners")) {
                second.subscribe(List.of("joined"));
                untilTheyHave(2, first, second);
                Set<TopicPartition> both = new HashSet<>(first.assignment());
                both.addAll(second.assignment());
                assertEquals(4, both.size());
                assertIsShown(first.groupMetadata().memberId(), second.groupMetadata().memberId());
            }
            untilTheyHave(4, first);
            missedAfter(5_000, "joiners");
            StartedProcess other = StartedProcess.startJava(
                    folder, "64m", "org.apache.kafka.tools.consumer.ConsoleConsumer", List.of(
                            "--bootstrap-server", broker.bootstrap(), "--topic", "joined", "--group", "joiners",
                            "--command-property", "group.protocol=consumer"));
            try (other) {
                untilTheyHave(2, first);
            }
            // It was killed.
            untilTheyHave(4, first);
        }
    }

    /// A member that was killed is missed so much later; others have time, however busy the machine is.
    private void missedAfter(int sessionMs, String group) throws Exception {
        try (Admin admin = stock.admin()) {
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group),
                    List.of(new AlterConfigOp(new ConfigEntry("consumer.session.timeout.ms", "" + sessionMs),
                            AlterConfigOp.OpType.SET)))).all().get();
        }
    }

    private void assertIsShown(String... members) throws Exception {
        try (Admin admin = stock.admin()) {
            GroupListing listed = admin.listGroups().all().get().stream()
                    .filter(one -> one.groupId().equals("joiners")).findFirst().orElseThrow();
            assertEquals(GroupType.CONSUMER, listed.type().orElseThrow());
            var described = admin.describeConsumerGroups(List.of("joiners")).all().get().get("joiners");
            assertEquals(GroupType.CONSUMER, described.type());
            assertEquals(GroupState.STABLE, described.groupState());
            assertEquals("uniform", described.partitionAssignor());
        }
        String table = tool("--describe", "--group", "joiners", "--members", "--verbose");
        for (String member : members) {
            assertTrue(table.lines().anyMatch(line -> line.contains(member) && line.contains("joined:")), table);
        }
        assertTrue(tool("--describe", "--group", "joiners", "--state", "--verbose").contains("Stable"));
        assertTrue(tool("--list", "--type", "consumer").contains("joiners"));
        assertTrue(tool("--list", "--type", "classic").lines().noneMatch("joiners"::equals));
    }

    private String tool(String... words) throws Exception {
        String[] line = new String[words.length + 2];
        line[0] = "--bootstrap-server";
        line[1] = broker.bootstrap();
        System.arraycopy(words, 0, line, 2, words.length);
        return KafkaToolsIT.printed(() -> ConsumerGroupCommand.main(line));
    }

    @Test
    void anExpressionFollowsTopicsThatAreMade() {
        create("matched-1", 2);
        try (KafkaConsumer<String, String> consumer = member("matchers")) {
            consumer.subscribe(new SubscriptionPattern("matched-.*"));
            untilTheyHave(2, consumer);
            create("matched-2", 3);
            untilTheyHave(5, consumer);
        }
    }

    @Test
    void aStaticMemberComesBackToItsPart() throws Exception {
        create("kept", 4);
        try (KafkaConsumer<String, String> other = member("keepers")) {
            other.subscribe(List.of("kept"));
            Set<TopicPartition> had;
            try (KafkaConsumer<String, String> one = member("keepers", "group.instance.id=one")) {
                one.subscribe(List.of("kept"));
                untilTheyHave(2, one, other);
                had = Set.copyOf(one.assignment());
            }
            int epoch = epochOf("keepers");
            try (KafkaConsumer<String, String> one = member("keepers", "group.instance.id=one")) {
                one.subscribe(List.of("kept"));
                untilTheyHave(2, one, other);
                assertEquals(had, one.assignment());
                assertEquals(epoch, epochOf("keepers"), "nobody else noticed");
            }
        }
    }

    private int epochOf(String group) throws Exception {
        try (Admin admin = stock.admin()) {
            return admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupEpoch().orElseThrow();
        }
    }

    @SuppressWarnings("removal") // A generation that is not the member's own.
    @Test
    void commitsAreOfMembersAloneAlsoInTransactions() {
        create("committed", 1);
        TopicPartition partition = new TopicPartition("committed", 0);
        try (KafkaConsumer<String, String> consumer = member("committers");
                KafkaProducer<String, String> producer = stock.producer("transactional.id=of-committers")) {
            consumer.subscribe(List.of("committed"));
            untilTheyHave(1, consumer);
            ConsumerGroupMetadata metadata = consumer.groupMetadata();
            producer.initTransactions();
            producer.beginTransaction();
            var _ = producer.send(new ProducerRecord<>("committed", "k", "v"));
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(1)), metadata);
            producer.commitTransaction();
            assertEquals(1, consumer.committed(Set.of(partition)).get(partition).offset());
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(2)));
            assertEquals(2, consumer.committed(Set.of(partition)).get(partition).offset());

            producer.beginTransaction();
            assertThrows(CommitFailedException.class, () -> producer.sendOffsetsToTransaction(
                    Map.of(partition, new OffsetAndMetadata(7)),
                    new ConsumerGroupMetadata("committers", metadata.generationId() + 5, metadata.memberId(),
                            metadata.groupInstanceId())));
            producer.abortTransaction();
            assertEquals(2, consumer.committed(Set.of(partition)).get(partition).offset());
        }
    }
}
