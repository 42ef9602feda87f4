package io.chapar.cli.demo;

import io.chapar.cli.process.JavaCommand;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A process of the demo: the same Java and class path as this one. It ends itself when this process is gone, however
/// that comes to pass. Standard output is read line by line, standard error goes to a file.
final class Child implements AutoCloseable {
    private static final long STOP_SECONDS = 30;

    private final Process process;
    private final Path errors;
    private final CompletableFuture<Void> outputEnded = new CompletableFuture<>();

    private Child(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
    }

    /// @param lines gets every line of standard output, on a thread of the child's own
    static Child start(String name, Path folder, List<String> jvmFlags, String mainClass, List<String> arguments,
            Consumer<String> lines) {
        List<String> tethered = new ArrayList<>(List.of(Long.toString(ProcessHandle.current().pid()), mainClass));
        tethered.addAll(arguments);
        List<String> command = JavaCommand.line(jvmFlags, Tethered.class.getName(), tethered);
        Path errors = folder.resolve(name + ".err");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile())).start();
            process.getOutputStream().close();
            Child child = new Child(process, errors);
            Thread.ofVirtual().name(name + "-output").start(() -> child.read(lines));
            return child;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start the " + name, e);
        }
    }

    private void read(Consumer<String> lines) {
        try (BufferedReader output = process.inputReader()) {
            output.lines().forEach(lines);
        } catch (IOException | UncheckedIOException endsWithTheProcess) {
            // A killed process leaves its pipe broken; what it had to say was said.
        } finally {
            outputEnded.complete(null);
        }
    }

    void onExit(Runnable task) {
        var _ = process.onExit().thenRun(task);
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// SIGKILL; returns when the process is gone.
    void kill() {
        process.toHandle().destroyForcibly();
        awaitExit();
    }

    /// SIGTERM, and SIGKILL if that is not heard. Returns whether the process ended by itself with exit code 0.
    boolean stop() throws InterruptedException {
        process.toHandle().destroy(); // Process.destroy would take the output away from its reader
        return ended(STOP_SECONDS) == 0;
    }

    /// Waits for the process to end by itself and for the last line of its output; its exit code, -1 when it had to be
    /// killed.
    int ended(long seconds) throws InterruptedException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            kill();
            return -1;
        }
        outputEnded.join();
        return process.exitValue();
    }

    /// What the process last wrote to standard error, for a message.
    String lastWords() {
        try {
            List<String> lines = Files.readAllLines(errors).stream().filter(line -> !line.startsWith("\t")).toList();
            return lines.isEmpty() ? "it said nothing" : lines.getLast();
        } catch (IOException e) {
            return "it said nothing";
        }
    }

    private void awaitExit() {
        process.onExit().join();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
