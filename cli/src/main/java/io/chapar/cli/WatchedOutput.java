package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// Standard output, which remembers the first write that failed: printing through a writer hides it.
final class WatchedOutput extends FilterOutputStream {
    private volatile @Nullable IOException failure;

    WatchedOutput(OutputStream out) {
        super(out);
    }

    /// Whoever read from the pipe has what it wanted.
    boolean isReaderGone() {
        return failure != null && String.valueOf(failure.getMessage()).contains("Broken pipe");
    }

    /// Null while everything could be written, or nobody wants it any more.
    @Nullable String problem() {
        if (failure == null || isReaderGone()) {
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
            if (failure == null) {
                failure = e;
            }
            throw e;
        }
    }
}
