package io.chapar.broker.anomaly;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Map;

import static io.chapar.broker.WireProducer.TIMEOUT_MS;
import static io.chapar.broker.WireProducer.error;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Which transaction a request decides (A-01 to A-08 of `docs/anomalies.md`): never another one than it means, never
/// twice differently, and whoever repeats a question gets the same answer.
class DecisionAnomalyScenarios {
    private static final List<String> NOTHING = List.of();

    private BrokerFixture broker;
    private TopicView view;

    private void start(Map<String, String> settings) {
        broker = BrokerFixture.onOneLoop(settings);
        broker.createTopic("t", 2);
        broker.createCoordinators();
        view = new TopicView(broker, "t");
    }

    private WireProducer version2() {
        return WireProducer.ofVersion2(broker, "id").init();
    }

    private WireProducer version1() {
        return WireProducer.ofVersion1(broker, "id").init();
    }

    private Asked send(WireProducer producer, Request endRequest) {
        return broker.later(endRequest, producer.endVersion());
    }

    // ----

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void A01_aDelayedEndNeverDecidesTheNextTransaction(boolean commits) {
        start(Map.of());
        WireProducer producer = version2();
        producer.write("t", 0, "first");
        Request delayed = producer.endRequest(commits);
        producer.end(commits);
        producer.write("t", 0, "second");
        assertEquals(ErrorCode.PRODUCER_FENCED, error(send(producer, delayed)));
        producer.write("t", 1, "third");
        producer.end(!commits);
        assertEquals(commits ? List.of("first") : List.of("second"), view.committed(0));
        assertEquals(commits ? NOTHING : List.of("third"), view.committed(1));
    }

    /// The hazard that version 1 has on every server (KAFKA-17754): both transactions bear the same epoch, and nothing
    /// in the request tells which of them it means. Here so that it is known, and known when it changes.
    @Test
    void A01_hazardOfVersion1_aDelayedCommitDecidesTheNextTransaction() {
        start(Map.of());
        WireProducer producer = version1();
        producer.write("t", 0, "first");
        Request delayed = producer.endRequest(true);
        producer.commit();
        producer.write("t", 0, "second");
        assertEquals(ErrorCode.NONE, error(send(producer, delayed)));
        assertEquals(ErrorCode.INVALID_TXN_STATE, error(send(producer, producer.endRequest(false))));
        assertEquals(List.of("first", "second"), view.committed(0), "an aborted record is visible");
    }

    // ----

    @Test
    void A02_aCommitWhoseAnswerWasLostIsRecognisedWheneverTheBrokerDied() {
        boolean more = true;
        for (int step = 0; more; step++) {
            start(Map.of());
            WireProducer producer = version2();
            producer.write("t", 0, "a");
            producer.write("t", 1, "b");
            broker.begin(producer.endRequest(true), 5);
            more = broker.steps(step);
            broker.crashAndRestart();

            EndTxnResponse again = (EndTxnResponse) broker.ask(producer.endRequest(true), 5);
            assertEquals(ErrorCode.NONE.code(), again.errorCode(), "died after step " + step);
            assertEquals(producer.producerId(), again.producerId());
            assertEquals(producer.epoch() + 1, again.producerEpoch());
            assertEquals(List.of("a"), view.committed(0));
            assertEquals(List.of("b"), view.committed(1));
        }
    }

