package io.chapar.client.consumer;

import io.chapar.client.Disposition;
import io.chapar.client.FatalException;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Records;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.transport.Alarm;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// Fetches ahead: for each node one request at a time, for each partition at most one answer in wait. On the loop only.
///
/// A partition is asked for when its position is known, it is neither paused nor held, and what came before has been
/// handed out. An answer counts only for a partition that has not jumped since the request.
final class FetchCore {
    private static final int FIRST_RACK_VERSION = 11;
    private static final int FIRST_EPOCH_VERSION = 12;
    private static final int FIRST_ID_VERSION = 13;

    private static final class Server {
        final FetchSession session = new FetchSession();
        boolean inFlight;
        int failures;
        long notBeforeMs;
    }

    /// @param nearest it was asked of a replica that does not lead
    private record Asked(PartitionPosition tracked, long stamp, FetchSession.Wish wish, boolean nearest) {
    }

    private final ClientLoop loop;
    private final Transport transport;
    private final Metadata metadata;
    private final Backoff backoff;
    private final ConsumerConfig config;
    private final Positions positions;
    private final Runnable arrived;
    private final Map<Integer, Server> servers = new TreeMap<>();
    private final Alarm alarm;
    private boolean stepping;
    private boolean stopped;

    /// `arrived` runs when there is something to take, or the user has to be told something.
    FetchCore(ClientLoop loop, Transport transport, Metadata metadata, Backoff backoff, ConsumerConfig config,
            Positions positions, Runnable arrived) {
        this.loop = loop;
        this.transport = transport;
        this.metadata = metadata;
        this.backoff = backoff;
        this.config = config;
        this.positions = positions;
        this.arrived = arrived;
        alarm = new Alarm(loop, this::step);
    }

    void stop() {
        stopped = true;
        alarm.cancel();
    }

    boolean hasData() {
        return positions.all().values().stream().anyMatch(FetchCore::canTake);
    }

    /// Hands out what has arrived, and asks for more.
    List<FetchedData> take() {
        List<FetchedData> taken = new ArrayList<>();
        for (PartitionPosition one : positions.all().values()) {
            if (canTake(one)) {
                taken.add(one.buffered);
                one.buffered = null;
            }
        }
        if (!taken.isEmpty()) {
            step();
        }
        return taken;
    }

    private static boolean canTake(PartitionPosition one) {
        return one.buffered != null && !one.paused && !one.held;
    }

    /// Sends what can be sent, once what runs now is done: partitions that become ready together go into one request.
    /// Cheap to repeat.
    void step() {
        if (!stopped && !stepping) {
            stepping = true;
            loop.execute(() -> {
                stepping = false;
                sendAll();
            });
        }
    }

    private void sendAll() {
        if (stopped) {
            return;
        }
        long nowMs = loop.nowMs();
        Map<Node, List<PartitionPosition>> bySource = new TreeMap<>(Comparator.comparingInt(Node::id));
        boolean leaderless = false;
        long nextMs = Long.MAX_VALUE;
        for (PartitionPosition one : positions.all().values()) {
            if (one.notBeforeMs > nowMs) {
                nextMs = Math.min(nextMs, one.notBeforeMs);
            }
            if (!one.canFetch(nowMs)) {
                continue;
            }
            Node source = source(one, nowMs);
            if (source == null) {
                leaderless = true;
            } else {
                bySource.computeIfAbsent(source, node -> new ArrayList<>()).add(one);
            }
        }
        for (Map.Entry<Node, List<PartitionPosition>> entry : bySource.entrySet()) {
            Server server = servers.computeIfAbsent(entry.getKey().id(), id -> new Server());
            if (server.notBeforeMs > nowMs) {
                nextMs = Math.min(nextMs, server.notBeforeMs);
            } else if (!server.inFlight) {
                send(entry.getKey(), server, entry.getValue());
            }
        }
        if (leaderless) {
            metadata.refresh();
        }
        alarm.set(nextMs);
    }

