package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.logging.ProcessLog;

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
/// and of brokers of a cluster in processes of their own, since each class that is kept ready costs a start a little.
/// Prints nothing that anybody reads.
final class Warmup {
    private static final long LIMIT_SECONDS = 120;
    private static final String LOAD_SECONDS = "20";
    /// The class path of commands that need no more than others have; this process's where it is not set.
    private static final String PATH_OF_COMMANDS = "chapar.commands.path";
    /// Between the flags of one process and those of the next.
    private static final String NEXT = "--";

    /// Flags of a process that loads brokers with work.
    static final List<String> OF_LOAD = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
            "-Dslf4j.provider=org.slf4j.simple.SimpleServiceProvider");

    private Warmup() {
    }

    /// @param args the flags of the commands' process, which records what it needs, and behind a `--` those of the
    ///        cluster's; without any each is left out
    public static void main(String[] args) throws IOException {
        List<String> flags = List.of(args);
        int next = flags.indexOf(NEXT);
        List<String> ofCommands = next < 0 ? flags : flags.subList(0, next);
        List<String> ofCluster = next < 0 ? List.of() : flags.subList(next + 1, flags.size());
        WarmCommands.run("", "broker", "--help");
        WarmCommands.run("", "broker", "--no-such-option");
        Path folder = Files.createTempDirectory("chapar-warmup-");
        BrokerConfig config = BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "group.initial.rebalance.delay.ms", "0"));
        ProcessLog.open(config);
        try (Broker broker = Broker.start(config)) {
            String address = broker.address().toString();
            if (!ofCommands.isEmpty()) {
                process(ofCommands, System.getProperty(PATH_OF_COMMANDS, classPath()), WarmCommands.class, address);
            }
            process(OF_LOAD, WarmLoad.class, address, LOAD_SECONDS);
            if (!ofCluster.isEmpty()) {
                cluster(ofCluster, folder.resolve("cluster"));
            }
        } finally {
            delete(folder);
        }
    }

    /// Where it does not come about the others are there all the same.
    private static void cluster(List<String> flags, Path folder) {
        try {
            process(flags, WarmCluster.class, folder.toString());
        } catch (IOException e) {
            System.err.println("Nothing is kept ready for brokers of a cluster: " + e);
        }
    }

    /// Returns when it has ended.
    static void process(List<String> flags, Class<?> main, String... arguments) throws IOException {
        process(flags, classPath(), main, arguments);
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }

    private static void process(List<String> flags, String classPath, Class<?> main, String... arguments)
            throws IOException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(flags);
        line.addAll(List.of("-cp", classPath, main.getName()));
        line.addAll(List.of(arguments));
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
