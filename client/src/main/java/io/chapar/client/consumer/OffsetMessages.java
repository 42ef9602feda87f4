package io.chapar.client.consumer;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.transport.Call;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// OffsetCommit and OffsetFetch in all their versions but the last ones, which name topics by id instead of name (10).
///
/// OffsetFetch: 7 brings "stable only", 8 several groups in one request, hence another shape of request and answer.
final class OffsetMessages {
    private static final int LAST_NAMED_VERSION = 9;
    private static final int FIRST_INSTANCE_VERSION = 7;
    private static final int FIRST_STABLE_VERSION = 7;
    private static final int FIRST_BATCHED_VERSION = 8;

    private OffsetMessages() {
    }

    static Call commit(SortedMap<TopicPartition, OffsetAndMetadata> offsets, GroupMetadata by, long timeoutMs) {
        Map<String, List<OffsetCommitRequest.OffsetCommitRequestPartition>> byTopic = new TreeMap<>();
        offsets.forEach((partition, position) -> byTopic
                .computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                .add(OffsetCommitRequest.OffsetCommitRequestPartition.builder()
                        .partitionIndex(partition.partition())
                        .committedOffset(position.offset())
                        .committedLeaderEpoch(position.leaderEpoch())
                        .committedMetadata(position.metadata())
                        .build()));
        List<OffsetCommitRequest.OffsetCommitRequestTopic> topics = new ArrayList<>();
        byTopic.forEach((name, partitions) -> topics.add(
                OffsetCommitRequest.OffsetCommitRequestTopic.builder().name(name).partitions(partitions).build()));
        return Call.of(ApiKey.OFFSET_COMMIT, timeoutMs, version -> OffsetCommitRequest.builder()
                .groupId(by.groupId())
                .generationIdOrMemberEpoch(by.generation())
                .memberId(by.memberId())
                .groupInstanceId(version >= FIRST_INSTANCE_VERSION ? by.instanceId() : null)
                .topics(topics)
                .build()).atMost(LAST_NAMED_VERSION);
    }

    /// The first error among the partitions.
    static ErrorCode error(OffsetCommitResponse response) {
        for (OffsetCommitResponse.OffsetCommitResponseTopic topic : response.topics()) {
            for (OffsetCommitResponse.OffsetCommitResponsePartition partition : topic.partitions()) {
                if (partition.errorCode() != ErrorCode.NONE.code()) {
                    return ErrorCode.of(partition.errorCode());
                }
            }
        }
        return ErrorCode.NONE;
    }

    /// An offset that a transaction may still change is waited for. Versions that cannot ask so are not spoken: whoever
    /// goes on from such an offset does again what the transaction did (Kafka 2.5 is the first that knows it).
    static Call fetch(String groupId, SortedSet<TopicPartition> partitions, long timeoutMs) {
        SortedMap<String, List<Integer>> byTopic = new TreeMap<>();
        partitions.forEach(partition -> byTopic.computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                .add(partition.partition()));
        return Call.of(ApiKey.OFFSET_FETCH, timeoutMs, version -> version >= FIRST_BATCHED_VERSION
                ? batched(groupId, byTopic)
                : single(groupId, byTopic)).atLeast(FIRST_STABLE_VERSION).atMost(LAST_NAMED_VERSION);
    }

    private static OffsetFetchRequest batched(String groupId, SortedMap<String, List<Integer>> byTopic) {
        List<OffsetFetchRequest.OffsetFetchRequestTopics> topics = new ArrayList<>();
        byTopic.forEach((name, partitions) -> topics.add(OffsetFetchRequest.OffsetFetchRequestTopics.builder()
                .name(name).partitionIndexes(partitions).build()));
        return OffsetFetchRequest.builder()
                .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                        .groupId(groupId).topics(topics).build()))
                .requireStable(true)
                .build();
    }

    private static OffsetFetchRequest single(String groupId, SortedMap<String, List<Integer>> byTopic) {
        List<OffsetFetchRequest.OffsetFetchRequestTopic> topics = new ArrayList<>();
        byTopic.forEach((name, partitions) -> topics.add(OffsetFetchRequest.OffsetFetchRequestTopic.builder()
                .name(name).partitionIndexes(partitions).build()));
        return OffsetFetchRequest.builder()
                .groupId(groupId)
                .topics(topics)
                .requireStable(true)
                .build();
    }

    /// Puts what is committed into `found`; the first error ends it.
    static ErrorCode read(OffsetFetchResponse response, short version,
            SortedMap<TopicPartition, OffsetAndMetadata> found) {
        if (version >= FIRST_BATCHED_VERSION) {
            for (OffsetFetchResponse.OffsetFetchResponseGroup group : response.groups()) {
                ErrorCode error = ErrorCode.of(group.errorCode());
                if (error != ErrorCode.NONE) {
                    return error;
                }
                for (OffsetFetchResponse.OffsetFetchResponseTopics topic : group.topics()) {
                    for (OffsetFetchResponse.OffsetFetchResponsePartitions one : topic.partitions()) {
                        if (one.errorCode() != ErrorCode.NONE.code()) {
                            return ErrorCode.of(one.errorCode());
                        }
                        put(found, topic.name(), one.partitionIndex(), one.committedOffset(),
                                one.committedLeaderEpoch(), one.metadata());
                    }
                }
            }
            return response.groups().isEmpty() ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE;
        }
        for (OffsetFetchResponse.OffsetFetchResponseTopic topic : response.topics()) {
            for (OffsetFetchResponse.OffsetFetchResponsePartition one : topic.partitions()) {
                if (one.errorCode() != ErrorCode.NONE.code()) {
                    return ErrorCode.of(one.errorCode());
                }
                put(found, topic.name(), one.partitionIndex(), one.committedOffset(), one.committedLeaderEpoch(),
                        one.metadata());
            }
        }
        return ErrorCode.of(response.errorCode());
    }

    private static void put(SortedMap<TopicPartition, OffsetAndMetadata> found, String topic, int partition,
            long offset, int leaderEpoch, @Nullable String metadata) {
        if (offset >= 0) {
            found.put(new TopicPartition(topic, partition), new OffsetAndMetadata(offset, leaderEpoch, metadata));
        }
    }
}
