package io.chapar.broker.anomaly;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeProducersResponse.ProducerState;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import static io.chapar.broker.WireProducer.TIMEOUT_MS;
import static io.chapar.broker.WireProducer.error;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Writes that come late, and transactions that nobody would end (A-09 to A-14 of `docs/anomalies.md`): nothing ever
/// holds readers back for longer than a transaction's timeout, and no record joins a transaction that it does not
/// belong to.
class HangingAnomalyScenarios {
    private static final List<String> NOTHING = List.of();

    private BrokerFixture broker;
    private TopicView view;

    private void start(Map<String, String> settings) {
        start(BrokerFixture.onOneLoop(settings));
    }

    private void start(BrokerFixture fixture) {
        broker = fixture;
        broker.createTopic("t", 2);
        broker.createCoordinators();
        view = new TopicView(broker, "t");
    }

    private WireProducer producer(int version) {
        return (version == 2 ? WireProducer.ofVersion2(broker, "id") : WireProducer.ofVersion1(broker, "id")).init();
    }

    private void nothingIsOpen() {
        view.assertNothingOpen(0);
        view.assertNothingOpen(1);
    }

    // ----

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void A09_aWriteThatArrivesAfterTheEndOpensNothing(int version) {
        start(Map.of());
        WireProducer producer = producer(version);
        producer.write("t", 0, "a");
        Request late = producer.produceRequest("t", 0, "late");
        Request lateElsewhere = producer.produceRequest("t", 1, "late and never added");
        producer.commit();
        for (Request each : List.of(late, lateElsewhere)) {
            assertEquals(
                    version == 2 ? ErrorCode.INVALID_PRODUCER_EPOCH : ErrorCode.TRANSACTION_ABORTABLE,
                    error(broker.later(each, producer.produceVersion())));
        }
        nothingIsOpen();
        assertEquals(List.of("a"), view.everything(0));
        assertEquals(NOTHING, view.everything(1));
    }

