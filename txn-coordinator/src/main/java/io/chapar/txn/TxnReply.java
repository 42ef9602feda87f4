package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.SequencedMap;

/// What a request is told. The host turns it into the response of the request's API and version.
public sealed interface TxnReply {

    /// The request had no effect.
    record Refused(ErrorCode error) implements TxnReply {}

    /// Done: the pair that the client uses from here on.
    record Granted(long producerId, short producerEpoch) implements TxnReply {}

    /// Per partition, in the order of the question.
    record Partitions(SequencedMap<TopicPartition, ErrorCode> results) implements TxnReply {}
}
