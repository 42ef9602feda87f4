package io.chapar.transport;

import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiVersionsResponse;
import org.junit.jupiter.api.Test;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Real sockets: brokers, and those that are none.
class BrokerProbeTest {
    private static final int LONG_MS = 60_000;

    @FunctionalInterface
    private interface Server {
        void talk(DataInputStream in, DataOutputStream out) throws IOException;
    }

    private static List<String> problems(int timeoutMs, Server... servers) throws Exception {
        List<ServerSocket> sockets = new ArrayList<>();
        List<Node> nodes = new ArrayList<>();
        try {
            for (Server server : servers) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                sockets.add(socket);
                nodes.add(new Node(-1 - nodes.size(), "127.0.0.1", socket.getLocalPort()));
                Thread.startVirtualThread(() -> {
                    try (Socket peer = socket.accept()) {
                        server.talk(new DataInputStream(peer.getInputStream()),
                                new DataOutputStream(peer.getOutputStream()));
                    } catch (IOException e) {
                        // The prober went away first, which is one of the right endings.
                    }
                });
            }
            return BrokerProbe.problems(nodes, timeoutMs);
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    private static void broker(DataInputStream in, DataOutputStream out) throws IOException {
        ByteBuffer request = ByteBuffer.wrap(in.readNBytes(in.readInt()));
        WireWriter answer = new WireWriter();
        answer.int32(request.getInt(4));
        ApiVersionsResponse.builder().apiKeys(List.of()).build().write(answer, (short) 0);
        ByteBuffer frame = answer.toBuffer();
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void silent(DataInputStream in, DataOutputStream out) throws IOException {
        in.readAllBytes();
    }

    @Test
    void aBrokerIsFoundAmongThoseThatAreNone() throws Exception {
        assertEquals(List.of(), problems(LONG_MS, BrokerProbeTest::silent, (in, out) -> { }, BrokerProbeTest::broker));
    }

    @Test
    void whoIsSilentIsGivenUp() throws Exception {
        List<String> problems = problems(300, BrokerProbeTest::silent);
        assertTrue(problems.getFirst().contains("did not say within 300 ms which versions"), problems.toString());
    }

    @Test
    void whoDribblesIsGivenUp() throws Exception {
        List<String> problems = problems(300, (in, out) -> {
            out.writeInt(1_000_000);
            while (true) {
                out.write(0);
            }
        }, BrokerProbeTest::silent);
        assertEquals(2, problems.size());
    }

    @Test
    void anotherProtocolIsNamed() throws Exception {
        List<String> problems = problems(LONG_MS, (in, out) -> {
            out.writeBytes("HTTP/1.1 400 Bad Request\r\n\r\n");
            silent(in, out);
        }, (in, out) -> {
            out.write(new byte[] {0x15, 3, 1, 0, 2, 2, 10});
            silent(in, out);
        }, (in, out) -> {
            out.writeInt(100);
            out.write(new byte[100]);
            silent(in, out);
        }, (in, out) -> in.readInt());
        assertTrue(problems.get(0).endsWith("speaks HTTP, not Kafka's protocol"), problems.toString());
        assertTrue(problems.get(1).endsWith("speaks TLS, not Kafka's protocol"), problems.toString());
        assertTrue(problems.get(2).endsWith("does not speak Kafka's protocol"), problems.toString());
        assertTrue(problems.get(3).contains(" closes the connection") || problems.get(3).contains("reset"),
                problems.toString());
    }

    @Test
    void nobodyThereIsSaidAtOnce() throws Exception {
        try (Socket silent = new Socket()) {
            silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = silent.getLocalPort();
            List<String> problems = BrokerProbe.problems(List.of(new Node(-1, "127.0.0.1", port)), LONG_MS);
            assertTrue(problems.getFirst().startsWith("127.0.0.1:" + port + ": "), problems.toString());
        }
    }
}
