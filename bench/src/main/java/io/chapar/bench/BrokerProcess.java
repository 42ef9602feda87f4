package io.chapar.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A running broker, and what the operating system knows of it.
final class BrokerProcess implements AutoCloseable {
    private static final long START_LIMIT_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long LOOK_EVERY_MS = 2;
    private static final long STOP_SECONDS = 5;
    private static final double KB_PER_MB = 1024;

    private final Workplace workplace;
    private final Process process;
    private final int port;
    private final double startMs;
    private final File said;

    private BrokerProcess(Workplace workplace, Process process, int port, double startMs, File said) {
        this.workplace = workplace;
        this.process = process;
        this.port = port;
        this.startMs = startMs;
        this.said = said;
    }

    /// Formats and starts it on an empty folder; returns when it answers requests.
    static BrokerProcess start(Contender contender, Workplace workplace, Path data) throws InterruptedException {
        int port = Ports.free();
        contender.format(workplace, data, port);
        File said = data.resolveSibling(data.getFileName() + ".txt").toFile();
        ProcessBuilder how = contender.command(data, port).redirectErrorStream(true).redirectOutput(said);
        long begin = System.nanoTime();
        Process process = workplace.start(how);
        while (!Ports.answers(port)) {
            if (!process.isAlive()) {
                throw new BenchFailure(contender.name() + " ended with " + process.exitValue()
                        + " before it was ready: " + lastLine(said));
            }
            if (System.nanoTime() - begin > START_LIMIT_NS) {
                throw new BenchFailure(contender.name() + " was not ready after two minutes: " + lastLine(said));
            }
            Thread.sleep(LOOK_EVERY_MS);
        }
        return new BrokerProcess(workplace, process, port, (System.nanoTime() - begin) / 1e6, said);
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    /// From the start of the process to the first answer.
    double startMs() {
        return startMs;
    }

    /// Processor time of all its threads so far.
    double cpuSeconds() {
        Duration cpu = process.info().totalCpuDuration().orElseThrow(() -> new BenchFailure(
                process.isAlive() ? "This system does not tell a process's processor time." : "The broker ended: "
                        + lastLine(said)));
        return cpu.toNanos() / 1e9;
    }

    /// Resident memory; empty where there is no `/proc`.
    OptionalDouble residentMb() {
        OptionalDouble kb = status("VmRSS:");
        return kb.isEmpty() ? kb : OptionalDouble.of(kb.getAsDouble() / KB_PER_MB);
    }

    OptionalDouble threads() {
        return status("Threads:");
    }

    private OptionalDouble status(String key) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith(key))
                    .mapToDouble(line -> Double.parseDouble(line.substring(key.length()).replace("kB", "").strip()))
                    .findFirst();
        } catch (IOException | UncheckedIOException noProc) {
            return OptionalDouble.empty();
        }
    }

    static String lastLine(File file) {
        try {
            List<String> lines = Files.readAllLines(file.toPath(), StandardCharsets.UTF_8).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("\t")).toList();
            return lines.isEmpty() ? "it said nothing" : lines.getLast();
        } catch (IOException e) {
            return "it said nothing";
        }
    }

    /// A clean stop where that is quick, so that a profiler inside of the broker can write down what it saw.
    @Override
    public void close() {
        process.destroy();
        try {
            var _ = process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        workplace.end(process);
    }
}
