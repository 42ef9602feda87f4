package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.handler.ServedApis;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Each version of each API that is advertised gets an answer in that version, with content where the API has some.
class EveryVersionIT {
    private static final UUID NO_ID = new UUID(0, 0);

    @TempDir
    Path folder;

    private Broker broker;
    private WireClient client;
    private UUID topicId;

    @BeforeEach
    void start() throws IOException {
        broker = Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString())));
        client = new WireClient(broker.address());
        MetadataResponse created = (MetadataResponse) client.ask(metadata("t", true), (short) 12);
        topicId = created.topics().getFirst().topicId();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        broker.close();
    }

    private static MetadataRequest metadata(String topic, boolean create) {
        return MetadataRequest.builder()
                .topics(List.of(new MetadataRequest.MetadataRequestTopic(NO_ID, topic)))
                .allowAutoTopicCreation(create)
                .build();
    }

    private static List<Short> versions(ApiKey api) {
        List<Short> versions = new ArrayList<>();
        for (short v = ServedApis.range(api).lowest(); v <= ServedApis.range(api).highest(); v++) {
            versions.add(v);
        }
        return versions;
    }

    private long produce(short version, short acks) throws IOException {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(1_700_000_000_000L, null, ByteBuffer.wrap("v".getBytes(StandardCharsets.UTF_8)))
                .build();
        boolean byId = version >= 13;
        ProduceRequest request = new ProduceRequest(null, acks, 60_000, List.of(new ProduceRequest.TopicProduceData(
                byId ? "" : "t", byId ? topicId : NO_ID,
                List.of(new ProduceRequest.PartitionProduceData(0, new BufferRecords(batch))))));
        ProduceResponse answer = (ProduceResponse) client.ask(request, version);
        var partition = answer.responses().getFirst().partitionResponses().getFirst();
        assertEquals(ErrorCode.NONE.code(), partition.errorCode(), "version " + version);
        return partition.baseOffset();
    }

    @Test
    void emptyRequestsAreAnswered() throws Exception {
        for (ApiKey api : ServedApis.all()) {
            for (short version : versions(api)) {
                switch (api) {
                    case PRODUCE, FETCH -> { }
                    default -> assertNotNull(client.ask(Defaults.of(api), version), api + " " + version);
                }
            }
        }
    }

    @Test
    void produceAndFetch() throws Exception {
        long offset = 0;
        for (short version : versions(ApiKey.PRODUCE)) {
            assertEquals(offset++, produce(version, (short) -1));
            assertEquals(offset++, produce(version, (short) 1));
        }
        for (short version : versions(ApiKey.FETCH)) {
            boolean byId = version >= 13;
            for (byte isolation = 0; isolation <= 1; isolation++) {
                FetchRequest request = FetchRequest.builder().maxWaitMs(100).minBytes(1).isolationLevel(isolation)
                        .topics(List.of(new FetchRequest.FetchTopic(byId ? "" : "t", byId ? topicId : NO_ID, List.of(
                                FetchRequest.FetchPartition.builder().partitionMaxBytes(1 << 20).build(),
                                FetchRequest.FetchPartition.builder().partition(7).partitionMaxBytes(10).build()))))
                        .build();
                FetchResponse answer = (FetchResponse) client.ask(request, version);
                var partitions = answer.responses().getFirst().partitions();
                assertEquals(offset, partitions.get(0).highWatermark(), "version " + version);
                assertTrue(partitions.get(0).records().sizeInBytes() > 0);
                assertEquals(isolation == 0, partitions.get(0).abortedTransactions() == null);
                assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(), partitions.get(1).errorCode());
            }
        }
    }

    @Test
    void offsetsAndEpochs() throws Exception {
        produce((short) 9, (short) 1);
        for (short version : versions(ApiKey.LIST_OFFSETS)) {
            for (long time : new long[] {-1, -2, 1_700_000_000_000L, 1_800_000_000_000L}) {
                ListOffsetsResponse answer = (ListOffsetsResponse) client.ask(
                        ListOffsetsRequest.builder().topics(List.of(new ListOffsetsRequest.ListOffsetsTopic(
                                "t", List.of(new ListOffsetsRequest.ListOffsetsPartition(0, -1, time))))).build(),
                        version);
                var partition = answer.topics().getFirst().partitions().getFirst();
                assertEquals(ErrorCode.NONE.code(), partition.errorCode(), "version " + version);
                assertEquals(time == -1 ? 1 : time == 1_800_000_000_000L ? -1 : 0, partition.offset());
            }
        }
        for (short version : versions(ApiKey.OFFSET_FOR_LEADER_EPOCH)) {
            var request = OffsetForLeaderEpochRequest.builder().topics(List.of(
                    new OffsetForLeaderEpochRequest.OffsetForLeaderTopic("t", List.of(
                            new OffsetForLeaderEpochRequest.OffsetForLeaderPartition(0, -1, 0))))).build();
            OffsetForLeaderEpochResponse answer = (OffsetForLeaderEpochResponse) client.ask(request, version);
            assertEquals(1, answer.topics().getFirst().partitions().getFirst().endOffset());
        }
    }

    @Test
    void topicsAndCoordinators() throws Exception {
        for (short version : versions(ApiKey.METADATA)) {
            MetadataRequest known = version < 4 ? metadata("t", true) : metadata("t", false);
            MetadataResponse answer = (MetadataResponse) client.ask(known, version);
            assertEquals(1, answer.topics().getFirst().partitions().size());
            assertEquals(broker.address().port(), answer.brokers().getFirst().port());
        }
        for (short version : versions(ApiKey.FIND_COORDINATOR)) {
            var request = FindCoordinatorRequest.builder();
            if (version >= 4) {
                request.coordinatorKeys(List.of("g", "h"));
            } else {
                request.key("g");
            }
            assertNotNull(client.ask(request.build(), version));
        }
    }
}
