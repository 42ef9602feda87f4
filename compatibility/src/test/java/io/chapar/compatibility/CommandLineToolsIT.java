package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.tools.BrokerApiVersionsCommand;
import org.apache.kafka.tools.ClusterTool;
import org.apache.kafka.tools.ConfigCommand;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.GroupsCommand;
import org.apache.kafka.tools.LeaderElectionCommand;
import org.apache.kafka.tools.LogDirsCommand;
import org.apache.kafka.tools.TopicCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own command line at one broker, as its scripts call it: what other tests do not call.
@ResourceLock(KafkaTool.EXIT)
class CommandLineToolsIT extends SharedBroker {
    @TempDir
    Path folder;

    private String at(Class<?> tool, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("--bootstrap-server", broker.bootstrap()));
        line.addAll(List.of(words));
        return KafkaTool.run(tool, line.toArray(String[]::new));
    }

    private static void matches(String pattern, String printed) {
        assertTrue(printed.matches("(?s).*" + pattern + ".*"), printed);
    }

    private void fill(String topic, int records) throws Exception {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(topic, 0, 1_000L + i, "k", "v" + i)).get();
            }
        }
    }

    @Test
    void topicsAreMadeListedChangedAndDeleted() throws Exception {
        matches("Created topic made\\.", at(TopicCommand.class, "--create", "--topic", "made", "--partitions", "2",
                "--config", "retention.ms=5000"));
        matches("TopicId: \\S{22}\\tPartitionCount: 2\\tReplicationFactor: 1\\tConfigs: retention.ms=5000",
                at(TopicCommand.class, "--describe", "--topic", "made"));
        at(TopicCommand.class, "--create", "--topic", "made", "--if-not-exists");
        at(TopicCommand.class, "--alter", "--topic", "made", "--partitions", "5");
        matches("PartitionCount: 5", at(TopicCommand.class, "--describe", "--topic", "made"));
        assertTrue(at(TopicCommand.class, "--list").lines().anyMatch("made"::equals));
        assertEquals("", at(TopicCommand.class, "--describe", "--under-replicated-partitions").strip());
        at(TopicCommand.class, "--delete", "--topic", "made");
        assertTrue(at(TopicCommand.class, "--list").lines().noneMatch("made"::equals));
    }

    @Test
    void offsetsArePrintedAndRecordsDeleted() throws Exception {
        create("cut", 2);
        fill("cut", 10);
        assertEquals("cut:0:10\ncut:1:0", at(GetOffsetShell.class, "--topic", "cut").strip());
        assertEquals("cut:0:0", at(GetOffsetShell.class, "--topic-partitions", "cut:0", "--time", "earliest").strip());
        assertEquals("cut:0:4", at(GetOffsetShell.class, "--topic-partitions", "cut:0", "--time", "1004").strip());
        assertEquals("cut:0:9",
                at(GetOffsetShell.class, "--topic-partitions", "cut:0", "--time", "max-timestamp").strip());
        Path file = Files.writeString(folder.resolve("cut.json"),
                "{\"partitions\":[{\"topic\":\"cut\",\"partition\":0,\"offset\":7}],\"version\":1}");
        matches("partition: cut-0\\tlow_watermark: 7",
                at(DeleteRecordsCommand.class, "--offset-json-file", file.toString()));
        assertEquals("cut:0:7", at(GetOffsetShell.class, "--topic-partitions", "cut:0", "--time", "earliest").strip());
    }

    @Test
    void groupsOfAllKindsAreListed() throws Exception {
        create("watched", 1);
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=plain")) {
            consumer.assign(List.of(new TopicPartition("watched", 0)));
            consumer.commitSync(Map.of(new TopicPartition("watched", 0), new OffsetAndMetadata(0)));
        }
        matches("GROUP +TYPE +PROTOCOL", at(GroupsCommand.class, "--list"));
        matches("plain +Classic", at(GroupsCommand.class, "--list"));
        matches("plain", at(GroupsCommand.class, "--list", "--consumer"));
        assertTrue(!at(GroupsCommand.class, "--list", "--share").contains("plain"));
    }

    @Test
    void foldersVersionsAndTheClusterAreDescribed() throws Exception {
        create("weighed", 1);
        fill("weighed", 3);
        matches("\"partition\":\"weighed-0\"",
                at(LogDirsCommand.class, "--describe", "--topic-list", "weighed", "--broker-list", "1"));
        String versions = at(BrokerApiVersionsCommand.class);
        matches("\\(id: 1 rack: null isFenced: false\\) -> \\(", versions);
        assertTrue(!versions.contains("UNKNOWN"), versions);
        matches("Cluster ID: \\S+",
                KafkaTool.run(ClusterTool.class, "cluster-id", "--bootstrap-server", broker.bootstrap()));
        matches("1 +127.0.0.1 +" + broker.port(),
                KafkaTool.run(ClusterTool.class, "list-endpoints", "--bootstrap-server", broker.bootstrap()));
    }

    @Test
    void thePreferredReplicaLeadsAlready() throws Exception {
        create("led", 1);
        matches("Valid replica already elected for partitions led-0",
                at(LeaderElectionCommand.class, "--election-type", "preferred", "--topic", "led", "--partition", "0"));
    }

    // ---- tools that go on, in processes of their own

    private StartedProcess tool(String name, String... words) {
        return StartedProcess.startJava(folder, "128m", "org.apache.kafka.tools." + name, List.of(words));
    }

    private static String ended(StartedProcess tool) {
        assertEquals(0, tool.exitCode(), () -> tool.output() + tool.errors());
        return tool.output();
    }

    @Test
    @Tag("nightly")
    void recordsGoFromConsoleToConsole() throws Exception {
        create("typed", 1);
        try (StartedProcess producer = tool("ConsoleProducer", "--bootstrap-server", broker.bootstrap(), "--topic",
                "typed", "--reader-property", "parse.key=true", "--reader-property", "key.separator=:")) {
            try (OutputStream keys = producer.input()) {
                keys.write("a:one\nb:two\n".getBytes(StandardCharsets.UTF_8));
            }
            ended(producer);
        }
        try (StartedProcess consumer = tool("consumer.ConsoleConsumer", "--bootstrap-server", broker.bootstrap(),
                "--topic", "typed", "--from-beginning", "--max-messages", "2", "--formatter-property",
                "print.key=true", "--timeout-ms", "30000")) {
            assertEquals("a\tone\nb\ttwo\n", ended(consumer));
        }
        KafkaTool.run(ConfigTool.class, broker.bootstrap(), "shared");
        try (StartedProcess consumer = tool("consumer.ConsoleShareConsumer", "--bootstrap-server", broker.bootstrap(),
                "--topic", "typed", "--group", "shared", "--max-messages", "2", "--timeout-ms", "30000")) {
            assertEquals("one\ntwo\n", ended(consumer));
        }
    }

    /// Lets a share group begin with the first record.
    private static final class ConfigTool {
        static int mainNoExit(String... bootstrapAndGroup) throws Exception {
            ConfigCommand.main(new String[] {"--bootstrap-server", bootstrapAndGroup[0], "--alter",
                "--entity-type", "groups", "--entity-name", bootstrapAndGroup[1], "--add-config",
                "share.auto.offset.reset=earliest"});
            return 0;
        }
    }

    @Test
    @Tag("nightly")
    void performanceIsMeasured() throws Exception {
        create("fast", 3);
        try (StartedProcess producer = tool("ProducerPerformance", "--bootstrap-server", broker.bootstrap(), "--topic",
                "fast", "--num-records", "20000", "--record-size", "100", "--throughput", "-1")) {
            matches("20000 records sent, .*records/sec", ended(producer));
        }
        try (StartedProcess producer = tool("ProducerPerformance", "--bootstrap-server", broker.bootstrap(), "--topic",
                "fast", "--num-records", "1000", "--record-size", "100", "--throughput", "-1",
                "--transaction-duration-ms", "50")) {
            matches("1000 records sent, .*records/sec", ended(producer));
        }
        try (StartedProcess consumer = tool("ConsumerPerformance", "--bootstrap-server", broker.bootstrap(), "--topic",
                "fast", "--num-records", "21000", "--timeout", "30000")) {
            matches(", 21000, ", ended(consumer));
        }
        KafkaTool.run(ConfigTool.class, broker.bootstrap(), "measured");
        try (StartedProcess sharer = tool("ShareConsumerPerformance", "--bootstrap-server", broker.bootstrap(),
                "--topic", "fast", "--group", "measured", "--num-records", "21000", "--timeout", "30000")) {
            matches(", 21\\d{3}, ", ended(sharer));
        }
    }

    @Test
    @Tag("nightly")
    void verifiableClientsSayWhatTheyDid() throws Exception {
        create("verified", 2);
        try (StartedProcess producer = tool("VerifiableProducer", "--bootstrap-server", broker.bootstrap(), "--topic",
                "verified", "--max-messages", "500")) {
            matches("\"name\":\"tool_data\".*\"sent\":500.*|.*\"acked\":500", ended(producer));
        }
        for (String protocol : List.of("classic", "consumer")) {
            try (StartedProcess consumer = tool("VerifiableConsumer", "--bootstrap-server", broker.bootstrap(),
                    "--topic", "verified", "--group-id", "verified-" + protocol, "--group-protocol", protocol,
                    "--max-messages", "500", "--reset-policy", "earliest")) {
                String said = ended(consumer);
                matches("\"name\":\"partitions_assigned\"", said);
                matches("\"name\":\"offsets_committed\"", said);
            }
        }
        try (StartedProcess consumer = tool("VerifiableShareConsumer", "--bootstrap-server", broker.bootstrap(),
                "--topic", "verified", "--group-id", "verified-share", "--acknowledgement-mode", "sync",
                "--max-messages", "500", "--offset-reset-strategy", "earliest")) {
            String said = ended(consumer);
            matches("\"name\":\"records_consumed\"", said);
            matches("\"name\":\"offsets_acknowledged\"", said);
        }
    }
}
