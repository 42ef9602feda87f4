package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A disk of 24 MB that is full, with a real file system and stock clients. Needs the right to mount one, and is passed
/// over where that is missing.
class FullDiskIT {
    private static final String TOPIC = "t";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final int RECORD_BYTES = 900_000;

    @TempDir
    Path folder;

    private Path disk;
    private Path data;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(folder.resolve("disk"));
        data = disk.resolve("data");
        Assumptions.assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk.toString()),
                "a small file system cannot be mounted here");
        Files.createDirectory(data);
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", "-l", disk.toString());
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static Broker start(Path data) {
        return Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", data.toString(), "disk.reserve.bytes", "2000000")));
    }

    private static Admin admin(Broker broker) {
        return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.address().toString()));
    }

    private static KafkaProducer<byte[], byte[]> producer(Broker broker) {
        return new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.address().toString()),
                new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static long send(KafkaProducer<byte[], byte[]> producer) throws Exception {
        return producer.send(new ProducerRecord<>(TOPIC, new byte[RECORD_BYTES])).get().offset();
    }

    private static int read(Broker broker, int wanted) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.address().toString()),
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(PARTITION));
            consumer.seekToBeginning(List.of(PARTITION));
            int[] found = {0};
            Awaitility.await().until(() -> {
                found[0] += consumer.poll(Duration.ofMillis(200)).count();
                return found[0] >= wanted;
            });
            return found[0];
        }
    }

    /// It is taken in the background, a piece at a time.
    private static void awaitReserve(Path data) {
        Path reserve = data.resolve("reserve");
        Awaitility.await().until(() -> Files.exists(reserve) && Files.size(reserve) == 2_000_000);
    }

    private void fill() throws IOException {
        byte[] zeros = new byte[4096];
        try (OutputStream out = Files.newOutputStream(disk.resolve("filler"))) {
            while (true) {
                out.write(zeros);
            }
        } catch (IOException e) {
            assertTrue(e.getMessage().contains("No space left"), e.getMessage());
        }
        assertEquals(0, Files.getFileStore(disk).getUsableSpace());
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.filter(path -> !path.equals(from)).toList()) {
                Path target = to.resolve(from.relativize(each));
                if (Files.isDirectory(each)) {
                    Files.createDirectory(target);
                } else if (!each.endsWith(".lock")) {
                    Files.copy(each, target);
                }
            }
        }
    }

    @Test
    void producersAreRefusedBeforeTheDiskIsFullAndGoOnWhenThereIsRoom() throws Exception {
        try (Broker broker = start(data); Admin admin = admin(broker); var producer = producer(broker)) {
            awaitReserve(data);
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            int written = 0;
            Throwable refusal = null;
            while (refusal == null) {
                try {
                    send(producer);
                    written++;
                } catch (ExecutionException e) {
                    refusal = e.getCause();
                }
            }
            assertInstanceOf(PolicyViolationException.class, refusal);
            assertTrue(refusal.getMessage().contains("disk is full"), refusal.getMessage());
            assertTrue(Files.getFileStore(disk).getUsableSpace() >= 2_000_000);
            assertEquals(written, read(broker, written), "all that was acknowledged is readable");
            var described = admin.describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC);
            assertEquals(1, described.partitions().getFirst().leader().id());

            admin.deleteRecords(Map.of(PARTITION, RecordsToDelete.beforeOffset(-1))).all().get();
            Awaitility.await().ignoreExceptions().until(() -> send(producer) >= 0);
        }
    }

    /// A folder goes after its files, in the background.
    private boolean isGone(String topic) throws IOException {
        try (Stream<Path> left = Files.list(data)) {
            return left.noneMatch(path -> path.getFileName().toString().startsWith(topic + "-"));
        }
    }

    /// As after `kill -9`: the index of what was written last has to be made, and somebody else has filled the disk.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTopicIsReadAndDeletedOnADiskThatOthersFilled(boolean reserve) throws Exception {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        int records = 8;
        try (Broker broker = start(elsewhere); Admin admin = admin(broker); var producer = producer(broker)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            for (int i = 0; i < records; i++) {
                send(producer);
            }
            awaitReserve(elsewhere);
            copy(elsewhere, data);
        }
        if (!reserve) {
            Files.delete(data.resolve("reserve"));
        }
        fill();
        try (Broker broker = start(data); Admin admin = admin(broker)) {
            if (reserve) {
                assertEquals(records, read(broker, records));
            }
            admin.deleteTopics(List.of(TOPIC)).all().get();
            Awaitility.await().until(() -> Files.getFileStore(disk).getUsableSpace() > 5_000_000 && isGone(TOPIC));
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            try (var producer = producer(broker)) {
                assertEquals(0, send(producer));
            }
        }
    }
}
