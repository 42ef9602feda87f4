package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a request throws when it has begun may have left anything half changed: the broker stops. What cannot be read
/// has changed nothing: its connection is closed.
class HandlerBugIT {
    private final Server server = new Server(1);

    @AfterEach
    void close() {
        server.close();
    }

    private HostPort serve(BiConsumer<Request, RequestContext> begin) throws Exception {
        InetSocketAddress at = server.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null,
                ServerLimits.of(1 << 20, 10, 60_000, 0), new RequestHost() {
                    @Override
                    public boolean serves(ApiKey api, short version) {
                        return true;
                    }

                    @Override
                    public ApiVersionsResponse unsupportedVersion() {
                        return ApiVersionsResponse.builder().build();
                    }

                    @Override
                    public void begin(Request request, RequestContext context) {
                        begin.accept(request, context);
                    }
                });
        return new HostPort("127.0.0.1", at.getPort());
    }

    private static void ask(WireClient client) throws IOException {
        client.send(WireClient.frame(ApiVersionsRequest.builder().build(), (short) 0, 1));
    }

    private void requireStoppedBy(Throwable bug) throws Exception {
        assertSame(bug, server.failure().get(90, TimeUnit.SECONDS));
    }

    @Test
    void whateverARequestThrowsStopsTheBroker() throws Exception {
        NullPointerException bug = new NullPointerException("of a handler");
        HostPort at = serve((_, _) -> {
            throw bug;
        });
        try (WireClient client = new WireClient(at)) {
            ask(client);
            requireStoppedBy(bug);
            assertTrue(client.isClosedByBroker());
        }
    }

    @Test
    void soDoesALackOfMemory() throws Exception {
        OutOfMemoryError bug = new OutOfMemoryError("of a handler");
        HostPort at = serve((_, _) -> {
            throw bug;
        });
        try (WireClient client = new WireClient(at)) {
            ask(client);
            requireStoppedBy(bug);
        }
    }

    @Test
    void soDoesWhatComesOfADisconnectedClient() throws Exception {
        IllegalArgumentException bug = new IllegalArgumentException("of a handler");
        HostPort at = serve((_, context) -> context.onDisconnect(() -> {
            throw bug;
        }));
        try (WireClient client = new WireClient(at)) {
            ask(client);
        }
        requireStoppedBy(bug);
    }

    @Test
    void whatCannotBeReadEndsItsConnectionAlone() throws Exception {
        HostPort at = serve((_, context) -> context.replyNothing());
        try (WireClient client = new WireClient(at)) {
            client.send(ByteBuffer.wrap(new byte[] {0, (byte) ApiKey.METADATA.id(), 0, 9, 0, 0, 0, 1, 0, 99}));
            assertTrue(client.isClosedByBroker());
        }
        assertFalse(server.failure().isDone());
    }
}
