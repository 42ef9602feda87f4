package io.chapar.client.admin;

import io.chapar.client.Disposition;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
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
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// What partitions' leaders know. Partitions whose leader moves meanwhile are asked for again at the new one.
final class PartitionOps {
    private static final int FIRST_WITH_ISOLATION = 2;
    private static final int FIRST_WITH_MAX_TIMESTAMP = 7;
    private static final byte READ_COMMITTED = 1;
    /// Who asks as this replica is answered by whoever has the log, leader or not.
    private static final int ANY_REPLICA = -2;
    private static final int NO_SESSION = -1;
    private static final int FIRST_FETCH_WITH_START = 5;
    private static final int LAST_FETCH_BY_NAME = 12;

    private final AdminCalls calls;

    PartitionOps(AdminCalls calls) {
        this.calls = calls;
    }

    /// Asks one leader for some partitions; what it answers goes into the results.
    private interface Asking<T> {
        void ask(Node leader, Map<String, List<Integer>> partitions, ClusterView view,
                Map<TopicPartition, AdminResult<T>> results, long deadlineMs);
    }

    Map<TopicPartition, AdminResult<ListedOffset>> listOffsets(Map<TopicPartition, OffsetSpec> wanted,
            boolean committedOnly) {
        return everywhere(wanted.keySet(), (leader, byTopic, view, results, deadlineMs) -> {
            List<ListOffsetsRequest.ListOffsetsTopic> topics = new ArrayList<>();
            byTopic.forEach((name, numbers) -> topics.add(ListOffsetsRequest.ListOffsetsTopic.builder()
                    .name(name)
                    .partitions(numbers.stream().map(number -> ListOffsetsRequest.ListOffsetsPartition.builder()
                            .partitionIndex(number)
                            .timestamp(requireNonNull(wanted.get(new TopicPartition(name, number)), "asked for").code())
                            .build()).toList())
                    .build()));
            ListOffsetsRequest request = ListOffsetsRequest.builder()
                    .replicaId(-1)
                    .isolationLevel(committedOnly ? READ_COMMITTED : 0)
                    .topics(topics)
                    .timeoutMs(calls.requestTimeoutMs())
                    .build();
            boolean maxTimestamp = wanted.values().stream().anyMatch(OffsetSpec.MaxTimestamp.class::isInstance);
            Call call = Call.of(request, calls.requestTimeoutMs())
                    .atLeast(maxTimestamp ? FIRST_WITH_MAX_TIMESTAMP : FIRST_WITH_ISOLATION);
            ListOffsetsResponse response = calls.ask(new Target.Broker(leader), call, ListOffsetsResponse.class,
                    any -> ErrorCode.NONE, deadlineMs).response();
            for (ListOffsetsResponse.ListOffsetsTopicResponse topic : response.topics()) {
                for (ListOffsetsResponse.ListOffsetsPartitionResponse one : topic.partitions()) {
                    TopicPartition partition = new TopicPartition(topic.name(), one.partitionIndex());
                    ErrorCode error = ErrorCode.of(one.errorCode());
                    results.put(partition, error == ErrorCode.NONE
                            ? new AdminResult.Done<>(new ListedOffset(one.offset(), one.timestamp(),
                                    one.leaderEpoch()))
                            : TopicOps.refused(error, partition.toString(), null));
                }
            }
        });
    }

    Map<TopicPartition, AdminResult<LeaderEpochEnd>> epochEnds(Map<TopicPartition, Integer> epochs) {
        return everywhere(epochs.keySet(), (leader, byTopic, view, results, deadlineMs) -> {
            List<OffsetForLeaderEpochRequest.OffsetForLeaderTopic> topics = new ArrayList<>();
            byTopic.forEach((name, numbers) -> topics.add(OffsetForLeaderEpochRequest.OffsetForLeaderTopic.builder()
                    .topic(name)
                    .partitions(numbers.stream().map(number -> OffsetForLeaderEpochRequest.OffsetForLeaderPartition
                            .builder().partition(number).currentLeaderEpoch(leaderEpoch(view, name, number))
                            .leaderEpoch(requireNonNull(epochs.get(new TopicPartition(name, number)), "asked for"))
                            .build()).toList())
                    .build()));
            Call call = Call.of(OffsetForLeaderEpochRequest.builder().replicaId(-1).topics(topics).build(),
                    calls.requestTimeoutMs());
            OffsetForLeaderEpochResponse response = calls.ask(new Target.Broker(leader), call,
                    OffsetForLeaderEpochResponse.class, any -> ErrorCode.NONE, deadlineMs).response();
            for (OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult topic : response.topics()) {
                for (OffsetForLeaderEpochResponse.EpochEndOffset one : topic.partitions()) {
                    TopicPartition partition = new TopicPartition(topic.topic(), one.partition());
                    ErrorCode error = ErrorCode.of(one.errorCode());
                    results.put(partition, error == ErrorCode.NONE
                            ? new AdminResult.Done<>(new LeaderEpochEnd(one.leaderEpoch(), one.endOffset()))
                            : TopicOps.refused(error, partition.toString(), null));
                }
            }
        });
    }

