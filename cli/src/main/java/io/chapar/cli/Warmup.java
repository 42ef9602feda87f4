package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.BrokerConfig;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/// What `bin/chapar` runs once after a build to record which classes a start needs: help, a mistake, and a broker that
/// starts and stops. Prints nothing that anybody reads.
final class Warmup {
    private Warmup() {
    }

    public static void main(String[] args) throws IOException {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        for (String[] line : new String[][] {{"--help"}, {"no-such-command"}, {"broker", "--no-such-option"}}) {
            Chapar.commandLine().setOut(nowhere).setErr(nowhere).execute(line);
        }
        Json.println(new Table("name").row("value").objects(), nowhere);
        Path folder = Files.createTempDirectory("chapar-warmup-");
        try (Broker broker = Broker.start(BrokerConfig.of(
                Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString())))) {
            nowhere.println(broker.address());
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
