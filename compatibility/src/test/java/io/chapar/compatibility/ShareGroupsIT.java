package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.tools.consumer.group.ShareGroupCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's share consumer and its tool for share groups, at a broker process that is killed.
@SuppressWarnings("FutureReturnValueIgnored") // what was sent is counted by reading it
class ShareGroupsIT {
    private static final int RECORDS = 600;

    @TempDir
    Path folder;

    private static KafkaShareConsumer<String, String> consumer(ChaparProcess broker, String group) {
        return new KafkaShareConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrap(), "group.id", group, "max.poll.records", 20),
                new StringDeserializer(), new StringDeserializer());
    }

    private static void begin(ChaparProcess broker, String group) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
            admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get();
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), List.of(
                    new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"),
                            AlterConfigOp.OpType.SET)))).all().get();
        }
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrap()), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>("t", i % 2, null, "v" + i));
            }
        }
    }

    @Test
    void nothingIsLostAndNothingThatWasAcceptedComesBackWhenTheBrokerIsKilled() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"))) {
            begin(broker, "g");
            Set<String> got = new TreeSet<>();
            Set<String> accepted = new TreeSet<>();
            int kills = 0;
            long untilMs = System.currentTimeMillis() + 300_000;
            try (KafkaShareConsumer<String, String> one = consumer(broker, "g")) {
                one.subscribe(List.of("t"));
                while (got.size() < RECORDS && System.currentTimeMillis() < untilMs) {
                    List<String> polled = new ArrayList<>();
                    one.poll(Duration.ofMillis(500)).forEach(record -> {
                        assertTrue(!accepted.contains(record.value()), record::value);
                        polled.add(record.value());
                    });
                    got.addAll(polled);
                    boolean isWhole = !polled.isEmpty()
                            && one.commitSync().values().stream().allMatch(Optional::isEmpty);
                    if (isWhole) {
                        accepted.addAll(polled);
                    }
                    if (kills < 2 && accepted.size() > 150 * (kills + 1)) {
                        broker.kill();
                        broker.start();
                        kills++;
                    }
                }
            }
            assertEquals(RECORDS, got.size(), () -> accepted.size() + " were accepted");
            assertEquals(2, kills);
            assertEquals(0, broker.stop(), broker::output);
        }
    }

    private static String run(ChaparProcess broker, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("--bootstrap-server", broker.bootstrap()));
        line.addAll(List.of(words));
        return KafkaToolsIT.printed(() -> ShareGroupCommand.main(line.toArray(String[]::new)));
    }

    private static void contains(String pattern, String printed) {
        assertTrue(printed.lines().anyMatch(one -> one.matches(pattern)), printed);
    }

    @Test
    void theToolForShareGroupsListsDescribesResetsAndDeletes() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("tool"))) {
            begin(broker, "g");
            int got = 0;
            try (KafkaShareConsumer<String, String> one = consumer(broker, "g")) {
                one.subscribe(List.of("t"));
                for (int i = 0; i < 1_500 && got < RECORDS; i++) {
                    got += one.poll(Duration.ofMillis(200)).count();
                }
                one.commitSync();
                contains("g +\\S+ +\\S+ .*t:0,1.*", run(broker, "--describe", "--group", "g", "--members"));
            }
            assertEquals(RECORDS, got);
            contains("g *", run(broker, "--list"));
            contains("g +.* Empty .*", run(broker, "--describe", "--group", "g", "--state"));
            contains("g +t +0 +300 +0 *", run(broker, "--describe", "--group", "g", "--offsets"));
            run(broker, "--reset-offsets", "--group", "g", "--topic", "t", "--to-earliest", "--execute");
            contains("g +t +0 +0 +300 *", run(broker, "--describe", "--group", "g", "--offsets"));
            contains("t .*Successful.*", run(broker, "--delete-offsets", "--group", "g", "--topic", "t"));
            contains(".*'g'.* successful.*", run(broker, "--delete", "--group", "g"));
            assertTrue(run(broker, "--list").isBlank());
        }
    }
}
