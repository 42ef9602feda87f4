package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.utils.internals.Exit;
import org.apache.kafka.tools.ClientMetricsCommand;
import org.apache.kafka.tools.ConfigCommand;
import org.apache.kafka.tools.FeatureCommand;
import org.apache.kafka.tools.MetadataQuorumCommand;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own tools for settings, quotas, features, topics and the metadata quorum, at one broker.
@ResourceLock(KafkaTool.EXIT)
class AdminToolsIT extends SharedBroker {
    private static final int DECLARED = 1;

    /// The process of the tool would end with this.
    private static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int code;

        Ended(int code) {
            super("ended with " + code);
            this.code = code;
        }
    }

    /// What the tool prints, whose class has a method of this name that takes its words.
    private String run(Class<?> tool, String method, String... words) throws Exception {
        return run(broker.bootstrap(), tool, method, words);
    }

    static String run(String bootstrap, Class<?> tool, String method, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
        line.addAll(List.of(words));
        Method execute = tool.getDeclaredMethod(method, String[].class);
        execute.setAccessible(true);
        Exit.setExitProcedure((code, message) -> {
            throw new Ended(code);
        });
        try {
            return KafkaToolsIT.printed(() -> {
                try {
                    execute.invoke(null, (Object) line.toArray(String[]::new));
                } catch (InvocationTargetException e) {
                    assertEquals(0, assertInstanceOf(Ended.class, e.getCause()).code);
                }
            });
        } finally {
            Exit.resetExitProcedure();
        }
    }

    private String configs(String... words) throws Exception {
        return run(ConfigCommand.class, "main", words);
    }

    private static void contains(String part, String printed) {
        assertTrue(printed.contains(part), printed);
    }

    @Test
    void statusAndReplicationOfTheQuorumArePrinted() throws Exception {
        String status = run(MetadataQuorumCommand.class, "execute", "describe", "--status");
        assertTrue(status.matches("(?s).*LeaderId: +1\\R.*LeaderEpoch: +0\\R.*MaxFollowerLag: +0\\R.*"), status);
        assertTrue(status.matches("(?s).*CurrentVoters: +\\[\\{\"id\": 1.*CurrentObservers: +\\[]\\R"), status);
        List<String> rows = run(MetadataQuorumCommand.class, "execute", "describe", "--replication").lines().toList();
        assertTrue(rows.stream().anyMatch(row -> row.matches("1\\s.*\\s0\\s.*Leader\\s*")), () -> rows.toString());
        try (Admin admin = stock.admin()) {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            assertEquals(1, quorum.leaderId());
            assertEquals(quorum.highWatermark(), quorum.voters().getFirst().logEndOffset());
        }
    }

    /// What several voters answer is in the broker's own tests.
    @Test
    void aVoterThatHasNoOthersCannotBeTakenOut() throws Exception {
        Method execute = MetadataQuorumCommand.class.getDeclaredMethod("execute", String[].class);
        execute.setAccessible(true);
        String[] words = {"--bootstrap-server", broker.bootstrap(), "remove-controller", "--controller-id", "1",
            "--controller-directory-id", Uuid.ONE_UUID.toString()};
        Throwable why = assertThrows(InvocationTargetException.class, () -> execute.invoke(null, (Object) words));
        while (why.getCause() != null) {
            why = why.getCause();
        }
        assertInstanceOf(InvalidRequestException.class, why);
        assertTrue(why.getMessage().startsWith("This broker has no others"), why.getMessage());
    }

    @Test
    void settingsOfBrokersChangeWhileTheyRun() throws Exception {
        contains("Completed updating default config for brokers", configs("--alter", "--entity-type", "brokers",
                "--entity-default", "--add-config", "log.retention.ms=2000000,num.io.threads=16"));
        contains("log.retention.ms=2000000 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:"
                + "log.retention.ms=2000000, DEFAULT_CONFIG:log.retention.hours=168}",
                configs("--describe", "--entity-type", "brokers", "--entity-default"));
        contains("Completed updating config for broker 1", configs("--alter", "--entity-type", "brokers",
                "--entity-name", "1", "--add-config", "log.retention.ms=3000000"));
        String all = configs("--describe", "--all", "--entity-type", "brokers", "--entity-name", "1");
        contains("DYNAMIC_BROKER_CONFIG:log.retention.ms=3000000, DYNAMIC_DEFAULT_BROKER_CONFIG:", all);
        contains("num.io.threads=16", all);
        configs("--alter", "--entity-type", "brokers", "--entity-name", "1", "--delete-config", "log.retention.ms");
        configs("--alter", "--entity-type", "brokers", "--entity-default", "--delete-config",
                "log.retention.ms,num.io.threads");
        assertEquals(DECLARED, configs("--describe", "--entity-type", "brokers", "--entity-default").strip().lines()
                .count());
        contains("root=", configs("--describe", "--all", "--entity-type", "broker-loggers", "--entity-name", "1"));
    }

    @Test
    void groupsAndSubscriptionsHaveSettings() throws Exception {
        configs("--alter", "--entity-type", "groups", "--entity-name", "g", "--add-config",
                "consumer.session.timeout.ms=50000");
        contains("consumer.session.timeout.ms=50000", configs("--describe", "--entity-type", "groups",
                "--entity-name", "g"));
        run(ClientMetricsCommand.class, "execute", "--alter", "--name", "mine", "--metrics",
                "org.apache.kafka.producer.", "--interval", "5000", "--match", "client_id=metered");
        assertEquals("mine", run(ClientMetricsCommand.class, "execute", "--list").strip());
        contains("interval.ms=5000", run(ClientMetricsCommand.class, "execute", "--describe", "--name", "mine"));
        try (KafkaProducer<String, String> producer = stock.producer("client.id=metered")) {
            assertNotEquals(Uuid.ZERO_UUID, producer.clientInstanceId(Duration.ofSeconds(30)));
        }
        run(ClientMetricsCommand.class, "execute", "--delete", "--name", "mine");
        assertEquals("", run(ClientMetricsCommand.class, "execute", "--list").strip());
    }

    @Test
    void aClientAboveItsQuotaIsSlowedDown() throws Exception {
        create("slowed", 1);
        contains("Completed updating config for client slow", configs("--alter", "--entity-type", "clients",
                "--entity-name", "slow", "--add-config", "producer_byte_rate=100"));
        contains("Quota configs for client-id 'slow' are producer_byte_rate=100.0",
                configs("--describe", "--entity-type", "clients", "--entity-name", "slow"));
        try (KafkaProducer<String, String> producer = stock.producer("client.id=slow")) {
            producer.send(new ProducerRecord<>("slowed", "x".repeat(1_000))).get();
            double longestMs = producer.metrics().entrySet().stream()
                    .filter(one -> one.getKey().name().equals("produce-throttle-time-max"))
                    .mapToDouble(one -> (double) one.getValue().metricValue()).max().orElse(0);
            assertTrue(longestMs > 500 && longestMs < 3_000, "for what is above 1000 bytes: " + longestMs);
        }
        configs("--alter", "--entity-type", "clients", "--entity-name", "slow", "--delete-config",
                "producer_byte_rate");
        assertEquals("", configs("--describe", "--entity-type", "clients", "--entity-name", "slow").strip());
    }

    @Test
    void levelsOfFeaturesChange() throws Exception {
        contains("FinalizedVersionLevel: 2", run(FeatureCommand.class, "execute", "describe"));
        contains("transaction.version was downgraded to 1.", run(FeatureCommand.class, "execute", "downgrade",
                "--feature", "transaction.version=1"));
        contains("chapar.version", run(FeatureCommand.class, "execute", "describe"));
        contains("transaction.version was upgraded to 2.", run(FeatureCommand.class, "execute", "upgrade",
                "--feature", "transaction.version=2"));
    }

    @Test
    void partitionsAreDescribedWithWhoMayLeadThem() throws Exception {
        create("described", 3);
        String printed = run(TopicCommand.class, "execute", "--describe", "--topic", "described",
                "--partition-size-limit-per-response", "2");
        contains("Topic: described\tPartition: 2\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: ", printed);
        assertEquals(4, printed.strip().lines().count());
    }

    @Test
    void groupsAreSetBackAndDeletedAndTheirTopicComesAnew() throws Exception {
        create("grouped", 1);
        TopicPartition partition = new TopicPartition("grouped", 0);
        try (KafkaProducer<String, String> producer = stock.producer();
                KafkaConsumer<String, String> consumer = stock.consumer("group.id=tooled")) {
            for (int i = 0; i < 5; i++) {
                producer.send(new ProducerRecord<>("grouped", "v" + i)).get();
            }
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(5)));
        }
        String reset = groups("--reset-offsets", "--group", "tooled", "--topic", "grouped", "--to-offset", "2",
                "--execute");
        assertTrue(reset.matches("(?s).*tooled +grouped +0 +2\\s*"), reset);
        String described = groups("--describe", "--group", "tooled");
        assertTrue(described.matches("(?s).*tooled +grouped +0 +2 +5 +3 +.*"), described);
        String planned = groups("--reset-offsets", "--group", "tooled", "--topic", "grouped", "--by-duration",
                "PT1H", "--dry-run");
        assertTrue(planned.matches("(?s).*tooled +grouped +0 +0\\s*"), planned);
        contains("Deletion of requested consumer groups ('tooled') was successful.",
                groups("--delete", "--group", "tooled"));
        run(TopicCommand.class, "execute", "--delete", "--topic", "__consumer_offsets");
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=tooled")) {
            assertEquals(Map.of(), consumer.committed(Set.of(partition)).entrySet().stream()
                    .filter(one -> one.getValue() != null).collect(Collectors.toMap(Map.Entry::getKey,
                            Map.Entry::getValue)));
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(4)));
            assertEquals(4, consumer.committed(Set.of(partition)).get(partition).offset());
        }
    }

    private String groups(String... words) throws Exception {
        return run(ConsumerGroupCommand.class, "main", words);
    }
}
