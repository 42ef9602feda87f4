package io.chapar.client.consumer;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// OffsetForLeaderEpoch: where the leader's log of an epoch ends. Both parts of the answer are -1 when the leader
/// cannot tell.
final class EpochQuestions implements LeaderQuestions.Dialect<Integer, EpochQuestions.EpochEnd> {
    /// `epoch` is the largest the leader knows that is not above the one asked for.
    record EpochEnd(int epoch, long endOffset) {
        boolean isUnknown() {
            return epoch < 0 || endOffset < 0;
        }
    }

    private static final int CONSUMER_REPLICA = -1;

    private final int timeoutMs;

    EpochQuestions(int timeoutMs) {
        this.timeoutMs = timeoutMs;
    }

    @Override
    public String name() {
        return "Checking the position";
    }

    @Override
    public Call call(SortedMap<TopicPartition, LeaderQuestions.Put<Integer>> questions) {
        Map<String, List<OffsetForLeaderEpochRequest.OffsetForLeaderPartition>> byTopic = new TreeMap<>();
        questions.forEach((partition, put) -> byTopic
                .computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                .add(OffsetForLeaderEpochRequest.OffsetForLeaderPartition.builder()
                        .partition(partition.partition())
                        .currentLeaderEpoch(put.leaderEpoch())
                        .leaderEpoch(put.question())
                        .build()));
        List<OffsetForLeaderEpochRequest.OffsetForLeaderTopic> topics = new ArrayList<>();
        byTopic.forEach((name, partitions) -> topics.add(OffsetForLeaderEpochRequest.OffsetForLeaderTopic.builder()
                .topic(name).partitions(partitions).build()));
        OffsetForLeaderEpochRequest request = OffsetForLeaderEpochRequest.builder()
                .replicaId(CONSUMER_REPLICA)
                .topics(topics)
                .build();
        return Call.of(ApiKey.OFFSET_FOR_LEADER_EPOCH, timeoutMs, version -> request);
    }

    @Override
    public void read(Response response, LeaderQuestions.Teller<EpochEnd> told) {
        for (var topic : ((OffsetForLeaderEpochResponse) response).topics()) {
            for (OffsetForLeaderEpochResponse.EpochEndOffset partition : topic.partitions()) {
                told.told(new TopicPartition(topic.topic(), partition.partition()),
                        ErrorCode.of(partition.errorCode()),
                        new EpochEnd(partition.leaderEpoch(), partition.endOffset()));
            }
        }
    }
}
