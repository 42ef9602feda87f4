package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The transaction coordinators of this broker, from outside: finds the one that owns a transactional id, on whatever
/// loop it lives. Callable from any loop.
public interface TxnCoordinators {
    /// Asked by a partition's leader before the first batch of a transaction.
    ///
    /// A transaction that still waits for the markers of the one before is not refused: the question waits, at most
    /// until `deadlineMs`, and then gets CONCURRENT_TRANSACTIONS. Other answers: NONE; INVALID_PRODUCER_ID_MAPPING;
    /// PRODUCER_FENCED; TRANSACTION_ABORTABLE (verified, and not in the transaction); OPERATION_NOT_ATTEMPTED (another
    /// partition of the list failed); COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR.
    ///
    /// @param caller the loop on which `done` runs, once
    /// @param done an answer for each of the partitions, in the order of the list
    void addPartitions(
            String transactionalId,
            long producerId,
            short producerEpoch,
            List<TopicPartition> partitions,
            AddMode mode,
            long deadlineMs,
            Loop caller,
            Consumer<Map<TopicPartition, ErrorCode>> done);
}
