package io.chapar.simulator;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.net.ConnectionEffects;
import io.chapar.broker.net.ConnectionSetup;
import io.chapar.broker.net.HeapMemory;
import io.chapar.broker.net.RequestInProgress;
import io.chapar.broker.net.ServerConnectionCore;
import io.chapar.broker.net.Session;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Records;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ResponseHeader;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// The broker's end of a stream under a real [ServerConnectionCore]: what `io.chapar.broker.net.Connection` is on a
/// socket. What the client sends arrives in pieces that are cut anywhere.
final class ServerConnection implements ConnectionEffects<ByteBuffer> {
    private static final String CLIENT_HOST = "10.0.0.1";
    private static final int MOST_PIECES = 3;

    private final SimulatedBroker broker;
    private final BrokerLoop loop;
    private final Link stream;
    private final RandomGenerator random;
    private final ConnectionSetup<ByteBuffer> setup;
    private final HeapMemory memory;
    private final ServerConnectionCore<ByteBuffer> core;
    private final Map<RequestInProgress<ByteBuffer>, Exchange> exchanges = new LinkedHashMap<>();
    /// Bytes that came while none should be read.
    private final ArrayDeque<byte[]> unread = new ArrayDeque<>();
    private boolean reads = true;
    private boolean gone;
    /// Null while no answer is about to be sent.
    private byte @Nullable [] encoded;

    ServerConnection(SimulatedBroker broker, BrokerLoop loop, Link stream, RandomGenerator random) {
        this.broker = broker;
        this.loop = loop;
        this.stream = stream;
        this.random = random;
        this.memory = new HeapMemory();
        this.setup = broker.connections(loop, memory);
        Session session = Session.anonymous(new HostPort(broker.name(), SimulatedBroker.PORT), CLIENT_HOST);
        this.core = new ServerConnectionCore<>(setup, session, this, nowNs());
    }

    // ---- what happens

    void received(ByteBuffer frame) {
        byte[] bytes = ByteBuffer.allocate(Integer.BYTES + frame.remaining())
                .putInt(frame.remaining()).put(frame).array();
        loop.execute(() -> {
            unread.addLast(bytes);
            read();
        });
    }

    private void read() {
        while (reads && !unread.isEmpty()) {
            byte[] bytes = unread.removeFirst();
            int from = 0;
            for (int pieces = 1 + random.nextInt(MOST_PIECES); pieces > 1; pieces--) {
                int length = random.nextInt(bytes.length - from);
                if (length > 0) {
                    core.received(memory.received(bytes, from, length));
                    from += length;
                }
            }
            core.received(memory.received(bytes, from, bytes.length - from));
        }
    }

    void closedByClient() {
        loop.execute(this::gone);
    }

    private void gone() {
        gone = true;
        core.gone();
    }

    /// Whether the broker knows that there is no client any more.
    boolean isGone() {
        return gone;
    }

    // ---- what the core has done

    @Override
    public long nowNs() {
        return TimeUnit.MILLISECONDS.toNanos(loop.nowMs());
    }

    @Override
    public boolean isServing() {
        return !broker.isPowerless();
    }

    @Override
    public void asked() {}

    @Override
    public void begin(RequestInProgress<ByteBuffer> request) {
        Exchange exchange = new Exchange(request, this, broker.world().nowUs());
        exchanges.put(request, exchange);
        broker.world().note(broker.name(), api(request).name(), request.correlationId());
        broker.begun(exchange);
        setup.host().begin(request.body(), request);
    }

    @Override
    public void disconnected(RequestInProgress<ByteBuffer> request) {
        exchanges.remove(request);
        request.runOnDisconnect();
    }

    @Override
    public void readBeside(RequestInProgress<ByteBuffer> request) {
        loop.execute(request.readLarge(setup.limits().maxElements()));
    }

    /// Records leave as they stand in the file at this moment.
    @Override
    public int encode(RequestInProgress<ByteBuffer> request, Response response) {
        byte[] made = bytes(request, response);
        encoded = made;
        return made.length;
    }

