package io.chapar.broker.handler;

import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.coordinator.TxnCoordinators.Listed;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ListTransactionsRequest;
import io.chapar.protocol.message.ListTransactionsResponse;
import io.chapar.protocol.message.ListTransactionsResponse.TransactionState;
import io.chapar.txn.TxnState;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// The transactional ids of this broker's coordinators. Versions 0-2: v1 filters by how long a transaction has been
/// open, v2 by a pattern of the id.
final class ListTransactionsHandler {
    private static final int MAX_PATTERN = 1000;

    private final TxnCoordinators transactions;

    ListTransactionsHandler(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    void handle(ListTransactionsRequest request, RequestContext context) {
        Pattern pattern;
        try {
            String text = request.transactionalIdPattern();
            pattern = text == null || text.isEmpty() || text.length() > MAX_PATTERN ? null : Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            context.reply(ListTransactionsResponse.builder()
                    .errorCode(ErrorCode.INVALID_REGULAR_EXPRESSION.code())
                    .build());
            return;
        }
        transactions.list(context.loop(), listed -> context.reply(answer(request, listed, pattern, context.nowMs())));
    }

    private static ListTransactionsResponse answer(
            ListTransactionsRequest request, Listed listed, Pattern pattern, long nowMs) {
        List<TransactionState> states = new ArrayList<>();
        if (listed.error() == ErrorCode.NONE) {
            listed.states().forEach((id, state) -> {
                if (wanted(request, id, state, pattern, nowMs)) {
                    states.add(new TransactionState(id, state.producerId(), TxnStateNames.of(state)));
                }
            });
        }
        return ListTransactionsResponse.builder()
                .errorCode(listed.error().code())
                .unknownStateFilters(request.stateFilters().stream()
                        .filter(name -> !TxnStateNames.ALL.contains(name)).toList())
                .transactionStates(states)
                .build();
    }

    private static boolean wanted(
            ListTransactionsRequest request, String id, TxnState state, Pattern pattern, long nowMs) {
        boolean named = request.stateFilters().isEmpty() || request.stateFilters().contains(TxnStateNames.of(state));
        boolean produced = request.producerIdFilters().isEmpty()
                || request.producerIdFilters().contains(state.producerId());
        boolean matched = pattern == null || pattern.matcher(id).matches();
        return named && produced && matched && isOpenFor(request.durationFilter(), state, nowMs);
    }

    private static boolean isOpenFor(long atLeastMs, TxnState state, long nowMs) {
        if (atLeastMs < 0) {
            return true;
        }
        return switch (state) {
            case TxnState.Ongoing o -> nowMs - o.startedMs() > atLeastMs;
            case TxnState.Preparing p -> nowMs - p.startedMs() > atLeastMs;
            case TxnState.Empty _, TxnState.Completed _ -> false;
        };
    }
}
