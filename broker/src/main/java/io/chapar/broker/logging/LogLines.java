package io.chapar.broker.logging;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/// Where all lines of the process's log go, each as a whole and at once, so that none is lost when the process is
/// killed: to standard error, to a file, or both. What a file does not take goes to standard error.
final class LogLines extends Handler {
    /// Since the process began.
    private static final AtomicLong NOT_IN_FILE = new AtomicLong();

    private final Formatter format;
    private final @Nullable PrintStream err;
    private final @Nullable LogFile file;
    private final PrintStream instead;

    /// @param err null where lines are for the file alone
    /// @param instead what has the lines that neither has
    LogLines(Formatter format, @Nullable PrintStream err, @Nullable LogFile file, PrintStream instead) {
        this.format = format;
        this.err = err;
        this.file = file;
        this.instead = instead;
    }

    /// Lines that could not be written to their file.
    static long notInFile() {
        return NOT_IN_FILE.get();
    }

    @Override
    public void publish(LogRecord said) {
        String text = format.format(said);
        synchronized (this) {
            boolean isThere = file != null && file.add(text.getBytes(StandardCharsets.UTF_8));
            if (file != null && !isThere) {
                NOT_IN_FILE.incrementAndGet();
            }
            if (err != null || !isThere) {
                PrintStream to = err == null ? instead : err;
                to.print(text);
                to.flush();
            }
        }
    }

    @Override
    public void flush() {
        // nothing waits
    }

    @Override
    public synchronized void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                instead.println("chapar: the log file was not closed: " + e.getMessage());
            }
        }
    }
}
