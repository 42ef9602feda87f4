package io.chapar.cli;

import io.chapar.client.admin.QuorumDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "remove", description = "Take a voter out of the metadata quorum.",
        footer = {"",
            "Its broker, if it runs, ends, and can be started again without its node in --quorum. A voter whose disk",
            "was lost has to be taken out before its node may vote again with an empty folder.",
            "", "Example:", "  chapar cluster quorum remove 3"})
final class QuorumRemove extends ClusterCommand {
    @Parameters(paramLabel = "NODE", description = "The node id of the voter.")
    int node;

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            QuorumDescription.Replica voter = cluster.quorum().voters().stream().filter(one -> one.node() == node)
                    .findFirst().orElseThrow(() -> new CommandFailure("Node " + node + " does not vote"));
            cluster.removeVoter(voter);
        }
        said("Node " + node + " does not vote any more.");
        return DONE;
    }
}
