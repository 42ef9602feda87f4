package io.chapar.cli;

import io.chapar.cli.cluster.ClusterFailure;
import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.LocalCluster;
import picocli.CommandLine.Option;

import java.io.UncheckedIOException;
import java.nio.file.Path;

import static java.util.Objects.requireNonNullElse;

/// A command about a cluster whose processes are on this machine.
abstract class FolderCommand extends ClusterCommand {
    static final String DEFAULT_FOLDER = "./chapar-cluster";

    @Option(names = "--data", paramLabel = "FOLDER", defaultValue = DEFAULT_FOLDER,
        description = "The cluster's folder (default: " + DEFAULT_FOLDER + ").")
    Path data;

    @Override
    public final Integer call() {
        if (data.toString().isBlank()) {
            throw usage("--data must not be empty.");
        }
        try {
            run(LocalCluster.of(new ClusterFolder(data),
                    requireNonNullElse(System.getenv("CHAPAR_JAVA_OPTS"), ""), this::event));
            return DONE;
        } catch (ClusterFailure | UncheckedIOException e) {
            throw new CommandFailure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("Interrupted.", e);
        }
    }

    abstract void run(LocalCluster cluster) throws InterruptedException;

    /// At once, for it takes a while to the next.
    private void event(String sentence) {
        said(sentence);
        out().flush();
    }
}
