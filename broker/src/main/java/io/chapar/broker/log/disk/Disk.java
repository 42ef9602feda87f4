package io.chapar.broker.log.disk;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/// The folder in which logs live. Paths are relative to it, with `/` between folder and file.
///
/// What was written is visible to every later read at once; it survives the end of the process, but not the loss of
/// power before it was synced. Calls may come from any thread.
public interface Disk {
    /// Opens for reading and writing, creating the file when it is missing. Its folder must exist.
    DiskFile open(String path) throws IOException;

    boolean exists(String path) throws IOException;

    /// Size of a file in bytes, 0 when it does not exist.
    long size(String path) throws IOException;

    /// Room left for this process.
    long usableBytes() throws IOException;

    /// Room that the disk has in all.
    long totalBytes() throws IOException;

    /// Names in a folder in ascending order; none when the folder does not exist.
    List<String> list(String folder) throws IOException;

    void createFolder(String path) throws IOException;

    /// Replaces the target at once or not at all.
    void rename(String from, String to) throws IOException;

    /// Gives the file a second name, under which what it holds stays though the first one goes or becomes another's.
    /// What is written in place is seen under both.
    default void link(String from, String to) throws IOException {
        throw new StorageException("linking", from, new IOException("a file has one name here"));
    }

    /// Deletes a file, or a folder with all it holds. Missing is fine.
    void delete(String path) throws IOException;

    /// A whole small file, or null when it does not exist.
    @Nullable ByteBuffer read(String path) throws IOException;

    /// Replaces a whole small file at once or not at all, as far as the running system can see. Not synced.
    void replace(String path, ByteBuffer content) throws IOException;

    /// Makes the files durable, and their names with them; blocks. A folder may be named like a file: that keeps its
    /// own name. What has gone meanwhile is passed over.
    void sync(List<String> paths) throws IOException;

    /// Does [#sync] away from the caller, then runs `done` on the loop: with null, or with what went wrong.
    default void syncLater(List<String> paths, Loop loop, Consumer<IOException> done) {
        syncLater(paths, true, loop, done);
    }

    /// @param names false when the names have been synced before, which spares the folders
    void syncLater(List<String> paths, boolean names, Loop loop, Consumer<IOException> done);

    /// Does work on files away from the caller, beside other such work; then runs `done` on the loop: with null, or
    /// with what went wrong.
    void runLater(Work work, Loop loop, Consumer<IOException> done);

    /// Does all of them, side by side where there are threads; blocks. If some fail the others are done all the same.
    default void runAll(List<Work> works) throws IOException {
        IOException failure = null;
        for (Work work : works) {
            try {
                work.run();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /// Reads and writes files, and may take long over it.
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    /// Runs the work, which blocks on this disk, away from the caller, one piece at a time; then `done` on the loop.
    /// Where there are no threads, both run on the loop.
    default void workLater(Runnable work, Loop loop, Runnable done) {
        loop.execute(() -> {
            work.run();
            done.run();
        });
    }

    /// Deletes away from the caller. Failure is left to the next start, which deletes again.
    void deleteLater(List<String> paths);
}
