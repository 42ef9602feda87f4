package io.chapar.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/// A system to be measured: how its users make its brokers ready and start them.
abstract sealed class Contender {
    private static final int REPLICAS = 3;

    private final String name;
    private final int brokers;

    private Contender(String name, int brokers) {
        this.name = name;
        this.brokers = brokers;
    }

    final String name() {
        return name;
    }

    /// How many it consists of.
    final int brokers() {
        return brokers;
    }

    /// Done once before the first start; not part of the time that a start takes.
    abstract void format(Workplace workplace, List<Node> nodes) throws InterruptedException;

    /// The command that runs one of the brokers in the foreground.
    abstract ProcessBuilder command(List<Node> nodes, Node node);

    static Contender chapar(int brokers) {
        return new Chapar(brokers);
    }

    /// Fails with a sentence when Kafka's libraries are not there.
    static Contender kafka(int brokers) {
        return new Kafka(brokers);
    }

    /// Of how many replicas every partition is, in both systems.
    final int replicas() {
        return Math.min(brokers, REPLICAS);
    }

    /// How many of so many replicas have to be in sync for a write with acks=all.
    static int inSync(int replicas) {
        return replicas < REPLICAS ? 1 : REPLICAS - 1;
    }

    private static String voters(List<Node> nodes) {
        return nodes.stream().map(Node::voter).collect(Collectors.joining(","));
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// `bin/chapar broker` of this checkout; several of them as `chapar cluster start` starts them. Where the build has
    /// not been packaged, the classes on this process's own class path with the same flags.
    private static final class Chapar extends Contender {
        private Chapar(int brokers) {
            super("chapar", brokers);
        }

        @Override
        void format(Workplace workplace, List<Node> nodes) {
            write(secret(nodes), UUID.randomUUID() + "\n");
        }

        private static Path secret(List<Node> nodes) {
            return nodes.getFirst().data().resolveSibling("secret");
        }

        @Override
        ProcessBuilder command(List<Node> nodes, Node node) {
            List<String> command = new ArrayList<>();
            String home = System.getProperty("chapar.home");
            if (home != null) {
                command.add(Path.of(home, "bin", "chapar").toString());
            } else {
                command.addAll(List.of(Clients.java(), "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                        "-cp", System.getProperty("java.class.path"), "io.chapar.cli.Chapar"));
            }
            command.addAll(List.of("broker", "--listen", node.address(), "--data", node.data().toString()));
            if (nodes.size() > 1) {
                command.addAll(List.of("--node-id", Integer.toString(node.id()), "--quorum", voters(nodes),
                        "--set", "cluster.secret.file=" + secret(nodes)));
            }
            ProcessBuilder how = new ProcessBuilder(command);
            how.environment().put("CHAPAR_REBUILD", "no");
            how.environment().put("CHAPAR_JAVA_HOME", System.getProperty("java.home"));
            return how;
        }
    }

    /// Apache Kafka's brokers, each of them a controller too, with the flags and settings of its start scripts and of
    /// its example configuration. Internal topics have a replica on each of three brokers, as Kafka's defaults say.
    private static final class Kafka extends Contender {
        private static final String STORAGE_TOOL = "kafka.tools.StorageTool";
        private static final String MAIN = "kafka.Kafka";
        private static final String PROPERTIES = "server.properties";

        private Kafka(int brokers) {
            super("kafka", brokers);
            if (Kafka.class.getResource("/kafka/Kafka.class") == null) {
                throw new BenchFailure("Apache Kafka is not on the class path. 'mvn -pl bench -am package -DskipTests' "
                        + "fetches it from Maven Central; '--systems chapar' does without.");
            }
        }

        @Override
        void format(Workplace workplace, List<Node> nodes) throws InterruptedException {
            String cluster = clusterId();
            for (Node node : nodes) {
                write(node.data().resolve(PROPERTIES), properties(nodes, node));
                format(workplace, node, cluster);
            }
        }

        private static void format(Workplace workplace, Node node, String cluster) throws InterruptedException {
            File said = node.data().resolve("format.txt").toFile();
            Process tool = workplace.start(new ProcessBuilder(Clients.java(), "-Xmx256M", "-cp",
                    System.getProperty("java.class.path"), STORAGE_TOOL, "format", "-t", cluster, "-c",
                    node.data().resolve(PROPERTIES).toString()).redirectErrorStream(true).redirectOutput(said));
            int code = tool.waitFor();
            workplace.end(tool);
            if (code != 0) {
                throw new BenchFailure("Kafka's storage tool ended with " + code + ": " + Program.lastLine(said));
            }
        }

        @Override
        ProcessBuilder command(List<Node> nodes, Node node) {
            return new ProcessBuilder(Clients.java(), "-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC",
                    "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
                    "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", System.getProperty("java.class.path"), MAIN,
                    node.data().resolve(PROPERTIES).toString());
        }

        private static String properties(List<Node> nodes, Node node) {
            int replicas = Math.min(nodes.size(), REPLICAS);
            return """
                    process.roles=broker,controller
                    node.id=%4$d
                    controller.quorum.voters=%5$s
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
                    offsets.topic.replication.factor=%6$d
                    transaction.state.log.replication.factor=%6$d
                    transaction.state.log.min.isr=%7$d
                    share.coordinator.state.topic.replication.factor=%6$d
                    share.coordinator.state.topic.min.isr=%7$d
                    log.retention.hours=168
                    log.segment.bytes=1073741824
                    log.retention.check.interval.ms=300000
                    """.formatted(node.port(), node.innerPort(),
                            node.data().resolve("log").toString().replace("\\", "\\\\"), node.id(), voters(nodes),
                            replicas, inSync(replicas));
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