    /// The replica that the leader has sent us to, else the leader; null while it is not known.
    private @Nullable Node source(PartitionPosition one, long nowMs) {
        Node nearest = metadata.view().nodes().get(one.nearest(nowMs));
        return nearest != null ? nearest : metadata.view().leader(one.partition.topic(), one.partition.partition());
    }

    private void send(Node node, Server server, List<PartitionPosition> partitions) {
        TreeMap<TopicPartition, FetchSession.Wish> wanted = new TreeMap<>();
        TreeMap<TopicPartition, Asked> asked = new TreeMap<>();
        boolean ids = true;
        boolean mayBeSentAway = true;
        long nowMs = loop.nowMs();
        for (PartitionPosition one : partitions) {
            TopicView topic = metadata.view().topic(one.partition.topic());
            UUID id = topic == null ? TopicView.NO_ID : topic.id();
            ids &= !id.equals(TopicView.NO_ID);
            FetchSession.Wish wish = new FetchSession.Wish(id, one.offset, positions.leaderEpoch(one.partition),
                    one.epoch, config.maxPartitionFetchBytes());
            wanted.put(one.partition, wish);
            asked.put(one.partition, new Asked(one, one.stamp, wish, one.nearest(nowMs) == node.id()));
            mayBeSentAway &= one.mayBeSentAway(nowMs);
        }
        FetchSession.Plan plan = server.session.next(wanted);
        long timeoutMs = (long) config.client().requestTimeoutMs() + config.fetchMaxWaitMs();
        String rack = mayBeSentAway ? config.rack() : "";
        Call call = Call.of(ApiKey.FETCH, timeoutMs, version -> request(plan, rack, version));
        server.inFlight = true;
        transport.send(node, ids ? call : call.atMost(FIRST_ID_VERSION - 1), outcome -> {
            server.inFlight = false;
            onOutcome(server, plan, asked, outcome);
            step();
        });
    }

    private FetchRequest request(FetchSession.Plan plan, String rack, short version) {
        Map<String, List<FetchRequest.FetchPartition>> named = new TreeMap<>();
        Map<String, UUID> ids = new TreeMap<>();
        plan.named().forEach((partition, wish) -> {
            ids.put(partition.topic(), wish.topicId());
            named.computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                    .add(FetchRequest.FetchPartition.builder()
                            .partition(partition.partition())
                            .currentLeaderEpoch(wish.leaderEpoch())
                            .fetchOffset(wish.offset())
                            .lastFetchedEpoch(version >= FIRST_EPOCH_VERSION ? wish.lastFetchedEpoch() : -1)
                            .partitionMaxBytes(wish.maxBytes())
                            .build());
        });
        List<FetchRequest.FetchTopic> topics = new ArrayList<>();
        named.forEach((topic, partitions) -> topics.add(FetchRequest.FetchTopic.builder()
                .topic(topic).topicId(ids.getOrDefault(topic, TopicView.NO_ID)).partitions(partitions).build()));
        return FetchRequest.builder()
                .maxWaitMs(config.fetchMaxWaitMs())
                .minBytes(config.fetchMinBytes())
                .maxBytes(config.fetchMaxBytes())
                .isolationLevel(config.isolation().id())
                .sessionId(plan.sessionId())
                .sessionEpoch(plan.epoch())
                .topics(topics)
                .forgottenTopicsData(forgotten(plan))
                .rackId(version >= FIRST_RACK_VERSION ? rack : "")
                .build();
    }

    private static List<FetchRequest.ForgottenTopic> forgotten(FetchSession.Plan plan) {
        record Topic(String name, UUID id) {
        }

        Map<Topic, List<Integer>> byTopic = new TreeMap<>(
                Comparator.comparing(Topic::name).thenComparing(Topic::id));
        plan.forgotten().forEach((partition, id) -> byTopic
                .computeIfAbsent(new Topic(partition.topic(), id), topic -> new ArrayList<>())
                .add(partition.partition()));
        List<FetchRequest.ForgottenTopic> forgotten = new ArrayList<>();
        byTopic.forEach((topic, partitions) -> forgotten.add(FetchRequest.ForgottenTopic.builder()
                .topic(topic.name).topicId(topic.id).partitions(partitions).build()));
        return forgotten;
    }

