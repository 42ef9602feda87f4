package io.chapar.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DoctorCommandIT {
    @TempDir
    private Path folder;

    @Test
    void aBrokerThatIsWellIsFine() throws IOException {
        try (RunningBroker broker = RunningBroker.start(folder)) {
            Run run = broker.run("", "doctor");
            assertTrue(run.out().contains("fine  bootstrap: " + broker.address() + " answers\n"), run.out());
            assertTrue(run.out().contains("fine  advertised: broker 1 sends clients to " + broker.address()),
                    run.out());
            assertTrue(run.out().contains("fine  metadata: can be written\n"), run.out());
            assertTrue(run.out().contains(" disk: broker 1 has "), run.out());
        }
    }

    @Test
    void anAddressThatLeadsNowhereIsFound() throws IOException {
        int nobody = freePort();
        try (RunningBroker broker = RunningBroker.start(folder, "advertised.listeners=127.0.0.1:" + nobody)) {
            Run run = broker.run("", "doctor", "-o", "json");
            assertEquals(1, run.exitCode(), run.out());
            assertTrue(run.out().contains("{\"check\":\"advertised\",\"fine\":false,\"said\":\"broker 1 sends clients"
                    + " to 127.0.0.1:" + nobody), run.out());
            assertTrue(run.out().contains("Set advertised.listeners of broker 1"), run.out());
        }
    }

    @Test
    void whereNobodyIs() throws IOException {
        Run run = Run.of("doctor", "--bootstrap", "127.0.0.1:" + freePort());
        assertEquals(1, run.exitCode());
        assertTrue(run.out().startsWith("TO DO bootstrap: "), run.out());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
