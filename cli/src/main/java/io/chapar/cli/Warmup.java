package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.BrokerConfig;
import picocli.CommandLine;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What `bin/chapar` runs once after a build to record which classes a start needs: help, a mistake, and every
/// command against a broker that starts and stops, and then load, so that the next broker knows at once which of its
/// code is worth compiling. Prints nothing that anybody reads.
final class Warmup {
    private Warmup() {
    }

    public static void main(String[] args) throws IOException {
        run("", "--help");
        run("", "no-such-command");
        run("", "broker", "--no-such-option");
        Path folder = Files.createTempDirectory("chapar-warmup-");
        try (Broker broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "group.initial.rebalance.delay.ms", "0")))) {
            useAll(broker.address().toString());
            WarmLoad.run(broker.address().toString());
        } finally {
            delete(folder);
        }
    }

    private static void useAll(String address) {
        String at = "--bootstrap=" + address;
        run("", "topic", "create", "t", at);
        run("a\t1\nb\t2\n", "produce", "t", "--keyed", at);
        run("c\n", "produce", "t", "--transactional-id", "w", "-o", "json", at);
        run("", "consume", "t", "--exit-at-end", at);
        run("", "consume", "t", "--exit-at-end", "--group", "g", "-o", "json", at);
        for (String line : List.of("topic list", "topic describe t", "group list", "group describe g", "txn list",
                "txn describe w", "txn why t/0", "txn find-hanging", "topic delete t", "topic describe t")) {
            List<String> words = new ArrayList<>(List.of(line.split(" ", -1)));
            words.add(at);
            run("", words.toArray(String[]::new));
        }
    }

    private static void run(String input, String... line) {
        CommandLine commands = Chapar.commandLine(line);
        Chapar chapar = commands.getCommand();
        chapar.stdin = new ByteArrayInputStream(Utf8.bytes(input));
        chapar.stdout = OutputStream.nullOutputStream();
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        commands.setOut(nowhere).setErr(nowhere).execute(line);
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