    private static int leaderEpoch(ClusterView view, String topic, int partition) {
        TopicView known = view.topic(topic);
        PartitionView one = known == null ? null : known.partition(partition);
        return one == null ? -1 : one.leaderEpoch();
    }

    Map<TopicPartition, AdminResult<Long>> logEnds(Node broker, Collection<TopicPartition> wanted, int limitMs) {
        Map<TopicPartition, AdminResult<Long>> results = new LinkedHashMap<>();
        Map<String, List<ListOffsetsRequest.ListOffsetsPartition>> byTopic = new TreeMap<>();
        for (TopicPartition partition : wanted) {
            byTopic.computeIfAbsent(partition.topic(), _ -> new ArrayList<>())
                    .add(ListOffsetsRequest.ListOffsetsPartition.builder()
                            .partitionIndex(partition.partition())
                            .timestamp(OffsetSpec.LATEST)
                            .build());
        }
        if (byTopic.isEmpty()) {
            return results;
        }
        ListOffsetsRequest request = ListOffsetsRequest.builder()
                .replicaId(ANY_REPLICA)
                .topics(byTopic.entrySet().stream().map(topic -> ListOffsetsRequest.ListOffsetsTopic.builder()
                        .name(topic.getKey()).partitions(topic.getValue()).build()).toList())
                .timeoutMs(limitMs)
                .build();
        ListOffsetsResponse response = calls.ask(new Target.Broker(broker),
                Call.of(request, limitMs).atLeast(FIRST_WITH_ISOLATION), ListOffsetsResponse.class,
                _ -> ErrorCode.NONE, calls.nowMs() + limitMs).response();
        for (ListOffsetsResponse.ListOffsetsTopicResponse topic : response.topics()) {
            for (ListOffsetsResponse.ListOffsetsPartitionResponse one : topic.partitions()) {
                TopicPartition partition = new TopicPartition(topic.name(), one.partitionIndex());
                ErrorCode error = ErrorCode.of(one.errorCode());
                results.put(partition, error == ErrorCode.NONE ? new AdminResult.Done<>(one.offset())
                        : TopicOps.refused(error, partition.toString(), null));
            }
        }
        return results;
    }

    Map<TopicPartition, AdminResult<List<ProducerState>>> describeProducers(Collection<TopicPartition> wanted) {
        return everywhere(wanted, (leader, byTopic, view, results, deadlineMs) -> {
            List<DescribeProducersRequest.TopicRequest> topics = new ArrayList<>();
            byTopic.forEach((name, numbers) -> topics.add(DescribeProducersRequest.TopicRequest.builder()
                    .name(name).partitionIndexes(numbers).build()));
            Call call = Call.of(DescribeProducersRequest.builder().topics(topics).build(), calls.requestTimeoutMs());
            DescribeProducersResponse response = calls.ask(new Target.Broker(leader), call,
                    DescribeProducersResponse.class, any -> ErrorCode.NONE, deadlineMs).response();
            for (DescribeProducersResponse.TopicResponse topic : response.topics()) {
                for (DescribeProducersResponse.PartitionResponse one : topic.partitions()) {
                    TopicPartition partition = new TopicPartition(topic.name(), one.partitionIndex());
                    ErrorCode error = ErrorCode.of(one.errorCode());
                    results.put(partition, error == ErrorCode.NONE ? new AdminResult.Done<>(producers(one))
                            : TopicOps.refused(error, partition.toString(), one.errorMessage()));
                }
            }
        });
    }

