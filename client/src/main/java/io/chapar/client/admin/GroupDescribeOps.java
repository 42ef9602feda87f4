package io.chapar.client.admin;

import io.chapar.client.admin.AdminCalls.Reply;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.ConsumerGroupDescribeRequest;
import io.chapar.protocol.message.ConsumerGroupDescribeResponse;
import io.chapar.protocol.message.ConsumerProtocolAssignment;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeGroupsResponse;
import io.chapar.protocol.message.ListGroupsRequest;
import io.chapar.protocol.message.ListGroupsResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ShareGroupDescribeRequest;
import io.chapar.protocol.message.ShareGroupDescribeResponse;
import io.chapar.protocol.message.StreamsGroupDescribeRequest;
import io.chapar.protocol.message.StreamsGroupDescribeResponse;
import io.chapar.transport.Call;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/// Describes each group with the request for its kind, at its coordinator.
final class GroupDescribeOps {
    private static final String CONSUMER_PROTOCOL = "consumer";
    private static final String DEAD = "Dead";

    /// By the names that ListGroups has for them.
    private enum Kind { CLASSIC, CONSUMER, STREAMS, SHARE }

    private final AdminCalls calls;

    GroupDescribeOps(AdminCalls calls) {
        this.calls = calls;
    }

    Map<String, AdminResult<GroupDescription>> describe(Collection<String> groupIds) {
        long deadlineMs = calls.deadlineMs();
        Map<String, AdminResult<GroupDescription>> results = new LinkedHashMap<>();
        for (String groupId : groupIds) {
            results.put(groupId, describe(groupId, deadlineMs));
        }
        return results;
    }

    private AdminResult<GroupDescription> describe(String groupId, long deadlineMs) {
        Kind kind = kind(groupId, deadlineMs);
        AdminResult<GroupDescription> first = describe(groupId, kind, deadlineMs);
        if (!isMissing(first)) {
            return first;
        }
        // Its coordinator was another one meanwhile, or it became of another kind: looked at once more.
        Kind now = kind(groupId, deadlineMs);
        return now == kind ? first : describe(groupId, now, deadlineMs);
    }

    private static boolean isMissing(AdminResult<GroupDescription> result) {
        return result instanceof AdminResult.Refused<GroupDescription> refused
                && refused.error() == ErrorCode.GROUP_ID_NOT_FOUND;
    }

    /// Classic where nobody tells: old brokers have no other kind, and of one that is not there they say so.
    private Kind kind(String groupId, long deadlineMs) {
        ListGroupsResponse response = ask(groupId, ListGroupsRequest.builder().build(), ListGroupsResponse.class,
                answer -> ErrorCode.of(answer.errorCode()), deadlineMs).response();
        GroupOps.requireNone(ErrorCode.of(response.errorCode()), "Listing groups");
        for (ListGroupsResponse.ListedGroup group : response.groups()) {
            if (group.groupId().equals(groupId)) {
                return switch (group.groupType().toLowerCase(Locale.ROOT)) {
                    case "consumer" -> Kind.CONSUMER;
                    case "streams" -> Kind.STREAMS;
                    case "share" -> Kind.SHARE;
                    default -> Kind.CLASSIC;
                };
            }
        }
        return Kind.CLASSIC;
    }

    private AdminResult<GroupDescription> describe(String groupId, Kind kind, long deadlineMs) {
        return switch (kind) {
            case CLASSIC -> classic(groupId, deadlineMs);
            case CONSUMER -> consumer(groupId, deadlineMs);
            case STREAMS -> streams(groupId, deadlineMs);
            case SHARE -> share(groupId, deadlineMs);
        };
    }

    private <R extends Response> Reply<R> ask(String groupId, Request request, Class<R> type,
            Function<R, ErrorCode> error, long deadlineMs) {
        return calls.ask(new Target.Coordinator(CoordinatorType.GROUP, groupId),
                Call.of(request, calls.requestTimeoutMs()), type, error, deadlineMs);
    }

    private static AdminResult<GroupDescription> empty(String groupId) {
        return TopicOps.refused(ErrorCode.GROUP_ID_NOT_FOUND, "Group " + groupId, "the answer is empty");
    }

