package io.chapar.cli;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BootstrapTest {
    private static String failureAt(ServerSocket socket, int timeoutMs) {
        return assertThrows(CommandFailure.class,
                () -> Bootstrap.requireReachable("127.0.0.1:" + socket.getLocalPort(), timeoutMs)).getMessage();
    }

    @Test
    void aWebServerIsNoBroker() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> {
                try (Socket peer = socket.accept()) {
                    peer.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    peer.getInputStream().readAllBytes();
                } catch (IOException e) {
                    // The command went away first, which is one of the right endings.
                }
            });
            String message = failureAt(socket, 60_000);
            assertTrue(message.contains("speaks HTTP") && message.contains("--bootstrap"), message);
        }
    }

    @Test
    void whoTakesConnectionsAndIsSilentIsNoBroker() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertTrue(failureAt(socket, 200).contains("did not say within 200 ms"));
        }
    }
}
