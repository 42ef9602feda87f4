package io.chapar.broker.handler;

import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.coordinator.TxnCoordinators.Described;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeTransactionsRequest;
import io.chapar.protocol.message.DescribeTransactionsResponse;
import io.chapar.protocol.message.DescribeTransactionsResponse.TopicData;
import io.chapar.protocol.message.DescribeTransactionsResponse.TransactionState;
import io.chapar.txn.TxnState;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;

import static java.util.Objects.requireNonNull;

/// Transactional ids in detail, each once; a decided transaction with the partitions that still owe their marker.
/// Version 0, with two tagged fields of our own: who opened the transaction, where that is known.
final class DescribeTransactionsHandler {
    private final TxnCoordinators transactions;

    DescribeTransactionsHandler(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    void handle(DescribeTransactionsRequest request, RequestContext context) {
        SequencedMap<String, Described> found = new LinkedHashMap<>();
        AnswerSize size = new AnswerSize(context);
        Slices.inTurn(context.loop(), new LinkedHashSet<>(request.transactionalIds()),
                (id, next) -> transactions.describe(id, context.caller(), described -> {
                    found.put(id, described);
                    if (size.grows(partitions(described), "more partitions than fit into one answer")) {
                        next.run();
                    }
                }),
                () -> context.afford(size.elements(), () -> answer(found, context)));
    }

    private static int partitions(Described described) {
        return 1 + (described.error() == ErrorCode.NONE ? described.unfinished().size() : 0);
    }

    private static void answer(SequencedMap<String, Described> found, RequestContext context) {
        List<TransactionState> states = new ArrayList<>();
        Slices.each(context.loop(), found.entrySet(), each -> partitions(each.getValue()),
                each -> states.add(one(each.getKey(), each.getValue())),
                () -> context.reply(DescribeTransactionsResponse.builder().transactionStates(states).build()));
    }

    private static TransactionState one(String id, Described described) {
        TransactionState.Builder answer =
                TransactionState.builder().errorCode(described.error().code()).transactionalId(id);
        if (described.error() != ErrorCode.NONE) {
            return answer.build();
        }
        TxnState state = requireNonNull(described.state(), "what has no error has a state");
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
