package io.chapar.broker.producer;

import io.chapar.broker.budget.Budget;

/// How many producers are remembered.
///
/// @param maxPerPartition a batch of one more is refused with POLICY_VIOLATION
/// @param evictionIdleMs a producer that was idle for so long makes room for another where there is none; never sooner,
///        since a batch of it may still be repeated
/// @param total of all partitions of the broker
public record ProducerLimits(int maxPerPartition, long evictionIdleMs, Budget total) {
    public static ProducerLimits none() {
        return new ProducerLimits(Integer.MAX_VALUE, Long.MAX_VALUE, Budget.unbounded());
    }
}