    /// As [Admin#offlineAt].
    Map<TopicPartition, String> offlineAt(Node broker, Collection<TopicPartition> wanted, int limitMs) {
        Map<TopicPartition, String> why = new TreeMap<>();
        Map<String, List<Integer>> byTopic = new TreeMap<>();
        wanted.forEach(each -> byTopic.computeIfAbsent(each.topic(), _ -> new ArrayList<>()).add(each.partition()));
        if (byTopic.isEmpty()) {
            return why;
        }
        DescribeProducersRequest request = DescribeProducersRequest.builder().topics(byTopic.entrySet().stream()
                .map(topic -> new DescribeProducersRequest.TopicRequest(topic.getKey(), topic.getValue())).toList())
                .build();
        DescribeProducersResponse response = calls.ask(new Target.Broker(broker), Call.of(request, limitMs),
                DescribeProducersResponse.class, _ -> ErrorCode.NONE, calls.nowMs() + limitMs).response();
        response.topics().forEach(topic -> topic.partitions().forEach(one -> {
            if (one.errorCode() == ErrorCode.KAFKA_STORAGE_ERROR.code()) {
                String said = one.errorMessage();
                why.put(new TopicPartition(topic.name(), one.partitionIndex()), said == null ? "" : said);
            }
        }));
        return why;
    }

    Map<TopicPartition, AdminResult<Long>> deleteRecords(Map<TopicPartition, Long> before) {
        return everywhere(before.keySet(), (leader, byTopic, view, results, deadlineMs) -> {
            List<DeleteRecordsRequest.DeleteRecordsTopic> topics = new ArrayList<>();
            byTopic.forEach((name, numbers) -> topics.add(new DeleteRecordsRequest.DeleteRecordsTopic(name,
                    numbers.stream().map(number -> new DeleteRecordsRequest.DeleteRecordsPartition(number,
                            requireNonNull(before.get(new TopicPartition(name, number)), "asked for"))).toList())));
            Call call = Call.of(new DeleteRecordsRequest(topics, calls.requestTimeoutMs()), calls.requestTimeoutMs());
            DeleteRecordsResponse response = calls.ask(new Target.Broker(leader), call, DeleteRecordsResponse.class,
                    any -> ErrorCode.NONE, deadlineMs).response();
            for (DeleteRecordsResponse.DeleteRecordsTopicResult topic : response.topics()) {
                for (DeleteRecordsResponse.DeleteRecordsPartitionResult one : topic.partitions()) {
                    TopicPartition partition = new TopicPartition(topic.name(), one.partitionIndex());
                    ErrorCode error = ErrorCode.of(one.errorCode());
                    results.put(partition, error == ErrorCode.NONE ? new AdminResult.Done<>(one.lowWatermark())
                            : TopicOps.refused(error, partition.toString(), null));
                }
            }
        });
    }

    /// Without a session, so that the broker remembers nothing of it.
    AdminResult<LogSlice> readLog(TopicPartition partition, long offset, int maxBytes, boolean committedOnly) {
        FetchRequest request = FetchRequest.builder()
                .maxBytes(maxBytes)
                .isolationLevel(committedOnly ? READ_COMMITTED : 0)
                .sessionEpoch(NO_SESSION)
                .topics(List.of(FetchRequest.FetchTopic.builder()
                        .topic(partition.topic())
                        .partitions(List.of(FetchRequest.FetchPartition.builder()
                                .partition(partition.partition())
                                .fetchOffset(offset)
                                .partitionMaxBytes(maxBytes)
                                .build()))
                        .build()))
                .build();
        Call call = Call.of(request, calls.requestTimeoutMs()).atLeast(FIRST_FETCH_WITH_START)
                .atMost(LAST_FETCH_BY_NAME);
        Map<TopicPartition, AdminResult<LogSlice>> read = everywhere(List.of(partition),
                (leader, byTopic, view, results, deadlineMs) -> {
            FetchResponse response = calls.ask(new Target.Broker(leader), call, FetchResponse.class,
                    answer -> ErrorCode.of(answer.errorCode()), deadlineMs).response();
            GroupOps.requireNone(ErrorCode.of(response.errorCode()), partition.toString());
            response.responses().stream().flatMap(topic -> topic.partitions().stream()).forEach(one -> {
                ErrorCode error = ErrorCode.of(one.errorCode());
                results.put(partition, error == ErrorCode.NONE ? new AdminResult.Done<>(slice(one))
                        : TopicOps.refused(error, partition + " at offset " + offset, null));
            });
        });
        return requireNonNull(read.get(partition), "every partition asked for is answered");
    }

    private static LogSlice slice(FetchResponse.PartitionData data) {
        List<FetchResponse.AbortedTransaction> aborted = data.abortedTransactions();
        return new LogSlice(data.logStartOffset(), data.lastStableOffset(), data.highWatermark(),
                data.records() instanceof BufferRecords(ByteBuffer bytes) ? bytes : ByteBuffer.allocate(0),
                aborted == null ? List.of() : aborted.stream()
                        .map(one -> new LogSlice.Aborted(one.producerId(), one.firstOffset()))
                        .sorted(Comparator.comparingLong(LogSlice.Aborted::firstOffset)).toList());
    }