    private AdminResult<GroupDescription> classic(String groupId, long deadlineMs) {
        Reply<DescribeGroupsResponse> reply = ask(groupId,
                DescribeGroupsRequest.builder().groups(List.of(groupId)).build(), DescribeGroupsResponse.class,
                response -> response.groups().isEmpty() ? ErrorCode.NONE
                        : ErrorCode.of(response.groups().getFirst().errorCode()), deadlineMs);
        if (reply.response().groups().isEmpty()) {
            return empty(groupId);
        }
        DescribeGroupsResponse.DescribedGroup group = reply.response().groups().getFirst();
        ErrorCode error = ErrorCode.of(group.errorCode());
        if (error == ErrorCode.NONE && group.groupState().equals(DEAD)) {
            error = ErrorCode.GROUP_ID_NOT_FOUND; // how brokers said it before version 6
        }
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, "Group " + groupId, group.errorMessage());
        }
        List<GroupDescription.ClassicMember> members = group.members().stream()
                .map(member -> new GroupDescription.ClassicMember(member.memberId(), member.groupInstanceId(),
                        member.clientId(), member.clientHost(),
                        group.protocolType().equals(CONSUMER_PROTOCOL) ? assigned(member.memberAssignment())
                                : List.of()))
                .toList();
        return new AdminResult.Done<>(new GroupDescription.Classic(groupId, group.groupState(), reply.node(),
                group.protocolType(), group.protocolData(), members));
    }

    /// What a classic consumer's assignment says; empty while it has none, or when it is in a form of its own.
    private static List<TopicPartition> assigned(ByteBuffer bytes) {
        List<TopicPartition> partitions = new ArrayList<>();
        if (bytes == null || bytes.remaining() < Short.BYTES) {
            return partitions;
        }
        try {
            WireReader in = new WireReader(bytes.duplicate());
            short version = (short) Math.min(in.int16(), ConsumerProtocolAssignment.HIGHEST_VERSION);
            for (var topic : ConsumerProtocolAssignment.read(in, version).assignedPartitions()) {
                topic.partitions().forEach(number -> partitions.add(new TopicPartition(topic.topic(), number)));
            }
        } catch (MalformedMessageException e) {
            partitions.clear();
        }
        return partitions;
    }

    private AdminResult<GroupDescription> consumer(String groupId, long deadlineMs) {
        Reply<ConsumerGroupDescribeResponse> reply = ask(groupId,
                ConsumerGroupDescribeRequest.builder().groupIds(List.of(groupId)).build(),
                ConsumerGroupDescribeResponse.class, response -> response.groups().isEmpty() ? ErrorCode.NONE
                        : ErrorCode.of(response.groups().getFirst().errorCode()), deadlineMs);
        if (reply.response().groups().isEmpty()) {
            return empty(groupId);
        }
        ConsumerGroupDescribeResponse.DescribedGroup group = reply.response().groups().getFirst();
        ErrorCode error = ErrorCode.of(group.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, "Group " + groupId, group.errorMessage());
        }
        List<GroupDescription.ConsumerMember> members = group.members().stream()
                .map(member -> new GroupDescription.ConsumerMember(member.memberId(), member.instanceId(),
                        member.rackId(), member.memberEpoch(), member.clientId(), member.clientHost(),
                        member.subscribedTopicNames(), member.subscribedTopicRegex(),
                        partitions(member.assignment()), partitions(member.targetAssignment())))
                .toList();
        return new AdminResult.Done<>(new GroupDescription.Consumer(groupId, group.groupState(), reply.node(),
                new GroupDescription.Epochs(group.groupEpoch(), group.assignmentEpoch()), group.assignorName(),
                members));
    }

    private static List<TopicPartition> partitions(ConsumerGroupDescribeResponse.Assignment assignment) {
        return assignment.topicPartitions().stream().flatMap(topic -> topic.partitions().stream()
                .map(number -> new TopicPartition(topic.topicName(), number))).sorted().toList();
    }

    private AdminResult<GroupDescription> share(String groupId, long deadlineMs) {
        Reply<ShareGroupDescribeResponse> reply = ask(groupId,
                ShareGroupDescribeRequest.builder().groupIds(List.of(groupId)).build(),
                ShareGroupDescribeResponse.class, response -> response.groups().isEmpty() ? ErrorCode.NONE
                        : ErrorCode.of(response.groups().getFirst().errorCode()), deadlineMs);
        if (reply.response().groups().isEmpty()) {
            return empty(groupId);
        }
        ShareGroupDescribeResponse.DescribedGroup group = reply.response().groups().getFirst();
        ErrorCode error = ErrorCode.of(group.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, "Group " + groupId, group.errorMessage());
        }
        List<GroupDescription.ShareMember> members = group.members().stream()
                .map(member -> new GroupDescription.ShareMember(member.memberId(), member.rackId(),
                        member.memberEpoch(), member.clientId(), member.clientHost(), member.subscribedTopicNames(),
                        member.assignment().topicPartitions().stream().flatMap(topic -> topic.partitions().stream()
                                .map(number -> new TopicPartition(topic.topicName(), number))).sorted().toList()))
                .toList();
        return new AdminResult.Done<>(new GroupDescription.Share(groupId, group.groupState(), reply.node(),
                new GroupDescription.Epochs(group.groupEpoch(), group.assignmentEpoch()), group.assignorName(),
                members));
    }

    private AdminResult<GroupDescription> streams(String groupId, long deadlineMs) {
        Reply<StreamsGroupDescribeResponse> reply = ask(groupId,
                StreamsGroupDescribeRequest.builder().groupIds(List.of(groupId)).build(),
                StreamsGroupDescribeResponse.class, response -> response.groups().isEmpty() ? ErrorCode.NONE
                        : ErrorCode.of(response.groups().getFirst().errorCode()), deadlineMs);
        if (reply.response().groups().isEmpty()) {
            return empty(groupId);
        }
        StreamsGroupDescribeResponse.DescribedGroup group = reply.response().groups().getFirst();
        ErrorCode error = ErrorCode.of(group.errorCode());
        return error == ErrorCode.NONE ? new AdminResult.Done<>(StreamsAnswer.read(group, reply.node()))
                : TopicOps.refused(error, "Group " + groupId, group.errorMessage());
    }
}
