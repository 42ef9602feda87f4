package io.chapar.processor;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.FinalizedFeatures;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import io.chapar.transport.VirtualLoop;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LogSinkTest {
    private static final int LARGE = 10_000;
    private final VirtualLoop loop = new VirtualLoop();
    private final List<Integer> written = new ArrayList<>();
    /// Done once, as part of the turn in which an answer comes.
    private Runnable withTheAnswer = () -> { };
    private RecordSink sink = requireNonNull(LogSink.open(ProducerConfig.from(Map.of(
            KafkaConfigNames.BOOTSTRAP_SERVERS, "one:9092", KafkaConfigNames.ENABLE_IDEMPOTENCE, false,
            // Half of it is for what is sent and not written: three large records.
            KafkaConfigNames.BUFFER_MEMORY, 65_536)), Set.of(),
            new ClientRuntime(loop, new OneBroker(), new Random(1), listener -> { }, () -> { }), loop).getNow(null));
    private int made;

    /// It has any topic, with one partition, and takes whatever comes.
    private final class OneBroker implements Transport {
        @Override
        public void send(Node node, Call call, Consumer<CallResult> done) {
            short version = (short) Math.min(call.api() == ApiKey.ADD_PARTITIONS_TO_TXN ? 3 : 9, call.highest());
            Request request = call.builder().at(version);
            Response answer = switch (request) {
                case MetadataRequest asked -> describe(asked);
                case ProduceRequest records -> write(records);
                case FindCoordinatorRequest asked -> FindCoordinatorResponse.builder().nodeId(1).host("one").port(9092)
                        .coordinators(asked.coordinatorKeys().stream().map(key ->
                                FindCoordinatorResponse.Coordinator.builder().key(key).nodeId(1).host("one")
                                        .port(9092).build()).toList()).build();
                case InitProducerIdRequest asked -> InitProducerIdResponse.builder().producerId(7)
                        .producerEpoch((short) 0).build();
                case AddPartitionsToTxnRequest asked -> AddPartitionsToTxnResponse.builder()
                        .resultsByTopicV3AndBelow(asked.v3AndBelowTopics().stream().map(topic ->
                                AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult.builder().name(topic.name())
                                        .resultsByPartition(topic.partitions().stream().map(partition ->
                                                AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult.builder()
                                                        .partitionIndex(partition).build()).toList()).build())
                                .toList()).build();
                case EndTxnRequest asked -> EndTxnResponse.builder().build();
                default -> throw new IllegalArgumentException(call.api().toString());
            };
            loop.schedule(1, () -> {
                done.accept(new CallResult.Answered(answer, version));
                if (request instanceof ProduceRequest) {
                    Runnable once = withTheAnswer;
                    withTheAnswer = () -> { };
                    once.run();
                }
            });
        }

        private MetadataResponse describe(MetadataRequest asked) {
            List<MetadataResponse.MetadataResponsePartition> one = List.of(
                    MetadataResponse.MetadataResponsePartition.builder().leaderId(1).build());
            return MetadataResponse.builder()
                    .brokers(List.of(MetadataResponse.MetadataResponseBroker.builder()
                            .nodeId(1).host("one").port(9092).build()))
                    .topics(asked.topics().stream().map(topic -> MetadataResponse.MetadataResponseTopic.builder()
                            .name(topic.name()).partitions(one).build()).toList())
                    .build();
        }

        private ProduceResponse write(ProduceRequest request) {
            return ProduceResponse.builder().responses(request.topicData().stream().map(topic -> {
                topic.partitionData().forEach(data -> {
                    ByteBuffer bytes = ((BufferRecords) data.records()).bytes();
                    for (Record record : RecordBatch.at(bytes, bytes.position()).records()) {
                        written.add((int) requireNonNull(record.value()).get(0));
                    }
                });
                return ProduceResponse.TopicProduceResponse.builder().name(topic.name()).partitionResponses(List.of(
                        ProduceResponse.PartitionProduceResponse.builder().build())).build();
            }).toList()).build();
        }

        @Override
        public FinalizedFeatures features() {
            return FinalizedFeatures.UNKNOWN;
        }

        @Override
        public short agreedVersion(Node node, Call call) {
            return (short) Math.min(call.api() == ApiKey.ADD_PARTITIONS_TO_TXN ? 3 : 9, call.highest());
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private CompletableFuture<Void> send(int records) {
        List<SinkRecord> outputs = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            byte[] value = new byte[LARGE];
            value[0] = (byte) made++;
            outputs.add(new SinkRecord("out", 0, null, value, List.of()));
        }
        return sink.send(new SourceRecord(new TopicPartition("in", 0), made, 0, 0, null, null, List.of()), outputs);
    }

    /// Home is told of room before the producer hears of the end.
    @Test
    void whatWaitsForRoomIsOfNoOtherTransaction() {
        CompletableFuture<RecordSink> opened = LogSink.open(ProducerConfig.from(Map.of(
                KafkaConfigNames.BOOTSTRAP_SERVERS, "one:9092", KafkaConfigNames.TRANSACTIONAL_ID, "one",
                KafkaConfigNames.LINGER_MS, 5, KafkaConfigNames.BATCH_SIZE, 40_000,
                KafkaConfigNames.BUFFER_MEMORY, 65_536)), Set.of(),
                new ClientRuntime(loop, new OneBroker(), new Random(1), listener -> { }, () -> { }), loop);
        loop.advance(1_000);
        sink = requireNonNull(opened.getNow(null));
        var _ = sink.begin();
        loop.advance(100);
        assertTrue(send(3).isDone());
        CompletableFuture<Void> waits = send(2);
        assertFalse(waits.isDone());
        List<CompletableFuture<Void>> next = new ArrayList<>();
        withTheAnswer = () -> {
            CompletableFuture<Void> aborted = sink.abort();
            var _ = aborted.thenRun(() -> next.add(sink.begin()));
        };
        loop.advance(1_000);
        assertEquals(1, next.size());
        assertTrue(next.getFirst().isDone() && !next.getFirst().isCompletedExceptionally());
        assertTrue(waits.isCompletedExceptionally());
        assertTrue(send(1).isDone());
        CompletableFuture<Void> committed = sink.commit();
        loop.advance(1_000);
        assertTrue(committed.isDone() && !committed.isCompletedExceptionally());
        assertEquals(List.of(0, 1, 2, 5), written);
    }

    /// Functions that are at work at once end when they like, also while the outputs of several records wait already.
    @Test
    void whoeverWaitsForRoomGoesOnInTurn() {
        assertTrue(send(3).isDone());
        List<CompletableFuture<Void>> waiting = List.of(send(2), send(4), send(1));
        waiting.forEach(one -> assertFalse(one.isDone()));
        loop.advance(1_000);
        waiting.forEach(one -> assertTrue(one.isDone() && !one.isCompletedExceptionally()));
        CompletableFuture<Void> flushed = sink.flush();
        loop.advance(1_000);
        assertTrue(flushed.isDone() && !flushed.isCompletedExceptionally());
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), written);
    }

    /// Nobody waits for it; what was sent later leaves with it.
    @Test
    void whatWasSentLeavesWithinMilliseconds() {
        assertTrue(send(1).isDone());
        loop.advance(3);
        assertTrue(send(1).isDone());
        loop.advance(1);
        assertEquals(List.of(), written);
        loop.advance(20);
        assertEquals(List.of(0, 1), written);
    }

    @Test
    void whoeverWaitsForRoomIsToldWhenTheProducerCloses() {
        assertTrue(send(3).isDone());
        List<CompletableFuture<Void>> waiting = List.of(send(1), send(1));
        sink.drop();
        loop.advance(1_000);
        waiting.forEach(one -> assertTrue(one.isCompletedExceptionally()));
    }
}
