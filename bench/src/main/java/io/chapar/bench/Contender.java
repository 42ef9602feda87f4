package io.chapar.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// A broker to be measured: how its users make it ready and start it.
abstract sealed class Contender {
    private final String name;

    private Contender(String name) {
        this.name = name;
    }

    final String name() {
        return name;
    }

    /// Done once before the first start; not part of the time that a start takes.
    void format(Workplace workplace, Path data, int port) throws InterruptedException {
        // nothing to do
    }

    /// The command that runs the broker in the foreground, on `127.0.0.1:port`.
    abstract ProcessBuilder command(Path data, int port);

    static Contender chapar() {
        return new Chapar();
    }

    /// Fails with a sentence when Kafka's libraries are not there.
    static Contender kafka() {
        return new Kafka();
    }

    /// `bin/chapar broker` of this checkout. Where the build has not been packaged, the classes on this process's own
    /// class path with the same flags.
    private static final class Chapar extends Contender {
        private Chapar() {
            super("chapar");
        }

        @Override
        ProcessBuilder command(Path data, int port) {
            List<String> command = new ArrayList<>();
            String home = System.getProperty("chapar.home");
            if (home != null) {
                command.add(Path.of(home, "bin", "chapar").toString());
            } else {
                command.addAll(List.of(Clients.java(), "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                        "-cp", System.getProperty("java.class.path"), "io.chapar.cli.Chapar"));
            }
            command.addAll(List.of("broker", "--listen", "127.0.0.1:" + port, "--data", data.toString()));
            ProcessBuilder how = new ProcessBuilder(command);
            how.environment().put("CHAPAR_REBUILD", "no");
            how.environment().put("CHAPAR_JAVA_HOME", System.getProperty("java.home"));
            return how;
        }
    }

    /// Apache Kafka as a broker that is its own controller, with the flags and settings of its start scripts and of its
    /// example configuration.
    private static final class Kafka extends Contender {
        private static final String STORAGE_TOOL = "kafka.tools.StorageTool";
        private static final String MAIN = "kafka.Kafka";
        private static final String PROPERTIES = "server.properties";

        private Kafka() {
            super("kafka");
            if (Kafka.class.getResource("/kafka/Kafka.class") == null) {
                throw new BenchFailure("Apache Kafka is not on the class path. 'mvn -pl bench -am package -DskipTests' "
                        + "fetches it from Maven Central; '--systems chapar' does without.");
            }
        }

        @Override
        void format(Workplace workplace, Path data, int port) throws InterruptedException {
            try {
                Files.createDirectories(data);
                Files.writeString(data.resolve(PROPERTIES), properties(data, port, Ports.free()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            File said = data.resolve("format.txt").toFile();
            Process tool = workplace.start(new ProcessBuilder(Clients.java(), "-Xmx256M", "-cp",
                    System.getProperty("java.class.path"), STORAGE_TOOL, "format", "-t", clusterId(), "-c",
                    data.resolve(PROPERTIES).toString()).redirectErrorStream(true).redirectOutput(said));
            int code = tool.waitFor();
            workplace.end(tool);
            if (code != 0) {
                throw new BenchFailure("Kafka's storage tool ended with " + code + ": " + BrokerProcess.lastLine(said));
            }
        }

        @Override
        ProcessBuilder command(Path data, int port) {
            return new ProcessBuilder(Clients.java(), "-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC",
                    "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
                    "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", System.getProperty("java.class.path"), MAIN,
                    data.resolve(PROPERTIES).toString());
        }

        private static String properties(Path data, int port, int controllerPort) {
            return """
                    process.roles=broker,controller
                    node.id=1
                    controller.quorum.voters=1@127.0.0.1:%2$d
                    listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                    advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                    inter.broker.listener.name=PLAINTEXT
                    controller.listener.names=CONTROLLER
                    listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
                    num.network.threads=3
                    num.io.threads=8
                    socket.send.buffer.bytes=102400
                    socket.receive.buffer.bytes=102400
                    socket.request.max.bytes=104857600
                    log.dirs=%3$s
                    num.partitions=1
                    num.recovery.threads.per.data.dir=1
                    offsets.topic.replication.factor=1
                    transaction.state.log.replication.factor=1
                    transaction.state.log.min.isr=1
                    log.retention.hours=168
                    log.segment.bytes=1073741824
                    log.retention.check.interval.ms=300000
                    """.formatted(port, controllerPort, data.resolve("log").toString().replace("\\", "\\\\"));
        }

        private static String clusterId() {
            UUID id = UUID.randomUUID();
            byte[] bytes = java.nio.ByteBuffer.allocate(16)
                    .putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).array();
            String text = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            // A leading dash would be taken for an option.
            return text.startsWith("-") ? "A" + text.substring(1) : text;
        }
    }
}