    private void onOutcome(Server server, FetchSession.Plan plan, SortedMap<TopicPartition, Asked> asked,
            CallResult outcome) {
        switch (outcome) {
            case CallResult.Answered(FetchResponse response, short version) -> {
                ErrorCode error = ErrorCode.of(response.errorCode());
                if (error != ErrorCode.NONE) {
                    server.session.refused(error);
                    // A session that the broker has forgotten is replaced at once; anything else may need time.
                    if (error != ErrorCode.FETCH_SESSION_ID_NOT_FOUND
                            && error != ErrorCode.INVALID_FETCH_SESSION_EPOCH) {
                        failed(server);
                        metadata.refresh();
                    }
                    return;
                }
                server.failures = 0;
                server.session.accepted(plan, response.sessionId());
                onAnswer(plan, asked, response, version);
            }
            case CallResult.Answered _, CallResult.Written _ ->
                throw new IllegalStateException("Not an answer to a fetch: " + outcome);
            case CallResult.NoAnswer none -> {
                server.session.lost();
                asked.values().stream().filter(Asked::nearest).forEach(one -> leaveNearest(one.tracked));
                failed(server);
                metadata.refresh();
            }
        }
    }

    private void failed(Server server) {
        server.failures++;
        server.notBeforeMs = loop.nowMs() + backoff.delayMs(server.failures);
    }

    private void onAnswer(FetchSession.Plan plan, SortedMap<TopicPartition, Asked> asked, FetchResponse response,
            short version) {
        Map<UUID, String> names = new TreeMap<>();
        plan.all().forEach((partition, wish) -> names.put(wish.topicId(), partition.topic()));
        boolean told = false;
        for (FetchResponse.FetchableTopicResponse topic : response.responses()) {
            String name = version >= FIRST_ID_VERSION ? names.get(topic.topicId()) : topic.topic();
            if (name == null) {
                continue;
            }
            for (FetchResponse.PartitionData data : topic.partitions()) {
                Asked one = asked.get(new TopicPartition(name, data.partitionIndex()));
                if (one != null && isCurrent(one)) {
                    told |= onPartition(one, data, response);
                }
            }
        }
        if (told) {
            arrived.run();
        }
    }

    private boolean isCurrent(Asked asked) {
        PartitionPosition one = asked.tracked;
        return positions.get(one.partition) == one && one.stamp == asked.stamp && one.isReady()
                && one.buffered == null && one.offset == asked.wish.offset();
    }

