package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.SequencedMap;

/// What a request is told. The host turns it into the response of the request's API and version.
public sealed interface TxnReply {

    /// The request had no effect.
    ///
    /// @param reason for people: what is wrong and, of a fenced producer, who came after it; null where the error says
    ///     all
    record Refused(ErrorCode error, @Nullable String reason) implements TxnReply {
        public Refused(ErrorCode error) {
            this(error, null);
        }
    }

    /// Done: the pair that the client uses from here on.
    record Granted(long producerId, short producerEpoch) implements TxnReply {
        @Override
        public String toString() {
            return "producer " + producerId + " epoch " + producerEpoch;
        }
    }

    /// Done, and the transaction that was open still is (KIP-939).
    ///
    /// @param pair the pair that the client uses from here on, to end the open transaction before all else
    /// @param open the pair under which that transaction was written
    record Kept(Granted pair, Granted open) implements TxnReply {}

    /// Per partition, in the order of the question.
    record Partitions(SequencedMap<TopicPartition, ErrorCode> results) implements TxnReply {}
}
