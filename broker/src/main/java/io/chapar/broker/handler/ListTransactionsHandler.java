package io.chapar.broker.handler;

import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.coordinator.TxnCoordinators.Listed;
import io.chapar.broker.pattern.NamePattern;
import io.chapar.broker.pattern.PatternFault;
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

/// The transactional ids of this broker's coordinators. Versions 0-2: v1 filters by how long ago a transaction was
/// begun, v2 by a pattern of the id.
final class ListTransactionsHandler {
    private static final int MAX_PATTERN = 1000;
    /// Of a pattern with one id: a few milliseconds. A pattern that needs more is refused.
    private static final long MAX_STEPS_OF_ID = 1_000_000;
    /// Of a pattern with all ids, which take their turns: about a second.
    private static final long MAX_STEPS = 200_000_000;
    /// That count as much as an id without a pattern.
    private static final int STEPS_OF_COST = 2_000;

    private final TxnCoordinators transactions;

    ListTransactionsHandler(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    void handle(ListTransactionsRequest request, RequestContext context) {
        NamePattern pattern;
        try {
            String text = request.transactionalIdPattern();
            if (text != null && text.length() > MAX_PATTERN) {
                context.reply(badPattern());
                return;
            }
            pattern = text == null || text.isEmpty() ? null : NamePattern.of(text);
        } catch (PatternFault e) {
            context.reply(badPattern());
            return;
        }
        Filter filter = new Filter(
                new LinkedHashSet<>(request.stateFilters()), new LinkedHashSet<>(request.producerIdFilters()),
                request.durationFilter(), pattern);
        transactions.list(context.caller(), listed -> context.afford(
                listed.states().size(), () -> answer(filter, listed, context)));
    }

    private static void answer(Filter filter, Listed listed, RequestContext context) {
        List<TransactionState> states = new ArrayList<>();
        boolean[] tooMuch = {false};
        long nowMs = context.nowMs();
        Slices.each(context.loop(), listed.error() == ErrorCode.NONE ? listed.states().entrySet() : Set.of(),
                one -> filter.cost(one.getKey()),
                one -> {
                    tooMuch[0] |= filter.isTooMuchFor(one.getKey());
                    if (!tooMuch[0] && filter.passes(one.getKey(), one.getValue(), nowMs)) {
                        states.add(new TransactionState(
                                one.getKey(), one.getValue().producerId(), TxnStateNames.of(one.getValue())));
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
            Set<String> states, Set<Long> producerIds, long begunForMs, @Nullable NamePattern pattern) {
        int cost(String id) {
            return pattern == null
                    ? 1 : 1 + (int) (Math.min(MAX_STEPS_OF_ID, pattern.mostSteps(id.length())) / STEPS_OF_COST);
        }

        boolean isTooMuchFor(String id) {
            return pattern != null
                    && (pattern.steps() > MAX_STEPS || pattern.mostSteps(id.length()) > MAX_STEPS_OF_ID);
        }

        boolean passes(String id, TxnState state, long nowMs) {
            return (states.isEmpty() || states.contains(TxnStateNames.of(state)))
                    && (producerIds.isEmpty() || producerIds.contains(state.producerId()))
                    && hasBegunFor(begunForMs, state, nowMs)
                    && (pattern == null || pattern.matches(id));
        }
    }

    /// As at Kafka, whether it has ended or not, and where there is none for ever: whoever asks for open ones alone
    /// names their states, too.
    private static boolean hasBegunFor(long moreThanMs, TxnState state, long nowMs) {
        if (moreThanMs < 0) {
            return true;
        }
        return switch (state) {
            case TxnState.Ongoing o -> nowMs - o.startedMs() > moreThanMs;
            case TxnState.Preparing p -> nowMs - p.startedMs() > moreThanMs;
            case TxnState.Completed c -> nowMs - c.startedMs() > moreThanMs;
            case TxnState.Empty _ -> true;
        };
    }
}
