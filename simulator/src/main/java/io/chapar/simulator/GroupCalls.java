package io.chapar.simulator;

import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.chapar.protocol.message.OffsetFetchRequest.OffsetFetchRequestTopics;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.Node;
import io.chapar.transport.TrafficClass;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// What a member of a group of a newer protocol sends by itself, as the client library has none of them: to its
/// coordinator, which it asks any broker for, and to leaders. On the client's loop.
final class GroupCalls {
    /// The first version with members' epochs, and the last with the names of topics.
    private static final int BY_NAME_AND_EPOCH = 9;
    private static final int SEVERAL_KEYS = 4;

    private final SimulatedCluster cluster;
    private final String group;
    private final int timeoutMs;
    private final ClientRuntime runtime;
    /// Null while it is not known.
    private @Nullable Node coordinator;
    /// What is sent once the coordinator is known, in this order: an older commit never overtakes a newer one.
    private final List<Asked> waiting = new ArrayList<>();

    private record Asked(Call call, Consumer<@Nullable Response> done) {}

    GroupCalls(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, String group) {
        this.cluster = cluster;
        this.group = group;
        timeoutMs = swarm.requestTimeoutMs();
        runtime = client.runtime(ConsumerConfig.from(Settings.client(swarm, cluster, client.name())).client());
    }

    void close() {
        runtime.close();
    }

    /// The coordinator is somebody else, or not there.
    void forget() {
        coordinator = null;
    }

    /// Takes it for the coordinator, whoever that is.
    void take(SimulatedBroker broker) {
        coordinator = node(broker);
    }

    static Node node(SimulatedBroker broker) {
        return new Node(broker.nodeId(), broker.name(), SimulatedBroker.PORT);
    }

    /// @param done is given null when there is no answer
    void ask(Request request, Consumer<@Nullable Response> done) {
        ask(Call.of(request, timeoutMs), done);
    }

    /// To a leader, in order with all else that goes there so.
    void ask(Node leader, Request request, Consumer<@Nullable Response> done) {
        runtime.transport().send(leader, Call.of(request, timeoutMs).on(TrafficClass.DATA),
                result -> done.accept(result instanceof CallResult.Answered answer ? answer.response() : null));
    }

    private void ask(Call call, Consumer<@Nullable Response> done) {
        if (coordinator != null && waiting.isEmpty()) {
            send(coordinator, new Asked(call, done));
            return;
        }
        waiting.add(new Asked(call, done));
        if (waiting.size() == 1) {
            look(this::sendWhatWaits);
        }
    }

    private void sendWhatWaits() {
        List<Asked> all = List.copyOf(waiting);
        waiting.clear();
        Node found = coordinator;
        for (Asked asked : all) {
            if (found == null) {
                asked.done().accept(null);
            } else {
                send(found, asked);
            }
        }
    }

    private void send(Node to, Asked asked) {
        runtime.transport().send(to, asked.call(), result -> {
            if (result instanceof CallResult.Answered answer) {
                asked.done().accept(answer.response());
            } else {
                forget();
                asked.done().accept(null);
            }
        });
    }

    private void look(Runnable done) {
        List<SimulatedBroker> brokers = cluster.brokers();
        Node any = node(brokers.get(runtime.random().nextInt(brokers.size())));
        Call call = Call.of(ApiKey.FIND_COORDINATOR, timeoutMs, version -> version >= SEVERAL_KEYS
                ? FindCoordinatorRequest.builder().coordinatorKeys(List.of(group)).build()
                : FindCoordinatorRequest.builder().key(group).build());
        runtime.transport().send(any, call, result -> {
            if (result instanceof CallResult.Answered answer
                    && answer.response() instanceof FindCoordinatorResponse found) {
                int node = found.coordinators().isEmpty() ? found.nodeId() : found.coordinators().getFirst().nodeId();
                coordinator = brokers.stream().filter(broker -> broker.nodeId() == node).findFirst()
                        .map(GroupCalls::node).orElse(null);
            }
            done.run();
        });
    }

    // ---- offsets

    /// @param done is told whether all of them are taken
    void commit(String memberId, int epoch, Map<TopicPartition, Long> positions, Consumer<Boolean> done) {
        Map<String, List<OffsetCommitRequestPartition>> topics = new TreeMap<>();
        positions.forEach((partition, offset) -> topics.computeIfAbsent(partition.topic(), _ -> new ArrayList<>())
                .add(new OffsetCommitRequestPartition(partition.partition(), offset, -1, "")));
        OffsetCommitRequest request = OffsetCommitRequest.builder().groupId(group).memberId(memberId)
                .generationIdOrMemberEpoch(epoch)
                .topics(topics.entrySet().stream().map(one -> OffsetCommitRequestTopic.builder().name(one.getKey())
                        .partitions(one.getValue()).build()).toList()).build();
        ask(Call.of(request, timeoutMs).atLeast(BY_NAME_AND_EPOCH).atMost(BY_NAME_AND_EPOCH), response ->
                done.accept(response instanceof OffsetCommitResponse answer && answer.topics().stream()
                        .flatMap(topic -> topic.partitions().stream()).allMatch(one -> one.errorCode() == 0)));
    }

    /// @param done is given what is committed, 0 where nothing is; null when that is not known
    void committed(String memberId, int epoch, Set<TopicPartition> partitions,
            Consumer<@Nullable SortedMap<TopicPartition, Long>> done) {
        Map<String, List<Integer>> topics = new TreeMap<>();
        partitions.forEach(one -> topics.computeIfAbsent(one.topic(), _ -> new ArrayList<>()).add(one.partition()));
        OffsetFetchRequest request = OffsetFetchRequest.builder().requireStable(true)
                .groups(List.of(OffsetFetchRequestGroup.builder().groupId(group).memberId(memberId).memberEpoch(epoch)
                        .topics(topics.entrySet().stream().map(one -> OffsetFetchRequestTopics.builder()
                                .name(one.getKey()).partitionIndexes(one.getValue()).build()).toList()).build()))
                .build();
        ask(Call.of(request, timeoutMs).atLeast(BY_NAME_AND_EPOCH).atMost(BY_NAME_AND_EPOCH), response ->
                done.accept(response instanceof OffsetFetchResponse answer ? offsets(answer) : null));
    }

    private static @Nullable SortedMap<TopicPartition, Long> offsets(OffsetFetchResponse answer) {
        SortedMap<TopicPartition, Long> all = new TreeMap<>();
        boolean[] refused = new boolean[1];
        answer.groups().forEach(one -> {
            refused[0] |= one.errorCode() != 0;
            one.topics().forEach(topic -> topic.partitions().forEach(partition -> {
                refused[0] |= partition.errorCode() != 0;
                all.put(new TopicPartition(topic.name(), partition.partitionIndex()),
                        Math.max(0, partition.committedOffset()));
            }));
        });
        return refused[0] ? null : all;
    }
}
