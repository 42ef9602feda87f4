package io.chapar.testing;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A process whose words go to files. A pipe would not do: Java takes it away from its reader when the process is told
/// to end, and with it the last words; and a process that nobody reads stops at a full pipe.
public final class StartedProcess implements AutoCloseable {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(10);
    private static final long PATIENCE_SECONDS = 90;
    private static final long SIGINT_BIT = 1 << 1;

    private final Process process;
    private final Path output;
    private final Path errors;
    private final Deque<String> lines = new ArrayDeque<>();
    private final ByteArrayOutputStream unended = new ByteArrayOutputStream();
    private long read;

    private StartedProcess(Process process, Path output, Path errors) {
        this.process = process;
        this.output = output;
        this.errors = errors;
    }

    /// @param folder where the files of its words go
    public static StartedProcess start(Path folder, List<String> command) {
        return start(folder, Map.of(), command);
    }

    /// @param environment what it finds there besides this process's
    public static StartedProcess start(Path folder, Map<String, String> environment, List<String> command) {
        try {
            Path output = Files.createTempFile(folder, "process", ".out");
            Path errors = Files.createTempFile(folder, "process", ".err");
            ProcessBuilder how = new ProcessBuilder(command).redirectOutput(output.toFile())
                    .redirectError(errors.toFile());
            how.environment().putAll(environment);
            return new StartedProcess(how.start(), output, errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A main class with this process's Java and class path.
    public static StartedProcess startJava(Path folder, String memory, String mainClass, List<String> arguments) {
        return start(folder, java(memory, mainClass, arguments));
    }

    /// The command that runs a main class with this process's Java and class path, made to start quickly.
    public static List<String> java(String memory, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx" + memory,
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(arguments);
        return command;
    }

    /// The next line of standard output, awaited; null when the process has ended without a further one.
    public @Nullable String line() {
        if (!lines.isEmpty()) {
            return lines.removeFirst();
        }
        try {
            return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(LOOK_AGAIN)
                    .until(this::lineOrEnd, Optional::isPresent).orElseThrow().orElse(null);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("It said no further line: " + errors(), e);
        }
    }

    /// Empty while a line may still come; an empty line within when none will.
    private Optional<Optional<String>> lineOrEnd() throws IOException {
        if (lines.isEmpty()) {
            boolean ended = !process.isAlive();
            readOn();
            if (lines.isEmpty() && ended) {
                String last = unended.toString(StandardCharsets.UTF_8);
                unended.reset();
                return Optional.of(last.isEmpty() ? Optional.empty() : Optional.of(last));
            }
        }
        return lines.isEmpty() ? Optional.empty() : Optional.of(Optional.of(lines.removeFirst()));
    }

    private void readOn() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
            byte[] more = new byte[Math.toIntExact(file.length() - read)];
            file.seek(read);
            file.readFully(more);
            read += more.length;
            for (byte each : more) {
                if (each == '\n') {
                    lines.addLast(unended.toString(StandardCharsets.UTF_8));
                    unended.reset();
                } else {
                    unended.write(each);
                }
            }
        }
    }

    /// Everything it has written to standard output so far.
    public String output() {
        return textOf(output);
    }

    public String errors() {
        return textOf(errors);
    }

    private static String textOf(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public OutputStream input() {
        return process.getOutputStream();
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// SIGTERM; standard input stays open.
    public void terminate() {
        process.toHandle().destroy();
    }

    /// SIGINT, as Ctrl-C sends it. Where this test runs in the background of a script, its children are deaf to it and
    /// get a SIGTERM.
    ///
    /// @return the exit code that belongs to it
    public int interrupt() throws IOException, InterruptedException {
        Path status = Path.of("/proc/" + process.pid() + "/status");
        boolean deaf = Files.exists(status) && Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & SIGINT_BIT) != 0);
        if (deaf) {
            terminate();
            return 143;
        }
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).inheritIO().start().waitFor();
        return 130;
    }

    /// Awaits its end.
    public int exitCode() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("Still running after " + PATIENCE_SECONDS + " s: " + output() + errors());
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return process.exitValue();
    }

    /// SIGKILL: nothing of the process runs any more when this returns.
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
