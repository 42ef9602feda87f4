package io.chapar.broker.handler;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AddOffsetsToTxnRequest;
import io.chapar.protocol.message.AddOffsetsToTxnResponse;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnVersion;

import java.util.List;
import java.util.Set;

/// Puts a group's offsets into a transaction: the partition of `__consumer_offsets` that the group lives in. Versions
/// 0-4, all of transaction version 1. v2 knows PRODUCER_FENCED, v4 TRANSACTION_ABORTABLE.
final class AddOffsetsToTxnHandler {
    private static final int FENCED_SINCE = 2;
    private static final int ABORTABLE_SINCE = 4;

    private final LocalBroker node;
    private final TopicCreation creation;
    private final TxnCoordinators transactions;

    AddOffsetsToTxnHandler(LocalBroker node, TopicCreation creation, TxnCoordinators transactions) {
        this.node = node;
        this.creation = creation;
        this.transactions = transactions;
    }

    void handle(AddOffsetsToTxnRequest request, RequestContext context) {
        creation.create(Set.of(CoordinatorKeys.CONSUMER_OFFSETS), context.loop(), failed -> {
            TopicImage topic = node.image().topic(CoordinatorKeys.CONSUMER_OFFSETS);
            if (topic == null) {
                answer(ErrorCode.COORDINATOR_NOT_AVAILABLE, context);
                return;
            }
            int partition = CoordinatorKeys.partitionOf(request.groupId(), topic.partitions());
            TxnCommand command = new TxnCommand.AddPartitions(
                    request.transactionalId(), request.producerId(), request.producerEpoch(),
                    List.of(new TopicPartition(topic.name(), partition)), AddMode.ADD, TxnVersion.V1);
            transactions.submit(command, context.caller(), reply -> answer(errorOf(reply), context));
        });
    }

    private static ErrorCode errorOf(TxnReply reply) {
        return reply instanceof TxnReply.Partitions answered
                ? answered.results().firstEntry().getValue() : TxnErrors.of(reply);
    }

    private static void answer(ErrorCode error, RequestContext context) {
        ErrorCode told = TxnErrors.inVersion(
                TxnErrors.limitAsAbortable(error), context.apiVersion(), FENCED_SINCE, ABORTABLE_SINCE);
        context.reply(AddOffsetsToTxnResponse.builder().errorCode(told.code()).build());
    }
}
