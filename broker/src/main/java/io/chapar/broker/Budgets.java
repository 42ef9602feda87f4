package io.chapar.broker;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.producer.ProducerLimits;

import java.util.List;

/// What clients may leave in the memory of this broker, each kind by itself: one that is used up keeps nobody from
/// another.
final class Budgets {
    /// Of a producer that has filled its window, in one partition.
    private static final int PRODUCER_BYTES = 256;

    private final ProducerLimits producers;
    private final Budget groups;
    private final Budget transactions;
    private final Budget logs;

    /// @param logs as [#ofLogs]
    Budgets(BrokerConfig config, Budget logs) {
        this.logs = logs;
        producers = new ProducerLimits(
                config.count("producer.ids.max.per.partition"),
                config.number("producer.id.expiration.when.full.ms"),
                new Budget("producer.ids.max", config.budget("producer.ids.max", 4, PRODUCER_BYTES)));
        groups = new Budget("group.coordinator.max.bytes", config.budget("group.coordinator.max.bytes", 8, 1));
        transactions = new Budget(
                "transaction.coordinator.max.bytes", config.budget("transaction.coordinator.max.bytes", 8, 1));
    }

    /// An eighth of the heap, for what is kept of each segment. Nobody is refused where there is more, so there is
    /// nothing to be set.
    static Budget ofLogs() {
        return new Budget("log.memory", Runtime.getRuntime().maxMemory() / 8);
    }

    Budget transactions() {
        return transactions;
    }

    ProducerLimits producers() {
        return producers;
    }

    Budget groups() {
        return groups;
    }

    List<Budget> all() {
        return List.of(producers.total(), groups, transactions, logs);
    }
}