    /// Whether the user has something to see.
    private boolean onPartition(Asked asked, FetchResponse.PartitionData data, FetchResponse whole) {
        PartitionPosition one = asked.tracked;
        ErrorCode error = ErrorCode.of(data.errorCode());
        // One that has not heard of the leader yet soon will have.
        if (asked.nearest && error != ErrorCode.NONE && error != ErrorCode.UNKNOWN_LEADER_EPOCH) {
            leaveNearest(one);
            if (error == ErrorCode.OFFSET_OUT_OF_RANGE) {
                // The leader knows better.
                postpone(one);
                return false;
            }
        }
        switch (error) {
            case NONE -> {
                one.failures = 0;
                FetchResponse.EpochEndOffset diverging = data.divergingEpoch();
                if (diverging.epoch() >= 0 && diverging.endOffset() >= 0) {
                    positions.onEpochEnd(one, new EpochQuestions.EpochEnd(diverging.epoch(), diverging.endOffset()));
                    return false;
                }
                if (data.preferredReadReplica() >= 0) {
                    readElsewhere(one, data.preferredReadReplica());
                    return false;
                }
                // The leader of that epoch has looked at the position, or served what follows it.
                if (!asked.nearest) {
                    one.checkedEpoch = Math.max(one.checkedEpoch, asked.wish.leaderEpoch());
                }
                one.end = config.isolation() == IsolationLevel.READ_COMMITTED
                        ? data.lastStableOffset() : data.highWatermark();
                return onRecords(one, data);
            }
            case OFFSET_OUT_OF_RANGE -> positions.outOfRange(one);
            case UNKNOWN_SERVER_ERROR, UNKNOWN_LEADER_EPOCH, OFFSET_NOT_AVAILABLE -> postpone(one);
            default -> {
                postpone(one);
                switch (Disposition.of(error)) {
                    case REFRESH -> learnLeader(one, data, whole);
                    case RETRY -> {
                        if (error == ErrorCode.CORRUPT_MESSAGE) {
                            one.error = Disposition.exception(ErrorCode.UNKNOWN_SERVER_ERROR,
                                    "The broker cannot read " + one.partition + " at offset " + one.offset, null);
                            return true;
                        }
                    }
                    case NONE, ABORTABLE, FENCED, FATAL -> {
                        one.error = Disposition.exception(error, "Fetching " + one.partition + " at offset "
                                + one.offset, null);
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private void readElsewhere(PartitionPosition one, int node) {
        if (metadata.view().nodes().containsKey(node)) {
            one.readFrom(node, loop.nowMs() + config.client().metadataMaxAgeMs());
        } else {
            postpone(one);
            metadata.refresh();
        }
    }

    private void leaveNearest(PartitionPosition one) {
        one.readFromLeader(loop.nowMs() + config.client().metadataMaxAgeMs());
    }

    private void postpone(PartitionPosition one) {
        one.failures++;
        one.notBeforeMs = loop.nowMs() + backoff.delayMs(one.failures);
    }

    private void learnLeader(PartitionPosition one, FetchResponse.PartitionData data, FetchResponse whole) {
        FetchResponse.LeaderIdAndEpoch leader = data.currentLeader();
        if (leader.leaderId() < 0 || leader.leaderEpoch() < 0) {
            metadata.refresh();
            return;
        }
        Node endpoint = null;
        for (FetchResponse.NodeEndpoint candidate : whole.nodeEndpoints()) {
            if (candidate.nodeId() == leader.leaderId()) {
                endpoint = new Node(candidate.nodeId(), candidate.host(), candidate.port(), candidate.rack());
            }
        }
        if (metadata.learnLeader(one.partition.topic(), one.partition.partition(), leader.leaderId(),
                leader.leaderEpoch(), endpoint)) {
            one.notBeforeMs = 0;
        }
    }

    private boolean onRecords(PartitionPosition one, FetchResponse.PartitionData data) {
        ByteBuffer bytes = bytes(data.records());
        if (!bytes.hasRemaining()) {
            return false;
        }
        long nextOffset = one.offset;
        int lastEpoch = one.epoch;
        boolean whole = false;
        try {
            for (RecordBatch batch : RecordBatches.of(bytes)) {
                whole = true;
                nextOffset = Math.max(nextOffset, batch.nextOffset());
                lastEpoch = batch.partitionLeaderEpoch();
            }
        } catch (MalformedMessageException e) {
            one.error = new FatalException(ErrorCode.CORRUPT_MESSAGE, "What was fetched of " + one.partition
                    + " at offset " + one.offset + " cannot be read: " + e.getMessage(), e);
            postpone(one);
            return true;
        }
        if (!whole) {
            one.error = new FatalException(ErrorCode.RECORD_LIST_TOO_LARGE, "The batch of " + one.partition
                    + " at offset " + one.offset + " is larger than what one fetch may bring");
            postpone(one);
            return true;
        }
        boolean committed = config.isolation() == IsolationLevel.READ_COMMITTED;
        List<FetchResponse.AbortedTransaction> aborted = data.abortedTransactions();
        one.buffered = new FetchedData(one.partition, one.offset, bytes, nextOffset, lastEpoch,
                !committed ? null : aborted == null ? List.of() : aborted);
        one.offset = nextOffset;
        one.epoch = lastEpoch;
        return true;
    }

    private static ByteBuffer bytes(@Nullable Records records) {
        return records instanceof BufferRecords(ByteBuffer bytes) ? bytes : BufferRecords.EMPTY.bytes();
    }
}
