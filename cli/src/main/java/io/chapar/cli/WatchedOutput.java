package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// Standard output, which remembers the first write that failed: printing through a writer hides it.
final class WatchedOutput extends FilterOutputStream {
    private static final String BROKEN_PIPE = "Broken pipe";

    private volatile @Nullable IOException failure;

    WatchedOutput(OutputStream out) {
        super(out);
    }

    /// A write for nobody: whoever read from the pipe has what it wanted.
    static final class ReaderGone extends IOException {
        private static final long serialVersionUID = 1L;

        private ReaderGone(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /// Whether it is a write for nobody that ended the command, and not something else that happened as well.
    static boolean isReaderGone(Throwable failure) {
        for (Throwable one = failure; one != null; one = one.getCause()) {
            if (one instanceof ReaderGone) {
                return true;
            }
        }
        return false;
    }

    /// Null while everything could be written, or nobody wants it any more.
    @Nullable String problem() {
        if (failure == null || failure instanceof ReaderGone) {
            return null;
        }
        return "Standard output cannot be written to (" + failure.getMessage() + ").";
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            IOException thrown = String.valueOf(e.getMessage()).contains(BROKEN_PIPE) ? new ReaderGone(e) : e;
            if (failure == null) {
                failure = thrown;
            }
            throw thrown;
        }
    }
}
