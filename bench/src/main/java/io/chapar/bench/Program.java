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

/// A running broker or application, and what the operating system knows of it.
final class Program implements AutoCloseable {
    private static final long STOP_SECONDS = 5;
    private static final double KB_PER_MB = 1024;

    private final Workplace workplace;
    private final Process process;
    private final File said;

    private Program(Workplace workplace, Process process, File said) {
        this.workplace = workplace;
        this.process = process;
        this.said = said;
    }

    /// @param said gets all that it says
    static Program launch(Workplace workplace, ProcessBuilder command, File said) {
        return new Program(workplace, workplace.start(command.redirectErrorStream(true).redirectOutput(said)), said);
    }

    /// Fails with the sentence, and what the process said last, when it has ended.
    void requireAlive(String sentence) {
        if (!process.isAlive()) {
            throw new BenchFailure(sentence + " (exit code " + process.exitValue() + "): " + lastWords());
        }
    }

    String lastWords() {
        return lastLine(said);
    }

    /// Processor time of all its threads so far.
    double cpuSeconds() {
        requireAlive("A broker or an application ended");
        Duration cpu = process.info().totalCpuDuration().orElseThrow(
                () -> new BenchFailure("This system does not tell a process's processor time."));
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

    /// SIGKILL, without waiting for its end.
    void kill() {
        process.toHandle().destroyForcibly();
    }

    boolean isGone() {
        return !process.isAlive();
    }

    void askToStop() {
        process.destroy();
    }

    @Override
    public void close() {
        askToStop();
        try {
            var _ = process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        workplace.end(process);
    }
}
