package io.chapar.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// `chapar` as a process of its own, with this test's class path.
final class ChaparProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 90;
    private static final long SIGINT_BIT = 1 << 1;

    private final Process process;
    private final BufferedReader output;
    private final Path errors;

    private ChaparProcess(Process process, Path errors) {
        this.process = process;
        this.output = process.inputReader();
        this.errors = errors;
    }

    /// Without any input.
    static ChaparProcess start(Path folder, String... line) throws IOException {
        ChaparProcess started = startWithInput(folder, line);
        started.input().close();
        return started;
    }

    /// For a shell.
    static String commandLine(String... line) {
        return command(line).stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    }

    private static List<String> command(String... line) {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"), "-XX:+UseSerialGC", "-Xmx256m",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"),
                Chapar.class.getName()));
        command.addAll(List.of(line));
        return command;
    }

    static ChaparProcess startWithInput(Path folder, String... line) throws IOException {
        Path errors = Files.createTempFile(folder, "chapar", ".err");
        Process process = new ProcessBuilder(command(line)).redirectError(errors.toFile()).start();
        return new ChaparProcess(process, errors);
    }

    /// The next line of standard output; null when the process ends without one.
    String line() throws IOException {
        return output.readLine();
    }

    String errors() throws IOException {
        return Files.readString(errors);
    }

    OutputStream input() {
        return process.getOutputStream();
    }

    /// SIGTERM.
    void terminate() {
        process.destroy();
    }

    /// SIGINT, as Ctrl-C sends it. Where this test runs in the background of a script, its children are deaf to it and
    /// get a SIGTERM.
    ///
    /// @return the exit code that belongs to it
    int interrupt() throws IOException, InterruptedException {
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

    int exitCode() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still running after " + PATIENCE_SECONDS + " s");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
