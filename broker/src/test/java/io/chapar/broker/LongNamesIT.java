package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Topics whose names are as long as names may be: files in their folders, and the names of these when they are on
/// their way out, have room.
class LongNamesIT {
    @TempDir
    Path folder;

    @Test
    void topicsOfEveryLengthAreDeletedAndMadeAnew() throws Exception {
        BrokerConfig config = BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString()));
        try (Broker broker = Broker.start(config);
                Admin admin = Admin.create(Map.of(
                        AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.address().toString()))) {
            for (int length : new int[] {213, 214, 249}) {
                String name = "n".repeat(length);
                for (int time = 0; time < 2; time++) {
                    admin.createTopics(List.of(new NewTopic(name, 12, (short) 1))).all().get();
                    produce(broker, name);
                    admin.deleteTopics(List.of(name)).all().get();
                }
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertTrue(left.noneMatch(path -> path.getFileName().toString().startsWith("n")));
        }
    }

    private static void produce(Broker broker, String topic) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.address().toString()),
                new StringSerializer(), new StringSerializer())) {
            for (int partition : new int[] {0, 1, 11}) {
                assertEquals(0, producer.send(new ProducerRecord<>(topic, partition, null, "v")).get().offset());
            }
        }
    }
}
