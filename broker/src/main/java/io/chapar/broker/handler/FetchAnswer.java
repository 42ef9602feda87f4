package io.chapar.broker.handler;

import io.chapar.broker.fetch.FetchRun;
import io.chapar.broker.fetch.FetchSessions;
import io.chapar.broker.fetch.FetchedPartition;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.AbortedTransaction;
import io.chapar.protocol.message.FetchResponse.EpochEndOffset;
import io.chapar.protocol.message.FetchResponse.FetchableTopicResponse;
import io.chapar.protocol.message.FetchResponse.NodeEndpoint;
import io.chapar.protocol.message.FetchResponse.PartitionData;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// What is answered to a fetch, in the order of its parts; those of one topic that follow each other are together. On
/// the loop of the session.
final class FetchAnswer {
    private static final short FIRST_WITH_NOT_AVAILABLE = 11;
    private static final short FIRST_WITH_LEADER = 12;
    private static final short FIRST_WITH_ENDPOINTS = 16;

    private final LocalBroker node;
    private final FetchSessions.Plan plan;
    private final RequestContext context;
    private final List<FetchableTopicResponse> topics = new ArrayList<>();
    private final List<PartitionData> ofTopic = new ArrayList<>();
    private final List<FetchedPartition.Key> served = new ArrayList<>();
    private FetchedPartition.@Nullable Key current;
    private boolean namesLeaders = false;

    FetchAnswer(LocalBroker node, FetchSessions.Plan plan, RequestContext context) {
        this.node = node;
        this.plan = plan;
        this.context = context;
    }

    void add(FetchRun.Part part) {
        FetchedPartition.Key key = part.asked().key();
        if (part.bytes() > 0) {
            served.add(key);
        }
        namesLeaders |= movedOn(part) && context.apiVersion() >= FIRST_WITH_ENDPOINTS;
        boolean news = isNews(part);
        if (plan.incremental() && !news) {
            return;
        }
        if (current != null && !sameTopic(current, key)) {
            endTopic(current);
        }
        current = key;
        ofTopic.add(one(part, context.apiVersion()));
    }

    private void endTopic(FetchedPartition.Key one) {
        topics.add(new FetchableTopicResponse(one.topic(), one.topicId(), List.copyOf(ofTopic)));
        ofTopic.clear();
    }

    /// Whose records go out.
    List<FetchedPartition.Key> served() {
        return served;
    }

    /// After the last part.
    FetchResponse whole() {
        if (current != null) {
            endTopic(current);
        }
        FetchResponse.Builder answer = FetchResponse.builder().sessionId(plan.sessionId()).responses(topics);
        if (namesLeaders) {
            Directory directory = Directory.of(node, context);
            answer.nodeEndpoints(directory.named(topics.stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .mapToInt(partition -> partition.currentLeader().leaderId())).stream()
                    .map(leader -> new NodeEndpoint(leader.id(), leader.at().host(), leader.at().port(),
                            directory.rack(leader.id()))).toList());
        }
        return answer.build();
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
            case ReadOutcome.Indexing i -> part.asked().tell(i.highWatermark(), i.logStartOffset());
            case ReadOutcome.Diverging d -> true;
            case ReadOutcome.Unproven u -> true;
            case ReadOutcome.Elsewhere e -> true;
            case ReadOutcome.ReadRejected r -> true;
            case null -> true;
        };
    }

    private static ErrorCode error(FetchRun.Part part, short version) {
        return part.error() == ErrorCode.OFFSET_NOT_AVAILABLE && version < FIRST_WITH_NOT_AVAILABLE
                ? ErrorCode.NOT_LEADER_OR_FOLLOWER : part.error();
    }

    private PartitionData one(FetchRun.Part part, short version) {
        PartitionData.Builder data = PartitionData.builder()
                .partitionIndex(part.asked().key().partition())
                .errorCode(error(part, version).code())
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
            case ReadOutcome.Indexing i -> data.highWatermark(i.highWatermark())
                    .lastStableOffset(i.lastStableOffset())
                    .logStartOffset(i.logStartOffset());
            case ReadOutcome.Unproven u -> data.highWatermark(u.highWatermark())
                    .lastStableOffset(u.lastStableOffset())
                    .logStartOffset(u.logStartOffset());
            case ReadOutcome.Diverging d -> data.divergingEpoch(new EpochEndOffset(d.epoch(), d.endOffset()))
                    .highWatermark(d.highWatermark())
                    .lastStableOffset(d.lastStableOffset())
                    .logStartOffset(d.logStartOffset());
            case ReadOutcome.Elsewhere e -> data.preferredReadReplica(e.node())
                    .highWatermark(e.highWatermark())
                    .lastStableOffset(e.lastStableOffset())
                    .logStartOffset(e.logStartOffset());
            case ReadOutcome.ReadRejected r -> data.highWatermark(r.highWatermark())
                    .lastStableOffset(r.lastStableOffset())
                    .logStartOffset(r.logStartOffset());
            case null -> { }
        }
        return data.build();
    }
}
