package io.chapar.broker.net;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Produce requests of one connection that do not wait for each other's followers, on a whole broker.
final class PipelinedProduceScenarios {
    private static final int ROUND_MS = 10;
    private static final short VERSION = 9;

    private final SharedBudget budget = new SharedBudget(1 << 30);

    private BrokerFixture broker;

    /// Says a while later that it has what the leader had.
    private record Distant(Loop loop) implements Followers {
        private static final int NODE = 2;

        @Override
        public Collection<Integer> inSync(TopicPartition partition) {
            return List.of(NODE);
        }

        @Override
        public void appended(Partition partition) {
            long end = partition.logEndOffset();
            var _ = loop.schedule(ROUND_MS, () -> partition.acknowledged(NODE, end));
        }
    }

    private void start(int loops, IntUnaryOperator choose, Function<Loop, Followers> followers) {
        broker = new BrokerFixture(loops, choose, Map.of("num.partitions", "4"), followers);
        broker.settle();
        broker.createTopic("t", 4);
    }

    /// A client's socket on one of the broker's loops.
    private final class Socket implements ConnectionEffects<ByteBuffer> {
        private final Loop loop;
        private final HeapMemory memory = new HeapMemory();
        private final ConnectionSetup<ByteBuffer> setup;
        private final ServerConnectionCore<ByteBuffer> core;
        final List<Response> answers = new ArrayList<>();
        final List<Integer> correlations = new ArrayList<>();
        private Response encoded;
        String closedBecause;

        Socket(int maxPipelined) {
            loop = broker.loop(0);
            ServerLimits usual = ServerLimits.of(4 << 20, 10, 600_000, 0);
            ServerLimits limits = new ServerLimits(usual.maxFrameBytes(), usual.maxConnections(),
                    usual.maxConnectionsPerIp(), usual.firstRequestMs(), usual.maxIdleMs(),
                    usual.maxWaitingFrames(), usual.maxWaitingBytes(), usual.maxElements(), usual.maxUnsentBytes(),
                    maxPipelined, usual.maxPipelinedBytes(), usual.maxRoomWaitMs(),
                    usual.minBytesPerSecond());
            setup = new ConnectionSetup<>(loop, broker.requests(), limits,
                    new ConnectionBudgets(budget, budget, budget, budget), new TrafficMeters(), new KeptBytes(1 << 20),
                    memory);
            core = new ServerConnectionCore<>(
                    setup, Session.anonymous(new HostPort("broker", 9092), "10.0.0.1"), this, nowNs());
        }

        void sends(Request request, int correlation) {
            ByteBuffer body = WireClient.frame(request, VERSION, correlation);
            ByteBuffer frame = ByteBuffer.allocate(4 + body.remaining()).putInt(body.remaining()).put(body);
            loop.execute(() -> core.received(memory.received(frame.array(), 0, frame.capacity())));
        }

        ErrorCode error(int index) {
            return ErrorCode.of(assertInstanceOf(ProduceResponse.class, answers.get(index)).responses().getFirst()
                    .partitionResponses().getFirst().errorCode());
        }

        long offset(int index) {
            return ((ProduceResponse) answers.get(index)).responses().getFirst().partitionResponses().getFirst()
                    .baseOffset();
        }

        @Override
        public long nowNs() {
            return TimeUnit.MILLISECONDS.toNanos(loop.nowMs());
        }

        @Override
        public boolean isServing() {
            return true;
        }

        @Override
        public void asked() {}

        @Override
        public void begin(RequestInProgress<ByteBuffer> request) {
            setup.host().begin(request.body(), request);
        }

        @Override
        public void disconnected(RequestInProgress<ByteBuffer> request) {
            request.runOnDisconnect();
        }

        @Override
        public void readBeside(RequestInProgress<ByteBuffer> request) {
            // As slow as another thread may be.
            var _ = loop.schedule(ROUND_MS, request.readLarge(setup.limits().maxElements()));
        }

        @Override
        public int encode(RequestInProgress<ByteBuffer> request, Response response) {
            encoded = response;
            return 100;
        }

