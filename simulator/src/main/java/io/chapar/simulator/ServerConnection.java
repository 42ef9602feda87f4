package io.chapar.simulator;

import io.chapar.broker.HostPort;
import io.chapar.broker.handler.RequestContext;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Records;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ResponseHeader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/// The broker's end of a stream: requests one after the other, answers in the same order, through the real codecs. What
/// `io.chapar.broker.net.Connection` is on a socket.
final class ServerConnection {
    private final SimulatedBroker broker;
    private final BrokerLoop loop;
    private final Stream stream;
    private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>();
    private Exchange current;
    private boolean closed;

    ServerConnection(SimulatedBroker broker, BrokerLoop loop, Stream stream) {
        this.broker = broker;
        this.loop = loop;
        this.stream = stream;
    }

    void received(ByteBuffer frame) {
        loop.execute(() -> {
            if (!closed) {
                waiting.add(frame);
                pump();
            }
        });
    }

    void closedByClient() {
        loop.execute(() -> {
            if (!closed) {
                closed = true;
                waiting.clear();
                if (current != null) {
                    current.disconnected();
                }
            }
        });
    }

    private void pump() {
        while (!closed && current == null && !waiting.isEmpty()) {
            start(waiting.poll());
        }
    }

    private void start(ByteBuffer frame) {
        ApiKey api = ApiKey.of(frame.getShort(0));
        short version = frame.getShort(2);
        if (!broker.requests().serves(api, version)) {
            close();
            return;
        }
        WireReader in = new WireReader(frame);
        RequestHeader header = RequestHeader.read(in, api.requestHeaderVersion(version));
        Request body = api.readRequest(in, version);
        Exchange exchange = new Exchange(api, version, header, body);
        current = exchange;
        broker.world().note(broker.name(), api.name(), header.correlationId());
        broker.begun(exchange);
        broker.requests().begin(body, exchange);
    }

    private void close() {
        if (!closed) {
            closed = true;
            waiting.clear();
            stream.closedByBroker();
        }
    }

    private void answered(Exchange exchange, Response response) {
        if (exchange.ended) {
            throw new IllegalStateException("a request was answered twice: " + exchange.api);
        }
        exchange.ended = true;
        current = null;
        if (response != null) {
            byte[] bytes = encode(exchange, response);
            if (!closed && !broker.isPowerless()) {
                broker.answered(exchange, decoded(exchange, bytes));
                stream.answer(bytes);
            }
        }
        pump();
    }

    private static byte[] encode(Exchange exchange, Response response) {
        WireWriter out = new WireWriter();
        new ResponseHeader(exchange.correlationId()).write(out, exchange.api.responseHeaderVersion(exchange.version));
        response.write(out, exchange.version);
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

    /// As the client will read it.
    private static Response decoded(Exchange exchange, byte[] bytes) {
        WireReader in = new WireReader(ByteBuffer.wrap(bytes));
        ResponseHeader.read(in, exchange.api.responseHeaderVersion(exchange.version));
        return exchange.api.readResponse(in, exchange.version);
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

    /// One request between its start and its end.
    final class Exchange implements RequestContext {
        private final ApiKey api;
        private final short version;
        private final RequestHeader header;
        private final Request request;
        private final long begunUs = broker.world().nowUs();
        private boolean ended;
        private Runnable onDisconnect;
        /// What a promise keeps about the request from its beginning to its answer; else null.
        private Object memo;

        private Exchange(ApiKey api, short version, RequestHeader header, Request request) {
            this.api = api;
            this.version = version;
            this.header = header;
            this.request = request;
        }

        ApiKey api() {
            return api;
        }

        Request request() {
            return request;
        }

        int correlationId() {
            return header.correlationId();
        }

        long begunUs() {
            return begunUs;
        }

        Object memo() {
            return memo;
        }

        void memo(Object kept) {
            memo = kept;
        }

        private void disconnected() {
            Runnable task = ended ? null : onDisconnect;
            onDisconnect = null;
            if (task != null) {
                task.run();
            }
        }

        @Override
        public short apiVersion() {
            return version;
        }

        @Override
        public String clientId() {
            return header.clientId() == null ? "" : header.clientId();
        }

        @Override
        public String clientHost() {
            return "10.0.0.1";
        }

        @Override
        public HostPort advertised() {
            return new HostPort(broker.name(), SimulatedBroker.PORT);
        }

        @Override
        public Loop loop() {
            return loop;
        }

        @Override
        public long nowMs() {
            return loop.nowMs();
        }

        @Override
        public void reply(Response response) {
            // Records leave as they stand in the file at this moment, whatever becomes of the connection.
            loop.run(() -> {
                if (closed) {
                    release(response);
                }
                answered(this, closed ? null : response);
            });
        }

        private static void release(Response response) {
            if (response instanceof FetchResponse fetch) {
                fetch.responses().forEach(topic -> topic.partitions().forEach(partition -> {
                    if (partition.records() instanceof FileRecords file) {
                        file.release();
                    }
                }));
            }
        }

        @Override
        public void replyNothing() {
            loop.run(() -> answered(this, null));
        }

        @Override
        public void close(String reason) {
            loop.run(() -> {
                ended = true;
                current = null;
                broker.world().note(broker.name(), "closes: " + reason, correlationId());
                ServerConnection.this.close();
            });
        }

        @Override
        public void onDisconnect(Runnable task) {
            onDisconnect = task;
        }
    }
}
