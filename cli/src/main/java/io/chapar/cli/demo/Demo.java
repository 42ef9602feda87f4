package io.chapar.cli.demo;

import io.chapar.cli.cluster.ClusterFailure;
import io.chapar.examples.flights.Flight;
import io.chapar.examples.flights.FlightData;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Runs the flight processor once in each delivery mode while its process and the broker's are killed, has every record
/// looked up by its id, and says what came of it.
///
/// ```
///   this process ── feeds ──▶ broker ◀── reads, writes ── processor
///        │ kill -9              ▲ kill -9                     ▲
///        ├──────────────────────┴─────────────────────────────┘
///        └─ starts ─▶ verifier ── reads the input and all outputs ──▶ counts by id
/// ```
public final class Demo {
    public static final int FEWEST_FLIGHTS = 1_000;
    public static final int MOST_FLIGHTS = 20_000;
    static final int PARTITIONS = 4;
    static final String INPUT = "flights";
    private static final List<String> MODES = List.of("AT_MOST_ONCE", "AT_LEAST_ONCE", "EXACTLY_ONCE");

    private final int flights;
    private final int nodes;
    private final boolean keep;
    private final PrintWriter out;
    private final Progress progress;

    /// @param nodes brokers: one, or a cluster
    public Demo(int flights, int nodes, boolean keep, PrintWriter out) {
        this.flights = flights;
        this.nodes = nodes;
        this.keep = keep;
        this.out = out;
        this.progress = new Progress(out);
    }

    /// Whether exactly-once lost nothing and duplicated nothing, the other modes kept their halves of that, and every
    /// planned kill struck work in flight. [DemoFailure] when it could not be carried through.
    public boolean run() {
        Path folder = temporaryFolder();
        Processes processes = new Processes(folder);
        Thread cleaner = new Thread(() -> clean(processes, folder), "demo-clean-up");
        Runtime.getRuntime().addShutdownHook(cleaner);
        long begunNanos = System.nanoTime();
        try {
            List<ModeResult> results = runModes(processes, folder);
            return report(results, (System.nanoTime() - begunNanos) / 1_000_000_000.0);
        } catch (ClusterFailure e) {
            throw new DemoFailure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoFailure("The demo was interrupted.", e);
        } finally {
            clean(processes, folder);
            forget(cleaner);
        }
    }

    private List<ModeResult> runModes(Processes processes, Path folder) throws InterruptedException {
        Brokers brokers = new Brokers(processes, folder, nodes);
        String started = brokers.launch();
        brokers.awaitReady();
        String address = brokers.bootstrap();
        progress.event((brokers.areSeveral() ? "brokers     " : "broker      ") + address + ", " + started
                + ", data in " + folder);
        List<Flight> all = FlightData.load().subList(0, flights);
        try (Observer observer = new Observer(address)) {
            observer.createTopics(topics(), PARTITIONS);
            long input = Feeder.feed(address, INPUT, all, progress);
            progress.event(String.format(Locale.ROOT, "input       %,d flights in topic %s", input, INPUT));
            List<ModeResult> results = new ArrayList<>();
            for (String mode : MODES) {
                results.add(new ModeRun(mode, input, processes, brokers, observer, progress).run());
            }
            return results;
        }
    }

    private static List<String> topics() {
        List<String> topics = new ArrayList<>(List.of(INPUT));
        for (String mode : MODES) {
            topics.add(ModeRun.lateTopic(mode));
            topics.add(ModeRun.punctualTopic(mode));
        }
        return topics;
    }

    private boolean report(List<ModeResult> results, double seconds) {
        out.println();
        out.printf(Locale.ROOT, "%-14s %8s %8s %8s %11s%n", "MODE", "INPUT", "OUTPUT", "LOST", "DUPLICATED");
        for (ModeResult result : results) {
            out.printf(Locale.ROOT, "%-14s %8d %8d %8d %11d%n", result.mode(), result.input(), result.output(),
                    result.lost(), result.duplicated());
        }
        out.println();
        boolean good = true;
        for (ModeResult result : results) {
            ModeResult.Kills kills = result.kills();
            out.printf(Locale.ROOT,
                    "%-14s kill -9: processor %d times (%d with work in flight), broker %d times (%d)%s%n",
                    result.mode(), kills.processor(), kills.processorInFlight(), kills.broker(), kills.brokerInFlight(),
                    result.invisible() == 0 ? ""
                            : String.format(Locale.ROOT, "; %,d records rolled back", result.invisible()));
            good &= result.kept() && kills.enough();
            if (!result.kept()) {
                out.println(result.mode() + " DID NOT KEEP ITS PROMISE"
                        + (result.wrong() == 0 ? "" : ": " + result.wrong() + " outputs are wrong"));
            }
            if (!kills.enough()) {
                out.println(result.mode() + ": too few kills struck work in flight, so this run proves nothing");
            }
        }
        out.printf(Locale.ROOT, "%n%s (%.0f s)%n", good ? "Exactly-once lost nothing and duplicated nothing."
                : "The demo failed.", seconds);
        out.flush();
        return good;
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("chapar-demo-");
        } catch (IOException e) {
            throw new DemoFailure("Cannot make a temporary folder: " + e.getMessage(), e);
        }
    }

    private synchronized void clean(Processes processes, Path folder) {
        processes.close();
        if (keep || !Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            out.println("Could not delete " + folder + ": " + e.getMessage());
        }
    }

    private static void forget(Thread cleaner) {
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException alreadyShuttingDown) {
            // Then the hook has run or runs now; cleaning twice does no harm.
        }
    }
}
