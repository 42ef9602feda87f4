package io.chapar.broker.handler;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.share.Acknowledged;
import io.chapar.broker.share.SharePart;
import io.chapar.broker.share.ShareRequests;
import io.chapar.broker.share.ShareRequests.Acknowledge;
import io.chapar.broker.share.ShareRequests.Answer;
import io.chapar.broker.share.ShareRequests.Named;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ShareAcknowledgeRequest;
import io.chapar.protocol.message.ShareAcknowledgeResponse;
import io.chapar.protocol.message.ShareAcknowledgeResponse.LeaderIdAndEpoch;
import io.chapar.protocol.message.ShareAcknowledgeResponse.NodeEndpoint;
import io.chapar.protocol.message.ShareAcknowledgeResponse.PartitionData;
import io.chapar.protocol.message.ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNullElse;

/// Versions 1-2 (KIP-932): what a member of a share group says of records that it has. v2 may renew locks.
final class ShareAcknowledgeHandler {
    private final LocalBroker node;
    private final ShareRequests shares;

    ShareAcknowledgeHandler(LocalBroker node, ShareRequests shares) {
        this.node = node;
        this.shares = shares;
    }

    void handle(ShareAcknowledgeRequest request, RequestContext context) {
        if (!Features.isOn(node.image(), Features.SHARE)) {
            context.reply(ShareAcknowledgeResponse.builder().errorCode(ErrorCode.UNSUPPORTED_VERSION.code()).build());
            return;
        }
        List<Named> named = new ArrayList<>();
        request.topics().forEach(topic -> topic.partitions().forEach(one -> named.add(new Named(
                topic.topicId(), one.partitionIndex(), one.acknowledgementBatches().stream()
                        .map(batch -> new Acknowledged(batch.firstOffset(), batch.lastOffset(),
                                ShareFetchHandler.types(batch.acknowledgeTypes()))).toList()))));
        shares.acknowledge(
                new Acknowledge(
                        requireNonNullElse(request.groupId(), ""), requireNonNullElse(request.memberId(), ""),
                        request.shareSessionEpoch(), request.isRenewAck(), named),
                context, answer -> context.reply(answer(answer, context)));
    }

    private ShareAcknowledgeResponse answer(Answer answer, RequestContext context) {
        ShareLeaders leaders = new ShareLeaders(node, context);
        Map<UUID, List<PartitionData>> topics = new TreeMap<>();
        for (SharePart part : answer.parts()) {
            PartitionData.Builder data = PartitionData.builder()
                    .partitionIndex(part.partition()).errorCode(part.acknowledgeError().code());
            PartitionImage leader = leaders.leader(part);
            if (leader != null) {
                data.currentLeader(new LeaderIdAndEpoch(leader.leader(), leader.leaderEpoch()));
            }
            topics.computeIfAbsent(part.topicId(), _ -> new ArrayList<>()).add(data.build());
        }
        return ShareAcknowledgeResponse.builder()
                .errorCode(answer.error().code())
                .acquisitionLockTimeoutMs(answer.lockMs())
                .responses(topics.entrySet().stream()
                        .map(one -> new ShareAcknowledgeTopicResponse(one.getKey(), one.getValue())).toList())
                .nodeEndpoints(leaders.brokers().stream().map(one -> new NodeEndpoint(
                        one.id(), one.at().host(), one.at().port(), leaders.rack(one))).toList())
                .build();
    }
}
