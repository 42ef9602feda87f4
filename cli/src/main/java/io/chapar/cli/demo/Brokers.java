package io.chapar.cli.demo;

import io.chapar.cli.cluster.BrokerArguments;
import io.chapar.cli.cluster.ClusterFile;
import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.LocalCluster;
import io.chapar.cli.cluster.LocalNode;
import io.chapar.cli.cluster.StartPlanCore;
import io.chapar.cli.process.JavaCommand;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import static java.util.Objects.requireNonNull;

/// The brokers of the demo: one, or a cluster of some. They are killed in turn.
final class Brokers {
    private static final long READY_SECONDS = 60;
    private static final Map<String, String> SETTINGS = Map.of(
            // Killed members are missed after a second, so that their successors need not wait for long.
            "group.min.session.timeout.ms", "500", "group.initial.rebalance.delay.ms", "0");

    private final Processes processes;
    private final ClusterFolder folder;
    private final ClusterFile cluster;
    private final Map<Integer, Child> children = new TreeMap<>();
    private final Map<Integer, CompletableFuture<Void>> becomingReady = new TreeMap<>();
    private int victims;

    Brokers(Processes processes, Path folder, int count) {
        this.processes = processes;
        this.folder = new ClusterFolder(folder.resolve("data"));
        this.cluster = LocalCluster.prepare(this.folder, new StartPlanCore.Wish(count, 0, SETTINGS));
    }

    String bootstrap() {
        return cluster.bootstrap();
    }

    boolean areSeveral() {
        return cluster.nodes().size() > 1;
    }

    /// Starts those that do not run, and returns their numbers, for the user.
    String launch() {
        List<String> pids = new ArrayList<>();
        for (LocalNode node : cluster.nodes().values()) {
            Child known = children.get(node.id());
            if (known == null || !known.isAlive()) {
                CompletableFuture<Void> ready = new CompletableFuture<>();
                Child child = launch(node, ready);
                children.put(node.id(), child);
                becomingReady.put(node.id(), ready);
                pids.add(Long.toString(child.pid()));
            }
        }
        return (pids.size() == 1 ? "process " : "processes ") + String.join(", ", pids);
    }

    /// Returns when all that were started are ready.
    void awaitReady() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
        for (CompletableFuture<Void> ready : becomingReady.values()) {
            await(ready, deadline - System.nanoTime());
        }
    }

    private Child launch(LocalNode node, CompletableFuture<Void> ready) {
        Child child = processes.start("broker-" + node.id(), List.of("-XX:TieredStopAtLevel=1", "-Xms32m", "-Xmx256m"),
                JavaCommand.CHAPAR, BrokerArguments.of(folder, cluster, node), line -> {
                    if (line.startsWith("chapar ready")) {
                        ready.complete(null);
                    }
                });
        child.onExit(() -> ready.completeExceptionally(new IllegalStateException(child.lastWords())));
        return child;
    }

    private static void await(CompletableFuture<Void> ready, long nanos) throws InterruptedException {
        try {
            ready.get(Math.max(1, nanos), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new DemoFailure("A broker did not start: "
                    + requireNonNull(e.getCause(), "why it ended").getMessage(), e);
        } catch (TimeoutException e) {
            throw new DemoFailure("A broker was not ready after " + READY_SECONDS + " s.", e);
        }
    }

    /// SIGKILL for the next in turn.
    Child kill() {
        int id = cluster.nodes().keySet().stream().skip(victims++ % cluster.nodes().size()).findFirst().orElseThrow();
        Child victim = requireNonNull(children.get(id), "the brokers were started");
        victim.kill();
        return victim;
    }

    /// Null while all run; else what one of those that ended said last.
    @Nullable String whatOneSaidThatEnded() {
        return children.values().stream().filter(child -> !child.isAlive()).findFirst().map(Child::lastWords)
                .orElse(null);
    }
}
