package io.chapar.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "add", description = "Let a broker vote on the metadata that the present voters' lists do not name.",
        footer = {"",
            "The broker has to run already, with a --quorum that names the voters and itself: it waits to be let in.",
            "One that the others' lists name as well is let in without this command.",
            "", "Example:", "  chapar cluster quorum add 4@10.0.0.4:9093"})
final class QuorumAdd extends ClusterCommand {
    private static final int HIGHEST_PORT = 65_535;

    @Parameters(paramLabel = "ID@HOST:PORT", description = "The broker as its own --quorum names it.")
    String voter;

    @Override
    public Integer call() {
        int at = voter.indexOf('@');
        int colon = voter.lastIndexOf(':');
        int node = at < 1 ? -1 : number(voter.substring(0, at));
        int port = colon < at + 2 ? -1 : number(voter.substring(colon + 1));
        if (node < 0 || port < 1 || port > HIGHEST_PORT) {
            throw usage("A voter is named as ID@HOST:PORT, not '" + voter + "'.");
        }
        try (Cluster cluster = connect()) {
            cluster.addVoter(node, voter.substring(at + 1, colon), port);
        }
        said("Node " + node + " votes.");
        return DONE;
    }

    /// -1 for none.
    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
