package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.handler.ServedApis;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.netty.util.internal.PlatformDependent;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Bytes that no client would send: the broker lives, closes what it must, and other connections notice nothing.
class HostileBytesIT {
    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void start() {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(),
                "socket.request.max.bytes", Integer.toString(4 << 20))));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static ProduceRequest produce(String topic, short acks, String value) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(1_700_000_000_000L, null,
                        ByteBuffer.wrap(value.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .build();
        return new ProduceRequest(null, acks, 60_000, List.of(new ProduceRequest.TopicProduceData(
                topic, new UUID(0, 0),
                List.of(new ProduceRequest.PartitionProduceData(0, new BufferRecords(batch))))));
    }

    static void create(WireClient client, String topic) throws IOException {
        MetadataRequest request = MetadataRequest.builder()
                .topics(List.of(new MetadataRequest.MetadataRequestTopic(new UUID(0, 0), topic)))
                .allowAutoTopicCreation(true)
                .build();
        client.ask(request, (short) 9);
    }

    private static long append(WireClient client) throws IOException {
        return append(client, "healthy");
    }

    static long append(WireClient client, String topic) throws IOException {
        ProduceResponse answer = (ProduceResponse) client.ask(produce(topic, (short) -1, "v"), (short) 9);
        ProduceResponse.PartitionProduceResponse partition =
                answer.responses().getFirst().partitionResponses().getFirst();
        assertEquals(ErrorCode.NONE.code(), partition.errorCode());
        return partition.baseOffset();
    }

    @Test
    void randomBytesDisturbNobody() throws Exception {
        Random random = new Random(7);
        try (WireClient healthy = new WireClient(broker.address())) {
            create(healthy, "healthy");
            for (int i = 0; i < 300; i++) {
                byte[] junk = new byte[random.nextInt(1, 3000)];
                random.nextBytes(junk);
                if (random.nextBoolean()) {
                    ByteBuffer.wrap(junk).putInt(0, junk.length);
                }
                try (WireClient hostile = new WireClient(broker.address())) {
                    hostile.out.write(junk);
                    hostile.out.flush();
                } catch (IOException closedOnUs) {
                    assertTrue(i >= 0);
                }
                assertEquals(i, append(healthy));
            }
        }
        allConnectionsEnd();
    }

    /// InitProducerId version 2, whose form of strings could say far more than the log of transactions can hold.
    @Test
    void aNameLongerThanTheLogCanHoldIsRefusedAtTheDoor() throws Exception {
        try (WireClient healthy = new WireClient(broker.address());
                WireClient hostile = new WireClient(broker.address())) {
            create(healthy, "healthy");
            healthy.ask(FindCoordinatorRequest.builder().keyType((byte) 1).coordinatorKeys(List.of("t")).build(),
                    (short) 4);
            int length = 40_000;
            ByteBuffer body = ByteBuffer.allocate(length + 64)
                    .putShort(ApiKey.INIT_PRODUCER_ID.id()).putShort((short) 2).putInt(1).putShort((short) -1)
                    .put((byte) 0)
                    .put((byte) ((length + 1) | 0x80)).put((byte) (((length + 1) >>> 7) | 0x80))
                    .put((byte) ((length + 1) >>> 14))
                    .put("x".repeat(length).getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                    .putInt(1000).put((byte) 0)
                    .flip();
            ByteBuffer frame = ByteBuffer.allocate(4 + body.remaining()).putInt(body.remaining()).put(body).flip();
            hostile.out.write(frame.array(), 0, frame.limit());
            hostile.out.flush();
            assertTrue(hostile.isClosedByBroker());
            assertEquals(0, append(healthy));
        }
    }

    @Test
    void mutatedRequestsDisturbNobody() throws Exception {
        Random random = new Random(11);
        List<ByteBuffer> valid = validRequests();
        long directBefore = PlatformDependent.usedDirectMemory();
        try (WireClient healthy = new WireClient(broker.address())) {
            create(healthy, "healthy");
            for (int i = 0; i < 1500; i++) {
                ByteBuffer mutant = mutate(valid.get(random.nextInt(valid.size())), random);
                try (WireClient hostile = new WireClient(broker.address())) {
                    hostile.send(mutant);
                    hostile.send(WireClient.frame(ApiVersionsRequest.DEFAULT, (short) 0, 1));
                } catch (IOException closedOnUs) {
                    assertTrue(i >= 0);
                }
                if (i % 10 == 0) {
                    assertEquals(i / 10, append(healthy));
                }
            }
        }
        allConnectionsEnd();
        // Other classes take some too, and give it back.
        Awaitility.await().until(() -> PlatformDependent.usedDirectMemory() - directBefore < 64 << 20);
    }

    @Test
    void framesThatAreTooLongOrTooShortCloseTheConnection() throws Exception {
        for (int length : new int[] {-1, 0, 7, (4 << 20) + 1, Integer.MAX_VALUE}) {
            try (WireClient hostile = new WireClient(broker.address())) {
                hostile.out.writeInt(length);
                hostile.out.flush();
                assertTrue(hostile.isClosedByBroker(), "length " + length);
            }
        }
    }

    @Test
    void anUnknownVersionOfApiVersionsIsAnsweredInTheOldest() throws Exception {
        try (WireClient client = new WireClient(broker.address())) {
            WireWriter out = new WireWriter();
            new RequestHeader(ApiKey.API_VERSIONS.id(), (short) 99, 5, "new").write(out, (short) 2);
            client.send(out.toBuffer());
            ApiVersionsResponse answer = (ApiVersionsResponse) client.answer(ApiKey.API_VERSIONS, (short) 0);
            assertEquals(ErrorCode.UNSUPPORTED_VERSION.code(), answer.errorCode());
            assertEquals(ApiKey.API_VERSIONS.id(), answer.apiKeys().getFirst().apiKey());
            assertEquals(ServedApis.range(ApiKey.API_VERSIONS).highest(), answer.apiKeys().getFirst().maxVersion());
            // The connection goes on.
            ApiVersionsResponse real = (ApiVersionsResponse) client.ask(
                    new ApiVersionsRequest("test", "1.0", null, -1), (short) 3);
            assertEquals(ErrorCode.NONE.code(), real.errorCode());
            assertTrue(real.finalizedFeaturesEpoch() >= 0);
            assertEquals(ServedApis.all().size(), real.apiKeys().size());
        }
    }

    @Test
    void answersComeInTheOrderOfPipelinedRequests() throws Exception {
        try (WireClient client = new WireClient(broker.address())) {
            create(client, "healthy");
            for (int i = 0; i < 500; i++) {
                client.send(WireClient.frame(
                        i % 3 == 0 ? produce("healthy", (short) 1, "v" + i) : metadataOf("healthy"),
                        (short) 9, 1000 + i));
            }
            for (int i = 0; i < 500; i++) {
                byte[] bytes = new byte[client.in.readInt()];
                client.in.readFully(bytes);
                assertEquals(1000 + i, ByteBuffer.wrap(bytes).getInt());
            }
        }
    }

    @Test
    void aFailedWriteWithoutAcknowledgementClosesTheConnection() throws Exception {
        try (WireClient client = new WireClient(broker.address())) {
            client.send(WireClient.frame(produce("missing", (short) 0, "v"), (short) 9, 1));
            assertTrue(client.isClosedByBroker());
        }
    }

    private static MetadataRequest metadataOf(String topic) {
        return MetadataRequest.builder()
                .topics(List.of(new MetadataRequest.MetadataRequestTopic(new UUID(0, 0), topic)))
                .allowAutoTopicCreation(false)
                .build();
    }

    private static List<ByteBuffer> validRequests() {
        List<ByteBuffer> frames = new ArrayList<>();
        for (short version = 4; version <= 9; version++) {
            frames.add(WireClient.frame(produce("other", (short) 1, "v"), version, 1));
            frames.add(WireClient.frame(metadataOf("other"), version, 1));
        }
        for (short version = 4; version <= 12; version++) {
            frames.add(WireClient.frame(FetchRequest.builder().maxWaitMs(10).minBytes(1)
                    .topics(List.of(FetchRequest.FetchTopic.builder().topic("healthy").partitions(List.of(
                            FetchRequest.FetchPartition.builder().partition(0).partitionMaxBytes(1000).build()))
                            .build()))
                    .build(), version, 1));
        }
        frames.add(WireClient.frame(ListOffsetsRequest.builder().topics(List.of(new ListOffsetsRequest.ListOffsetsTopic(
                "healthy", List.of(new ListOffsetsRequest.ListOffsetsPartition(0, -1, -1))))).build(), (short) 7, 1));
        frames.add(WireClient.frame(CreateTopicsRequest.builder()
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                .name("made").numPartitions(1).replicationFactor((short) 1).build())).build(), (short) 5, 1));
        frames.add(WireClient.frame(new ApiVersionsRequest("a", "1", null, -1), (short) 3, 1));
        return frames;
    }

    private static ByteBuffer mutate(ByteBuffer valid, Random random) {
        byte[] bytes = new byte[valid.remaining()];
        valid.duplicate().get(bytes);
        // The API key mostly stays what it is, or every mutant would be refused at the door.
        int changes = random.nextInt(1, 6);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(random.nextInt(10) == 0 ? 0 : 4, bytes.length);
            bytes[at] = switch (random.nextInt(4)) {
                case 0 -> (byte) 0xFF;
                case 1 -> 0;
                case 2 -> (byte) (bytes[at] + 1);
                default -> (byte) random.nextInt();
            };
        }
        int end = random.nextInt(5) == 0 ? random.nextInt(8, bytes.length) : bytes.length;
        return ByteBuffer.wrap(bytes, 0, end);
    }

    private void allConnectionsEnd() {
        Awaitility.await().until(() -> broker.connectionCount() == 0);
    }
}
