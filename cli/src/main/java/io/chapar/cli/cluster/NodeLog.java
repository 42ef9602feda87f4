package io.chapar.cli.cluster;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// What a broker's process says, in a file of its own for each life. The one before it is kept, and no more.
final class NodeLog {
    private static final String READY = "chapar ready";
    private static final int LAST_BYTES = 8_192;
    private static final int MOST_BYTES = 1 << 20;

    private final Path file;

    NodeLog(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    /// Makes room for a new life.
    void begin() throws IOException {
        if (Files.exists(file)) {
            Files.move(file, file.resolveSibling(file.getFileName() + ".old"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// Whether clients can connect. The line comes early: what a broker says before it is short.
    boolean saysReady() throws IOException {
        return lines(0, MOST_BYTES).stream().anyMatch(line -> line.startsWith(READY));
    }

    /// The last lines but those of stack traces.
    List<String> lastLines(int count) throws IOException {
        List<String> lines = lines(LAST_BYTES, LAST_BYTES).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("\t")).toList();
        return lines.subList(Math.max(0, lines.size() - count), lines.size());
    }

    /// @param back from so far before the end; 0 from the beginning
    private List<String> lines(int back, int most) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "r")) {
            long length = opened.length();
            long from = back == 0 ? 0 : Math.max(0, length - back);
            byte[] bytes = new byte[(int) Math.min(most, length - from)];
            opened.seek(from);
            opened.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).lines().skip(from == 0 ? 0 : 1).toList();
        } catch (FileNotFoundException none) {
            return List.of();
        }
    }
}
