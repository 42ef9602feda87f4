package io.chapar.cli.process;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What Linux says of a process in `/proc`.
///
/// @param state one letter, of its first thread: `T` is stopped by a signal, `Z` and `X` are ended
/// @param threads the first among them as long as anybody may ask for its exit code
/// @param startedTicks when it began, in [#MS_PER_TICK] since the machine did
public record ProcessStat(char state, int threads, long startedTicks) {
    public static final int MS_PER_TICK = 10;
    private static final int THREADS_FIELD = 17;
    private static final int START_FIELD = 19;

    /// Null where there is no such process, or no `/proc`.
    public static @Nullable ProcessStat of(long pid) {
        try {
            return read(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
        } catch (IOException | RuntimeException noneOrNotLinux) {
            return null;
        }
    }

    /// @param line `number (name) state ...`; the name may contain anything
    static ProcessStat read(String line) {
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
        return new ProcessStat(fields[0].charAt(0), Integer.parseInt(fields[THREADS_FIELD]),
                Long.parseLong(fields[START_FIELD]));
    }

    /// While other threads are ending its files and ports are still its own.
    boolean isEnded() {
        return (state == 'Z' || state == 'X') && threads <= 1;
    }

    boolean isStopped() {
        return state == 'T' || state == 't';
    }
}
