package io.chapar.client.admin;

import io.chapar.client.Node;
import io.chapar.client.admin.AdminCalls.Reply;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.client.transport.Call;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeTransactionsRequest;
import io.chapar.protocol.message.DescribeTransactionsResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ListTransactionsRequest;
import io.chapar.protocol.message.ListTransactionsResponse;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Transactions, as their coordinators see them.
final class TxnOps {
    private static final int FIRST_WITH_PAIR = 3;
    /// No transaction is begun with it.
    private static final int FENCE_TIMEOUT_MS = 60_000;

    private final AdminCalls calls;

    TxnOps(AdminCalls calls) {
        this.calls = calls;
    }

    List<TransactionListing> list(TransactionFilter filter) {
        long deadlineMs = calls.deadlineMs();
        Map<String, TransactionListing> transactions = new TreeMap<>();
        ListTransactionsRequest request = ListTransactionsRequest.builder()
                .stateFilters(filter.states())
                .producerIdFilters(filter.producerIds())
                .durationFilter(Math.max(-1, filter.openForMoreThanMs()))
                .transactionalIdPattern(filter.idPattern())
                .build();
        for (Node node : calls.describe(List.of(), deadlineMs).nodes().values()) {
            ListTransactionsResponse response = calls.ask(new Target.Broker(node),
                    Call.of(request, calls.requestTimeoutMs()).atLeast(filter.lowestVersion()),
                    ListTransactionsResponse.class, answer -> ErrorCode.of(answer.errorCode()), deadlineMs)
                    .response();
            GroupOps.requireNone(ErrorCode.of(response.errorCode()), "Listing transactions");
            for (ListTransactionsResponse.TransactionState one : response.transactionStates()) {
                transactions.put(one.transactionalId(), new TransactionListing(one.transactionalId(),
                        one.producerId(), one.transactionState()));
            }
        }
        return List.copyOf(transactions.values());
    }

    Map<String, AdminResult<TransactionDescription>> describe(Collection<String> transactionalIds) {
        long deadlineMs = calls.deadlineMs();
        Map<String, AdminResult<TransactionDescription>> results = new LinkedHashMap<>();
        for (String id : transactionalIds) {
            results.put(id, describe(id, deadlineMs));
        }
        return results;
    }

    private AdminResult<TransactionDescription> describe(String id, long deadlineMs) {
        DescribeTransactionsRequest request =
                DescribeTransactionsRequest.builder().transactionalIds(List.of(id)).build();
        Reply<DescribeTransactionsResponse> reply = calls.ask(
                new Target.Coordinator(CoordinatorType.TRANSACTION, id),
                Call.of(request, calls.requestTimeoutMs()), DescribeTransactionsResponse.class,
                response -> response.transactionStates().isEmpty() ? ErrorCode.NONE
                        : ErrorCode.of(response.transactionStates().getFirst().errorCode()), deadlineMs);
        if (reply.response().transactionStates().isEmpty()) {
            return TopicOps.refused(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, id, "the answer is empty");
        }
        DescribeTransactionsResponse.TransactionState one = reply.response().transactionStates().getFirst();
        ErrorCode error = ErrorCode.of(one.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, "Transactional id " + id, null);
        }
        List<TopicPartition> partitions = new ArrayList<>();
        one.topics().forEach(topic -> topic.partitions()
                .forEach(number -> partitions.add(new TopicPartition(topic.topic(), number))));
        return new AdminResult.Done<>(new TransactionDescription(id, one.transactionState(), one.producerId(),
                one.producerEpoch(), one.transactionTimeoutMs(), one.transactionStartTimeMs(), reply.node(),
                partitions, one.clientId(), one.clientHost()));
    }

    /// Takes the id over and lets it go again.
    AdminResult<Void> fence(String id) {
        long deadlineMs = calls.deadlineMs();
        InitProducerIdRequest request = InitProducerIdRequest.builder()
                .transactionalId(id)
                .transactionTimeoutMs(FENCE_TIMEOUT_MS)
                .producerId(-1)
                .producerEpoch((short) -1)
                .build();
        InitProducerIdResponse response = calls.ask(new Target.Coordinator(CoordinatorType.TRANSACTION, id),
                Call.of(request, calls.requestTimeoutMs()).atLeast(FIRST_WITH_PAIR), InitProducerIdResponse.class,
                answer -> ErrorCode.of(answer.errorCode()), deadlineMs).response();
        ErrorCode error = ErrorCode.of(response.errorCode());
        return error == ErrorCode.NONE ? new AdminResult.Done<>(null)
                : TopicOps.refused(error, "Transactional id " + id, null);
    }
}
