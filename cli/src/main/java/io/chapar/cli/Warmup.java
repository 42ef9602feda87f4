package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// What `bin/chapar` runs once after a build to record which classes a start needs: those of a broker in this process,
/// under load, so that the next broker knows at once which of its code is worth compiling; those of all other commands
/// in a process of their own, since each class that is kept ready costs a start a little. Prints nothing that anybody
/// reads.
final class Warmup {
    private static final long LIMIT_SECONDS = 120;

    private Warmup() {
    }

    /// @param args the flags of the commands' process, which records what it needs; without any it is left out
    public static void main(String[] args) throws IOException {
        WarmCommands.run("", "broker", "--help");
        WarmCommands.run("", "broker", "--no-such-option");
        Path folder = Files.createTempDirectory("chapar-warmup-");
        try (Broker broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "group.initial.rebalance.delay.ms", "0")))) {
            String address = broker.address().toString();
            if (args.length > 0) {
                process(List.of(args), WarmCommands.class, address);
            }
            process(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow"), WarmLoad.class, address);
        } finally {
            delete(folder);
        }
    }

    /// Returns when it has ended.
    private static void process(List<String> flags, Class<?> main, String argument) throws IOException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(flags);
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName(), argument));
        Process process = new ProcessBuilder(line).inheritIO().start();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(main.getSimpleName() + " does not come to its end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
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
