package io.chapar.broker.handler;

import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.coordinator.TxnCoordinators.Listed;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ListTransactionsRequest;
import io.chapar.protocol.message.ListTransactionsResponse;
import io.chapar.protocol.message.ListTransactionsResponse.TransactionState;
import io.chapar.txn.TxnState;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
        Filter filter = new Filter(
                new LinkedHashSet<>(request.stateFilters()), new LinkedHashSet<>(request.producerIdFilters()),
                request.durationFilter(), pattern, new Steps());
        transactions.list(context.caller(), listed -> context.afford(
                listed.states().size(), () -> answer(filter, listed, context)));
    }

    private static void answer(Filter filter, Listed listed, RequestContext context) {
        List<TransactionState> states = new ArrayList<>();
        boolean[] tooMuch = {false};
        long nowMs = context.nowMs();
        Slices.each(context.loop(), listed.error() == ErrorCode.NONE ? listed.states().entrySet() : Set.of(),
                one -> {
                    try {
                        if (!tooMuch[0] && filter.passes(one.getKey(), one.getValue(), nowMs)) {
                            states.add(new TransactionState(
                                    one.getKey(), one.getValue().producerId(), TxnStateNames.of(one.getValue())));
                        }
                    } catch (TooManySteps | StackOverflowError e) {
                        // A repeated group takes a piece of the stack for every character.
                        tooMuch[0] = true;
                    }
                },
                () -> context.reply(tooMuch[0] ? badPattern() : ListTransactionsResponse.builder()
                        .errorCode(listed.error().code())
                        .unknownStateFilters(filter.states().stream()
                                .filter(name -> !TxnStateNames.ALL.contains(name)).toList())
                        .transactionStates(states)
                        .build()));
    }

    private static ListTransactionsResponse badPattern() {
        return ListTransactionsResponse.builder()
                .errorCode(ErrorCode.INVALID_REGULAR_EXPRESSION.code())
                .build();
    }

    /// What is asked for; an empty set asks for all.
    ///
    /// @param pattern null for all
    private record Filter(
            Set<String> states, Set<Long> producerIds, long openForMs, @Nullable Pattern pattern, Steps steps) {
        boolean passes(String id, TxnState state, long nowMs) {
            return (states.isEmpty() || states.contains(TxnStateNames.of(state)))
                    && (producerIds.isEmpty() || producerIds.contains(state.producerId()))
                    && isOpenFor(openForMs, state, nowMs)
                    && (pattern == null || pattern.matcher(new Counted(id, steps)).matches());
        }
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
