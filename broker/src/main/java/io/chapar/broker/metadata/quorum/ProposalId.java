package io.chapar.broker.metadata.quorum;

import java.util.Comparator;

/// Names one wish for ever, however often it is sent.
///
/// @param proposer drawn by each life of a metadata log for itself
/// @param number counts what that one proposed
record ProposalId(long proposer, long number) implements Comparable<ProposalId> {
    private static final Comparator<ProposalId> ORDER =
            Comparator.comparingLong(ProposalId::proposer).thenComparingLong(ProposalId::number);

    @Override
    public int compareTo(ProposalId other) {
        return ORDER.compare(this, other);
    }
}
