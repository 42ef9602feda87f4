package io.chapar.client.admin;

import io.chapar.client.admin.AdminCalls.Reply;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.DescribeTransactionsRequest;
import io.chapar.protocol.message.DescribeTransactionsResponse;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ListTransactionsRequest;
import io.chapar.protocol.message.ListTransactionsResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;
import io.chapar.transport.TrafficClass;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Transactions, as their coordinators see them.
final class TxnOps {
    private static final String COORDINATORS = "__transaction_state";
    private static final int FIRST_WITH_PAIR = 3;
    private static final short TWO_PHASE_VERSION = 6;
    /// From here on a repeated EndTxn is known for what it is.
    private static final int FIRST_REPEATABLE_END = 5;
    /// No transaction is begun with it, and no broker has a transaction.max.timeout.ms below it.
    private static final int FENCE_TIMEOUT_MS = 1;

    private final AdminCalls calls;

    TxnOps(AdminCalls calls) {
        this.calls = calls;
    }

    /// What the coordinators in session know.
    ///
    /// @param isAll that is all of them: each partition of the coordinators' topic had one leader throughout, which was
    ///              asked
    record Listed(List<TransactionListing> transactions, boolean isAll) {
    }

    List<TransactionListing> list(TransactionFilter filter) {
        if (filter.isOfNone()) {
            return List.of();
        }
        long deadlineMs = calls.deadlineMs();
        return list(filter, calls.describe(List.of(), deadlineMs).nodes().values(), deadlineMs);
    }

    Listed listAll(TransactionFilter filter) {
        long deadlineMs = calls.deadlineMs();
        ClusterView before = calls.describe(List.of(COORDINATORS), deadlineMs);
        List<TransactionListing> transactions = list(filter, before.nodes().values(), deadlineMs);
        return new Listed(transactions, isSame(before, calls.describe(List.of(COORDINATORS), deadlineMs)));
    }

    /// A cluster without the topic has no coordinators.
    private static boolean isSame(ClusterView before, ClusterView after) {
        TopicView first = before.topic(COORDINATORS);
        TopicView last = after.topic(COORDINATORS);
        if (first == null || last == null) {
            return isMissing(before) && isMissing(after);
        }
        return first.partitions().size() == last.partitions().size() && first.partitions().stream().allMatch(one -> {
            PartitionView then = last.partition(one.partition());
            return one.hasLeader() && before.nodes().containsKey(one.leaderId()) && then != null
                    && then.leaderId() == one.leaderId() && then.leaderEpoch() == one.leaderEpoch();
        });
    }

    private static boolean isMissing(ClusterView view) {
        return view.errors().get(COORDINATORS) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    }

    private List<TransactionListing> list(TransactionFilter filter, Collection<Node> brokers, long deadlineMs) {
        Map<String, TransactionListing> transactions = new TreeMap<>();
        ListTransactionsRequest request = ListTransactionsRequest.builder()
                .stateFilters(filter.statesToAskFor())
                .producerIdFilters(filter.producerIds())
                .durationFilter(Math.max(-1, filter.openForMoreThanMs()))
                .transactionalIdPattern(filter.idPattern())
                .build();
        for (Node node : brokers) {
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

    /// Becomes the heir of the open transaction, and commits it where it is the one that was seen. Done already when a
    /// repetition finds it so.
    AdminResult<AdminResult.Success> commitPrepared(TransactionDescription seen) {
        String id = seen.transactionalId();
        long deadlineMs = calls.deadlineMs();
        InitProducerIdRequest request = InitProducerIdRequest.builder()
                .transactionalId(id)
                .transactionTimeoutMs(FENCE_TIMEOUT_MS)
                .producerId(-1)
                .producerEpoch((short) -1)
                .enable2Pc(true)
                .keepPreparedTxn(true)
                .build();
        Call take = new Call(ApiKey.INIT_PRODUCER_ID, TWO_PHASE_VERSION, TWO_PHASE_VERSION, version -> request,
                calls.requestTimeoutMs(), TrafficClass.CONTROL, false);
        InitProducerIdResponse heir = calls.ask(new Target.Coordinator(CoordinatorType.TRANSACTION, id), take,
                InitProducerIdResponse.class, answer -> ErrorCode.of(answer.errorCode()), deadlineMs).response();
        if (heir.errorCode() != ErrorCode.NONE.code()) {
            return TopicOps.refused(ErrorCode.of(heir.errorCode()), "Transactional id " + id, null);
        }
        if (heir.ongoingTxnProducerId() < 0) {
            return TopicOps.refused(ErrorCode.INVALID_TXN_STATE, "Transactional id " + id, "nothing is open");
        }
        // Nobody but this heir changes it from here on. Before version 2 transactions have a pair in common.
        AdminResult<TransactionDescription> taken = describe(id, deadlineMs);
        if (heir.ongoingTxnProducerId() != seen.producerId() || heir.ongoingTxnProducerEpoch() != seen.producerEpoch()
                || !(taken instanceof AdminResult.Done<TransactionDescription>(TransactionDescription open)
                        && open.startMs() == seen.startMs())) {
            return TopicOps.refused(ErrorCode.INVALID_TXN_STATE, "Transactional id " + id,
                    "what is open is another transaction than the one that was looked at; it stays open, and its"
                            + " producer is shut out");
        }
        EndTxnRequest commit = EndTxnRequest.builder()
                .transactionalId(id)
                .producerId(heir.producerId())
                .producerEpoch(heir.producerEpoch())
                .committed(true)
                .build();
        EndTxnResponse ended = calls.ask(new Target.Coordinator(CoordinatorType.TRANSACTION, id),
                Call.of(commit, calls.requestTimeoutMs()).atLeast(FIRST_REPEATABLE_END), EndTxnResponse.class,
                answer -> ErrorCode.of(answer.errorCode()), deadlineMs).response();
        ErrorCode error = ErrorCode.of(ended.errorCode());
        return error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, "Transactional id " + id, null);
    }

    /// Takes the id over and lets it go again.
    AdminResult<AdminResult.Success> fence(String id) {
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
        return error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, "Transactional id " + id, null);
    }
}