        @Override
        public void encodeBeside(RequestInProgress<ByteBuffer> request, Response response) {
            var _ = loop.schedule(ROUND_MS, () -> {
                encoded = response;
                core.encoded(request, 100);
            });
        }

        @Override
        public void send(RequestInProgress<ByteBuffer> request) {
            answers.add(encoded);
            correlations.add(request.correlationId());
            core.sent(request, 100, true);
        }

        @Override
        public void forget() {}

        @Override
        public void flush() {}

        @Override
        public void reading(boolean on) {}

        @Override
        public void wakeAt(long deadlineNs) {}

        @Override
        public void close(String reason, Throwable bug) {
            closedBecause = reason;
        }
    }

    private static ByteBuffer batch(long producerId, int sequence) {
        return batch(producerId, sequence, new byte[] {(byte) sequence});
    }

    private static ByteBuffer batch(long producerId, int sequence, byte[] value) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE);
        if (producerId >= 0) {
            batch.producer(producerId, (short) 0, sequence);
        }
        return batch.append(1_700_000_000_000L, null, ByteBuffer.wrap(value)).build();
    }

    private static ProduceRequest produce(int acks, int partition, ByteBuffer batch) {
        return ProduceRequest.builder().acks((short) acks).timeoutMs(5_000)
                .topicData(List.of(new ProduceRequest.TopicProduceData("t", new UUID(0, 0),
                        List.of(new ProduceRequest.PartitionProduceData(partition, new BufferRecords(batch))))))
                .build();
    }

    private long producerId() {
        broker.createCoordinators();
        InitProducerIdResponse given = (InitProducerIdResponse) broker.ask(InitProducerIdRequest.builder()
                .transactionalId(null).producerId(-1).producerEpoch((short) -1).transactionTimeoutMs(1000).build(), 4);
        assertEquals(ErrorCode.NONE.code(), given.errorCode());
        return given.producerId();
    }

    @Test
    void sixteenCostOneRoundOfReplication() {
        start(1, _ -> 0, Distant::new);
        Socket socket = new Socket(16);
        for (int i = 0; i < 16; i++) {
            socket.sends(produce(-1, 0, batch(-1, i)), i);
        }
        broker.advance(ROUND_MS);
        assertEquals(16, socket.answers.size());
        for (int i = 0; i < 16; i++) {
            assertEquals(i, socket.correlations.get(i));
            assertEquals(i, socket.offset(i));
        }
    }

    @Test
    void oneAtATimeTheyCostARoundEach() {
        start(1, _ -> 0, Distant::new);
        Socket socket = new Socket(1);
        for (int i = 0; i < 16; i++) {
            socket.sends(produce(-1, 0, batch(-1, i)), i);
        }
        broker.advance(8 * ROUND_MS);
        assertEquals(8, socket.answers.size());
    }

    @Test
    void anythingElseWaitsForThoseAhead() {
        start(1, _ -> 0, Distant::new);
        Socket socket = new Socket(16);
        socket.sends(produce(-1, 0, batch(-1, 0)), 0);
        socket.sends(MetadataRequest.DEFAULT, 1);
        socket.sends(produce(-1, 0, batch(-1, 1)), 2);
        broker.settle();
        assertEquals(1, broker.partition("t", 0).logEndOffset());
        broker.advance(ROUND_MS);
        assertEquals(List.of(0, 1), socket.correlations);
        broker.advance(ROUND_MS);
        assertEquals(List.of(0, 1, 2), socket.correlations);
    }

    /// As Kafka: the batches behind one that failed are out of sequence, and none of them is written.
    @Test
    void whatComesBehindAFailedOneOfItsProducerIsOutOfSequence() {
        start(1, _ -> 0, Distant::new);
        long producer = producerId();
        Socket socket = new Socket(16);
        socket.sends(produce(-1, 0, batch(producer, 0)), 0);
        ByteBuffer broken = batch(producer, 1);
        broken.put(broken.limit() - 1, (byte) 99);
        socket.sends(produce(-1, 0, broken), 1);
        socket.sends(produce(-1, 0, batch(producer, 2)), 2);
        socket.sends(produce(-1, 0, batch(producer, 3)), 3);
        broker.advance(ROUND_MS);
        assertEquals(List.of(0, 1, 2, 3), socket.correlations);
        assertEquals(ErrorCode.NONE, socket.error(0));
        assertEquals(ErrorCode.CORRUPT_MESSAGE, socket.error(1));
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, socket.error(2));
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, socket.error(3));
        assertEquals(1, broker.partition("t", 0).logEndOffset());
    }

    @Test
    void aWriteWithoutAnAnswerThatFailsEndsTheConnectionBehindTheAnswersAhead() {
        start(1, _ -> 0, Distant::new);
        Socket socket = new Socket(16);
        socket.sends(produce(-1, 0, batch(-1, 0)), 0);
        socket.sends(produce(0, 99, batch(-1, 1)), 1);
        socket.sends(produce(-1, 0, batch(-1, 2)), 2);
        broker.settle();
        assertNull(socket.closedBecause);
        broker.advance(ROUND_MS);
        assertEquals(List.of(0), socket.correlations);
        assertTrue(socket.closedBecause.contains("acks=0"), socket.closedBecause);
        assertEquals(1, broker.partition("t", 0).logEndOffset());
    }

    /// The last of its partitions is written a turn later than the first.
    @Test
    void oneThatTakesSeveralSlicesIsNotOvertaken() {
        start(1, _ -> 0, Distant::new);
        long producer = producerId();
        Socket socket = new Socket(16);
        List<ProduceRequest.PartitionProduceData> large = new ArrayList<>();
        for (int p = 0; p < 3; p++) {
            large.add(new ProduceRequest.PartitionProduceData(
                    p, new BufferRecords(batch(producer, 0, new byte[600_000]))));
        }
        socket.sends(ProduceRequest.builder().acks((short) -1).timeoutMs(5_000)
                .topicData(List.of(new ProduceRequest.TopicProduceData("t", new UUID(0, 0), large))).build(), 0);
        socket.sends(produce(-1, 2, batch(producer, 1)), 1);
        broker.advance(2 * ROUND_MS);
        assertEquals(List.of(0, 1), socket.correlations);
        assertEquals(ErrorCode.NONE, socket.error(1));
        assertEquals(2, broker.partition("t", 2).logEndOffset());
    }

    /// On whatever loops the partitions live, and also where a request of many partitions is read beside the loop,
    /// each log has the batches in the order in which they were sent.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void everyLogHasThemInTheirOrder(long seed) {
        Random random = new Random(seed);
        start(3, random::nextInt, Distant::new);
        long producer = producerId();
        Socket socket = new Socket(16);
        int[] sequences = new int[4];
        for (int i = 0; i < 60; i++) {
            List<ProduceRequest.PartitionProduceData> data = new ArrayList<>();
            if (random.nextInt(4) == 0) {
                for (int p = 0; p < 4; p++) {
                    data.add(new ProduceRequest.PartitionProduceData(
                            p, new BufferRecords(batch(producer, sequences[p]++))));
                }
                int others = random.nextInt(3) * 300;
                for (int p = 0; p < others; p++) {
                    data.add(random.nextInt(data.size()),
                            new ProduceRequest.PartitionProduceData(100 + p, new BufferRecords(batch(-1, 0))));
                }
            } else {
                int p = random.nextInt(4);
                data.add(new ProduceRequest.PartitionProduceData(
                        p, new BufferRecords(batch(producer, sequences[p]++))));
            }
            socket.sends(ProduceRequest.builder().acks((short) -1).timeoutMs(60_000)
                    .topicData(List.of(new ProduceRequest.TopicProduceData("t", new UUID(0, 0), data))).build(), i);
        }
        broker.advance(200 * ROUND_MS);
        assertEquals(60, socket.answers.size());
        for (int i = 0; i < 60; i++) {
            assertEquals(i, socket.correlations.get(i));
            ((ProduceResponse) socket.answers.get(i)).responses().getFirst().partitionResponses().forEach(answer ->
                    assertEquals(answer.index() < 4 ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                            ErrorCode.of(answer.errorCode())));
        }
        for (int p = 0; p < 4; p++) {
            assertEquals(sequences[p], broker.partition("t", p).logEndOffset());
        }
        assertEquals(0, socket.memory.held());
        assertEquals(0, budget.taken());
    }
}
