package io.chapar.broker.coordinator;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// How writes enter a transaction, records as well as offsets, on the loop of the partitions that they are for:
///
/// ```
/// guard    the partition remembers that it is asked about, unless the transaction is open there already
/// ask      the transaction's coordinator, once about all of them         loop -> coordinator's loop
/// append   with the guard: if the transaction ended in between,          loop <-
///          nothing is written
/// ```
/// From connection to partitions and back are two hops more, where one loop owns them all.
public final class TransactionEntry {
    private final TxnCoordinators transactions;

    public TransactionEntry(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    /// @param mode whether the coordinator is to add the partitions, or to look whether the client has done so
    public record Writer(String transactionalId, long producerId, short producerEpoch, AddMode mode) {}

    /// @param errors for each of the partitions
    /// @param reason in words, where the coordinator gives one; else null
    public record Answer(SequencedMap<TopicPartition, ErrorCode> errors, @Nullable String reason) {}

    /// Asks about partitions whose guards have been taken.
    public void ask(Writer writer, List<TopicPartition> partitions, Caller caller, Consumer<Answer> then) {
        TxnCommand.AddPartitions question = TxnCommand.AddPartitions.byLeader(
                writer.transactionalId(), writer.producerId(), writer.producerEpoch(), partitions, writer.mode());
        transactions.submit(question, caller, reply -> then.accept(new Answer(
                TxnCoordinators.perPartition(question.partitions(), reply),
                reply instanceof TxnReply.Refused whole ? whole.reason() : null)));
    }
}
