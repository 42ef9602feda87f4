package io.chapar.broker.metadata.quorum;

/// Whether a list of voters without this one is the last word. A voter that was killed while it was taken out, and was
/// let in again when it came back, meets both lists in its log, one behind the other, and goes on; whoever was taken
/// out for good gets no more entries. On the loop of the metadata.
final class VoterRemoval {
    enum Outcome { TAKEN_BACK, NOT_KNOWN, FOR_GOOD }

    private boolean isLeftOut;
    private long entries;

    /// The log has come to another list of voters.
    ///
    /// @return whether it has to be looked at after a while: this is the first one without this voter
    boolean counted(boolean votes) {
        boolean begins = !votes && !isLeftOut;
        isLeftOut = !votes;
        return begins;
    }

    /// An entry has come.
    void applied() {
        entries++;
    }

    /// That have come so far.
    long entries() {
        return entries;
    }

    /// @param before what [#entries] said a while ago
    Outcome after(long before) {
        if (!isLeftOut) {
            return Outcome.TAKEN_BACK;
        }
        return entries == before ? Outcome.FOR_GOOD : Outcome.NOT_KNOWN;
    }
}
