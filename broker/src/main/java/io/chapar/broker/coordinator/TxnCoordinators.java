package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;

import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// The transaction coordinators of this broker, from outside: finds the one that owns a transactional id, on whatever
/// loop it lives. Callable from any loop; every answer comes once, on the loop named as `caller`.
public interface TxnCoordinators {
    /// How long a request of a client may wait in a coordinator, for markers or for its predecessors, in milliseconds.
    /// Below the 30 s in which clients give up on a request.
    int CLIENT_WAIT_MS = 15_000;

    /// Asked by a partition's leader before the first batch of a transaction.
    ///
    /// A transaction that still waits for the markers of the one before is not refused: the question waits, at most
    /// until `deadlineMs`, and then gets CONCURRENT_TRANSACTIONS. Other answers: NONE; INVALID_PRODUCER_ID_MAPPING;
    /// PRODUCER_FENCED; TRANSACTION_ABORTABLE (verified, and not in the transaction);
    /// COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR.
    ///
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

    /// Asks the coordinator of the command's id. Beside the core's own answers a refusal may be
    /// COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR.
    void submit(TxnCommand command, long deadlineMs, Loop caller, Consumer<TxnReply> done);

    /// A producer id that no one had, at epoch 0, for a producer without a transactional id.
    void newProducerId(long deadlineMs, Loop caller, Consumer<TxnReply> done);

    void describe(String transactionalId, Loop caller, Consumer<Described> done);

    void list(Loop caller, Consumer<Listed> done);

    /// @param state null with any error; with NONE the committed state
    record Described(ErrorCode error, TxnState state) {}

    /// @param error COORDINATOR_LOAD_IN_PROGRESS when some of the ids may be missing
    record Listed(ErrorCode error, SequencedMap<String, TxnState> states) {}
}