    @Test
    void A09_aLateWriteDoesNotJoinTheNextTransaction() {
        start(Map.of());
        WireProducer producer = producer(2);
        producer.write("t", 0, "a");
        Request late = producer.produceRequest("t", 0, "late");
        producer.abort();
        producer.write("t", 0, "b");
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(late, 12)));
        producer.commit();
        assertEquals(List.of("b"), view.committed(0));
    }

    /// With no verification a client before KIP-890 could do so: the record is there and its transaction is over.
    @Test
    void A09_anOldClientsLateWriteIsToldInItsOwnWords() {
        start(Map.of());
        WireProducer producer = producer(1);
        producer.write("t", 0, "a");
        Request late = producer.produceRequest("t", 0, "late");
        producer.commit();
        assertEquals(ErrorCode.INVALID_TXN_STATE, error(broker.later(late, 7)));
        nothingIsOpen();
    }

    // ----

    @Test
    void A10_anOpenTransactionOutlivesTheExpiryOfProducers() {
        start(Map.of("producer.id.expiration.ms", "1000", "log.retention.check.interval.ms", "500"));
        WireProducer producer = producer(2);
        producer.write("t", 0, "a");
        broker.advance(TIMEOUT_MS - 1);
        assertEquals(1, view.producers(0).size());
        assertEquals(0, view.producers(0).getFirst().currentTxnStartOffset());
        producer.write("t", 0, "b");
        producer.commit();
        assertEquals(List.of("a", "b"), view.committed(0));
    }

    @Test
    void A10_theMarkerCountsAsASignOfLife() {
        start(Map.of("producer.id.expiration.ms", "5000", "log.retention.check.interval.ms", "500"));
        WireProducer producer = producer(2);
        producer.write("t", 0, "a");
        Request late = producer.produceRequest("t", 0, "late");
        broker.advance(4_900);
        producer.commit();
        broker.advance(4_900);
        ProducerState known = view.producers(0).getFirst();
        assertEquals(producer.epoch(), known.producerEpoch());
        assertEquals(ErrorCode.TRANSACTION_COORDINATOR_FENCED, marker(known, producer.epoch(), -5));
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, marker(known, producer.epoch() - 1, 0));
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(late, 12)));
        broker.advance(5_500);
        assertEquals(List.of(), view.producers(0), "and then it is forgotten");
    }

    private ErrorCode marker(ProducerState of, int epoch, int coordinatorEpoch) {
        WriteTxnMarkersResponse answer = (WriteTxnMarkersResponse) broker.ask(
                new WriteTxnMarkersRequest(List.of(new WritableTxnMarker(
                        of.producerId(), (short) epoch, true,
                        List.of(new WritableTxnMarkerTopic("t", List.of(0))), coordinatorEpoch, (byte) 2))), 2);
        return ErrorCode.of(answer.markers().getFirst().topics().getFirst().partitions().getFirst().errorCode());
    }

    // ----

    /// The client goes on as soon as its EndTxn is answered; its next first write meets the markers at every moment.
    @Test
    void A11_theFirstWriteOfTheNextTransactionIsNeverTurnedAwayByMarkersOfThePrevious() {
        int[] met = {0};
        for (int order = 0; order < 3; order++) {
            boolean more = true;
            for (int step = 0; more; step++) {
                int first = order;
                start(new BrokerFixture(3, busy -> first % busy, Map.of()));
                WireProducer producer = producer(2);
                producer.write("t", 0, "a");
                producer.write("t", 1, "b");
                Asked end = broker.begin(producer.endRequest(true), 5);
                while (!end.isEnded()) {
                    assertTrue(broker.step());
                }
                producer.goOnAfter(end);
                more = broker.steps(step);
                Asked next = broker.begin(producer.produceRequest("t", 0, "c"), 12);
                Asked another = broker.begin(producer.produceRequest("t", 1, "d"), 12);
                broker.settle();
                assertEquals(ErrorCode.NONE, error(next), "begun " + step + " steps after the answer");
                assertEquals(ErrorCode.NONE, error(another), "begun " + step + " steps after the answer");
                assertEquals(List.of("a"), view.committed(0));
                producer.commit();
                assertEquals(List.of("a", "c"), view.committed(0));
                assertEquals(List.of("b", "d"), view.committed(1));
                nothingIsOpen();
                met[0] += more ? 1 : 0;
            }
        }
        assertTrue(met[0] > 10, "moments between answer and last marker: " + met[0]);
    }

    // ----

    /// In version 1 the marker bears the epoch of the data: nothing but the guard keeps a batch that was verified
    /// before the marker, and is appended after it, from opening a transaction that nobody ends.
    @Test
    void A12_whatWasVerifiedBeforeTheEndIsNotAppendedAfterIt() {
        for (int order = 0; order < 3; order++) {
            boolean more = true;
            for (int step = 0; more; step++) {
                int first = order;
                start(new BrokerFixture(3, busy -> first % busy, Map.of()));
                WireProducer producer = producer(1);
                assertEquals(ErrorCode.NONE, error(broker.later(producer.addRequest("t", 0, 1), 3)));
                Asked write = broker.begin(producer.produceRequest("t", 0, "a"), 11);
                Asked other = broker.begin(producer.produceRequest("t", 1, "b"), 11);
                more = broker.steps(step);
                Asked end = broker.begin(producer.endRequest(true), 3);
                broker.settle();
                assertEquals(ErrorCode.NONE, error(end));
                nothingIsOpen();
                assertEquals(error(write) == ErrorCode.NONE ? List.of("a") : NOTHING, view.committed(0));
                assertEquals(error(other) == ErrorCode.NONE ? List.of("b") : NOTHING, view.committed(1));
            }
        }
    }

    @Test
    void A12_aNewInstanceFencesAWriteOnItsWayAtEveryMoment() {
        for (int order = 0; order < 3; order++) {
            boolean more = true;
            for (int step = 0; more; step++) {
                int first = order;
                start(new BrokerFixture(3, busy -> first % busy, Map.of()));
                WireProducer producer = producer(2);
                Asked write = broker.begin(producer.produceRequest("t", 0, "a"), 12);
                Asked other = broker.begin(producer.produceRequest("t", 1, "b"), 12);
                more = broker.steps(step);
                WireProducer second = WireProducer.ofVersion2(broker, "id").init();
                assertTrue(write.isEnded() && other.isEnded());
                nothingIsOpen();
                second.write("t", 0, "c");
                second.commit();
                assertEquals(List.of("c"), view.committed(0));
                assertEquals(NOTHING, view.committed(1));
            }
        }
    }

    // ----

    private static List<Request> batches(WireProducer producer, int count) {
        return IntStream.range(0, count).mapToObj(i -> producer.produceRequest("t", 0, "v" + i)).toList();
    }

    private void acceptsAll(List<Request> requests, int version) {
        requests.forEach(each -> assertEquals(ErrorCode.NONE, error(broker.later(each, version))));
    }

    @Test
    void A13_aLaterBatchDoesNotOvertakeTheFirst() {
        start(Map.of());
        WireProducer producer = producer(2);
        List<Request> inFlight = batches(producer, 5);
        for (int i = 4; i > 0; i--) {
            assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, error(broker.later(inFlight.get(i), 12)));
        }
        acceptsAll(inFlight, 12);
        producer.commit();
        assertEquals(List.of("v0", "v1", "v2", "v3", "v4"), view.committed(0));
    }

    @Test
    void A13_fiveFirstBatchesInFlightStayInOrderWhicheverIsLost() {
        for (int lost = 0; lost < 5; lost++) {
            start(Map.of());
            WireProducer producer = producer(2);
            List<Request> inFlight = batches(producer, 5);
            for (int i = 0; i < 5; i++) {
                if (i != lost) {
                    broker.begin(inFlight.get(i), 12);
                }
            }
            broker.settle();
            acceptsAll(inFlight, 12);
            producer.commit();
            assertEquals(List.of("v0", "v1", "v2", "v3", "v4"), view.committed(0));
        }
    }

    @Test
    void A13_aBatchBehindOneThatFailedVerificationWaitsForItToComeAgain() {
        start(Map.of());
        WireProducer producer = producer(1);
        List<Request> inFlight = batches(producer, 3);
        assertEquals(ErrorCode.TRANSACTION_ABORTABLE, error(broker.later(inFlight.get(0), 11)));
        assertEquals(ErrorCode.NONE, error(broker.later(producer.addRequest("t", 0), 3)));
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, error(broker.later(inFlight.get(1), 11)));
        acceptsAll(inFlight, 11);
        producer.commit();
        assertEquals(List.of("v0", "v1", "v2"), view.committed(0));
    }

    /// The code that an application may recover from, not the one of a broken protocol.
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void A13_aZombieIsToldThatItsEpochIsOver(int version) {
        start(Map.of());
        WireProducer old = producer(version);
        old.write("t", 0, "a");
        producer(version);
        for (int sequence : new int[] {1, 7}) {
            assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(
                    old.produceRequest("t", 0, sequence, "late"), old.produceVersion())));
        }
        nothingIsOpen();
    }

    // ----

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void A14_aPartitionThatKnowsNothingOfTheProducerTakesItsMarker(int version) {
        start(Map.of());
        WireProducer producer = producer(version);
        if (version == 1) {
            broker.later(producer.addRequest("t", 0, 1), 3);
        } else {
            // Added, and then refused by its partition: the batch is not the first.
            broker.later(producer.produceRequest("t", 1, 3, "not first"), 12);
        }
        producer.write("t", 0, "a");
        producer.commit();
        nothingIsOpen();
        producer.write("t", 1, "b");
        producer.commit();
        assertEquals(List.of("a"), view.committed(0));
        assertEquals(List.of("b"), view.committed(1));
    }

    @Test
    void A14_aMarkerThatComesDuringARebalanceMakesTheOffsetsVisible() {
        start(Map.of());
        JoinGroupResponse member = join();
        broker.ask(SyncGroupRequest.builder()
                .groupId("g").generationId(member.generationId()).memberId(member.memberId())
                .protocolType("consumer").protocolName("range").build(), 5);
        WireProducer producer = producer(2);
        producer.write("t", 0, "a");
        producer.commitOffset("g", "t", 1, 41);
        broker.later(join(""), 9);
        String second = ((JoinGroupResponse) broker.later(join(""), 9).answer()).memberId();
        broker.later(join(second), 9);
        HeartbeatResponse beat = (HeartbeatResponse) broker.ask(HeartbeatRequest.builder()
                .groupId("g").generationId(member.generationId()).memberId(member.memberId()).build(), 4);
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS.code(), beat.errorCode());
        producer.commit();
        assertEquals(41, view.groupOffset("g", 1, true));
        nothingIsOpen();
        producer.write("t", 0, "b");
        producer.commit();
    }

    private JoinGroupResponse join() {
        String id = ((JoinGroupResponse) broker.later(join(""), 9).answer()).memberId();
        Asked joined = broker.later(join(id), 9);
        broker.advance(1_000);
        return (JoinGroupResponse) joined.answer();
    }

    private static Request join(String memberId) {
        return JoinGroupRequest.builder()
                .groupId("g").sessionTimeoutMs(30_000).rebalanceTimeoutMs(30_000).memberId(memberId)
                .protocolType("consumer")
                .protocols(List.of(new JoinGroupRequest.JoinGroupRequestProtocol("range", ByteBuffer.allocate(0))))
                .build();
    }
}