    // ----

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void A03_aTransactionThatRanOutOfTimeIsNeverCommittedInPart(int version) {
        start(Map.of());
        WireProducer slow = version == 2 ? version2() : version1();
        slow.write("t", 0, "before the pause");
        broker.advance(TIMEOUT_MS);
        view.assertNothingOpen(0);

        Asked write = broker.later(slow.produceRequest("t", 0, "after the pause"), slow.produceVersion());
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(write));
        if (version == 1) {
            assertEquals(ErrorCode.PRODUCER_FENCED, error(broker.later(slow.addRequest("t", 1), 3)));
        }
        Asked toOther = broker.later(slow.produceRequest("t", 1, "elsewhere"), slow.produceVersion());
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(toOther));
        ErrorCode end = error(send(slow, slow.endRequest(true)));
        assertEquals(version == 2 ? ErrorCode.TRANSACTION_ABORTABLE : ErrorCode.PRODUCER_FENCED, end);
        assertEquals(NOTHING, view.committed(0));
        assertEquals(NOTHING, view.committed(1));
    }

    // ----

    /// The stray requests bear the epoch before the transaction's, and one that is not given to anybody yet.
    @ParameterizedTest
    @ValueSource(ints = {-1, 2})
    void A04_anEpochThatIsNotTheTransactionsDecidesNothingAtAnyMoment(int offset) {
        for (boolean commit : new boolean[] {true, false}) {
            boolean more = true;
            for (int step = 0; more; step++) {
                start(Map.of());
                WireProducer producer = version2();
                producer.write("t", 0, "before");
                producer.commit();
                producer.write("t", 0, "mine");
                stray(producer, commit, offset);
                Asked end = broker.begin(producer.endRequest(!commit), 5);
                more = broker.steps(step);
                stray(producer, commit, offset);
                broker.settle();
                assertEquals(ErrorCode.NONE, error(end));
                stray(producer, commit, offset);
                assertEquals(commit ? List.of("before") : List.of("before", "mine"), view.committed(0));
            }
        }
    }

    private void stray(WireProducer producer, boolean commit, int offset) {
        Asked stray = broker.later(producer.endRequest(commit, producer.producerId(), producer.epoch() + offset), 5);
        ErrorCode refused = error(stray);
        assertTrue(List.of(ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_TXN_STATE).contains(refused),
                () -> "answered " + refused);
    }

    @Test
    void A04_anEpochBeyondTheTransactionsDecidesNothingInVersion1() {
        for (int offset : new int[] {-1, 1}) {
            start(Map.of());
            WireProducer producer = WireProducer.ofVersion1(broker, "id").init().init();
            producer.write("t", 0, "mine");
            Asked stray =
                    broker.later(producer.endRequest(true, producer.producerId(), producer.epoch() + offset), 3);
            assertEquals(ErrorCode.PRODUCER_FENCED, error(stray));
            producer.abort();
            assertEquals(NOTHING, view.committed(0));
        }
    }

    // ----

    @Test
    void A05_whoseIdExpiredMeanwhileGetsNothingDone() {
        start(Map.of("transactional.id.expiration.ms", "60000"));
        WireProducer first = version2();
        broker.advance(60_000);
        assertEquals(ErrorCode.INVALID_PRODUCER_ID_MAPPING, error(send(first, first.endRequest(false))));

        WireProducer second = version2();
        second.write("t", 0, "of the second");
        assertEquals(first.epoch(), second.epoch(), "the epoch alone does not tell them apart");
        Asked write = broker.later(first.produceRequest("t", 0, "of the first"), 12);
        assertEquals(ErrorCode.INVALID_PRODUCER_ID_MAPPING, error(write));
        for (boolean commit : new boolean[] {true, false}) {
            assertEquals(ErrorCode.INVALID_PRODUCER_ID_MAPPING, error(send(first, first.endRequest(commit))));
        }
        Request init = first.initRequest(first.producerId(), first.epoch());
        assertEquals(ErrorCode.PRODUCER_FENCED, error(broker.later(init, 5)));
        second.commit();
        assertEquals(ErrorCode.PRODUCER_FENCED, error(broker.later(init, 5)));
        second.write("t", 1, "goes on");
        assertEquals(List.of("of the second"), view.committed(0));
    }

    // ----

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void A06_anInitWhoseAnswerWasLostIsNotAnotherInstance(boolean inATransaction) {
        boolean more = true;
        for (int step = 0; more; step++) {
            start(Map.of());
            WireProducer producer = version2();
            if (inATransaction) {
                producer.write("t", 0, "left open");
            }
            Request init = producer.initRequest(producer.producerId(), producer.epoch());
            broker.begin(init, 5);
            more = broker.steps(step);
            broker.crashAndRestart();

            InitProducerIdResponse granted = granted(init, step);
            assertEquals(granted, granted(init, step));
            producer.adopt(granted.producerId(), granted.producerEpoch());
            producer.write("t", 0, "goes on");
            producer.commit();
            assertEquals(List.of("goes on"), view.committed(0));
        }
    }

    private InitProducerIdResponse granted(Request init, int step) {
        InitProducerIdResponse answer = (InitProducerIdResponse) broker.ask(init, 5);
        assertEquals(ErrorCode.NONE.code(), answer.errorCode(), "died after step " + step);
        return answer;
    }

    /// Without a pair a repetition cannot be told from another instance: the later one wins, and only it.
    @Test
    void A06_ofTwoAnnouncementsWithoutAPairTheLaterWins() {
        start(Map.of());
        WireProducer one = WireProducer.ofVersion2(broker, "id");
        Asked lost = broker.begin(one.initRequest(), 5);
        Asked repeated = broker.begin(one.initRequest(), 5);
        broker.settle();
        InitProducerIdResponse early = (InitProducerIdResponse) lost.answer();
        InitProducerIdResponse late = (InitProducerIdResponse) repeated.answer();
        one.adopt(early.producerId(), early.producerEpoch());
        assertEquals(
                ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(one.produceRequest("t", 0, "early"), 12)));
        one.adopt(late.producerId(), late.producerEpoch());
        one.write("t", 0, "late");
        one.commit();
        assertEquals(List.of("late"), view.committed(0));
    }

    // ----

    @Test
    void A07_theAbortOfNothingIsRecognisedWhenItIsRepeated() {
        boolean more = true;
        for (int step = 0; more; step++) {
            start(Map.of());
            WireProducer producer = version2();
            Request abort = producer.endRequest(false);
            broker.begin(abort, 5);
            more = broker.steps(step);
            broker.crashAndRestart();
            for (int again = 0; again < 2; again++) {
                EndTxnResponse answer = (EndTxnResponse) broker.ask(abort, 5);
                assertEquals(ErrorCode.NONE.code(), answer.errorCode(), "died after step " + step);
                assertEquals(producer.epoch() + 1, answer.producerEpoch());
            }
        }
    }

    @Test
    void A07_aTransactionWithoutWritesIsNotCommitted() {
        start(Map.of());
        WireProducer producer = version2();
        assertEquals(ErrorCode.INVALID_TXN_STATE, error(send(producer, producer.endRequest(true))));
        producer.write("t", 0, "a");
        producer.commit();
        assertEquals(ErrorCode.INVALID_TXN_STATE, error(send(producer, producer.endRequest(true))));
        assertEquals(List.of("a"), view.committed(0));
    }

    /// A client that learns of version 2 asks for a new epoch first; what it still had under way as version 1 is late.
    @Test
    void A07_whatIsLeftOfVersion1DoesNotReachTheTransactionsOfVersion2() {
        start(Map.of());
        WireProducer before = version1();
        before.write("t", 0, "of version 1");
        Request end = before.endRequest(true);
        Request write = before.produceRequest("t", 1, "late");
        before.commit();

        WireProducer after = WireProducer.ofVersion2(broker, "id");
        InitProducerIdResponse pair =
                (InitProducerIdResponse) broker.ask(before.initRequest(before.producerId(), before.epoch()), 5);
        after.adopt(pair.producerId(), pair.producerEpoch());
        after.write("t", 1, "of version 2");
        assertEquals(ErrorCode.PRODUCER_FENCED, error(broker.later(end, 3)));
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(write, 11)));
        after.abort();
        assertEquals(List.of("of version 1"), view.committed(0));
        assertEquals(NOTHING, view.committed(1));
    }

    // ----

    @Test
    void A08_aBumpInATransactionAbortsItInsteadOfSplittingIt() {
        start(Map.of());
        WireProducer producer = version2();
        producer.write("t", 0, "1");
        producer.produceRequest("t", 0, "lost on its way");
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                error(broker.later(producer.produceRequest("t", 0, "3"), 12)));

        Request commitOfTheFirstHalf = producer.endRequest(true);
        InitProducerIdResponse bumped =
                (InitProducerIdResponse) broker.ask(producer.initRequest(producer.producerId(), producer.epoch()), 5);
        assertEquals(ErrorCode.NONE.code(), bumped.errorCode());
        assertEquals(ErrorCode.PRODUCER_FENCED, error(broker.later(commitOfTheFirstHalf, 5)));
        producer.adopt(bumped.producerId(), bumped.producerEpoch());
        producer.write("t", 0, "all over");
        producer.commit();
        assertEquals(List.of("all over"), view.committed(0));
    }
}
