package io.chapar.client.admin;

import io.chapar.client.Disposition;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.AdminCalls.Reply;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.DeleteGroupsRequest;
import io.chapar.protocol.message.DeleteGroupsResponse;
import io.chapar.protocol.message.DescribeShareGroupOffsetsRequest;
import io.chapar.protocol.message.DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup;
import io.chapar.protocol.message.DescribeShareGroupOffsetsResponse;
import io.chapar.protocol.message.ListGroupsRequest;
import io.chapar.protocol.message.ListGroupsResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Groups and their offsets, each asked for at its coordinator.
final class GroupOps {
    private static final int FIRST_OF_SEVERAL_GROUPS = 8;
    private static final int LAST_BY_NAME = 9;
    private static final int FIRST_OF_ALL_TOPICS = 2;

    private final AdminCalls calls;

    GroupOps(AdminCalls calls) {
        this.calls = calls;
    }

    List<GroupListing> list() {
        long deadlineMs = calls.deadlineMs();
        Map<String, GroupListing> groups = new TreeMap<>();
        for (Node node : calls.describe(List.of(), deadlineMs).nodes().values()) {
            ListGroupsResponse response = calls.ask(new Target.Broker(node),
                    Call.of(ListGroupsRequest.builder().build(), calls.requestTimeoutMs()),
                    ListGroupsResponse.class, answer -> ErrorCode.of(answer.errorCode()), deadlineMs).response();
            requireNone(ErrorCode.of(response.errorCode()), "Listing groups");
            for (ListGroupsResponse.ListedGroup group : response.groups()) {
                groups.put(group.groupId(), new GroupListing(group.groupId(), group.protocolType(),
                        group.groupState(), group.groupType()));
            }
        }
        return List.copyOf(groups.values());
    }

