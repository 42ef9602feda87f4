package io.chapar.broker.handler;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult;
import io.chapar.protocol.message.AddPartitionsToTxnResponse.AddPartitionsToTxnResult;
import io.chapar.protocol.message.AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnVersion;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Puts partitions into a transaction. Versions 0-5: 0-3 come from clients of transaction version 1, 4-5 from other
/// brokers alone, over their links, for several transactions at once.
///
/// v2 knows PRODUCER_FENCED, v5 TRANSACTION_ABORTABLE. One partition that does not exist fails all of its
/// transaction, and nothing is added.
final class AddPartitionsToTxnHandler {
    private static final int BATCHED_SINCE = 4;
    private static final int FENCED_SINCE = 2;
    private static final int ABORTABLE_SINCE = 5;

    private final LocalBroker node;
    private final TxnCoordinators transactions;

    AddPartitionsToTxnHandler(LocalBroker node, TxnCoordinators transactions) {
        this.node = node;
        this.transactions = transactions;
    }

    void handle(AddPartitionsToTxnRequest request, RequestContext context) {
        if (context.apiVersion() < BATCHED_SINCE) {
            AddPartitionsToTxnTransaction one = new AddPartitionsToTxnTransaction(
                    request.v3AndBelowTransactionalId(), request.v3AndBelowProducerId(),
                    request.v3AndBelowProducerEpoch(), false, request.v3AndBelowTopics());
            add(one, TxnVersion.V1, context, results -> context.reply(AddPartitionsToTxnResponse.builder()
                    .resultsByTopicV3AndBelow(results)
                    .build()));
            return;
        }
        if (!context.principal().equals(Caller.BROKER)) {
            context.reply(AddPartitionsToTxnResponse.builder()
                    .errorCode(ErrorCode.CLUSTER_AUTHORIZATION_FAILED.code())
                    .build());
            return;
        }
        List<AddPartitionsToTxnResult> results = new ArrayList<>();
        Slices.inTurn(context.loop(), request.transactions(),
                (one, next) -> add(one, TxnVersion.V2, context, topics -> {
                    results.add(new AddPartitionsToTxnResult(one.transactionalId(), topics));
                    next.run();
                }),
                () -> context.reply(AddPartitionsToTxnResponse.builder().resultsByTransaction(results).build()));
    }

    private void add(
            AddPartitionsToTxnTransaction asked,
            TxnVersion version,
            RequestContext context,
            Consumer<List<AddPartitionsToTxnTopicResult>> done) {
        Map<TopicPartition, ErrorCode> results = new LinkedHashMap<>();
        boolean[] refused = {false};
        Slices.each(context.loop(), asked.topics(), topic -> 1 + topic.partitions().size(),
                topic -> {
                    TopicImage known = node.image().topic(topic.name());
                    boolean ours = InternalTopics.isInternal(topic.name()) && version == TxnVersion.V1;
                    for (int partition : topic.partitions()) {
                        boolean fine = known != null && known.hasPartition(partition) && !ours;
                        refused[0] |= !fine;
                        results.put(new TopicPartition(topic.name(), partition),
                                fine ? ErrorCode.OPERATION_NOT_ATTEMPTED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
                    }
                },
                () -> {
                    if (refused[0]) {
                        byTopic(results, context, done);
                    } else {
                        submit(asked, version, results, context, done);
                    }
                });
    }

    private void submit(
            AddPartitionsToTxnTransaction asked,
            TxnVersion version,
            Map<TopicPartition, ErrorCode> results,
            RequestContext context,
            Consumer<List<AddPartitionsToTxnTopicResult>> done) {
        TxnCommand command = new TxnCommand.AddPartitions(
                asked.transactionalId(), asked.producerId(), asked.producerEpoch(), List.copyOf(results.keySet()),
                asked.verifyOnly() ? AddMode.VERIFY : AddMode.ADD, version);
        transactions.submit(command, context.caller(), reply -> {
            if (reply instanceof TxnReply.Partitions answered) {
                results.replaceAll((id, _) -> answered.results().getOrDefault(id, ErrorCode.UNKNOWN_SERVER_ERROR));
            } else {
                results.replaceAll((_, _) -> TxnErrors.of(reply));
            }
            byTopic(results, context, done);
        });
    }

    private static void byTopic(
            Map<TopicPartition, ErrorCode> results,
            RequestContext context,
            Consumer<List<AddPartitionsToTxnTopicResult>> done) {
        Map<String, List<AddPartitionsToTxnPartitionResult>> topics = new LinkedHashMap<>();
        Slices.each(context.loop(), results.entrySet(),
                one -> topics.computeIfAbsent(one.getKey().topic(), _ -> new ArrayList<>())
                        .add(new AddPartitionsToTxnPartitionResult(one.getKey().partition(), TxnErrors.inVersion(
                                one.getValue(), context.apiVersion(), FENCED_SINCE, ABORTABLE_SINCE).code())),
                () -> {
                    List<AddPartitionsToTxnTopicResult> all = new ArrayList<>();
                    topics.forEach((name, partitions) ->
                            all.add(new AddPartitionsToTxnTopicResult(name, partitions)));
                    done.accept(all);
                });
    }

}
