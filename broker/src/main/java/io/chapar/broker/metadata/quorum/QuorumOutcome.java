package io.chapar.broker.metadata.quorum;

import io.chapar.protocol.ErrorCode;

import java.nio.ByteBuffer;

/// How a proposal ended, at its proposer or at the controller that it was handed to.
sealed interface QuorumOutcome {
    /// @param version that shows it
    /// @param answer the bytes of CommandCodec
    record Done(long version, ByteBuffer answer) implements QuorumOutcome {}

    /// Nothing was done on behalf of whoever is told so.
    record Refused(ErrorCode error, String reason) implements QuorumOutcome {}

    /// It may be done, now or later.
    record Unknown(ErrorCode error, String reason) implements QuorumOutcome {}

    /// Nothing was done: the controller is elsewhere, or nowhere. Told to brokers alone, never to a proposer.
    record Elsewhere() implements QuorumOutcome {}
}
