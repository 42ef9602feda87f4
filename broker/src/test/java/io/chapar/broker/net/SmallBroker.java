package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.HostPort;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker as a process of its own, with the heap that `bin/chapar` gives it; it ends when that is not enough, as
/// there.
final class SmallBroker implements AutoCloseable {
    private final StartedProcess process;
    private final Path data;
    private final HostPort address;

    private SmallBroker(StartedProcess process, Path data, HostPort address) {
        this.process = process;
        this.data = data;
        this.address = address;
    }

    /// What the process runs; a file for its address, and what its settings say.
    static final class Main {
        private Main() {}

        static void main(String[] args) throws Exception {
            Broker broker = Broker.start(BrokerConfig.of(settings(args)));
            Runtime.getRuntime().addShutdownHook(new Thread(broker::close));
            Path told = Path.of(args[0]);
            Files.writeString(told.resolveSibling("address.new"), broker.address().toString());
            Files.move(told.resolveSibling("address.new"), told);
            new CountDownLatch(1).await();
        }

        private static Map<String, String> settings(String[] args) {
            Map<String, String> settings = new LinkedHashMap<>();
            for (int i = 1; i < args.length; i += 2) {
                settings.put(args[i], args[i + 1]);
            }
            return settings;
        }
    }

    static SmallBroker start(Path folder, Map<String, String> settings) throws IOException {
        return start(folder, settings, List.of());
    }

    /// @param flags of the JVM
    static SmallBroker start(Path folder, Map<String, String> settings, List<String> flags) throws IOException {
        List<String> command = command(folder, settings);
        command.addAll(1, flags);
        return started(folder, command);
    }

    /// @param descriptors as many files and sockets as it may have open
    static SmallBroker startWith(int descriptors, Path folder, Map<String, String> settings) throws IOException {
        List<String> command = command(folder, settings);
        command.addAll(0, List.of("bash", "-c", "ulimit -n " + descriptors + " && exec \"$@\"", "-"));
        return started(folder, command);
    }

    private static SmallBroker started(Path folder, List<String> command) throws IOException {
        Path told = told(folder);
        Files.deleteIfExists(told);
        StartedProcess process = StartedProcess.start(folder, command);
        Awaitility.await().until(() -> Files.exists(told) || !process.isAlive());
        assertTrue(process.isAlive(), () -> process.output() + process.errors());
        return new SmallBroker(process, data(folder), HostPort.parse(Files.readString(told)));
    }

    private static List<String> command(Path folder, Map<String, String> settings) {
        List<String> arguments = new ArrayList<>(List.of(
                told(folder).toString(), "listeners", "127.0.0.1:0", "log.dirs", data(folder).toString()));
        settings.forEach((key, value) -> arguments.addAll(List.of(key, value)));
        List<String> command = StartedProcess.java("512m", Main.class.getName(), arguments);
        command.addAll(1, List.of("-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError"));
        return command;
    }

    private static Path told(Path folder) {
        return folder.resolve("address");
    }

    private static Path data(Path folder) {
        return folder.resolve("data");
    }

    HostPort address() {
        return address;
    }

    Path data() {
        return data;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void assertAlive() {
        assertTrue(process.isAlive(), this::said);
    }

    String said() {
        return process.output() + process.errors();
    }

    /// SIGTERM, and its end awaited.
    void terminate() {
        process.terminate();
        process.exitCode();
    }

    static void create(WireClient client, String topic, int partitions, Map<String, String> config)
            throws IOException {
        CreateTopicsResponse answer = (CreateTopicsResponse) client.ask(CreateTopicsRequest.builder()
                .timeoutMs(30_000)
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder().name(topic)
                        .numPartitions(partitions).replicationFactor((short) 1)
                        .configs(config.entrySet().stream()
                                .map(e -> new CreateTopicsRequest.CreatableTopicConfig(e.getKey(), e.getValue()))
                                .toList())
                        .build()))
                .build(), (short) 5);
        assertEquals(ErrorCode.NONE.code(), answer.topics().getFirst().errorCode());
    }

    @Override
    public void close() {
        process.close();
    }
}
