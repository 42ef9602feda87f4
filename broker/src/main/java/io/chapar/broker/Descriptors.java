package io.chapar.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// How the files that the operating system lets this process open are shared out, so that clients who connect never
/// take those of the log.
///
/// @param files of the log, that are kept open
/// @param connections what is left for clients
record Descriptors(int files, int connections) {
    /// What is open beside both: loops, classes, checkpoints that are being written, other brokers.
    static final int OTHERS = 128;
    private static final int NO_LIMIT = Integer.MAX_VALUE;
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String OPEN_FILES = "Max open files";

    /// @param limit of the process
    /// @param mostFiles that are worth keeping open
    static Descriptors of(int limit, int mostFiles) {
        int files = Math.max(1, Math.min(mostFiles, limit / 4));
        return new Descriptors(files, Math.max(1, limit - files - OTHERS));
    }

    static Descriptors ofThisProcess(int mostFiles) {
        try {
            return of(limit(Files.readAllLines(LIMITS)), mostFiles);
        } catch (IOException elsewhere) {
            // No other system says it in a file, and what it says otherwise takes longer to ask for than to start.
            return of(NO_LIMIT, mostFiles);
        }
    }

    /// From the lines of `/proc/self/limits`: name, limit, hard limit, unit.
    static int limit(List<String> lines) {
        for (String line : lines) {
            if (line.startsWith(OPEN_FILES)) {
                String number = line.substring(OPEN_FILES.length()).strip().split("\\s+", 2)[0];
                return number.equals("unlimited") ? NO_LIMIT : (int) Math.min(NO_LIMIT, Long.parseLong(number));
            }
        }
        return NO_LIMIT;
    }
}
