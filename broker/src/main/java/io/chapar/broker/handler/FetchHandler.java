package io.chapar.broker.handler;

import io.chapar.broker.fetch.FetchRun;
import io.chapar.broker.fetch.FetchSessions;
import io.chapar.broker.fetch.FetchedPartition;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.AbortedTransaction;
import io.chapar.protocol.message.FetchResponse.EpochEndOffset;
import io.chapar.protocol.message.FetchResponse.FetchableTopicResponse;
import io.chapar.protocol.message.FetchResponse.NodeEndpoint;
import io.chapar.protocol.message.FetchResponse.PartitionData;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import static java.util.Objects.requireNonNull;

/// Reads. Versions 4-18.
///
/// v7 has sessions, v9 the reader's leader epoch, v12 the epoch of what it read last (answered with where its history
/// parts from ours), v13 names topics by id. Records are never null: an empty read is zero bytes.
final class FetchHandler {
    private static final short FIRST_WITH_LEADER = 12;

    private final LocalBroker node;
    private final Map<Loop, FetchSessions> sessions;

    /// @param sessions those of each loop's connections
    FetchHandler(LocalBroker node, Map<Loop, FetchSessions> sessions) {
        this.node = node;
        this.sessions = sessions;
    }

    void handle(FetchRequest request, RequestContext context) {
        FetchSessions mine = requireNonNull(sessions.get(context.loop()), "each loop has its sessions");
        FetchSessions.Plan plan = mine.plan(request, context.apiVersion());
        if (plan.error() != ErrorCode.NONE) {
            context.reply(FetchResponse.builder().errorCode(plan.error().code()).build());
            return;
        }
        FetchRun.Terms terms = new FetchRun.Terms(
                Math.max(0, request.minBytes()),
                Math.clamp(request.maxBytes(), 0, node.config().count("fetch.max.bytes")),
                request.maxWaitMs(),
                Isolation.of(request.isolationLevel()));
        new FetchRun(node.shards(), node.metadata()::image, context, terms, plan.partitions(),
                parts -> answer(plan, parts, mine, context)).start();
    }

    private void answer(
            FetchSessions.Plan plan, List<FetchRun.Part> parts, FetchSessions mine, RequestContext context) {
        List<FetchableTopicResponse> topics = new ArrayList<>();
        List<PartitionData> ofTopic = new ArrayList<>();
        List<FetchedPartition.Key> served = new ArrayList<>();
        FetchedPartition.Key current = null;
        for (FetchRun.Part part : parts) {
            FetchedPartition.Key key = part.asked().key();
            if (part.bytes() > 0) {
                served.add(key);
            }
            if (plan.incremental() && !isNews(part)) {
                continue;
            }
            if (current != null && !sameTopic(current, key)) {
                topics.add(new FetchableTopicResponse(current.topic(), current.topicId(), List.copyOf(ofTopic)));
                ofTopic.clear();
            }
            current = key;
            ofTopic.add(one(part, context.apiVersion()));
            if (!plan.incremental()) {
                isNews(part);
            }
        }
        if (current != null) {
            topics.add(new FetchableTopicResponse(current.topic(), current.topicId(), List.copyOf(ofTopic)));
        }
        mine.served(plan.sessionId(), served);
        FetchResponse.Builder answer = FetchResponse.builder().sessionId(plan.sessionId()).responses(topics);
        if (parts.stream().anyMatch(FetchHandler::movedOn)) {
            Directory directory = Directory.of(node, context);
            answer.nodeEndpoints(directory.named(topics.stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .mapToInt(partition -> partition.currentLeader().leaderId())).stream()
                    .map(leader -> new NodeEndpoint(leader.id(), leader.at().host(), leader.at().port(),
                            directory.rack(leader.id()))).toList());
        }
        context.reply(answer.build());
    }

    private static boolean movedOn(FetchRun.Part part) {
        return part.error() == ErrorCode.NOT_LEADER_OR_FOLLOWER || part.error() == ErrorCode.FENCED_LEADER_EPOCH;
    }

    private static boolean sameTopic(FetchedPartition.Key a, FetchedPartition.Key b) {
        return a.topicId().equals(b.topicId()) && Objects.equals(a.topic(), b.topic());
    }

    /// Whether the reader learns anything from this part; marks its watermarks as told.
    private static boolean isNews(FetchRun.Part part) {
        return switch (part.outcome()) {
            case ReadOutcome.Slice s -> {
                boolean watermarks = part.asked().tell(s.highWatermark(), s.logStartOffset());
                yield watermarks || part.bytes() > 0;
            }
            case ReadOutcome.Diverging d -> true;
            case ReadOutcome.ReadRejected r -> true;
            case null -> true;
        };
    }

    private PartitionData one(FetchRun.Part part, short version) {
        PartitionData.Builder data = PartitionData.builder()
                .partitionIndex(part.asked().key().partition())
                .errorCode(part.error().code())
                .highWatermark(-1)
                .abortedTransactions(null)
                .records(BufferRecords.EMPTY);
        if (movedOn(part) && version >= FIRST_WITH_LEADER) {
            FetchedPartition.Key key = part.asked().key();
            PartitionImage known = node.partition(key.topic().isEmpty()
                    ? node.image().topic(key.topicId()) : node.image().topic(key.topic()), key.partition());
            if (known != null) {
                data.currentLeader(new FetchResponse.LeaderIdAndEpoch(known.leader(), known.leaderEpoch()));
            }
        }
        switch (part.outcome()) {
            case ReadOutcome.Slice s -> {
                data.highWatermark(s.highWatermark())
                        .lastStableOffset(s.lastStableOffset())
                        .logStartOffset(s.logStartOffset())
                        .records(s.records());
                if (s.aborted() != null) {
                    List<AbortedTransaction> aborted = new ArrayList<>(s.aborted().size());
                    s.aborted().forEach(a -> aborted.add(new AbortedTransaction(a.producerId(), a.firstOffset())));
                    data.abortedTransactions(aborted);
                }
            }
            case ReadOutcome.Diverging d -> data.divergingEpoch(new EpochEndOffset(d.epoch(), d.endOffset()))
                    .highWatermark(d.highWatermark())
                    .lastStableOffset(d.lastStableOffset())
                    .logStartOffset(d.logStartOffset());
            case ReadOutcome.ReadRejected r -> data.highWatermark(r.highWatermark())
                    .lastStableOffset(r.lastStableOffset())
                    .logStartOffset(r.logStartOffset());
            case null -> { }
        }
        return data.build();
    }
}
