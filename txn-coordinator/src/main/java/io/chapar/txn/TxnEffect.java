package io.chapar.txn;

import io.chapar.protocol.TopicPartition;

import java.util.List;

/// What the host is to do. Effects are emitted in order and performed in order.
public sealed interface TxnEffect {

    /// Append to the log; then exactly one of [TxnCoordinator#committed] and [TxnCoordinator#failed] with this very
    /// record.
    ///
    /// @param cause the command that it decides
    record Append(TxnRecord record, TxnCommand cause) implements TxnEffect {}

    /// Append both in one batch, in this order, so that both are committed or none is; then of the first and of the
    /// second what [Append] says.
    record AppendBoth(Append first, Append second) implements TxnEffect {}

    /// Write the marker to each of the partitions and report each by [TxnCoordinator#markerWritten]. The decision is
    /// committed.
    record SendMarkers(
            String transactionalId,
            long producerId,
            short producerEpoch,
            Outcome outcome,
            TxnVersion version,
            List<TopicPartition> partitions)
            implements TxnEffect {}

    /// The one answer to a request.
    record Reply(long request, TxnReply reply) implements TxnEffect {}

    /// For the log of the broker: a producer was shut out.
    ///
    /// @param fenced the pair that is void now
    /// @param by who did it
    record Fenced(String transactionalId, TxnReply.Granted fenced, String by) implements TxnEffect {}

    /// Fetch a block of producer ids, give it to [ProducerIds#add], then tell every coordinator that shares them by
    /// [TxnCoordinator#producerIdsArrived].
    record FetchProducerIds() implements TxnEffect {}
}
