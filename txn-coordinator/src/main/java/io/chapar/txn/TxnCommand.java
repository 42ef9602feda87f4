package io.chapar.txn;

import io.chapar.protocol.TopicPartition;

import java.util.List;

/// What can be asked of a transactional id.
public sealed interface TxnCommand {
    String transactionalId();

    /// A producer instance announces itself.
    ///
    /// @param producerId -1 with `producerEpoch` -1: a new instance, which fences every other
    /// @param fencedFirst this command itself already ended a transaction that was open, on a valid pair
    record InitProducer(
            String transactionalId, int timeoutMs, long producerId, short producerEpoch, boolean fencedFirst)
            implements TxnCommand {
        public InitProducer(String transactionalId, int timeoutMs, long producerId, short producerEpoch) {
            this(transactionalId, timeoutMs, producerId, producerEpoch, false);
        }

        boolean namesPair() {
            return producerId != TxnState.NO_PRODUCER_ID;
        }

        InitProducer afterFence() {
            return new InitProducer(transactionalId, timeoutMs, producerId, producerEpoch, true);
        }
    }

    /// @param version of the client: V2 when a partition's leader adds on the client's behalf
    record AddPartitions(
            String transactionalId,
            long producerId,
            short producerEpoch,
            List<TopicPartition> partitions,
            AddMode mode,
            TxnVersion version)
            implements TxnCommand {
        public AddPartitions {
            partitions = List.copyOf(partitions);
        }
    }

    record End(String transactionalId, long producerId, short producerEpoch, Outcome outcome, TxnVersion version)
            implements TxnCommand {}

    /// The transaction has been open for longer than its timeout. From the coordinator itself.
    record TimeOut(String transactionalId) implements TxnCommand {}

    /// Every marker of the decided transaction is written. From the coordinator itself.
    record Complete(String transactionalId) implements TxnCommand {}

    /// The id was not used for so long that it is forgotten. From the coordinator itself.
    record Expire(String transactionalId) implements TxnCommand {}
}
