package io.chapar.client.admin;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.admin.AdminCalls.Reply;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreatePartitionsResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DeleteTopicsResponse;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Topics and their partitions.
final class TopicOps {
    private static final int FIRST_DELETE_BY_STATE = 6;
    private static final int FIRST_WITH_FENCED = 2;

    private final AdminCalls calls;
    private final PartitionOps partitions;

    TopicOps(AdminCalls calls) {
        this.calls = calls;
        partitions = new PartitionOps(calls);
    }

    ClusterDescription describeCluster() {
        Call call = Call.of(ApiKey.DESCRIBE_CLUSTER, calls.requestTimeoutMs(), version ->
                DescribeClusterRequest.builder().includeFencedBrokers(version >= FIRST_WITH_FENCED).build());
        DescribeClusterResponse described = calls.ask(new Target.AnyBroker(), call, DescribeClusterResponse.class,
                response -> ErrorCode.of(response.errorCode()), calls.deadlineMs()).response();
        Map<Integer, Node> nodes = new TreeMap<>();
        Map<Integer, Node> fenced = new TreeMap<>();
        for (DescribeClusterResponse.DescribeClusterBroker broker : described.brokers()) {
            (broker.isFenced() ? fenced : nodes).put(broker.brokerId(),
                    new Node(broker.brokerId(), broker.host(), broker.port(), broker.rack()));
        }
        return new ClusterDescription(described.clusterId(), nodes.get(described.controllerId()),
                List.copyOf(nodes.values()), List.copyOf(fenced.values()), described.errorMessage());
    }

    List<TopicView> list() {
        return List.copyOf(calls.describe(null, calls.deadlineMs()).topics().values());
    }

