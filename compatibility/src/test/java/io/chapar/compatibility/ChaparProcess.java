package io.chapar.compatibility;

import org.awaitility.Awaitility;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A real broker process on a data folder, started as `chapar broker` starts it. The first start takes a free port; the
/// starts after it keep that port, so that clients find the broker again.
final class ChaparProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("^chapar ready on (\\S+):(\\d+),");
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Path data;
    private final List<String> settings;
    private Process process;
    private Path output;
    private int starts;
    private int port;

    private ChaparProcess(Path data, String... settings) {
        this.data = data;
        this.settings = List.of(settings);
    }

    /// @param settings `key=value` each
    static ChaparProcess start(Path data, String... settings) {
        ChaparProcess broker = new ChaparProcess(data, settings);
        broker.start();
        return broker;
    }

    /// @param more settings for this run alone; they win
    void start(String... more) {
        starts++;
        output = data.resolveSibling(data.getFileName() + "-output-" + starts + ".txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-cp", System.getProperty("java.class.path"), "io.chapar.cli.Chapar",
                "broker", "--listen", "127.0.0.1:" + port, "--data", data.toString()));
        Map<String, String> all = new LinkedHashMap<>();
        Stream.concat(settings.stream(), Stream.of(more)).forEach(
                setting -> all.put(setting.substring(0, setting.indexOf('=')), setting));
        all.values().forEach(setting -> command.addAll(List.of("--set", setting)));
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Awaitility.await().atMost(START_LIMIT).pollInterval(Duration.ofMillis(20)).until(this::isReady);
    }

    private boolean isReady() throws IOException {
        if (!process.isAlive()) {
            throw new IllegalStateException("the broker ended with " + process.exitValue() + ": "
                    + Files.readString(output));
        }
        try (BufferedReader lines = Files.newBufferedReader(output)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher ready = READY.matcher(line);
                if (ready.find()) {
                    port = Integer.parseInt(ready.group(2));
                    return true;
                }
            }
        }
        return false;
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    Path data() {
        return data;
    }

    /// Everything the current run has printed.
    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// SIGKILL: nothing of the process runs any more when this returns.
    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /// SIGTERM; returns the exit code.
    int stop() {
        process.destroy();
        awaitEnd();
        return process.exitValue();
    }

    private void awaitEnd() {
        process.onExit().join();
    }

    /// The files of a partition's folder that end so, in name order.
    List<String> files(String topicPartition, String ending) {
        String[] names = data.resolve(topicPartition).toFile().list((folder, name) -> name.endsWith(ending));
        return names == null ? List.of() : Arrays.stream(names).sorted()
                .map(name -> data.resolve(topicPartition).resolve(name).toString()).toList();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