    @Override
    public void encodeBeside(RequestInProgress<ByteBuffer> request, Response response) {
        byte[] made = bytes(request, response);
        loop.execute(() -> {
            encoded = made;
            core.encoded(request, made.length);
        });
    }

    private static byte[] bytes(RequestInProgress<ByteBuffer> request, Response response) {
        WireWriter out = new WireWriter();
        short headerVersion = api(request).responseHeaderVersion(request.apiVersion());
        new ResponseHeader(request.correlationId()).write(out, headerVersion);
        response.write(out, request.apiVersion());
        byte[] bytes = new byte[out.size()];
        ByteBuffer into = ByteBuffer.wrap(bytes);
        for (WireWriter.Part part : out.parts()) {
            into.put(switch (part) {
                case WireWriter.Part.Bytes(ByteBuffer plain) -> plain.duplicate();
                case WireWriter.Part.Batches(BufferRecords records) -> records.bytes().duplicate();
                case WireWriter.Part.Batches(Records records) -> load((FileRecords) records);
            });
        }
        return bytes;
    }

    private static ByteBuffer load(FileRecords file) {
        try {
            return file.load();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            file.release();
        }
    }

    @Override
    public void send(RequestInProgress<ByteBuffer> request) {
        byte[] bytes = requireNonNull(encoded, "encoded before it is sent");
        encoded = null;
        Exchange exchange = exchanges.remove(request);
        if (isServing()) {
            Response response = decoded(request, bytes);
            if (exchange != null) {
                broker.answered(exchange, response);
            }
            stream.answer(response, bytes);
        }
        core.sent(request, bytes.length, true);
    }

    private static ApiKey api(RequestInProgress<ByteBuffer> request) {
        return requireNonNull(request.api(), "a request that is begun is of a known API");
    }

    /// As the client will read it.
    private static Response decoded(RequestInProgress<ByteBuffer> request, byte[] bytes) {
        WireReader in = new WireReader(ByteBuffer.wrap(bytes));
        ResponseHeader.read(in, api(request).responseHeaderVersion(request.apiVersion()));
        return api(request).readResponse(in, request.apiVersion());
    }

    @Override
    public void forget() {
        encoded = null;
    }

    @Override
    public void flush() {}

    @Override
    public void reading(boolean on) {
        reads = on;
        if (on) {
            loop.execute(this::read);
        }
    }

    /// No world lasts so long that a connection is idle for too long.
    @Override
    public void wakeAt(long deadlineNs) {
        var _ = loop.schedule(TimeUnit.NANOSECONDS.toMillis(deadlineNs - nowNs()), core::tick);
    }

    @Override
    public void close(@Nullable String reason, @Nullable Throwable bug) {
        broker.world().note(broker.name(), "closes: " + reason, 0);
        stream.closedByBroker();
        loop.execute(this::gone);
    }

    /// One request between its start and its end.
    static final class Exchange {
        private final RequestInProgress<ByteBuffer> request;
        private final Request body;
        private final ServerConnection connection;
        private final long begunUs;
        /// What a promise keeps about the request from its beginning to its answer; else null.
        private @Nullable Object memo;

        private Exchange(RequestInProgress<ByteBuffer> request, ServerConnection connection, long begunUs) {
            this.request = request;
            this.body = request.body();
            this.connection = connection;
            this.begunUs = begunUs;
        }

        ApiKey api() {
            return ServerConnection.api(request);
        }

        Request request() {
            return body;
        }

        /// Index of the loop of its connection.
        int loop() {
            return connection.loop.index();
        }

        ServerConnection connection() {
            return connection;
        }

        short apiVersion() {
            return request.apiVersion();
        }

        int correlationId() {
            return request.correlationId();
        }

        long begunUs() {
            return begunUs;
        }

        @Nullable Object memo() {
            return memo;
        }

        void memo(@Nullable Object kept) {
            memo = kept;
        }
    }
}
