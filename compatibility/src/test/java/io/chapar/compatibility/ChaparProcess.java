package io.chapar.compatibility;

import io.chapar.testing.FreePorts;
import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A real broker process on a data folder, started as `chapar broker` starts it, each time on the same port, so that
/// clients find the broker again. Nobody else gets that port while the broker is down.
final class ChaparProcess implements AutoCloseable {
    static final String MAIN = "io.chapar.cli.Chapar";

    private final Path data;
    private final List<String> settings;
    private final int port;
    private StartedProcess process;

    private ChaparProcess(Path data, String... settings) {
        this.data = data;
        this.settings = List.of(settings);
        try {
            port = FreePorts.one();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param settings `key=value` each
    static ChaparProcess start(Path data, String... settings) {
        ChaparProcess broker = new ChaparProcess(data, settings);
        broker.start();
        return broker;
    }

    /// @param more settings for this run alone; they win
    void start(String... more) {
        List<String> line = new ArrayList<>(
                List.of("broker", "--listen", "127.0.0.1:" + port, "--data", data.toString()));
        Map<String, String> all = new LinkedHashMap<>();
        Stream.concat(settings.stream(), Stream.of(more)).forEach(
                setting -> all.put(setting.substring(0, setting.indexOf('=')), setting));
        all.values().forEach(setting -> line.addAll(List.of("--set", setting)));
        process = command(data.getParent(), line);
        ReadyLine.of(process);
    }

    /// Any `chapar` command.
    static StartedProcess command(Path folder, List<String> line) {
        return StartedProcess.startJava(folder, "256m", MAIN, line);
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
        return process.output() + process.errors();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// SIGKILL: nothing of the process runs any more when this returns.
    void kill() {
        process.close();
    }

    /// SIGTERM; returns the exit code.
    int stop() {
        process.terminate();
        return process.exitCode();
    }

    /// The files of a partition's folder that end so, in name order.
    List<String> files(String topicPartition, String ending) {
        String[] names = data.resolve(topicPartition).toFile().list((folder, name) -> name.endsWith(ending));
        return names == null ? List.of() : Arrays.stream(names).sorted()
                .map(name -> data.resolve(topicPartition).resolve(name).toString()).toList();
    }

    @Override
    public void close() {
        process.close();
    }
}
