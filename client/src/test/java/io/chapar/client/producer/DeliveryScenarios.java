package io.chapar.client.producer;

import io.chapar.client.FatalException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.scripted.FakeBroker;
import io.chapar.client.scripted.ScriptedTransport.Fault;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.function.Function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DeliveryScenarios {
    /// Every partition of the request gets this error.
    static Function<Request, Response> refusing(ErrorCode error) {
        return request -> {
            ProduceRequest produce = (ProduceRequest) request;
            return ProduceResponse.builder().responses(produce.topicData().stream()
                    .map(topic -> ProduceResponse.TopicProduceResponse.builder()
                            .name(topic.name()).topicId(topic.topicId())
                            .partitionResponses(topic.partitionData().stream()
                                    .map(data -> ProduceResponse.PartitionProduceResponse.builder()
                                            .index(data.index()).errorCode(error.code()).baseOffset(-1L).build())
                                    .toList())
                            .build())
                    .toList()).build();
        };
    }

    private static void sendAlone(ProducerBench bench, int count) {
        for (int i = 0; i < count; i++) {
            bench.put("t", 0, "v" + i);
        }
    }

    private static void expectExactly(ProducerBench bench, int count) {
        assertEquals(ProducerBench.numbered("v", count), bench.broker.log("t", 0).values());
        for (int i = 0; i < count; i++) {
            assertEquals(i, ProducerBench.result(bench.futures.get(i)).offset());
        }
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
    }

    @Test
    void lingersAndFillsOneBatch() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.LINGER_MS, 20).topic("t", 1);
        bench.loop.advance(10);
        sendAlone(bench, 10);
        bench.loop.advance(15);
        assertEquals(0, bench.transport.count(ApiKey.PRODUCE));
        bench.loop.advance(30);
        assertEquals(1, bench.transport.count(ApiKey.PRODUCE));
        expectExactly(bench, 10);
    }

    @Test
    void aLostRequestAmongFiveIsRepeatedInOrder() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 0, KafkaConfigNames.LINGER_MS, 0)
                .topic("t", 1);
        bench.transport.on(ApiKey.PRODUCE, 2, new Fault.LoseRequest());
        sendAlone(bench, 12);
        bench.flush();
        expectExactly(bench, 12);
    }

    @Test
    void lostAnswersMakeNoDuplicates() {
        for (int lost = 1; lost <= 5; lost++) {
            ProducerBench bench = ProducerBench
                    .plain(KafkaConfigNames.BATCH_SIZE, 0, KafkaConfigNames.LINGER_MS, 0).topic("t", 1);
            for (int number = 1; number <= lost; number++) {
                bench.transport.on(ApiKey.PRODUCE, number, new Fault.LoseAnswer());
            }
            sendAlone(bench, 12);
            bench.flush();
            expectExactly(bench, 12);
        }
    }

    @Test
    void followsTheLeader() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 0, KafkaConfigNames.LINGER_MS, 0)
                .topic("t", 1);
        sendAlone(bench, 3);
        bench.loop.advance(2);
        bench.broker.moveLeader(FakeBroker.TWO);
        bench.flush();
        expectExactly(bench, 3);
        assertEquals(FakeBroker.TWO, bench.transport.sent.getLast().node());
    }

    @Test
    void brokersWithoutTopicIdsAreAskedByName() {
        ProducerBench bench = ProducerBench.plain().topic("t", 1);
        bench.broker.topicIds = false;
        sendAlone(bench, 3);
        bench.flush();
        expectExactly(bench, 3);
        assertEquals(12, bench.transport.sent.getLast().version());
    }

    @Test
    void splitsWhatIsTooLarge() {
        ProducerBench bench = ProducerBench.plain().topic("t", 1);
        bench.broker.maxBatchBytes = 100;
        sendAlone(bench, 40);
        bench.flush();
        expectExactly(bench, 40);
    }

    @Test
    void aSingleRecordTooLargeIsRefusedAndTheOthersPass() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 0, KafkaConfigNames.LINGER_MS, 0)
                .topic("t", 1);
        bench.broker.maxBatchBytes = 100;
        bench.put("t", 0, "a");
        var large = bench.send("t", 0, "x".repeat(200));
        bench.put("t", 0, "b");
        bench.put("t", 0, "c");
        bench.flush();
        assertEquals(ErrorCode.MESSAGE_TOO_LARGE, bench.failure(large).errorCode());
        assertEquals(List.of("a", "b", "c"), bench.broker.log("t", 0).values());
    }

    @Test
    void startsANewEpochWhenTheOldestIsOutOfSequence() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 0, KafkaConfigNames.LINGER_MS, 0)
                .topic("t", 1).topic("other", 1);
        bench.put("other", 0, "o0");
        sendAlone(bench, 3);
        bench.flush();
        bench.transport.recount();
        bench.transport.on(ApiKey.PRODUCE, 1,
                new Fault.AnswerInstead(refusing(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)));
        for (int i = 3; i < 9; i++) {
            bench.put("t", 0, "v" + i);
        }
        bench.flush();
        bench.put("other", 0, "o1");
        bench.flush();
        assertEquals(ProducerBench.numbered("v", 9), bench.broker.log("t", 0).values());
        assertEquals(List.of("o0", "o1"), bench.broker.log("other", 0).values());
        assertEquals(1, bench.broker.log("t", 0).entries.getLast().epoch());
        assertEquals(0, bench.broker.log("other", 0).entries.getLast().baseSequence());
    }

    @Test
    void unknownTopicEndsAfterMaxBlock() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.MAX_BLOCK_MS, 5_000);
        var future = bench.send("nowhere", -1, "v");
        bench.loop.advance(4_900);
        assertTrue(!future.isDone());
        bench.loop.advance(200);
        RetriableException failure = assertInstanceOf(RetriableException.class, bench.failure(future));
        assertTrue(failure.getMessage().contains("UNKNOWN_TOPIC_OR_PARTITION"), failure.getMessage());
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
    }

    /// A producer that is given wrong names for as long as it lives would else ask for more of them each time, and a
    /// broker that makes missing topics would make them long after.
    @Test
    void aTopicThatNobodyWaitsForIsNotAskedForAgain() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.MAX_BLOCK_MS, 5_000).topic("t", 1);
        bench.put("t", 0, "v0");
        bench.put("nowhere", -1, "v");
        bench.put("no such name", -1, "v");
        bench.loop.advance(6_000);
        bench.metadata.refresh();
        bench.loop.advance(1_000);
        assertEquals(List.of("t"), bench.broker.askedTopics);
        bench.broker.topic("nowhere", 1);
        bench.put("nowhere", -1, "v");
        bench.flush();
        assertEquals(List.of("v"), bench.broker.log("nowhere", 0).values());
    }

    @Test
    void aTopicThatAppearsIsWrittenTo() {
        ProducerBench bench = ProducerBench.plain();
        bench.put("t", 0, "v0");
        bench.loop.advance(1_000);
        bench.broker.topic("t", 1);
        bench.flush();
        expectExactly(bench, 1);
    }

    @Test
    void anInvalidTopicFailsAtOnce() {
        ProducerBench bench = ProducerBench.plain();
        var future = bench.send("no such name", -1, "v");
        bench.loop.advance(50);
        assertInstanceOf(FatalException.class, bench.failure(future));
    }

    @Test
    void nothingSentInTimeIsNotDone() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.DELIVERY_TIMEOUT_MS, 40_000).topic("t", 1);
        bench.transport.always = api -> api == ApiKey.PRODUCE ? new Fault.NotSent() : null;
        var future = bench.send("t", 0, "v");
        RetriableException failure = assertInstanceOf(RetriableException.class, bench.failure(future));
        assertTrue(failure.getMessage().contains("40000 ms"), failure.getMessage());
    }

    @Test
    void noAnswerInTimeIsUnknown() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.DELIVERY_TIMEOUT_MS, 40_000).topic("t", 1);
        bench.transport.always = api -> api == ApiKey.PRODUCE ? new Fault.LoseAnswer() : null;
        var future = bench.send("t", 0, "v0");
        assertInstanceOf(UnknownOutcomeException.class, bench.failure(future));
        bench.transport.always = api -> null;
        bench.put("t", 0, "v1");
        bench.flush();
        assertEquals(List.of("v0", "v1"), bench.broker.log("t", 0).values());
        assertEquals(1, bench.broker.log("t", 0).entries.getLast().epoch());
    }

    @Test
    void withoutAcknowledgementsTheOffsetIsUnknown() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.ACKS, "0").topic("t", 1);
        var future = bench.send("t", 0, "v0");
        bench.flush();
        assertEquals(-1, ProducerBench.result(future).offset());
        assertEquals(List.of("v0"), bench.broker.log("t", 0).values());
    }

    @Test
    void keylessRecordsFillOnePartitionAfterTheOther() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 1_000).topic("t", 3);
        bench.loop.advance(10);
        for (int i = 0; i < 300; i++) {
            bench.put("t", -1, "some value that is long enough to fill batches " + i);
        }
        bench.flush();
        for (int partition = 0; partition < 3; partition++) {
            assertTrue(bench.broker.log("t", partition).values().size() > 50);
        }
    }

    @Test
    void closingTellsWhatMayHaveBeenWritten() {
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.LINGER_MS, 0).topic("t", 1);
        bench.loop.advance(10);
        bench.put("t", 0, "v0");
        bench.flush();
        bench.transport.on(ApiKey.PRODUCE, 2, new Fault.Delay(1_000));
        var onTheWay = bench.send("t", 0, "v1");
        var waiting = bench.send("unknown", 0, "v2");
        bench.core.stop();
        assertInstanceOf(UnknownOutcomeException.class, bench.failure(onTheWay));
        assertInstanceOf(RetriableException.class, bench.failure(waiting));
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
    }
}
