package io.chapar.transport;

import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.transport.CallResult.Reason;
import org.junit.jupiter.api.Test;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// Real sockets against servers that misbehave.
class NettyTransportTest {
    @FunctionalInterface
    private interface Server {
        void talk(DataInputStream in, DataOutputStream out) throws IOException;
    }

    private static Reason reasonAgainst(Server server, int timeoutMs) throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread serving = Thread.startVirtualThread(() -> {
                try (Socket peer = socket.accept()) {
                    server.talk(new DataInputStream(peer.getInputStream()),
                            new DataOutputStream(peer.getOutputStream()));
                } catch (IOException e) {
                    // The client went away first, which is one of the right endings.
                }
            });
            try {
                return reason(socket.getLocalPort(), timeoutMs);
            } finally {
                serving.interrupt();
            }
        }
    }

    private static Reason reason(int port, int timeoutMs) throws Exception {
        ConnectionSettings config = new ConnectionSettings("test", 10_000, 30_000, 50, 1_000, 540_000,
                128 * 1024 * 1024, 1_000);
        try (ClientRuntime runtime = ClientRuntime.open(config, "transport-test")) {
            CompletableFuture<CallResult> outcome = new CompletableFuture<>();
            Call call = Call.of(HeartbeatRequest.builder().groupId("g").memberId("m").build(), timeoutMs);
            Node node = new Node(-1, "127.0.0.1", port);
            runtime.loop().execute(() -> runtime.transport().send(node, call, outcome::complete));
            return assertInstanceOf(CallResult.NoAnswer.class, outcome.get(90, TimeUnit.SECONDS)).reason();
        }
    }

    @Test
    void nobodyListens() throws Exception {
        try (Socket silent = new Socket()) {
            silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            assertEquals(Reason.NOT_SENT, reason(silent.getLocalPort(), 5_000));
        }
    }

    @Test
    void theOtherSideClosesAtOnce() throws Exception {
        assertEquals(Reason.NOT_SENT, reasonAgainst((in, out) -> { }, 5_000));
    }

    @Test
    void theOtherSideIsSilent() throws Exception {
        assertEquals(Reason.NOT_SENT, reasonAgainst((in, out) -> in.readAllBytes(), 200));
    }

    @Test
    void theOtherSideSpeaksSomethingElse() throws Exception {
        assertEquals(Reason.NOT_SENT, reasonAgainst((in, out) -> {
            out.writeBytes("HTTP/1.1 400 Bad Request\r\n\r\n");
            in.readAllBytes();
        }, 5_000));
    }

    @Test
    void theOtherSideAnnouncesAHugeFrame() throws Exception {
        assertEquals(Reason.NOT_SENT, reasonAgainst((in, out) -> {
            out.writeInt(Integer.MAX_VALUE);
            in.readAllBytes();
        }, 5_000));
    }

    @Test
    void theOtherSideAnswersWithZeros() throws Exception {
        assertEquals(Reason.NOT_SENT, reasonAgainst((in, out) -> {
            out.writeInt(1_000);
            out.write(new byte[1_000]);
            in.readAllBytes();
        }, 5_000));
    }
}
