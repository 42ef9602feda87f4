package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Enough partitions that they are opened and closed side by side, on a real disk, with acknowledgements that wait for
/// it.
final class ManyPartitionsIT {
    private static final int PARTITIONS = 120;

    @TempDir
    Path folder;

    private static Broker start(Path data) {
        return Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", data.toString(), "log.flush.acks", "true")));
    }

    private static Properties properties(Broker broker) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        return properties;
    }

    private static void fill(Broker broker) throws Exception {
        try (Admin admin = Admin.create(properties(broker))) {
            admin.createTopics(List.of(new NewTopic("many", PARTITIONS, (short) 1))).all().get();
        }
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties(broker), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < PARTITIONS; i++) {
                sent.add(producer.send(new ProducerRecord<>("many", i, null, "one in " + i)));
            }
            for (Future<RecordMetadata> one : sent) {
                assertEquals(0, one.get().offset());
            }
        }
    }

    private static void everyPartitionHasItsRecord(Broker broker) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new LinkedHashMap<>();
        for (int i = 0; i < PARTITIONS; i++) {
            asked.put(new TopicPartition("many", i), OffsetSpec.latest());
        }
        try (Admin admin = Admin.create(properties(broker))) {
            admin.listOffsets(asked).all().get().forEach((id, end) -> assertEquals(1, end.offset(), id.toString()));
        }
    }

    /// What a process leaves that is killed now.
    private Path asKilled(Path data) throws IOException {
        Path copy = folder.resolve("killed");
        try (Stream<Path> all = Files.walk(data)) {
            for (Path from : all.toList()) {
                try {
                    Files.copy(from, copy.resolve(data.relativize(from).toString()));
                } catch (NoSuchFileException renamed) {
                    // It was being written, and has its own name by now.
                }
            }
        }
        return copy;
    }

    @Test
    void allOfThemAreThereAfterAKillAndAfterACleanStop() throws Exception {
        Path data = folder.resolve("data");
        Path killed;
        try (Broker broker = start(data)) {
            fill(broker);
            killed = asKilled(data);
        }
        try (Broker broker = start(killed)) {
            everyPartitionHasItsRecord(broker);
        }
        for (int i = 0; i < 2; i++) {
            try (Broker broker = start(data)) {
                everyPartitionHasItsRecord(broker);
            }
        }
    }
}
