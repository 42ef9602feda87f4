package io.chapar.cli;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What `chapar broker` promises those who start it, stop it, or start it wrongly.
final class BrokerProcessIT {
    @TempDir
    private Path folder;

    private StartedProcess broker(Path data, String listen) throws IOException {
        return ChaparProcess.start(folder, "broker", "--listen", listen, "--data", data.toString());
    }

    private static void refused(StartedProcess broker, String... said) throws IOException, InterruptedException {
        assertEquals(1, broker.exitCode(), broker.errors());
        assertNull(broker.line());
        String errors = broker.errors();
        assertTrue(errors.startsWith("chapar: "), errors);
        assertEquals(1, errors.lines().count(), errors);
        for (String part : said) {
            assertTrue(errors.contains(part), errors);
        }
    }

    @Test
    void aBrokerSaysWhereItIsAndStopsCleanly() throws Exception {
        Path data = folder.resolve("data");
        try (StartedProcess broker = broker(data, "127.0.0.1:0")) {
            ReadyLine ready = ReadyLine.of(broker);
            assertEquals("127.0.0.1", ready.host());
            assertEquals(data.toAbsolutePath().toString(), ready.data());
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(ready.host(), ready.port()), 5_000);
            }
            broker.terminate();
            assertEquals(0, broker.exitCode(), broker.errors());
            assertEquals("", broker.errors());
        }
        // And what it left behind can be taken up again.
        try (StartedProcess broker = broker(data, "127.0.0.1:0")) {
            ReadyLine.of(broker);
        }
    }

    @Test
    void anOccupiedPortIsOneSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                StartedProcess broker = broker(folder.resolve("data"), "127.0.0.1:" + taken.getLocalPort())) {
            refused(broker, Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void twoBrokersDoNotShareAFolder() throws Exception {
        Path data = folder.resolve("data");
        try (StartedProcess first = broker(data, "127.0.0.1:0")) {
            ReadyLine.of(first);
            try (StartedProcess second = broker(data, "127.0.0.1:0")) {
                refused(second, data.toString());
            }
        }
    }

    @Test
    void aFolderThatCannotBeIsOneSentence() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        try (StartedProcess broker = broker(file.resolve("data"), "127.0.0.1:0")) {
            refused(broker, file.toString());
        }
    }

    @Test
    void settingsComeFromAFileAndFromTheCommandLine() throws Exception {
        Path file = Files.writeString(folder.resolve("broker.properties"), """
                listeners=127.0.0.1:0
                num.partitions=2
                log.dirs=%s
                """.formatted(folder.resolve("from-file")));
        try (StartedProcess broker = ChaparProcess.start(folder, "broker", "--config", file.toString(),
                "--set", "num.partitions=3")) {
            ReadyLine ready = ReadyLine.of(broker);
            assertEquals(folder.resolve("from-file").toString(), ready.data());
        }
    }

    @Test
    void aConfigurationOfKafkasStartsABroker() throws Exception {
        Path file = Files.writeString(folder.resolve("server.properties"), """
                process.roles=broker,controller
                controller.quorum.bootstrap.servers=localhost:9093
                listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://:9093
                controller.listener.names=CONTROLLER
                log.dirs=%s
                num.io.threads=8
                offsets.topic.replication.factor=3
                log.retention.hours=168
                """.formatted(folder.resolve("of-kafka")));
        try (StartedProcess broker = ChaparProcess.start(folder, "broker", "--config", file.toString())) {
            ReadyLine.of(broker);
            broker.terminate();
            assertEquals(0, broker.exitCode());
            assertEquals("chapar: settings of Kafka's without effect here: num.io.threads (event loops and background"
                    + " threads share the work out by themselves).\n", broker.errors());
        }
    }
}
