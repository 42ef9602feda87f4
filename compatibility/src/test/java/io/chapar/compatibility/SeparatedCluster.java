package io.chapar.compatibility;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Three brokers, each at a host of its own ([EmulatedNetwork]); clients are where this process is.
final class SeparatedCluster implements AutoCloseable {
    static final int BROKERS = 3;
    private static final int CLIENTS = 9092;
    private static final int QUORUM = 9093;

    private final Path folder;
    private final EmulatedNetwork network;
    private final Map<Integer, StartedProcess> brokers = new TreeMap<>();

    /// Returns when all are ready.
    SeparatedCluster(Path folder, EmulatedNetwork network, Map<String, String> settings) throws IOException {
        this.folder = folder;
        this.network = network;
        Path secret = Files.writeString(folder.resolve("secret"), "a secret of the brokers of this test alone");
        Files.setPosixFilePermissions(secret, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        String quorum = IntStream.rangeClosed(1, BROKERS)
                .mapToObj(each -> each + "@" + network.address(each) + ":" + QUORUM).collect(Collectors.joining(","));
        for (int broker = 1; broker <= BROKERS; broker++) {
            List<String> line = new ArrayList<>(List.of("broker", "--node-id", Integer.toString(broker),
                    "--listen", network.address(broker) + ":" + CLIENTS, "--data", data(broker).toString(),
                    "--quorum", quorum, "--set", "cluster.secret.file=" + secret));
            settings.forEach((key, value) -> line.addAll(List.of("--set", key + "=" + value)));
            brokers.put(broker, StartedProcess.start(folder, network.at(broker,
                    StartedProcess.java("192m", ChaparProcess.MAIN, line))));
        }
        brokers.values().forEach(ReadyLine::of);
    }

    Path data(int broker) {
        return folder.resolve("node-" + broker);
    }

    String bootstrap() {
        return IntStream.rangeClosed(1, BROKERS).mapToObj(this::bootstrap).collect(Collectors.joining(","));
    }

    String bootstrapWithout(int broker) {
        return IntStream.rangeClosed(1, BROKERS).filter(each -> each != broker)
                .mapToObj(this::bootstrap).collect(Collectors.joining(","));
    }

    String bootstrap(int broker) {
        return network.address(broker) + ":" + CLIENTS;
    }

    /// SIGTERM to all; returns when they have ended.
    void stopAll() {
        brokers.values().forEach(StartedProcess::terminate);
        brokers.values().forEach(StartedProcess::exitCode);
    }

    /// What the brokers have said, for a message.
    String lastWords() {
        StringBuilder all = new StringBuilder();
        brokers.forEach((id, process) -> {
            String said = process.output() + process.errors();
            byte[] bytes = said.getBytes(StandardCharsets.UTF_8);
            int from = Math.max(0, bytes.length - 4_000);
            all.append("broker ").append(id).append(": ")
                    .append(new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8)).append("\n--\n");
        });
        return all.toString();
    }

    @Override
    public void close() {
        brokers.values().forEach(StartedProcess::close);
    }
}
