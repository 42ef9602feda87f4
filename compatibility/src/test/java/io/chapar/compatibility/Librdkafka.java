package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Transactional producers of librdkafka, which speaks version 1 of the transaction protocol, in a process of their
/// own: its Python binding, as Debian packages it. Tests that need it are skipped where it is not installed, except in
/// CI.
final class Librdkafka implements AutoCloseable {
    static final String PYTHON = "/usr/bin/python3";

    private final StartedProcess process;

    Librdkafka(Path folder, String bootstrap) {
        assumeInstalled();
        try (InputStream script = Librdkafka.class.getResourceAsStream("/librdkafka-transactions.py")) {
            Path file = folder.resolve("librdkafka-transactions.py");
            Files.write(file, script.readAllBytes());
            process = StartedProcess.start(folder, List.of(PYTHON, file.toString(), bootstrap));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void assumeInstalled() {
        Assumptions.assumeTrue(isInstalled() || "true".equals(System.getenv("CI")),
                "python3-confluent-kafka is not installed");
    }

    private static boolean isInstalled() {
        if (!Files.isExecutable(Path.of(PYTHON))) {
            return false;
        }
        try {
            return new ProcessBuilder(PYTHON, "-c", "import confluent_kafka")
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// `ok`, or `error NAME fatal|abort|retry|other`.
    String tell(Object... command) {
        StringBuilder line = new StringBuilder();
        for (Object word : command) {
            line.append(word).append(' ');
        }
        try {
            process.input().write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
            process.input().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("it ended: " + process.errors(), e);
        }
        String answer = process.line();
        if (answer == null) {
            throw new IllegalStateException("no answer to " + line + ": " + process.errors());
        }
        return answer;
    }

    void must(Object... command) {
        assertEquals("ok", tell(command));
    }

    @Override
    public void close() {
        process.close();
    }
}