    AdminResult<AdminResult.Success> abort(TopicPartition partition, ProducerState open) {
        Map<TopicPartition, AdminResult<AdminResult.Success>> done = everywhere(List.of(partition),
                (leader, byTopic, view, results, deadlineMs) -> {
            WriteTxnMarkersRequest.WritableTxnMarker marker = WriteTxnMarkersRequest.WritableTxnMarker.builder()
                    .producerId(open.producerId())
                    .producerEpoch((short) open.producerEpoch())
                    .transactionResult(false)
                    .coordinatorEpoch(Math.max(0, open.coordinatorEpoch()))
                    .topics(List.of(WriteTxnMarkersRequest.WritableTxnMarkerTopic.builder()
                            .name(partition.topic()).partitionIndexes(List.of(partition.partition())).build()))
                    .build();
            Call call = Call.of(WriteTxnMarkersRequest.builder().markers(List.of(marker)).build(),
                    calls.requestTimeoutMs());
            WriteTxnMarkersResponse response = calls.ask(new Target.Broker(leader), call,
                    WriteTxnMarkersResponse.class, any -> ErrorCode.NONE, deadlineMs).response();
            ErrorCode error = ErrorCode.of(response.markers().getFirst().topics().getFirst().partitions().getFirst()
                    .errorCode());
            results.put(partition, error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                    : TopicOps.refused(error, partition.toString(), null));
        });
        return requireNonNull(done.get(partition), "every partition asked for is answered");
    }

    private static List<ProducerState> producers(DescribeProducersResponse.PartitionResponse partition) {
        return partition.activeProducers().stream()
                .map(one -> new ProducerState(one.producerId(), one.producerEpoch(), one.lastSequence(),
                        one.lastTimestamp(), one.coordinatorEpoch(), one.currentTxnStartOffset()))
                .toList();
    }

    private <T> Map<TopicPartition, AdminResult<T>> everywhere(Collection<TopicPartition> wanted, Asking<T> asking) {
        long deadlineMs = calls.deadlineMs();
        Map<TopicPartition, AdminResult<T>> results = new LinkedHashMap<>();
        TreeSet<TopicPartition> left = new TreeSet<>(wanted);
        for (int failures = 1; !left.isEmpty(); failures++) {
            round(left, results, asking, deadlineMs);
            left.removeIf(partition -> isSettled(results.get(partition)));
            if (!left.isEmpty()) {
                calls.pause(failures, deadlineMs, "no answer about " + left + " from a leader", false);
            }
        }
        return results;
    }

    private <T> void round(Collection<TopicPartition> left, Map<TopicPartition, AdminResult<T>> results,
            Asking<T> asking, long deadlineMs) {
        TreeSet<String> names = new TreeSet<>();
        left.forEach(partition -> names.add(partition.topic()));
        ClusterView view = calls.describe(names, deadlineMs);
        Map<Node, Map<String, List<Integer>>> byLeader = new TreeMap<>(Comparator.comparingInt(Node::id));
        for (TopicPartition partition : left) {
            TopicView topic = view.topic(partition.topic());
            Node leader = view.leader(partition.topic(), partition.partition());
            Node asked = leader != null ? leader : offlineReplica(view, partition);
            if (asked != null) {
                byLeader.computeIfAbsent(asked, node -> new TreeMap<>())
                        .computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                        .add(partition.partition());
            } else if (topic == null || topic.partition(partition.partition()) == null) {
                ErrorCode error = view.errors().getOrDefault(partition.topic(),
                        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
                results.put(partition, TopicOps.refused(error, partition.toString(), null));
            }
        }
        byLeader.forEach((node, byTopic) -> asking.ask(node, byTopic, view, results, deadlineMs));
    }

    /// Where no replica can lead, one whose disk took the partition offline can tell why. Null when there is none.
    private static @Nullable Node offlineReplica(ClusterView view, TopicPartition partition) {
        TopicView topic = view.topic(partition.topic());
        PartitionView one = topic == null ? null : topic.partition(partition.partition());
        return one == null ? null : one.offline().stream().map(id -> view.nodes().get(id)).filter(Objects::nonNull)
                .findFirst().orElse(null);
    }

    /// A topic that does not exist is an answer here, and a partition that is offline; that its leader is elsewhere is
    /// not.
    private static <T> boolean isSettled(@Nullable AdminResult<T> result) {
        return switch (result) {
            case null -> false;
            case AdminResult.Done<T> done -> true;
            case AdminResult.Refused<T> refused -> refused.error() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                    || refused.error() == ErrorCode.KAFKA_STORAGE_ERROR || !Disposition.of(refused.error()).mayRetry();
        };
    }
}
