package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.ShuffledLoops;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A connection step by step: bytes, answers and time in; what it has done about them out.
abstract class ServerConnectionSteps {
    static final short PRODUCE_VERSION = 9;
    static final int IDLE_MS = 60_000;
    static final int FIRST_REQUEST_MS = 20_000;
    static final int LARGE = 200_000;
    static final int ROOM = 500_000;

    final ShuffledLoops loops = new ShuffledLoops(1, 0, _ -> 0);
    final SharedBudget frames = SharedBudget.halfForTheLine(ROOM);
    final ConnectionBudgets budgets =
            new ConnectionBudgets(frames, new SharedBudget(50_000), new SharedBudget(50_000), new SharedBudget(100));
    final TrafficMeters traffic = new TrafficMeters();
    final KeptBytes kept = new KeptBytes(200_000);
    final HeapMemory memory = new HeapMemory();
    final ServerLimits limits = ServerLimits.of(1 << 20, 10, IDLE_MS, 16 << 10)
            .askedWithin(FIRST_REQUEST_MS);
    long nowNs = 7;
    int answerBytes = 100;

    final Client client = new Client();

    /// A client's end, and what stands behind the broker's.
    final class Client implements ConnectionEffects<ByteBuffer>, RequestHost {
        final List<RequestContext> begun = new ArrayList<>();
        final List<Integer> sent = new ArrayList<>();
        final List<RequestInProgress<ByteBuffer>> unsent = new ArrayList<>();
        final List<RequestInProgress<ByteBuffer>> beside = new ArrayList<>();
        final List<RequestContext> disconnected = new ArrayList<>();
        RequestInProgress<ByteBuffer> encodedBeside;
        boolean takes = true;
        boolean reading = true;
        boolean isClosed;
        String closedBecause;
        int asked;
        long wakeAtNs = Long.MAX_VALUE;
        RequestInProgress<ByteBuffer> encoded;
        final ServerConnectionCore<ByteBuffer> core = new ServerConnectionCore<>(
                new ConnectionSetup<>(loops.loop(0), this, limits, budgets, traffic, kept, memory),
                Session.anonymous(new HostPort("broker", 9092), "10.0.0.1"), this, nowNs);

        void receives(byte... bytes) {
            on(() -> core.received(memory.received(bytes, 0, bytes.length)));
        }

        RequestInProgress<ByteBuffer> begun(int index) {
            @SuppressWarnings("unchecked")
            RequestInProgress<ByteBuffer> one = (RequestInProgress<ByteBuffer>) begun.get(index);
            return one;
        }

        List<Integer> begun() {
            return IntStream.range(0, begun.size()).mapToObj(i -> begun(i).correlationId()).toList();
        }

        @Override
        public long nowNs() {
            return nowNs;
        }

        @Override
        public boolean isServing() {
            return true;
        }

        @Override
        public void asked() {
            asked++;
        }

        @Override
        public void begin(RequestInProgress<ByteBuffer> request) {
            begin(request.body(), request);
        }

        @Override
        public void begin(Request request, RequestContext context) {
            begun.add(context);
            context.onDisconnect(() -> disconnected.add(context));
        }

        @Override
        public boolean serves(ApiKey api, short version) {
            return version <= api.latestStable();
        }

        @Override
        public ApiVersionsResponse unsupportedVersion() {
            return ApiVersionsResponse.DEFAULT;
        }

        @Override
        public void disconnected(RequestInProgress<ByteBuffer> request) {
            request.runOnDisconnect();
        }

        @Override
        public void readBeside(RequestInProgress<ByteBuffer> request) {
            beside.add(request);
        }

        @Override
        public int encode(RequestInProgress<ByteBuffer> request, Response response) {
            encoded = request;
            return answerBytes;
        }

        @Override
        public void encodeBeside(RequestInProgress<ByteBuffer> request, Response response) {
            encodedBeside = request;
        }

        @Override
        public void send(RequestInProgress<ByteBuffer> request) {
            assertEquals(encoded, request);
            sent.add(request.correlationId());
            if (takes) {
                core.sent(request, answerBytes, true);
            } else {
                unsent.add(request);
            }
        }

        @Override
        public void forget() {
            encoded = null;
        }

        @Override
        public void flush() {}

        @Override
        public void reading(boolean on) {
            assertTrue(on != reading, "said twice");
            reading = on;
        }

        @Override
        public void wakeAt(long deadlineNs) {
            wakeAtNs = deadlineNs;
        }

        @Override
        public void close(String reason, Throwable bug) {
            assertFalse(isClosed, "closed twice");
            isClosed = true;
            closedBecause = reason;
        }
    }

    void on(Runnable task) {
        loops.loop(0).execute(task);
        loops.settle();
    }

    void passes(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    void reply(int index, Response response) {
        on(() -> client.begun.get(index).reply(response));
    }

    static byte[] produce(int correlation, int bytes) {
        return produce(correlation, bytes, 1);
    }

    static byte[] produce(int correlation, int bytes, int partitions) {
        return framed(ProduceRequest.builder().acks((short) -1)
                .topicData(List.of(new ProduceRequest.TopicProduceData("t", new UUID(0, 0),
                        IntStream.range(0, partitions).mapToObj(i -> new ProduceRequest.PartitionProduceData(
                                i, new BufferRecords(ByteBuffer.allocate(bytes)))).toList())))
                .build(), PRODUCE_VERSION, correlation);
    }

    static byte[] metadata(int correlation) {
        return framed(MetadataRequest.DEFAULT, (short) 9, correlation);
    }

    static byte[] framed(Request request, short version, int correlation) {
        ByteBuffer body = WireClient.frame(request, version, correlation);
        ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + body.remaining());
        return frame.putInt(body.remaining()).put(body).array();
    }

    static byte[] together(byte[]... frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] frame : frames) {
            all.writeBytes(frame);
        }
        return all.toByteArray();
    }

    static byte[] part(byte[] whole, int from, int to) {
        return java.util.Arrays.copyOfRange(whole, from, to);
    }

    void nothingIsHeld() {
        assertEquals(0, memory.held());
        assertEquals(0, frames.taken());
        assertEquals(0, budgets.requests().taken());
        assertEquals(0, budgets.answers().taken());
        assertEquals(0, budgets.waiting().taken());
        assertEquals(0, kept.bytes());
    }
}
