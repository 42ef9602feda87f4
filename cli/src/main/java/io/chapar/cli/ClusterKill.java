package io.chapar.cli;

import io.chapar.cli.cluster.LocalCluster;
import io.chapar.cli.process.ProcessIdentity.Signal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.time.Duration;
import java.util.List;

@Command(name = "kill", description = "Send SIGKILL, or another signal, to brokers of a cluster on this machine.",
        footer = {"",
            "STOP keeps the process and lets it do nothing until CONT, as a machine that hangs. Only processes that",
            "'chapar cluster start' started in this folder get a signal.",
            "", "Examples:", "  chapar cluster kill 2", "  chapar cluster kill 1 2 3",
            "  chapar cluster kill 2 --signal STOP"})
final class ClusterKill extends FolderCommand {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Parameters(paramLabel = "N", arity = "1..*", description = "Numbers of nodes.")
    List<Integer> nodes;

    @Option(names = "--signal", paramLabel = "SIGNAL", defaultValue = "KILL",
        description = "${COMPLETION-CANDIDATES} (default: KILL).")
    Signal signal;

    @Override
    void run(LocalCluster cluster) throws InterruptedException {
        for (int node : nodes) {
            cluster.signal(node, signal, LIMIT);
            said("Sent SIG" + signal + " to node-" + node + ".");
        }
    }
}
