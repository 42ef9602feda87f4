package io.chapar.txn;

import io.chapar.protocol.TopicPartition;

import java.util.List;

/// What can be asked of a transactional id.
public sealed interface TxnCommand {
    String transactionalId();

    /// A producer instance announces itself.
    ///
    /// @param timeoutMs [TxnState#NO_TIMEOUT] for transactions that never time out, which two-phase commit alone may
    ///     have
    /// @param producerId -1 with `producerEpoch` -1: a new instance, which fences every other
    /// @param take what it asks for beside a pair
    /// @param asker who asks, for the explanation to those it fences
    /// @param fencedFirst this command itself already ended a transaction that was open, on a valid pair
    record InitProducer(
            String transactionalId,
            int timeoutMs,
            long producerId,
            short producerEpoch,
            Take take,
            Asker asker,
            boolean fencedFirst)
            implements TxnCommand {
        public InitProducer(
                String transactionalId,
                int timeoutMs,
                long producerId,
                short producerEpoch,
                Take take,
                Asker asker) {
            this(transactionalId, timeoutMs, producerId, producerEpoch, take, asker, false);
        }

        public InitProducer(String transactionalId, int timeoutMs, long producerId, short producerEpoch) {
            this(transactionalId, timeoutMs, producerId, producerEpoch, Take.PLAIN, Asker.UNKNOWN, false);
        }

        boolean namesPair() {
            return producerId != TxnState.NO_PRODUCER_ID;
        }

        InitProducer afterFence() {
            return new InitProducer(transactionalId, timeoutMs, producerId, producerEpoch, take, asker, true);
        }
    }

    /// @param twoPhase transactions take part in two-phase commit: they never time out (KIP-939)
    /// @param keepOpen a transaction that is open stays open, for the asker to decide; else it is aborted
    record Take(boolean twoPhase, boolean keepOpen) {
        public static final Take PLAIN = new Take(false, false);
    }

    /// A client as it calls itself, and the address it came from.
    record Asker(String clientId, String host) {
        public static final Asker UNKNOWN = new Asker("", "");

        @Override
        public String toString() {
            return "client '" + clientId + "' at " + (host.isEmpty() ? "an unknown address" : host);
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

        /// As the leader of some partitions asks before it lets the transaction in: it adds them on the client's behalf
        /// where that speaks version 2, else it looks whether the client has done so.
        public static AddPartitions byLeader(
                String transactionalId,
                long producerId,
                short producerEpoch,
                List<TopicPartition> partitions,
                AddMode mode) {
            return new AddPartitions(transactionalId, producerId, producerEpoch, partitions, mode,
                    mode == AddMode.ADD ? TxnVersion.V2 : TxnVersion.V1);
        }
    }

    record End(String transactionalId, long producerId, short producerEpoch, Outcome outcome, TxnVersion version)
            implements TxnCommand {}

    /// The transaction has been open for longer than its timeout. From the coordinator itself.
    ///
    /// @param seenMs when this coordinator first saw it open, by its own clock; the start in the log may be later than
    ///        that where another clock wrote it
    record TimeOut(String transactionalId, long seenMs) implements TxnCommand {
        public TimeOut(String transactionalId) {
            this(transactionalId, Long.MAX_VALUE);
        }
    }

    /// Every marker of the decided transaction is written. From the coordinator itself.
    record Complete(String transactionalId) implements TxnCommand {}

    /// The id was not used for so long that it is forgotten. From the coordinator itself.
    record Expire(String transactionalId) implements TxnCommand {}
}
