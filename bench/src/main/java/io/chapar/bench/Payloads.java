package io.chapar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/// Records for the producer tool to take at random. Left to itself the tool makes up every byte of every record, and
/// then with records of 1 KB that is what is measured.
final class Payloads {
    private static final int COUNT = 1_000;

    private Payloads() {
    }

    /// A file with a record a line, the same in every run.
    static Path ofSize(int bytes, Path folder) {
        Path file = folder.resolve("payloads-" + bytes + ".txt");
        if (!Files.exists(file)) {
            Random random = new Random(bytes);
            StringBuilder lines = new StringBuilder(COUNT * (bytes + 1));
            for (int i = 0; i < COUNT; i++) {
                for (int k = 0; k < bytes; k++) {
                    lines.append((char) ('A' + random.nextInt(26)));
                }
                lines.append('\n');
            }
            try {
                Files.writeString(file, lines);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return file;
    }
}
