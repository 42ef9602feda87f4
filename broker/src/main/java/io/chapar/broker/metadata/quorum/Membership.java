package io.chapar.broker.metadata.quorum;

import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/// Who votes on a cluster's metadata, as far as a node has heard.
///
/// @param cluster its id
/// @param group drawn when the quorum began: members of another group are strangers, also of the same cluster
/// @param voters at least one, each node once
public record Membership(UUID cluster, UUID group, List<Voter> voters) {
    static final int MAX_VOTERS = 5;

    public Membership {
        voters = List.copyOf(voters);
        if (voters.isEmpty() || voters.size() > MAX_VOTERS) {
            throw new IllegalArgumentException(
                    "a metadata quorum has 1 to " + MAX_VOTERS + " voters, not " + voters.size());
        }
        if (voters.stream().map(Voter::node).collect(Collectors.toCollection(TreeSet::new)).size() != voters.size()) {
            throw new IllegalArgumentException("a node votes twice in the metadata quorum " + voters);
        }
    }

    /// Whether that node votes, with whatever folder.
    public boolean has(int node) {
        return voters.stream().anyMatch(voter -> voter.node() == node);
    }

    /// Throws when that node does not vote.
    Voter voter(int node) {
        return voters.stream().filter(voter -> voter.node() == node).findFirst().orElseThrow(
                () -> new IllegalArgumentException("node " + node + " is no voter of the metadata quorum"));
    }
}
