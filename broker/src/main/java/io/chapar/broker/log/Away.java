package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/// What is done to a log in several steps, between which its loop goes on while something is synced. It ends with the
/// first step that fails, and with the log: one that was given up meanwhile belongs to somebody else.
final class Away {
    private final PartitionLog log;
    private final Disk disk;
    private final Loop loop;
    private final Consumer<IOException> done;

    /// On the loop. An IOException leaves the memory behind the disk.
    @FunctionalInterface
    interface Step {
        void run() throws IOException;
    }

    /// @param done runs on the loop, once: with null, or with what went wrong
    Away(PartitionLog log, Disk disk, Loop loop, Consumer<IOException> done) {
        this.log = log;
        this.disk = disk;
        this.loop = loop;
        this.done = done;
    }

    /// Goes on with the step when the files are on stable storage.
    void sync(List<String> paths, Step then) {
        disk.syncLater(paths, loop, failure -> step(failure, then));
    }

    /// On the loop.
    void step(Step task) {
        step(null, task);
    }

    private void step(@Nullable IOException failure, Step then) {
        IOException wrong = failure;
        try {
            if (wrong == null && log.isAbandoned()) {
                wrong = new IOException("the log was given up");
            }
            if (wrong == null) {
                then.run();
            }
        } catch (IOException e) {
            wrong = e;
        }
        if (wrong != null) {
            done.accept(wrong);
        }
    }

    /// After the last step.
    void end() {
        done.accept(null);
    }
}
