package io.chapar.client.consumer;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// ListOffsets: the offset at a timestamp, or at one of the wire's special ones (-1 latest, -2 earliest). The answer's
/// offset is -1 when no record is that young. Version 2 is the first that knows isolation.
final class OffsetQuestions implements LeaderQuestions.Dialect<Long, OffsetAndTimestamp> {
    private static final int CONSUMER_REPLICA = -1;

    private final IsolationLevel isolation;
    private final int timeoutMs;

    OffsetQuestions(IsolationLevel isolation, int timeoutMs) {
        this.isolation = isolation;
        this.timeoutMs = timeoutMs;
    }

    @Override
    public String name() {
        return "Looking up an offset";
    }

    @Override
    public Call call(SortedMap<TopicPartition, LeaderQuestions.Put<Long>> questions) {
        Map<String, List<ListOffsetsRequest.ListOffsetsPartition>> byTopic = new TreeMap<>();
        questions.forEach((partition, put) -> byTopic
                .computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                .add(ListOffsetsRequest.ListOffsetsPartition.builder()
                        .partitionIndex(partition.partition())
                        .currentLeaderEpoch(put.leaderEpoch())
                        .timestamp(put.question())
                        .build()));
        List<ListOffsetsRequest.ListOffsetsTopic> topics = new ArrayList<>();
        byTopic.forEach((name, partitions) -> topics.add(
                ListOffsetsRequest.ListOffsetsTopic.builder().name(name).partitions(partitions).build()));
        ListOffsetsRequest request = ListOffsetsRequest.builder()
                .replicaId(CONSUMER_REPLICA)
                .isolationLevel(isolation.id())
                .topics(topics)
                .timeoutMs(timeoutMs)
                .build();
        return Call.of(ApiKey.LIST_OFFSETS, timeoutMs, version -> request).atLeast(2);
    }

    @Override
    public void read(Response response, LeaderQuestions.Teller<OffsetAndTimestamp> told) {
        for (ListOffsetsResponse.ListOffsetsTopicResponse topic : ((ListOffsetsResponse) response).topics()) {
            for (ListOffsetsResponse.ListOffsetsPartitionResponse partition : topic.partitions()) {
                told.told(new TopicPartition(topic.name(), partition.partitionIndex()),
                        ErrorCode.of(partition.errorCode()),
                        new OffsetAndTimestamp(partition.offset(), partition.timestamp(), partition.leaderEpoch()));
            }
        }
    }
}
