package io.chapar.broker.handler;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.share.Acknowledged;
import io.chapar.broker.share.SharePart;
import io.chapar.broker.share.ShareRequests;
import io.chapar.broker.share.ShareRequests.Answer;
import io.chapar.broker.share.ShareRequests.Fetch;
import io.chapar.broker.share.ShareRequests.Named;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ShareFetchRequest;
import io.chapar.protocol.message.ShareFetchRequest.AcknowledgementBatch;
import io.chapar.protocol.message.ShareFetchResponse;
import io.chapar.protocol.message.ShareFetchResponse.AcquiredRecords;
import io.chapar.protocol.message.ShareFetchResponse.LeaderIdAndEpoch;
import io.chapar.protocol.message.ShareFetchResponse.NodeEndpoint;
import io.chapar.protocol.message.ShareFetchResponse.PartitionData;
import io.chapar.protocol.message.ShareFetchResponse.ShareFetchableTopicResponse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNullElse;

/// Versions 1-2 (KIP-932): records for a member of a share group, and what it says of those it has. v2 has the mode
/// that keeps to the number of records, and acknowledgements that renew locks. MinBytes has no effect: whoever waits is
/// answered as soon as there is a record.
final class ShareFetchHandler {
    private static final byte BY_RECORDS = 1;

    private final LocalBroker node;
    private final ShareRequests shares;

    ShareFetchHandler(LocalBroker node, ShareRequests shares) {
        this.node = node;
        this.shares = shares;
    }

    void handle(ShareFetchRequest request, RequestContext context) {
        if (!Features.isOn(node.image(), Features.SHARE)) {
            context.reply(ShareFetchResponse.builder().errorCode(ErrorCode.UNSUPPORTED_VERSION.code()).build());
            return;
        }
        List<Named> named = new ArrayList<>();
        request.topics().forEach(topic -> topic.partitions().forEach(one -> named.add(new Named(
                topic.topicId(), one.partitionIndex(), acknowledged(one.acknowledgementBatches())))));
        List<Named> forgotten = new ArrayList<>();
        request.forgottenTopicsData().forEach(topic -> topic.partitions().forEach(one ->
                forgotten.add(new Named(topic.topicId(), one, List.of()))));
        Fetch fetch = new Fetch(
                requireNonNullElse(request.groupId(), ""), requireNonNullElse(request.memberId(), ""),
                request.shareSessionEpoch(), request.isRenewAck(),
                Math.clamp(request.maxBytes(), 0, node.config().count("fetch.max.bytes")),
                Math.min(request.maxRecords(), node.config().count("group.share.max.partition.max.record.locks")),
                request.shareAcquireMode() == BY_RECORDS, request.maxWaitMs(), named, forgotten);
        shares.fetch(fetch, context, answer -> context.reply(answer(answer, context)));
    }

    private static List<Acknowledged> acknowledged(List<AcknowledgementBatch> batches) {
        return batches.stream().map(one -> new Acknowledged(
                one.firstOffset(), one.lastOffset(), types(one.acknowledgeTypes()))).toList();
    }

    static byte[] types(List<Byte> types) {
        byte[] all = new byte[types.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = types.get(i);
        }
        return all;
    }

    private ShareFetchResponse answer(Answer answer, RequestContext context) {
        ShareLeaders leaders = new ShareLeaders(node, context);
        Map<UUID, List<PartitionData>> topics = new TreeMap<>();
        for (SharePart part : answer.parts()) {
            boolean isNews = !part.acquired().isEmpty() || part.acknowledges()
                    || part.fetchError() != ErrorCode.NONE;
            if (isNews) {
                topics.computeIfAbsent(part.topicId(), _ -> new ArrayList<>()).add(data(part, leaders));
            }
        }
        return ShareFetchResponse.builder()
                .errorCode(answer.error().code())
                .acquisitionLockTimeoutMs(answer.lockMs())
                .responses(topics.entrySet().stream()
                        .map(one -> new ShareFetchableTopicResponse(one.getKey(), one.getValue())).toList())
                .nodeEndpoints(leaders.brokers().stream().map(one -> new NodeEndpoint(
                        one.id(), one.at().host(), one.at().port(), leaders.rack(one))).toList())
                .build();
    }

    private static PartitionData data(SharePart part, ShareLeaders leaders) {
        PartitionData.Builder data = PartitionData.builder()
                .partitionIndex(part.partition())
                .errorCode(part.fetchError().code())
                .acknowledgeErrorCode(part.acknowledgeError().code())
                .records(part.records())
                .acquiredRecords(part.acquired().stream().map(one -> new AcquiredRecords(
                        one.first(), one.last(), one.deliveries())).toList());
        PartitionImage leader = leaders.leader(part);
        if (leader != null) {
            data.currentLeader(new LeaderIdAndEpoch(leader.leader(), leader.leaderEpoch()));
        }
        return data.build();
    }
}