    Map<TopicPartition, OffsetAndMetadata> committedOffsets(String groupId) {
        Call call = Call.of(ApiKey.OFFSET_FETCH, calls.requestTimeoutMs(), version -> {
            if (version < FIRST_OF_SEVERAL_GROUPS) {
                return OffsetFetchRequest.builder().groupId(groupId).topics(null).build();
            }
            return OffsetFetchRequest.builder()
                    .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                            .groupId(groupId).topics(null).build()))
                    .build();
        }).atLeast(FIRST_OF_ALL_TOPICS).atMost(LAST_BY_NAME);
        Reply<OffsetFetchResponse> reply = calls.ask(new Target.Coordinator(CoordinatorType.GROUP, groupId), call,
                OffsetFetchResponse.class, GroupOps::errorOf, calls.deadlineMs());
        ErrorCode error = errorOf(reply.response());
        Map<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>();
        if (error == ErrorCode.GROUP_ID_NOT_FOUND) {
            return offsets;
        }
        requireNone(error, "Offsets of group " + groupId);
        for (var group : reply.response().groups()) {
            for (var topic : group.topics()) {
                for (var one : topic.partitions()) {
                    add(offsets, new TopicPartition(topic.name(), one.partitionIndex()), one.errorCode(),
                            one.committedOffset(), one.committedLeaderEpoch(), one.metadata());
                }
            }
        }
        for (var topic : reply.response().topics()) {
            for (var one : topic.partitions()) {
                add(offsets, new TopicPartition(topic.name(), one.partitionIndex()), one.errorCode(),
                        one.committedOffset(), one.committedLeaderEpoch(), one.metadata());
            }
        }
        return offsets;
    }

    /// Of every partition that the group has begun to read.
    AdminResult<SortedMap<TopicPartition, AdminResult<ShareOffset>>> shareOffsets(String groupId) {
        Call call = Call.of(new DescribeShareGroupOffsetsRequest(
                List.of(new DescribeShareGroupOffsetsRequestGroup(groupId, null))), calls.requestTimeoutMs());
        DescribeShareGroupOffsetsResponse response = calls.ask(
                new Target.Coordinator(CoordinatorType.GROUP, groupId), call, DescribeShareGroupOffsetsResponse.class,
                answer -> answer.groups().isEmpty() ? ErrorCode.NONE
                        : ErrorCode.of(answer.groups().getFirst().errorCode()), calls.deadlineMs()).response();
        if (response.groups().isEmpty()) {
            return TopicOps.refused(ErrorCode.GROUP_ID_NOT_FOUND, "Group " + groupId, "the answer is empty");
        }
        var group = response.groups().getFirst();
        ErrorCode error = ErrorCode.of(group.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, "Group " + groupId, group.errorMessage());
        }
        SortedMap<TopicPartition, AdminResult<ShareOffset>> offsets = new TreeMap<>();
        for (var topic : group.topics()) {
            for (var one : topic.partitions()) {
                TopicPartition id = new TopicPartition(topic.topicName(), one.partitionIndex());
                ErrorCode its = ErrorCode.of(one.errorCode());
                offsets.put(id, its != ErrorCode.NONE
                        ? TopicOps.refused(its, "Share group " + groupId + " in " + id, one.errorMessage())
                        : new AdminResult.Done<>(new ShareOffset(
                                known(one.startOffset()), one.leaderEpoch(), known(one.lag()))));
            }
        }
        return new AdminResult.Done<>(offsets);
    }

    private static @Nullable Long known(long value) {
        return value < 0 ? null : value;
    }

    private static void add(Map<TopicPartition, OffsetAndMetadata> offsets, TopicPartition partition, short code,
            long offset, int leaderEpoch, @Nullable String metadata) {
        requireNone(ErrorCode.of(code), "Committed offset of " + partition);
        if (offset >= 0) {
            offsets.put(partition, new OffsetAndMetadata(offset, leaderEpoch, metadata));
        }
    }

    /// As a client that is no member. To be done again without harm, so that a lost answer needs no care.
    Map<TopicPartition, AdminResult<AdminResult.Success>> setCommittedOffsets(
            String groupId, Map<TopicPartition, OffsetAndMetadata> offsets) {
        Map<String, List<OffsetCommitRequest.OffsetCommitRequestPartition>> byTopic = new TreeMap<>();
        offsets.forEach((id, offset) -> byTopic.computeIfAbsent(id.topic(), _ -> new ArrayList<>())
                .add(new OffsetCommitRequest.OffsetCommitRequestPartition(
                        id.partition(), offset.offset(), offset.leaderEpoch(), offset.metadata())));
        OffsetCommitRequest request = OffsetCommitRequest.builder()
                .groupId(groupId)
                .generationIdOrMemberEpoch(-1)
                .topics(byTopic.entrySet().stream().map(topic -> OffsetCommitRequest.OffsetCommitRequestTopic.builder()
                        .name(topic.getKey()).partitions(topic.getValue()).build()).toList())
                .build();
        Call call = Call.of(request, calls.requestTimeoutMs()).atMost(LAST_BY_NAME);
        OffsetCommitResponse response = calls.ask(new Target.Coordinator(CoordinatorType.GROUP, groupId), call,
                OffsetCommitResponse.class, GroupOps::firstRetriable, calls.deadlineMs()).response();
        Map<TopicPartition, AdminResult<AdminResult.Success>> results = new TreeMap<>();
        for (var topic : response.topics()) {
            for (var one : topic.partitions()) {
                TopicPartition id = new TopicPartition(topic.name(), one.partitionIndex());
                ErrorCode error = ErrorCode.of(one.errorCode());
                results.put(id, error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                        : TopicOps.refused(error, "Offset of " + id, null));
            }
        }
        return results;
    }

    private static ErrorCode firstRetriable(OffsetCommitResponse response) {
        return response.topics().stream().flatMap(topic -> topic.partitions().stream())
                .map(one -> ErrorCode.of(one.errorCode())).filter(error -> Disposition.of(error).mayRetry()).findFirst()
                .orElse(ErrorCode.NONE);
    }

    AdminResult<AdminResult.Success> delete(String groupId) {
        Reply<DeleteGroupsResponse> reply = calls.ask(new Target.Coordinator(CoordinatorType.GROUP, groupId),
                Call.of(new DeleteGroupsRequest(List.of(groupId)), calls.requestTimeoutMs()),
                DeleteGroupsResponse.class, response -> ErrorCode.of(response.results().getFirst().errorCode()),
                calls.deadlineMs());
        DeleteGroupsResponse.DeletableGroupResult result = reply.response().results().getFirst();
        ErrorCode error = ErrorCode.of(result.errorCode());
        boolean wasDoneBefore = error == ErrorCode.GROUP_ID_NOT_FOUND && reply.lostBefore();
        return error == ErrorCode.NONE || wasDoneBefore ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, "Group " + groupId, result.errorMessage());
    }

    private static ErrorCode errorOf(OffsetFetchResponse response) {
        return ErrorCode.of(response.groups().isEmpty() ? response.errorCode()
                : response.groups().getFirst().errorCode());
    }

    static void requireNone(ErrorCode error, String what) {
        if (error != ErrorCode.NONE) {
            throw Disposition.exception(error, what, null);
        }
    }
}
