package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.PartitionData;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.EOFException;
import java.io.RandomAccessFile;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Records that a file does not give back while they are on their way from file to socket. Here the file is shorter
/// than it was; what a failing disk says is another number for the same.
final class UnreadableRecordsIT {
    private static final int RECORDS = 10;

    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void start() throws Exception {
        broker = Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString())));
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        try (Admin admin = Admin.create(properties)) {
            admin.createTopics(List.of(
                    new NewTopic("hurt", 1, (short) 1).configs(Map.of("segment.bytes", "20000")),
                    new NewTopic("whole", 1, (short) 1))).all().get();
        }
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>("hurt", 0, null, "x".repeat(5_000))).get();
                producer.send(new ProducerRecord<>("whole", 0, null, "value " + i)).get();
            }
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    /// The answer for both topics, read from this offset on.
    private static List<PartitionData> fetch(WireClient client, long offset) throws Exception {
        List<FetchRequest.FetchTopic> topics = new ArrayList<>();
        for (String topic : List.of("hurt", "whole")) {
            topics.add(FetchRequest.FetchTopic.builder().topic(topic)
                    .partitions(List.of(FetchRequest.FetchPartition.builder().partition(0).fetchOffset(offset)
                            .partitionMaxBytes(1 << 20).build()))
                    .build());
        }
        FetchResponse answer = (FetchResponse) client.ask(
                FetchRequest.builder().minBytes(1).maxBytes(1 << 20).topics(topics).build(), (short) 12);
        return answer.responses().stream().map(each -> each.partitions().getFirst()).toList();
    }

    private static List<Long> offsets(PartitionData partition) {
        List<Long> offsets = new ArrayList<>();
        for (RecordBatch batch : RecordBatches.of(((BufferRecords) partition.records()).bytes())) {
            offsets.add(batch.baseOffset());
        }
        return offsets;
    }

    @Test
    void areRefusedToWhoAsksForThemAndToNobodyElse() throws Exception {
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve("hurt-0/00000000000000000000.log").toFile(), "rw")) {
            file.setLength(file.length() - 1_000);
        }
        try (WireClient first = new WireClient(broker.address())) {
            // The answer has begun when it turns out that it cannot be completed.
            assertTrue(assertThrows(java.io.IOException.class, () -> fetch(first, 0)) instanceof EOFException
                    || first.isClosedByBroker());
        } catch (SocketException reset) {
            assertTrue(reset.getMessage() != null);
        }
        try (WireClient next = new WireClient(broker.address())) {
            long offset = 0;
            List<PartitionData> answer = fetch(next, offset);
            while (answer.getFirst().errorCode() == ErrorCode.NONE.code()) {
                offset = offsets(answer.getFirst()).getLast() + 1;
                assertEquals(RECORDS - 1, offsets(answer.getLast()).getLast());
                assertTrue(offset < RECORDS, "the unreadable record was read");
                answer = fetch(next, offset);
            }
            assertEquals(ErrorCode.KAFKA_STORAGE_ERROR.code(), answer.getFirst().errorCode());
            assertEquals(RECORDS - 1, offsets(answer.getLast()).getLast());
            assertTrue(offset > 0, "what comes before it is read");
            assertEquals(offset + 1, offsets(fetch(next, offset + 1).getFirst()).getFirst());
        }
        try (WireClient writer = new WireClient(broker.address())) {
            assertEquals(RECORDS, HostileBytesIT.append(writer, "hurt"));
        }
    }
}
