package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreatePartitionsResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A producer with several requests under way, whose broker hears of the topic between the first and the second.
class WritesToUnknownIT {
    private static final short BY_NAME = 12;
    private static final short BY_ID = 13;

    @TempDir
    Path folder;

    private Broker broker;
    private WireClient client;
    private InitProducerIdResponse producer;

    @BeforeEach
    void start() throws IOException {
        broker = Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString(),
                "num.network.threads", "2", "auto.create.topics.enable", "false")));
        client = new WireClient(broker.address());
        producer = (InitProducerIdResponse) client.ask(
                InitProducerIdRequest.builder().transactionalId(null).transactionTimeoutMs(1_000).build(), (short) 4);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        broker.close();
    }

    private ErrorCode send(TopicProduceData topic, int partition, int sequence, short version) throws IOException {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .producer(producer.producerId(), producer.producerEpoch(), sequence)
                .append(System.currentTimeMillis(), null, ByteBuffer.allocate(1)).build();
        ProduceResponse answer = (ProduceResponse) client.ask(ProduceRequest.builder().acks((short) -1)
                .timeoutMs(30_000)
                .topicData(List.of(topic.toBuilder().partitionData(List.of(
                        new PartitionProduceData(partition, new BufferRecords(batch)))).build())).build(), version);
        return ErrorCode.of(answer.responses().getFirst().partitionResponses().getFirst().errorCode());
    }

    /// After the first was refused.
    private void assertTheFirstComesFirst(TopicProduceData topic, int partition, short version) throws IOException {
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, send(topic, partition, 1, version));
        assertEquals(ErrorCode.NONE, send(topic, partition, 0, version));
        assertEquals(ErrorCode.NONE, send(topic, partition, 1, version));
        assertEquals(ErrorCode.NONE, send(topic, partition, 2, version));
    }

    @Test
    void whatWasRefusedBeforeTheTopicWasKnownComesFirst() throws IOException {
        TopicProduceData topic = TopicProduceData.builder().name("late").build();
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, send(topic, 0, 0, BY_NAME));
        SmallBroker.create(client, "late", 1, Map.of());
        assertTheFirstComesFirst(topic, 0, BY_NAME);
    }

    @Test
    void soItDoesBeforeThePartitionWasKnown() throws IOException {
        SmallBroker.create(client, "grows", 1, Map.of());
        MetadataResponse metadata = (MetadataResponse) client.ask(MetadataRequest.builder().topics(List.of(
                MetadataRequest.MetadataRequestTopic.builder().name("grows").build())).build(), (short) 12);
        TopicProduceData topic = TopicProduceData.builder().topicId(metadata.topics().getFirst().topicId()).build();
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, send(topic, 1, 0, BY_ID));
        CreatePartitionsResponse grown = (CreatePartitionsResponse) client.ask(CreatePartitionsRequest.builder()
                .timeoutMs(10_000).topics(List.of(CreatePartitionsRequest.CreatePartitionsTopic.builder()
                        .name("grows").count(2).assignments(null).build())).build(), (short) 3);
        assertEquals(ErrorCode.NONE.code(), grown.results().getFirst().errorCode());
        assertEquals(ErrorCode.NONE, send(topic, 0, 5, BY_ID), "of another partition nothing was refused");
        assertTheFirstComesFirst(topic, 1, BY_ID);
    }

    @Test
    void whoSendsTheFirstAgainAtOnceNoticesNothing() throws IOException {
        TopicProduceData topic = TopicProduceData.builder().name("late").build();
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, send(topic, 0, 0, BY_NAME));
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, send(topic, 0, 1, BY_NAME));
        SmallBroker.create(client, "late", 1, Map.of());
        assertEquals(ErrorCode.NONE, send(topic, 0, 0, BY_NAME));
        assertEquals(ErrorCode.NONE, send(topic, 0, 1, BY_NAME));
    }
}
