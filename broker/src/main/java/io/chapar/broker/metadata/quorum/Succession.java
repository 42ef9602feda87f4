package io.chapar.broker.metadata.quorum;

import java.util.List;

/// Who stands for election when the voter that leads is known to be gone. All others get to know at about the same
/// moment, and two that stand at once may share the votes between them: so they stand one after the other, beginning
/// with the one behind the leader in the list, and those whose turn comes later find that somebody leads already.
final class Succession {
    /// So long an election takes on a machine that has a dozen other things to do: two that stand at once and share the
    /// votes have to wait for a whole time-out.
    static final long TURN_MS = 500;

    private Succession() {}

    /// How long the voter waits until its turn comes.
    ///
    /// @param voters by node
    /// @param node one of them
    /// @param gone another one, that led
    static long waitMs(List<Voter> voters, int node, int gone) {
        List<Integer> nodes = voters.stream().map(Voter::node).toList();
        return TURN_MS * (Math.floorMod(nodes.indexOf(node) - nodes.indexOf(gone), nodes.size()) - 1);
    }
}
