package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.HostPort;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.FetchRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// Clients that connect and ask nothing, begin a request and never end it, or say that they will send no more: none of
/// them keeps those out who have something to ask.
final class SilentClientsIT {
    private static final int MOST = 12;
    private static final String FIRST_REQUEST = "connections.first.request.ms";

    @TempDir
    Path folder;

    private final List<Socket> sockets = new ArrayList<>();
    private Broker broker;

    private void start(Map<String, String> settings) throws IOException {
        Map<String, String> all = new TreeMap<>(settings);
        all.putAll(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "max.connections", "" + MOST));
        broker = Broker.start(BrokerConfig.of(all));
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        broker.close();
    }

    private Socket connect() throws IOException {
        HostPort at = broker.address();
        Socket socket = new Socket(at.host(), at.port());
        socket.setSoTimeout(90_000);
        sockets.add(socket);
        return socket;
    }

    private static void assertClosed(Socket socket) throws IOException {
        assertTrue(WireClient.isAtItsEnd(socket.getInputStream()));
    }

    @Test
    void whoNeverAsksGivesWayToWhoComesAndWhoHasAskedDoesNot() throws IOException {
        start(Map.of());
        try (WireClient first = new WireClient(broker.address())) {
            first.ask(ApiVersionsRequest.DEFAULT, (short) 0);
            for (int i = 0; i < 3 * MOST; i++) {
                connect();
            }
            for (int i = 0; i < 2; i++) {
                try (Canary another = new Canary(broker.address())) {
                    another.once();
                }
            }
            first.ask(ApiVersionsRequest.DEFAULT, (short) 0);
            assertClosed(sockets.getFirst());
        }
    }

    @Test
    void whoHasNotAskedInTimeIsClosed() throws IOException {
        // Time enough for the canary to ask, and for half a request to be written.
        start(Map.of(FIRST_REQUEST, "2000"));
        try (Canary canary = new Canary(broker.address())) {
            Socket silent = connect();
            Socket begun = connect();
            begun.getOutputStream().write(new byte[] {0, 0, 0, 100, 0, 18});
            assertClosed(silent);
            assertClosed(begun);
            canary.once();
        }
    }

    /// Also while a request of it waits for something.
    @Test
    void whoWillSendNoMoreIsClosedAtOnce() throws IOException {
        start(Map.of(FIRST_REQUEST, "600000"));
        try (Canary canary = new Canary(broker.address())) {
            List<ByteBuffer> begins = List.of(ByteBuffer.allocate(0),
                    WireClient.frame(ApiVersionsRequest.DEFAULT, (short) 0, 1),
                    WireClient.frame(FetchRequest.builder().maxWaitMs(600_000).minBytes(1).topics(List.of(
                            FetchRequest.FetchTopic.builder().topic("canary").partitions(List.of(
                                    FetchRequest.FetchPartition.builder().fetchOffset(1).partitionMaxBytes(1000)
                                            .build())).build())).build(), (short) 11, 2));
            for (ByteBuffer begin : begins) {
                Socket half = connect();
                if (begin.hasRemaining()) {
                    byte[] framed = ByteBuffer.allocate(4 + begin.remaining()).putInt(begin.remaining()).put(begin)
                            .array();
                    half.getOutputStream().write(framed);
                }
                half.shutdownOutput();
                assertClosed(half);
            }
            canary.once();
        }
    }
}
