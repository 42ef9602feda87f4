package io.chapar.cli;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker in a process of its own, and commands, run in this process, against it.
final class RunningBroker implements AutoCloseable {
    private final StartedProcess process;
    private final String address;

    private final @Nullable String metrics;

    private RunningBroker(StartedProcess process, ReadyLine ready) {
        this.process = process;
        this.address = ready.address();
        this.metrics = ready.metrics();
    }

    /// On the data below this folder.
    ///
    /// @param settings `key=value` each
    static RunningBroker start(Path folder, String... settings) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "broker", "--listen", "127.0.0.1:0", "--data", folder.resolve("data").toString()));
        for (String setting : settings) {
            line.addAll(List.of("--set", setting));
        }
        StartedProcess process = ChaparProcess.start(folder, line.toArray(String[]::new));
        return new RunningBroker(process, ReadyLine.of(process));
    }

    String address() {
        return address;
    }

    /// Of its HTTP port, where it was given one.
    String metrics() {
        return requireNonNull(metrics, "metrics.listener was set");
    }

    long pid() {
        return process.pid();
    }

    Run run(String input, String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--bootstrap", address));
        return Run.withInput(input, line.toArray(String[]::new));
    }

    /// A commit is answered before it has come to the partitions.
    ///
    /// @param partition `TOPIC/PARTITION`
    void awaitNothingHeldBack(String partition) {
        Awaitility.await().untilAsserted(() -> {
            String why = done(run("", "txn", "why", partition));
            assertTrue(why.startsWith("Nothing holds " + partition + " back"), why);
        });
    }

    /// Ends it cleanly.
    void terminate() throws InterruptedException {
        process.terminate();
        int code = process.exitCode();
        assertEquals(0, code, () -> process.errors());
    }

    /// Its standard error so far.
    String errors() {
        return process.errors();
    }

    /// What the command printed.
    static String done(Run run) {
        assertEquals(0, run.exitCode(), run.err());
        return run.out();
    }

    /// It says why in one line.
    static void failed(Run run, String... said) {
        assertEquals(1, run.exitCode(), run.out());
        assertEquals(1, run.err().lines().count(), run.err());
        for (String part : said) {
            assertTrue(run.err().contains(part), run.err());
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
