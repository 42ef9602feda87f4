package io.chapar.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "unregister", description = "Forget a broker that is gone for good.",
        footer = {"",
            "It must be stopped, and have no replicas ('chapar cluster drain NODE --move').",
            "", "Example:", "  chapar cluster unregister 4"})
final class ClusterUnregister extends ClusterCommand {
    @Parameters(paramLabel = "NODE", description = "The node id of the broker.")
    int node;

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            cluster.unregister(node);
        }
        said("Broker " + node + " is forgotten.");
        return DONE;
    }
}
