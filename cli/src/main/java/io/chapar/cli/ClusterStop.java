package io.chapar.cli;

import io.chapar.cli.cluster.LocalCluster;
import picocli.CommandLine.Command;

import java.time.Duration;

@Command(name = "stop", description = "Stop the brokers of a cluster on this machine (SIGTERM), and keep their data.",
        footer = {"", "Fails with those that are still there after 30 s.",
            "", "Example:", "  chapar cluster stop"})
final class ClusterStop extends FolderCommand {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Override
    void run(LocalCluster cluster) throws InterruptedException {
        if (cluster.stop(LIMIT) == 0) {
            said("Nothing of it is running.");
        }
    }
}
