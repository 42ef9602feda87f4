package io.chapar.broker.metadata.quorum;

import java.nio.ByteBuffer;

/// What [QuorumCore] wants done.
sealed interface QuorumEffect {
    /// Puts the entry into the log, if this broker may; [QuorumCore#notSubmitted] when it does not come to that.
    ///
    /// @param encoded the entry, as [QuorumEntry#encode] has it
    record Submit(long submission, QuorumEntry entry, ByteBuffer encoded) implements QuorumEffect {}

    /// Hands the proposal to that broker; [QuorumCore#forwarded] tells how that ended.
    ///
    /// @param remainingMs how long its proposer waits yet
    record Forward(long attempt, int controller, Proposal proposal, long remainingMs) implements QuorumEffect {}

    /// Ends a ticket. Once for each.
    record Answer(long ticket, QuorumOutcome outcome) implements QuorumEffect {}
}
