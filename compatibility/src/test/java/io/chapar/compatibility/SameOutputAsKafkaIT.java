package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.GroupsCommand;
import org.apache.kafka.tools.LeaderElectionCommand;
import org.apache.kafka.tools.TopicCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Kafka's command line prints the same at a broker of Chapar's and at one of Kafka's, but for ids, addresses, and the
/// `min.insync.replicas` that a cluster of Kafka's has of its own from its beginning.
@Tag("nightly")
@ResourceLock(KafkaTool.EXIT)
class SameOutputAsKafkaIT {
    @TempDir
    Path folder;

    @Test
    void toolsPrintTheSame() throws Exception {
        List<String> here;
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"))) {
            here = session(broker.bootstrap());
        }
        try (KafkaProcess broker = KafkaProcess.formatted(folder.resolve("kafka"))) {
            broker.start();
            assertEquals(String.join("\n", session(broker.bootstrap())), String.join("\n", here));
        }
    }

    private List<String> session(String bootstrap) throws Exception {
        StockClients stock = new StockClients(bootstrap);
        List<String> said = new ArrayList<>();
        tool(said, bootstrap, TopicCommand.class, "--create", "--topic", "made", "--partitions", "2", "--config",
                "retention.ms=5000000");
        tool(said, bootstrap, TopicCommand.class, "--create", "--topic", "made.not", "--if-not-exists");
        tool(said, bootstrap, TopicCommand.class, "--describe", "--topic", "made");
        tool(said, bootstrap, TopicCommand.class, "--alter", "--topic", "made", "--partitions", "3");
        tool(said, bootstrap, TopicCommand.class, "--describe", "--topic", "made");
        tool(said, bootstrap, TopicCommand.class, "--describe", "--under-min-isr-partitions");
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("made", i % 2, 1_000L + i, "k", "v" + i)).get();
            }
        }
        for (String when : List.of("latest", "earliest", "max-timestamp", "1003", "9999", "earliest-local")) {
            tool(said, bootstrap, GetOffsetShell.class, "--topic", "made", "--time", when);
        }
        Path file = Files.writeString(folder.resolve("cut.json"),
                "{\"partitions\":[{\"topic\":\"made\",\"partition\":0,\"offset\":3}],\"version\":1}");
        tool(said, bootstrap, DeleteRecordsCommand.class, "--offset-json-file", file.toString());
        tool(said, bootstrap, GetOffsetShell.class, "--topic", "made", "--time", "earliest");
        tool(said, bootstrap, LeaderElectionCommand.class, "--election-type", "preferred", "--topic", "made",
                "--partition", "0");
        TopicPartition partition = new TopicPartition("made", 1);
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=g")) {
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(4)));
        }
        tool(said, bootstrap, GroupsCommand.class, "--list");
        tool(said, bootstrap, GroupsCommand.class, "--list", "--consumer");
        tool(said, bootstrap, TopicCommand.class, "--delete", "--topic", "made.not");
        tool(said, bootstrap, TopicCommand.class, "--list", "--exclude-internal");
        return said;
    }

    private static void tool(List<String> said, String bootstrap, Class<?> tool, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
        line.addAll(List.of(words));
        said.add(tool.getSimpleName() + " " + String.join(" ", words));
        said.add(KafkaTool.run(tool, line.toArray(String[]::new))
                .replaceAll("(?m)^SLF4J.*\\R", "")
                .replace(bootstrap, "BROKER").replaceAll("TopicId: \\S{22}", "TopicId: ID")
                .replace("min.insync.replicas=1,", ""));
    }
}
