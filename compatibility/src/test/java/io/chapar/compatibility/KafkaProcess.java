package io.chapar.compatibility;

import io.chapar.testing.FreePorts;
import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Apache Kafka's own broker as a process, its own controller, with its data below one folder.
final class KafkaProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final Path home;
    private final int port;
    private StartedProcess process;

    private KafkaProcess(Path home, int port) {
        this.home = home;
        this.port = port;
    }

    static KafkaProcess formatted(Path home) throws Exception {
        KafkaProcess broker = new KafkaProcess(home, FreePorts.one());
        Files.createDirectories(home);
        Files.writeString(broker.properties(), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                inter.broker.listener.name=PLAINTEXT
                controller.listener.names=CONTROLLER
                listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
                log.dirs=%3$s
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=1
                group.initial.rebalance.delay.ms=0
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                share.coordinator.state.topic.num.partitions=1
                """.formatted(broker.port, FreePorts.one(), broker.data()));
        try (StartedProcess format = broker.java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg",
                "-c", broker.properties().toString())) {
            if (format.exitCode() != 0) {
                throw new IllegalStateException("not formatted: " + format.output() + format.errors());
            }
        }
        return broker;
    }

    private Path properties() {
        return home.resolve("server.properties");
    }

    Path data() {
        return home.resolve("log");
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    private StartedProcess java(String mainClass, String... arguments) {
        List<String> command = StartedProcess.java("400m", mainClass, List.of(arguments));
        command.add(1, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        return StartedProcess.start(home, command);
    }

    void start() {
        process = java("kafka.Kafka", properties().toString());
        Awaitility.await().atMost(START_LIMIT).pollInterval(Duration.ofMillis(200)).until(this::answers);
    }

    private boolean answers() {
        if (!process.isAlive()) {
            throw new IllegalStateException("Kafka ended with " + process.exitCode() + ": " + output());
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap(), "default.api.timeout.ms", "2000",
                "request.timeout.ms", "1500"))) {
            return !admin.describeCluster().nodes().get().isEmpty();
        } catch (java.util.concurrent.ExecutionException notYet) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Everything the current run has printed: warnings and errors.
    String output() {
        return process.output() + process.errors();
    }

    /// SIGKILL: nothing of the process runs any more when this returns.
    void kill() {
        process.close();
    }

    /// SIGTERM, and the end awaited.
    void stop() {
        process.terminate();
        process.exitCode();
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
