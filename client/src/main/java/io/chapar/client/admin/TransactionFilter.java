package io.chapar.client.admin;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Which transactional ids to list. An empty list, a negative number and null each let everything through; states that
/// the brokers do not know match nothing.
///
/// `openForMoreThanMs`: only those with a transaction that has been open, or being ended, for longer. `idPattern`: a
/// regular expression that the whole id must match. Brokers that are too old for one of the filters refuse the call.
public record TransactionFilter(
        List<String> states, List<Long> producerIds, long openForMoreThanMs, @Nullable String idPattern) {
    public static final TransactionFilter ALL = new TransactionFilter(List.of(), List.of(), -1, null);

    private static final List<String> OPEN = List.of("Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence");

    public TransactionFilter {
        states = List.copyOf(states);
        producerIds = List.copyOf(producerIds);
    }

    public static TransactionFilter ofProducers(List<Long> producerIds) {
        return new TransactionFilter(List.of(), producerIds, -1, null);
    }

    /// Brokers tell of transactions that were begun so long ago whatever has become of them, and of ids that have none.
    List<String> statesToAskFor() {
        return openForMoreThanMs < 0 ? states
                : states.isEmpty() ? OPEN : states.stream().filter(OPEN::contains).toList();
    }

    /// Whether nothing can pass, which a broker cannot be told.
    boolean isOfNone() {
        return !states.isEmpty() && statesToAskFor().isEmpty();
    }

    int lowestVersion() {
        return idPattern != null ? 2 : openForMoreThanMs >= 0 ? 1 : 0;
    }
}
