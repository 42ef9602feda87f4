package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.scripted.FakeBroker;
import io.chapar.client.scripted.ScriptedTransport.Fault;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What becomes of the batches behind one that is given up or refused, while nobody knows whether they are written.
class BrokenSequenceScenarios {
    private static final long DELIVERY_MS = 40_000;
    private static final long BETWEEN_MS = 5_000;

    private final ProducerBench bench =
            ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 0, KafkaConfigNames.LINGER_MS, 0,
                    KafkaConfigNames.DELIVERY_TIMEOUT_MS, DELIVERY_MS).topic("t", 1).topic("other", 1);
    private final FakeBroker.Log log = bench.broker.log("t", 0);

    @BeforeEach
    void theBrokerKnowsTheProducer() {
        bench.put("t", 0, "v0");
        bench.flush();
        bench.transport.recount();
    }

    /// Sends v1, later v2, both on their way at once; their first attempts meet these faults, and no other attempt
    /// leaves.
    private void sendBoth(Fault first, Fault second) {
        bench.transport.on(ApiKey.PRODUCE, 1, new Fault.Later(BETWEEN_MS, first));
        bench.transport.on(ApiKey.PRODUCE, 2, second);
        bench.put("t", 0, "v1");
        bench.loop.advance(BETWEEN_MS - 10);
        bench.put("t", 0, "v2");
        cutOff();
        bench.loop.advance(20);
    }

    private void cutOff() {
        bench.transport.always = api -> api == ApiKey.PRODUCE ? new Fault.NotSent() : null;
    }

    private void heal() {
        bench.transport.always = api -> null;
    }

    /// Until the time of v1 is over, but not that of v2.
    private void untilTheFirstIsGivenUp() {
        assertFalse(bench.futures.get(1).isDone());
        bench.loop.advance(DELIVERY_MS - BETWEEN_MS);
        assertTrue(bench.futures.get(1).isDone());
        assertFalse(bench.futures.get(2).isDone());
    }

    private void expectUnknown(int record) {
        assertTrue(bench.futures.get(record).isDone());
        assertInstanceOf(UnknownOutcomeException.class, bench.failure(bench.futures.get(record)));
    }

    private void expectOffset(long offset, int record) {
        assertEquals(offset, ProducerBench.result(bench.futures.get(record)).offset());
    }

    /// Everything ends, and a further record is written behind.
    private void expectInTheEnd(List<String> values, int epoch) {
        heal();
        bench.flush();
        bench.put("t", 0, "end");
        bench.flush();
        assertEquals(values, log.values());
        assertEquals(epoch, log.entries.getLast().epoch());
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
        assertTrue(bench.core.isQuiet());
    }

    @Test
    void whatWasWrittenBehindABatchGivenUpIsNotWrittenAgain() {
        sendBoth(new Fault.LoseAnswer(), new Fault.LoseAnswer());
        untilTheFirstIsGivenUp();
        expectInTheEnd(List.of("v0", "v1", "v2", "end"), 0);
        expectUnknown(1);
        expectOffset(2, 2);
    }

    @Test
    void whatWasLostBehindALostBatchIsDelivered() {
        sendBoth(new Fault.LoseRequest(), new Fault.LoseRequest());
        untilTheFirstIsGivenUp();
        expectInTheEnd(List.of("v0", "v1", "v2", "end"), 0);
        expectUnknown(1);
        expectOffset(2, 2);
    }

    @Test
    void requestsThatComeAfterTheyWereGivenUpAreNotWrittenTwice() {
        sendBoth(new Fault.ComeLate(DELIVERY_MS), new Fault.ComeLate(DELIVERY_MS));
        untilTheFirstIsGivenUp();
        bench.loop.advance(2_000);
        heal();
        bench.loop.advance(DELIVERY_MS);
        expectInTheEnd(List.of("v0", "v1", "v2", "end"), 0);
        expectUnknown(1);
        expectOffset(2, 2);
    }

    @Test
    void aBatchGivenUpOnItsWayIsWaitedForByTheOneBehindIt() {
        bench.transport.on(ApiKey.PRODUCE, 1, new Fault.Delay(DELIVERY_MS + 1_000));
        bench.put("t", 0, "v1");
        bench.loop.advance(BETWEEN_MS);
        bench.put("t", 0, "v2");
        bench.loop.advance(DELIVERY_MS - BETWEEN_MS + 10);
        expectUnknown(1);
        expectInTheEnd(List.of("v0", "v1", "v2", "end"), 0);
        expectOffset(2, 2);
    }

    @Test
    void whenAllAreGivenUpTheNextEpochBegins() {
        sendBoth(new Fault.LoseRequest(), new Fault.LoseAnswer());
        untilTheFirstIsGivenUp();
        bench.loop.advance(BETWEEN_MS);
        expectUnknown(1);
        expectUnknown(2);
        expectInTheEnd(List.of("v0", "end"), 1);
    }

    /// Whatever comes late finds the next epoch.
    @Test
    void requestsThatComeLateAreShutOutByTheNextEpoch() {
        sendBoth(new Fault.ComeLate(3 * DELIVERY_MS), new Fault.ComeLate(3 * DELIVERY_MS));
        untilTheFirstIsGivenUp();
        bench.loop.advance(BETWEEN_MS);
        expectInTheEnd(List.of("v0", "end"), 1);
        bench.loop.advance(3 * DELIVERY_MS);
        assertEquals(List.of("v0", "end"), log.values());
    }

    /// v1 never left, so it stays out, and v2 cannot have joined the sequence behind it.
    @Test
    void whatStandsBehindABatchThatNeverLeftGetsANewNumber() {
        sendBoth(new Fault.NotSent(), new Fault.ComeLate(2 * DELIVERY_MS));
        untilTheFirstIsGivenUp();
        assertInstanceOf(RetriableException.class, bench.failure(bench.futures.get(1)));
        expectInTheEnd(List.of("v0", "v2", "end"), 1);
        bench.loop.advance(3 * DELIVERY_MS);
        assertEquals(List.of("v0", "v2", "end"), log.values());
        expectOffset(1, 2);
    }

    @Test
    void aBatchInDoubtIsSettledBeforeTheNextEpochBegins() {
        bench.broker.maxBatchBytes = 100;
        bench.transport.on(ApiKey.PRODUCE, 1, new Fault.LoseAnswer());
        bench.put("t", 0, "v1");
        bench.put("t", 0, "x".repeat(200));
        bench.put("t", 0, "v2");
        expectInTheEnd(List.of("v0", "v1", "v2", "end"), 1);
        expectOffset(1, 1);
        assertEquals(ErrorCode.MESSAGE_TOO_LARGE, bench.failure(bench.futures.get(2)).errorCode());
        expectOffset(2, 3);
    }

    /// The broker has forgotten what came before, or this batch: writing it under another number could be once too
    /// often.
    @Test
    void aBatchInDoubtThatIsOutOfSequenceEndsUnknown() {
        bench.transport.on(ApiKey.PRODUCE, 1, new Fault.LoseAnswer());
        bench.transport.on(ApiKey.PRODUCE, 2, new Fault.AnswerInstead(
                DeliveryScenarios.refusing(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)));
        bench.put("t", 0, "v1");
        bench.flush();
        expectUnknown(1);
        expectInTheEnd(List.of("v0", "v1", "end"), 1);
    }

    @Test
    void otherPartitionsKeepTheirEpochWhileTheyAreInDoubt() {
        bench.put("other", 0, "o0");
        bench.flush();
        bench.transport.recount();
        bench.transport.on(ApiKey.PRODUCE, 1, new Fault.Later(BETWEEN_MS, new Fault.LoseAnswer()));
        bench.transport.on(ApiKey.PRODUCE, 2, new Fault.LoseAnswer());
        bench.put("t", 0, "v1");
        bench.loop.advance(BETWEEN_MS - 10);
        bench.put("other", 0, "o1");
        cutOff();
        bench.loop.advance(DELIVERY_MS - BETWEEN_MS + 100);
        expectUnknown(2);
        expectInTheEnd(List.of("v0", "v1", "end"), 1);
        bench.put("other", 0, "o2");
        bench.flush();
        assertEquals(List.of("o0", "o1", "o2"), bench.broker.log("other", 0).values());
    }
}
