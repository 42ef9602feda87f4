package io.chapar.broker;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DeleteRecordsRequest;
import io.chapar.protocol.message.DeleteRecordsResponse;
import io.chapar.protocol.message.DescribeProducersRequest;
import io.chapar.protocol.message.DescribeProducersResponse;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A partition that another broker has, and one that nobody has: whoever asks the wrong broker is told which it is.
class LedElsewhereScenarios {
    private static final int LEADER = 1;
    private static final List<Integer> PARTITIONS = List.of(0, 7);
    private static final List<Short> ERRORS = List.of(
            ErrorCode.NOT_LEADER_OR_FOLLOWER.code(), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code());

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());
    private UUID topicId;

    @BeforeEach
    void theTopicBelongsToAnotherBroker() {
        topicId = broker.createTopic("t", 1);
        broker.set("node.id", "2");
        broker.crashAndRestart();
    }

    @Test
    void producersAreToldWhoLeads() {
        ProduceResponse answer = (ProduceResponse) broker.ask(ProduceRequest.builder()
                .acks((short) -1)
                .timeoutMs(1000)
                .topicData(List.of(new ProduceRequest.TopicProduceData("t", topicId, PARTITIONS.stream()
                        .map(index -> new ProduceRequest.PartitionProduceData(index, new BufferRecords(
                                new RecordBatchBuilder(Compression.NONE)
                                        .append(broker.nowMs(), null, ByteBuffer.allocate(1)).build())))
                        .toList())))
                .build(), 12);
        var partitions = answer.responses().getFirst().partitionResponses();
        assertEquals(ERRORS, partitions.stream().map(ProduceResponse.PartitionProduceResponse::errorCode).toList());
        assertEquals(LEADER, partitions.getFirst().currentLeader().leaderId());
        assertEquals(-1, partitions.getLast().currentLeader().leaderId());
    }

    @Test
    void readersAreToldWhoLeads() {
        FetchResponse answer = (FetchResponse) broker.ask(FetchRequest.builder()
                .maxWaitMs(0)
                .maxBytes(1000)
                .topics(List.of(FetchRequest.FetchTopic.builder().topic("t").topicId(topicId).partitions(
                        PARTITIONS.stream().map(index -> FetchRequest.FetchPartition.builder()
                                .partition(index).partitionMaxBytes(1000).build()).toList()).build()))
                .build(), 16);
        var partitions = answer.responses().getFirst().partitions();
        assertEquals(ERRORS, partitions.stream().map(FetchResponse.PartitionData::errorCode).toList());
        assertEquals(LEADER, partitions.getFirst().currentLeader().leaderId());
        assertEquals(-1, partitions.getLast().currentLeader().leaderId());
    }

    @Test
    void othersAreToldThatItIsElsewhere() {
        var offsets = (ListOffsetsResponse) broker.ask(ListOffsetsRequest.builder()
                .topics(List.of(new ListOffsetsRequest.ListOffsetsTopic("t", PARTITIONS.stream()
                        .map(index -> ListOffsetsRequest.ListOffsetsPartition.builder()
                                .partitionIndex(index).timestamp(-1).build()).toList()))).build(), 7);
        assertEquals(ERRORS, offsets.topics().getFirst().partitions().stream()
                .map(ListOffsetsResponse.ListOffsetsPartitionResponse::errorCode).toList());

        var epochs = (OffsetForLeaderEpochResponse) broker.ask(OffsetForLeaderEpochRequest.builder()
                .topics(List.of(new OffsetForLeaderEpochRequest.OffsetForLeaderTopic("t", PARTITIONS.stream()
                        .map(index -> OffsetForLeaderEpochRequest.OffsetForLeaderPartition.builder()
                                .partition(index).build()).toList()))).build(), 4);
        assertEquals(ERRORS, epochs.topics().getFirst().partitions().stream()
                .map(OffsetForLeaderEpochResponse.EpochEndOffset::errorCode).toList());

        var producers = (DescribeProducersResponse) broker.ask(DescribeProducersRequest.builder()
                .topics(List.of(new DescribeProducersRequest.TopicRequest("t", PARTITIONS))).build(), 0);
        assertEquals(ERRORS, producers.topics().getFirst().partitions().stream()
                .map(DescribeProducersResponse.PartitionResponse::errorCode).toList());

        var deleted = (DeleteRecordsResponse) broker.ask(DeleteRecordsRequest.builder()
                .topics(List.of(new DeleteRecordsRequest.DeleteRecordsTopic("t", PARTITIONS.stream()
                        .map(index -> new DeleteRecordsRequest.DeleteRecordsPartition(index, 0)).toList())))
                .build(), 2);
        assertEquals(ERRORS, deleted.topics().getFirst().partitions().stream()
                .map(DeleteRecordsResponse.DeleteRecordsPartitionResult::errorCode).toList());
    }
}
