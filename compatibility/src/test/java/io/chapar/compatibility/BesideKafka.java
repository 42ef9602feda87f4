package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Tests that have a broker of Chapar's and one of Kafka's for all of them, and tell both the same.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ResourceLock(KafkaTool.EXIT)
abstract class BesideKafka {
    static final Duration LIMIT = Duration.ofMinutes(1);
    static final int RECORDS = 10;

    Path folder;
    private ChaparProcess chapar;
    private KafkaProcess kafka;

    interface Session {
        void with(ToolSession tools) throws Exception;
    }

    @BeforeAll
    void start(@TempDir Path given) throws Exception {
        folder = given;
        chapar = ChaparProcess.start(folder.resolve("data"), "group.initial.rebalance.delay.ms=0");
        kafka = KafkaProcess.formatted(folder.resolve("kafka"));
        kafka.start();
    }

    @AfterAll
    void stop() {
        chapar.close();
        kafka.close();
    }

    /// What is said at the one is what is said at the other.
    void same(Session session) throws Exception {
        ToolSession here = new ToolSession(chapar.bootstrap());
        session.with(here);
        ToolSession there = new ToolSession(kafka.bootstrap());
        session.with(there);
        assertEquals(there.said(), here.said());
    }

    static void fill(StockClients stock, String topic, int partitions) throws Exception {
        try (Admin admin = stock.admin()) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
        write(stock, topic, partitions);
    }

    static void write(StockClients stock, String topic, int partitions) throws Exception {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>(topic, i % partitions, 1_000L + i, "k", "v" + i)).get();
            }
        }
    }
}
