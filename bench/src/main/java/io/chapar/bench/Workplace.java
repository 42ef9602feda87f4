package io.chapar.bench;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// The folder and the processes of a run. Both are gone when it is closed, and also when this process is interrupted.
final class Workplace implements AutoCloseable {
    private final Path folder;
    private final List<Process> processes = new CopyOnWriteArrayList<>();
    private final Thread atExit = new Thread(this::cleanUp, "bench-clean-up");
    private volatile boolean closing;

    private Workplace(Path folder) {
        this.folder = folder;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /// @param parent null for the system's temporary folder
    static Workplace open(@Nullable Path parent, long bytesNeeded) throws IOException {
        if (parent != null && !Files.isDirectory(parent)) {
            throw new BenchFailure("There is no folder " + parent + ".");
        }
        Path folder = parent == null ? Files.createTempDirectory("chapar-bench-")
                : Files.createTempDirectory(parent, "chapar-bench-");
        Workplace workplace = new Workplace(folder.toAbsolutePath());
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytesNeeded) {
            workplace.close();
            throw new BenchFailure("Needs " + (bytesNeeded >> 20) + " MB of disk in " + folder.getParent() + ", where "
                    + (free >> 20) + " MB are free; --dir names another folder.");
        }
        return workplace;
    }

    /// Processes end because this one does.
    boolean isClosing() {
        return closing;
    }

    Path folder() {
        return folder;
    }

    /// Starts a process that lives no longer than this one.
    Process start(ProcessBuilder how) {
        try {
            Process process = how.start();
            processes.add(process);
            if (closing) {
                process.destroyForcibly();
                throw new BenchFailure("Interrupted.");
            }
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new BenchFailure("Cannot start " + how.command().getFirst() + ": " + e.getMessage(), e);
        }
    }

    /// Kills it if it is still there, and returns when it has gone.
    void end(Process process) {
        process.toHandle().destroyForcibly(); // Process.destroyForcibly would take the output away from its reader
        process.onExit().join();
        processes.remove(process);
    }

    void delete(Path path) {
        try {
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException gone) {
            // that is what was wanted
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot delete " + path, e);
        }
    }

    private void cleanUp() {
        closing = true;
        processes.forEach(this::end);
        delete(folder);
    }

    @Override
    public void close() {
        cleanUp();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            // the hook finds nothing left to do
        }
    }
}
