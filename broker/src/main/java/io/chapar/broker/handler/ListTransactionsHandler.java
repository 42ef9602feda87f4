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
    /// Characters that the matching of one request may look at, over all ids; a pattern that needs more is refused,
    /// since a pattern can backtrack for ever and the loop has other work.
    private static final long MAX_MATCH_STEPS = 2_000_000;

    private final TxnCoordinators transactions;

    ListTransactionsHandler(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    void handle(ListTransactionsRequest request, RequestContext context) {
        Pattern pattern;
        try {
            String text = request.transactionalIdPattern();
            if (text != null && text.length() > MAX_PATTERN) {
                context.reply(badPattern());
                return;
            }
            pattern = text == null || text.isEmpty() ? null : Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            context.reply(badPattern());
            return;
        }
        transactions.list(context.loop(), listed -> {
            ListTransactionsResponse answer;
            try {
                answer = answer(request, listed, pattern, context.nowMs());
            } catch (TooManySteps | StackOverflowError e) {
                // A repeated group takes a piece of the stack for every character.
                answer = badPattern();
            }
            context.reply(answer);
        });
    }

    private static ListTransactionsResponse badPattern() {
        return ListTransactionsResponse.builder()
                .errorCode(ErrorCode.INVALID_REGULAR_EXPRESSION.code())
                .build();
    }

    private static ListTransactionsResponse answer(
            ListTransactionsRequest request, Listed listed, Pattern pattern, long nowMs) {
        List<TransactionState> states = new ArrayList<>();
        Steps steps = new Steps();
        if (listed.error() == ErrorCode.NONE) {
            listed.states().forEach((id, state) -> {
                if (wanted(request, id, state, pattern, steps, nowMs)) {
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
            ListTransactionsRequest request, String id, TxnState state, Pattern pattern, Steps steps, long nowMs) {
        boolean named = request.stateFilters().isEmpty() || request.stateFilters().contains(TxnStateNames.of(state));
        boolean produced = request.producerIdFilters().isEmpty()
                || request.producerIdFilters().contains(state.producerId());
        boolean matched = pattern == null || pattern.matcher(new Counted(id, steps)).matches();
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

    private static final class TooManySteps extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooManySteps() {
            super("the pattern takes too long", null, false, false);
        }
    }

    /// What is left of the matching that one request may cost.
    private static final class Steps {
        private long left = MAX_MATCH_STEPS;

        void take() {
            if (--left < 0) {
                throw new TooManySteps();
            }
        }
    }

    /// Text that ends a match which looks at too many characters.
    private record Counted(CharSequence text, Steps steps) implements CharSequence {
        @Override
        public char charAt(int index) {
            steps.take();
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Counted(text.subSequence(start, end), steps);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
