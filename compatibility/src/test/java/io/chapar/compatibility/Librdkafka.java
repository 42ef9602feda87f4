package io.chapar.compatibility;

import org.junit.jupiter.api.Assumptions;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Transactional producers of librdkafka, which speaks version 1 of the transaction protocol, in a process of their
/// own: its Python binding, as Debian packages it. Tests that need it are skipped where it is not installed, except in
/// CI.
final class Librdkafka implements AutoCloseable {
    private static final String PYTHON = "/usr/bin/python3";
    private static final int ANSWER_WITHIN_S = 120;

    private final Process process;
    private final BufferedReader answers;
    private final Writer commands;

    Librdkafka(Path folder, String bootstrap) {
        Assumptions.assumeTrue(isInstalled() || "true".equals(System.getenv("CI")),
                "python3-confluent-kafka is not installed");
        try (InputStream script = Librdkafka.class.getResourceAsStream("/librdkafka-transactions.py")) {
            Path file = folder.resolve("librdkafka-transactions.py");
            Files.write(file, script.readAllBytes());
            process = new ProcessBuilder(PYTHON, file.toString(), bootstrap)
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        answers = process.inputReader(StandardCharsets.UTF_8);
        commands = process.outputWriter(StandardCharsets.UTF_8);
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
            commands.write(line.append('\n').toString());
            commands.flush();
            return CompletableFuture.supplyAsync(this::answer).get(ANSWER_WITHIN_S, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("no answer to " + line, e);
        }
    }

    private String answer() {
        try {
            return answers.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void must(Object... command) {
        assertEquals("ok", tell(command));
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
