package io.chapar.broker.coordinator;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Consumer;

/// The transaction coordinators of this broker, from outside: finds the one that owns a transactional id, on whatever
/// loop it lives. Callable from any loop; every answer comes once, on the caller's.
public interface TxnCoordinators {
    /// How long a request of a client may wait in a coordinator, for markers or for its predecessors, in milliseconds.
    /// Below the 30 s in which clients give up on a request.
    int CLIENT_WAIT_MS = 15_000;

    /// The reply to [TxnCommand.AddPartitions] for each of the partitions, in their order.
    static SequencedMap<TopicPartition, ErrorCode> perPartition(List<TopicPartition> asked, TxnReply reply) {
        ErrorCode all = switch (reply) {
            case TxnReply.Partitions _ -> ErrorCode.UNKNOWN_SERVER_ERROR;
            case TxnReply.Refused refused -> refused.error();
            case TxnReply.Granted _, TxnReply.Kept _ -> ErrorCode.NONE;
        };
        SequencedMap<TopicPartition, ErrorCode> results = new LinkedHashMap<>();
        for (TopicPartition partition : asked) {
            ErrorCode own = reply instanceof TxnReply.Partitions answered ? answered.results().get(partition) : null;
            results.put(partition, own != null ? own : all);
        }
        return results;
    }

    /// Asks the coordinator of the command's id. Beside the core's own answers a refusal may be
    /// COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR. The caller's client is remembered by the id while the
    /// coordinator is in memory.
    ///
    /// By [TxnCommand.AddPartitions] a partition's leader asks before the first batch of a transaction. A transaction
    /// that still waits for the markers of the one before is not refused: the question waits, at most until the
    /// caller's deadline, and then gets CONCURRENT_TRANSACTIONS. Other answers, for each of the partitions as
    /// [#perPartition] tells them: NONE; INVALID_PRODUCER_ID_MAPPING; PRODUCER_FENCED; TRANSACTION_ABORTABLE (verified,
    /// and not in the transaction); COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR.
    void submit(TxnCommand command, Caller caller, Consumer<TxnReply> done);

    /// A producer id that no one had, at epoch 0, for a producer without a transactional id; or POLICY_VIOLATION when
    /// the address of the caller's client has had as many as it may.
    void newProducerId(Caller caller, Consumer<TxnReply> done);

    void describe(String transactionalId, Caller caller, Consumer<Described> done);

    void list(Caller caller, Consumer<Listed> done);

    /// Which transactional ids these producer ids belong to, or belonged to last. `done` gets null when a coordinator
    /// cannot be asked now, so that what is missing from the answer is known by nobody.
    void ownersOf(Set<Long> producerIds, Caller caller, Consumer<Map<Long, Owner>> done);

    /// @param state committed; its producer id is another one when the id that was asked for is used up
    record Owner(String transactionalId, TxnState state) {}

    /// @param state null with any error; with NONE the committed state
    /// @param unfinished partitions whose part in the transaction is not over; a decided one's owe their marker
    /// @param origin who opened it, null where that is not known: not since this coordinator was loaded
    record Described(
            ErrorCode error, @Nullable TxnState state, SequencedSet<TopicPartition> unfinished,
            @Nullable TxnOrigin origin) {
        static Described refused(ErrorCode error) {
            return new Described(error, null, new LinkedHashSet<>(), null);
        }
    }

    /// @param error COORDINATOR_LOAD_IN_PROGRESS when some of the ids may be missing, also where a log is offline
    record Listed(ErrorCode error, SequencedMap<String, TxnState> states) {}
}
