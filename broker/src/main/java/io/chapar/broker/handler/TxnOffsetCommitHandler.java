package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import io.chapar.protocol.message.TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition;
import io.chapar.protocol.message.TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic;
import io.chapar.txn.AddMode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Versions 0-6. Before v2 a loading coordinator is called unavailable; v3 names the member and its generation, which
/// fences those of before, and knows PRODUCER_FENCED; v4 knows TRANSACTION_ABORTABLE; v5, of transaction version 2,
/// also puts the group into the transaction, which earlier versions must have done by AddOffsetsToTxn; v6 names topics
/// by their id, and knows GROUP_ID_NOT_FOUND and STALE_MEMBER_EPOCH (KIP-1319).
final class TxnOffsetCommitHandler {
    private static final int LOADING_SINCE = 2;
    private static final int FENCED_SINCE = 3;
    private static final int ABORTABLE_SINCE = 4;
    private static final int ADDS_SINCE = 5;
    private static final int TOPIC_IDS_SINCE = 6;

    private final LocalBroker node;
    private final GroupCoordinators groups;

    TxnOffsetCommitHandler(LocalBroker node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(TxnOffsetCommitRequest request, RequestContext context) {
        boolean byId = context.apiVersion() >= TOPIC_IDS_SINCE;
        ClusterImage image = node.image();
        List<@Nullable TopicImage> topics = new ArrayList<>();
        SequencedMap<TopicPartition, Offset> offsets = new LinkedHashMap<>();
        Slices.each(context.loop(), request.topics(), topic -> 1 + topic.partitions().size(),
                topic -> {
                    TopicImage known = byId ? image.topic(topic.topicId()) : image.topic(topic.name());
                    topics.add(known);
                    if (known != null) {
                        CommittedChunks.collect(topic.partitions(), TxnOffsetCommitRequestPartition::partitionIndex,
                                partition -> offset(known, partition), known, offsets);
                    }
                },
                () -> commit(request, topics, offsets, context));
    }

    private void commit(
            TxnOffsetCommitRequest request,
            List<@Nullable TopicImage> topics,
            SequencedMap<TopicPartition, Offset> offsets,
            RequestContext context) {
        AddMode mode = context.apiVersion() >= ADDS_SINCE ? AddMode.ADD : AddMode.VERIFY;
        CommittedChunks.commit(offsets, context.loop(),
                (some, then) -> groups.commitTxn(
                        new CommitTxnOffsets(request.groupId(), request.producerId(), request.producerEpoch(),
                                request.generationIdOrMemberEpoch(), request.memberId(), request.groupInstanceId(),
                                some),
                        request.transactionalId(), mode, context.caller(),
                        reply -> then.accept(reply.partitions())),
                errors -> answer(request, topics, errors, context));
    }

    private static Offset offset(TopicImage topic, TxnOffsetCommitRequestPartition partition) {
        return new Offset(
                new TopicPartition(topic.name(), partition.partitionIndex()),
                topic.id(),
                partition.committedOffset(),
                partition.committedLeaderEpoch(),
                partition.committedMetadata() == null ? "" : partition.committedMetadata());
    }

    /// @param topics as they are now, in the order of the request; null for one that is not
    private static void answer(
            TxnOffsetCommitRequest request,
            List<@Nullable TopicImage> topics,
            Map<TopicPartition, ErrorCode> errors,
            RequestContext context) {
        boolean byId = context.apiVersion() >= TOPIC_IDS_SINCE;
        ErrorCode unknown = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        List<TxnOffsetCommitResponseTopic> answers = new ArrayList<>();
        Slices.each(context.loop(), request.topics(), topic -> 1 + topic.partitions().size(),
                asked -> {
                    TopicImage topic = topics.get(answers.size());
                    List<TxnOffsetCommitResponsePartition> partitions = new ArrayList<>();
                    for (TxnOffsetCommitRequestPartition partition : asked.partitions()) {
                        ErrorCode error = topic == null ? unknown : errors.getOrDefault(
                                new TopicPartition(topic.name(), partition.partitionIndex()),
                                ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
                        partitions.add(new TxnOffsetCommitResponsePartition(
                                partition.partitionIndex(), inVersion(error, context.apiVersion()).code()));
                    }
                    answers.add(new TxnOffsetCommitResponseTopic(asked.name(), asked.topicId(), partitions));
                },
                () -> context.reply(TxnOffsetCommitResponse.builder().topics(answers).build()));
    }

    private static ErrorCode inVersion(ErrorCode error, short version) {
        if (error == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && version < LOADING_SINCE) {
            return ErrorCode.COORDINATOR_NOT_AVAILABLE;
        }
        if (version < TOPIC_IDS_SINCE
                && (error == ErrorCode.GROUP_ID_NOT_FOUND || error == ErrorCode.STALE_MEMBER_EPOCH)) {
            return ErrorCode.ILLEGAL_GENERATION;
        }
        return TxnErrors.inVersion(TxnErrors.limitAsAbortable(error), version, FENCED_SINCE, ABORTABLE_SINCE);
    }
}
