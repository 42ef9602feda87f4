package io.chapar.broker.handler;

import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.coordinator.TxnCoordinators.Described;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeTransactionsRequest;
import io.chapar.protocol.message.DescribeTransactionsResponse;
import io.chapar.protocol.message.DescribeTransactionsResponse.TopicData;
import io.chapar.protocol.message.DescribeTransactionsResponse.TransactionState;
import io.chapar.txn.TxnState;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/// Transactional ids in detail, each once; a decided transaction with the partitions that still owe their marker.
/// Version 0, with two tagged fields of our own: who opened the transaction, where that is known.
final class DescribeTransactionsHandler {
    private final TxnCoordinators transactions;

    DescribeTransactionsHandler(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    void handle(DescribeTransactionsRequest request, RequestContext context) {
        next(request.transactionalIds().stream().distinct().toList(), new ArrayList<>(), context);
    }

    private void next(List<String> ids, List<TransactionState> found, RequestContext context) {
        if (found.size() == ids.size()) {
            context.reply(DescribeTransactionsResponse.builder().transactionStates(found).build());
            return;
        }
        String id = ids.get(found.size());
        transactions.describe(id, context.loop(), described -> {
            found.add(one(id, described));
            context.loop().execute(() -> next(ids, found, context));
        });
    }

    private static TransactionState one(String id, Described described) {
        TransactionState.Builder answer =
                TransactionState.builder().errorCode(described.error().code()).transactionalId(id);
        if (described.error() != ErrorCode.NONE) {
            return answer.build();
        }
        TxnState state = described.state();
        answer.transactionState(TxnStateNames.of(state))
                .transactionTimeoutMs(state.timeoutMs())
                .transactionStartTimeMs(-1)
                .producerId(state.producerId())
                .producerEpoch(state.producerEpoch());
        if (described.origin() != null) {
            answer.clientId(described.origin().clientId()).clientHost(described.origin().host());
        }
        switch (state) {
            case TxnState.Ongoing o -> answer.transactionStartTimeMs(o.startedMs());
            case TxnState.Preparing p -> answer.transactionStartTimeMs(p.startedMs());
            case TxnState.Empty _, TxnState.Completed _ -> { }
        }
        return answer.topics(topics(described.unfinished())).build();
    }

    private static List<TopicData> topics(SequencedSet<TopicPartition> partitions) {
        Map<String, List<Integer>> byName = new LinkedHashMap<>();
        partitions.forEach(p -> byName.computeIfAbsent(p.topic(), _ -> new ArrayList<>()).add(p.partition()));
        List<TopicData> topics = new ArrayList<>();
        byName.forEach((name, indexes) -> topics.add(new TopicData(name, indexes)));
        return topics;
    }
}
