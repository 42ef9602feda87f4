package io.chapar.broker.anomaly;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static io.chapar.broker.WireProducer.TIMEOUT_MS;
import static io.chapar.broker.WireProducer.error;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Epochs, markers and producer ids (A-15 to A-19 of `docs/anomalies.md`) on the whole broker. What needs a log that
/// fails, or epochs close to their end at every step, is with the coordinator, in `CoordinatorAnomalyScenarios`.
class EpochAnomalyScenarios {
    private static final List<String> NOTHING = List.of();
    /// The last that a client may hold.
    private static final int LAST_EPOCH = 32766;

    private BrokerFixture broker;
    private TopicView view;

    private void start() {
        broker = BrokerFixture.onOneLoop(Map.of());
        broker.createTopic("t", 2);
        broker.createCoordinators();
        view = new TopicView(broker, "t");
    }

    private WireProducer version2() {
        return WireProducer.ofVersion2(broker, "id").init();
    }

    // ----

    @Test
    void A15_aTimeOutBumpsTheEpochOnceWhenTheBrokerDiesInItAgainAndAgain() {
        for (int step = 0; step < 40; step++) {
            start();
            WireProducer producer = version2();
            producer.write("t", 0, "a");
            broker.advance(TIMEOUT_MS - 1);
            for (int deaths = 0; deaths < 3; deaths++) {
                broker.crash();
                broker.steps(step);
            }
            broker.advance(10);
            Asked abort = broker.later(producer.endRequest(false), 5);
            assertEquals(ErrorCode.NONE, error(abort));
            int before = producer.epoch();
            producer.goOnAfter(abort);
            assertEquals(before + 1, producer.epoch());
            producer.write("t", 0, "b");
            producer.commit();
            assertEquals(List.of("b"), view.committed(0));
        }
    }

    // ----

    /// The pair that ends its epochs, on its way through real partitions: by commit, abort, time-out and take-over.
    @ParameterizedTest
    @ValueSource(strings = {"commit", "time-out"})
    void A16_theLastEpochIsFollowedByAnotherProducerId(String end) {
        useEpochsUp(end);
    }

    @ParameterizedTest
    @ValueSource(strings = {"abort", "take-over"})
    @Tag("nightly")
    void A16_theLastEpochIsFollowedByAnotherProducerIdHoweverItEnds(String end) {
        useEpochsUp(end);
    }

    private void useEpochsUp(String end) {
        start();
        WireProducer producer = version2();
        while (producer.epoch() < LAST_EPOCH) {
            InitProducerIdResponse next = (InitProducerIdResponse) broker.ask(
                    producer.initRequest(producer.producerId(), producer.epoch()), 5);
            producer.adopt(next.producerId(), next.producerEpoch());
        }
        long exhausted = producer.producerId();
        producer.write("t", 0, "a");
        Request late = producer.produceRequest("t", 0, "late");
        switch (end) {
            case "commit" -> producer.commit();
            case "abort" -> producer.abort();
            case "time-out" -> {
                broker.advance(TIMEOUT_MS);
                Asked abort = broker.later(producer.endRequest(false), 5);
                assertEquals(ErrorCode.NONE, error(abort));
                producer.goOnAfter(abort);
            }
            default -> producer = version2();
        }
        assertTrue(producer.producerId() != exhausted);
        assertTrue(producer.epoch() <= 1);
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(late, 12)));
        broker.crashAndRestart();
        producer.write("t", 0, "b");
        producer.commit();
        assertEquals(end.equals("commit") ? List.of("a", "b") : List.of("b"), view.committed(0));
        view.assertNothingOpen(0);
    }

    // ----

    /// Half of the markers are written and none is known to be: nobody asks any more, and still all of it ends.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void A17_aMarkerThatIsWrittenTwiceHoldsNothingUp(boolean commits) {
        boolean more = true;
        for (int step = 0; more; step++) {
            start();
            WireProducer producer = version2();
            producer.write("t", 0, "a");
            producer.write("t", 1, "b");
            producer.commitOffset("g", "t", 0, 7);
            Asked end = broker.begin(producer.endRequest(commits), 5);
            while (!end.isEnded()) {
                assertTrue(broker.step());
            }
            producer.goOnAfter(end);
            more = broker.steps(step);
            broker.crashAndRestart();

            view.assertNothingOpen(0);
            view.assertNothingOpen(1);
            view.assertNothingOpenInOffsets();
            assertEquals(commits ? List.of("a") : NOTHING, view.committed(0));
            assertEquals(commits ? List.of("b") : NOTHING, view.committed(1));
            assertEquals(commits ? 7 : -1, view.groupOffset("g", 0, true));
            producer.write("t", 0, "c");
            producer.write("t", 1, "d");
            producer.commit();
            assertEquals(commits ? List.of("a", "c") : List.of("c"), view.committed(0));
        }
    }

    // ----

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void A18_aMarkerThatArrivesOnceMoreNeverEndsTheNextTransaction(boolean commits) {
        boolean more = true;
        for (int step = 0; more; step++) {
            start();
            WireProducer producer = version2();
            producer.write("t", 0, "a");
            producer.end(commits);
            Request marker = marker(producer, commits);
            Asked write = broker.begin(producer.produceRequest("t", 0, "b"), 12);
            more = broker.steps(step);
            broker.later(marker, 2);
            assertEquals(ErrorCode.NONE, error(write));
            WriteTxnMarkersResponse refused = (WriteTxnMarkersResponse) broker.ask(marker, 2);
            assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH.code(), refused.markers().getFirst().topics().getFirst()
                    .partitions().getFirst().errorCode());
            producer.write("t", 0, "c");
            assertEquals(commits ? List.of("a") : NOTHING, view.committed(0));
            producer.end(!commits);
            assertEquals(commits ? List.of("a") : List.of("b", "c"), view.committed(0));
            view.assertNothingOpen(0);
        }
    }

    /// The marker that ended the transaction before this pair.
    private Request marker(WireProducer producer, boolean commit) {
        int coordinatorEpoch = view.producers(0).getFirst().coordinatorEpoch();
        return new WriteTxnMarkersRequest(List.of(new WritableTxnMarker(
                producer.producerId(), producer.epoch(), commit,
                List.of(new WritableTxnMarkerTopic("t", List.of(0))), coordinatorEpoch, (byte) 2)));
    }

    // ----

    @Test
    void A19_noProducerIdIsGivenTwiceWheneverTheBrokerDies() {
        start();
        Set<Long> given = new LinkedHashSet<>();
        for (int step = 0; step < 40; step++) {
            List<Asked> asked = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                asked.add(broker.begin(InitProducerIdRequest.builder()
                        .transactionalId(null).transactionTimeoutMs(1000).build(), 5));
            }
            broker.steps(step);
            for (Asked each : asked) {
                if (each.isEnded()) {
                    long id = ((InitProducerIdResponse) each.answer()).producerId();
                    assertTrue(given.add(id), () -> id + " was given twice");
                }
            }
            broker.crash();
        }
        assertTrue(given.size() > 60, "given: " + given.size());
    }
}