    Map<String, AdminResult<TopicView>> describe(Collection<String> names) {
        ClusterView view = calls.describe(names, calls.deadlineMs());
        Map<String, AdminResult<TopicView>> results = new LinkedHashMap<>();
        for (String name : names) {
            TopicView topic = view.topic(name);
            results.put(name, topic != null ? new AdminResult.Done<>(topic)
                    : refused(view.errors().getOrDefault(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
                            "Topic " + name, null));
        }
        return results;
    }

    AdminResult<AdminResult.Success> addPartitions(String topic, int total) {
        CreatePartitionsRequest request = CreatePartitionsRequest.builder()
                .topics(List.of(new CreatePartitionsRequest.CreatePartitionsTopic(topic, total, null)))
                .timeoutMs(calls.requestTimeoutMs())
                .build();
        Reply<CreatePartitionsResponse> reply = calls.ask(new Target.Controller(),
                Call.of(request, calls.requestTimeoutMs()), CreatePartitionsResponse.class,
                response -> ErrorCode.of(response.results().getFirst().errorCode()),
                response -> response.results().getFirst().errorMessage(), calls.deadlineMs());
        CreatePartitionsResponse.CreatePartitionsTopicResult result = reply.response().results().getFirst();
        ErrorCode error = ErrorCode.of(result.errorCode());
        boolean wasDoneBefore = error == ErrorCode.INVALID_PARTITIONS && reply.lostBefore();
        return error == ErrorCode.NONE || wasDoneBefore ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : refused(error, "Topic " + topic, result.errorMessage());
    }

    Map<String, AdminResult<CreatedTopic>> create(Collection<NewTopic> wanted) {
        Map<String, AdminResult<CreatedTopic>> results = new LinkedHashMap<>();
        if (wanted.isEmpty()) {
            return results;
        }
        List<CreateTopicsRequest.CreatableTopic> topics = new ArrayList<>();
        for (NewTopic topic : wanted) {
            List<CreateTopicsRequest.CreatableTopicConfig> configs = new ArrayList<>();
            topic.configs().forEach((name, value) -> configs.add(CreateTopicsRequest.CreatableTopicConfig.builder()
                    .name(name).value(value).build()));
            topics.add(CreateTopicsRequest.CreatableTopic.builder()
                    .name(topic.name())
                    .numPartitions(topic.partitions())
                    .replicationFactor((short) topic.replicationFactor())
                    .configs(configs)
                    .build());
        }
        CreateTopicsRequest request = CreateTopicsRequest.builder()
                .topics(topics)
                .timeoutMs(calls.requestTimeoutMs())
                .build();
        Reply<CreateTopicsResponse> reply = calls.ask(new Target.Controller(),
                Call.of(request, calls.requestTimeoutMs()), CreateTopicsResponse.class,
                response -> onlyError(response.topics().stream().map(t -> t.errorCode()).toList()),
                response -> response.topics().getFirst().errorMessage(), calls.deadlineMs());
        for (CreateTopicsResponse.CreatableTopicResult topic : reply.response().topics()) {
            ErrorCode error = ErrorCode.of(topic.errorCode());
            results.put(topic.name(), error == ErrorCode.NONE
                    ? new AdminResult.Done<>(new CreatedTopic(topic.name(), topic.topicId(), topic.numPartitions(),
                            topic.replicationFactor()))
                    : reply.lostBefore() && error == ErrorCode.TOPIC_ALREADY_EXISTS
                            ? ownWork(error, "Topic " + topic.name() + " exists, perhaps by this very call")
                            : refused(error, "Topic " + topic.name(), topic.errorMessage()));
        }
        return results;
    }

    Map<String, AdminResult<AdminResult.Success>> delete(Collection<String> names) {
        Map<String, AdminResult<AdminResult.Success>> results = new LinkedHashMap<>();
        if (names.isEmpty()) {
            return results;
        }
        Call call = Call.of(ApiKey.DELETE_TOPICS, calls.requestTimeoutMs(), version -> {
            DeleteTopicsRequest.Builder request = DeleteTopicsRequest.builder().timeoutMs(calls.requestTimeoutMs());
            return version < FIRST_DELETE_BY_STATE ? request.topicNames(List.copyOf(names)).build()
                    : request.topics(names.stream().map(name -> DeleteTopicsRequest.DeleteTopicState.builder()
                            .name(name).build()).toList()).build();
        });
        Reply<DeleteTopicsResponse> reply = calls.ask(new Target.Controller(), call, DeleteTopicsResponse.class,
                response -> ErrorCode.NONE, calls.deadlineMs());
        for (DeleteTopicsResponse.DeletableTopicResult topic : reply.response().responses()) {
            ErrorCode error = ErrorCode.of(topic.errorCode());
            results.put(topic.name(), error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                    : reply.lostBefore() && error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                            ? ownWork(error, "Topic " + topic.name() + " is gone, perhaps by this very call")
                            : refused(error, "Topic " + topic.name(), topic.errorMessage()));
        }
        return results;
    }

    Map<TopicPartition, String> offlineAt(Node broker, Collection<TopicPartition> wanted, int limitMs) {
        return partitions.offlineAt(broker, wanted, limitMs);
    }

    Map<TopicPartition, AdminResult<Long>> deleteRecords(Map<TopicPartition, Long> before) {
        return partitions.deleteRecords(before);
    }

    Map<TopicPartition, AdminResult<ListedOffset>> listOffsets(Map<TopicPartition, OffsetSpec> wanted,
            boolean committedOnly) {
        return partitions.listOffsets(wanted, committedOnly);
    }

    Map<TopicPartition, AdminResult<LeaderEpochEnd>> epochEnds(Map<TopicPartition, Integer> epochs) {
        return partitions.epochEnds(epochs);
    }

    Map<TopicPartition, AdminResult<Long>> logEnds(Node broker, Collection<TopicPartition> wanted, int limitMs) {
        return partitions.logEnds(broker, wanted, limitMs);
    }

    AdminResult<LogSlice> readLog(TopicPartition partition, long offset, int maxBytes, boolean committedOnly) {
        return partitions.readLog(partition, offset, maxBytes, committedOnly);
    }

    Map<TopicPartition, AdminResult<List<ProducerState>>> describeProducers(Collection<TopicPartition> wanted) {
        return partitions.describeProducers(wanted);
    }

    AdminResult<AdminResult.Success> abortAtPartition(TopicPartition partition, ProducerState open) {
        return partitions.abort(partition, open);
    }

    /// The error that all share, else none: then each item speaks for itself.
    private static ErrorCode onlyError(List<Short> codes) {
        return codes.stream().distinct().count() == 1 ? ErrorCode.of(codes.getFirst()) : ErrorCode.NONE;
    }

    static <T> AdminResult<T> refused(ErrorCode error, String what, @Nullable String message) {
        ChaparException cause = Disposition.exception(error, what, message);
        return new AdminResult.Refused<>(error, cause);
    }

    private static <T> AdminResult<T> ownWork(ErrorCode error, String text) {
        return new AdminResult.Refused<>(error, new UnknownOutcomeException(error, text));
    }
}
