package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/// Lines of bytes, as they are: no character set is assumed. A last line without an end counts.
final class LineReader {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final BufferedInputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    LineReader(InputStream in) {
        this.in = new BufferedInputStream(in, BUFFER_BYTES);
    }

    /// The next line without its end, or null at the end of the input. Blocks.
    byte @Nullable [] next() throws IOException {
        line.reset();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return line.toByteArray();
            }
            line.write(b);
        }
        return line.size() == 0 ? null : line.toByteArray();
    }

    boolean hasMoreAtHand() throws IOException {
        return in.available() > 0;
    }
}
