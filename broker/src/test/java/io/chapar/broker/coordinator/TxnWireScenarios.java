package io.chapar.broker.coordinator;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static io.chapar.broker.WireProducer.error;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What clients and administrators meet at the wire, beside commit and abort: two-phase commit, limits, reasons, and
/// markers that are not what they say.
class TxnWireScenarios {
    private BrokerFixture broker;
    private TopicView view;

    private void start(Map<String, String> settings) {
        broker = BrokerFixture.onOneLoop(settings);
        broker.createTopic("t", 3);
        broker.createCoordinators();
        view = new TopicView(broker, "t");
    }

    private WireProducer version2() {
        return WireProducer.ofVersion2(broker, "id").init();
    }

    /// Nobody can be waited for.
    @Test
    void whereThereAreNoCoordinatorsAWriterIsToldAtOnce() {
        broker = BrokerFixture.onOneLoop(Map.of());
        broker.createTopic("t", 1);
        InitProducerIdResponse given = (InitProducerIdResponse) broker.ask(
                InitProducerIdRequest.builder()
                        .transactionalId(null).producerId(-1).producerEpoch((short) -1).build(), 4);
        assertEquals(ErrorCode.NONE.code(), given.errorCode());
        WireProducer producer = WireProducer.ofVersion2(broker, "id");
        producer.adopt(given.producerId(), given.producerEpoch());
        Asked asked = broker.later(producer.produceRequest("t", 0, "a"), producer.produceVersion());
        assertEquals(ErrorCode.NOT_ENOUGH_REPLICAS, error(asked));
    }

    /// The network held a copy of a request back. In version 1 the next transaction goes on with the same epoch.
    @Test
    void aLateCopyOfAnEndedTransactionsBatchDoesNotShutOutTheNext() {
        start(Map.of());
        WireProducer producer = WireProducer.ofVersion1(broker, "late");
        producer.init();
        assertEquals(ErrorCode.NONE, error(broker.later(producer.addRequest("t", 0), producer.addVersion())));
        Request first = producer.produceRequest("t", 0, "a");
        assertEquals(ErrorCode.NONE, error(broker.later(first, producer.produceVersion())));
        producer.commit();
        broker.later(first, producer.produceVersion());
        producer.write("t", 0, "b");
        producer.commit();
        assertEquals(List.of("a", "b"), view.committed(0));
    }

    // ---- two-phase commit

    private InitProducerIdResponse initTwoPhase(boolean keep) {
        return (InitProducerIdResponse) broker.ask(InitProducerIdRequest.builder()
                .transactionalId("id").transactionTimeoutMs(60_000).producerId(-1).producerEpoch((short) -1)
                .enable2Pc(true).keepPreparedTxn(keep).build(), 6);
    }

    @Test
    void aPreparedTransactionIsCommittedByWhoeverComesAfterItsProducerAndTheBrokerDied() {
        start(Map.of("transaction.two.phase.commit.enable", "true", "log.retention.ms", "-1"));
        WireProducer producer = WireProducer.ofVersion2(broker, "id");
        InitProducerIdResponse first = initTwoPhase(false);
        producer.adopt(first.producerId(), first.producerEpoch());
        producer.write("t", 0, "a");
        producer.write("t", 1, "b");
        broker.advance(30L * 24 * 3600 * 1000);
        broker.crashAndRestart();
        broker.advance(30L * 24 * 3600 * 1000);

        InitProducerIdResponse heir = initTwoPhase(true);
        assertEquals(ErrorCode.NONE.code(), heir.errorCode());
        assertEquals(first.producerId(), heir.ongoingTxnProducerId());
        assertEquals(first.producerEpoch(), heir.ongoingTxnProducerEpoch());
        assertEquals(ErrorCode.PRODUCER_FENCED, error(broker.later(producer.endRequest(false), 5)));
        assertEquals(List.of(), view.committed(0));

        Request commit = producer.endRequest(true, heir.producerId(), heir.producerEpoch());
        EndTxnResponse ended = (EndTxnResponse) broker.ask(commit, 5);
        assertEquals(ErrorCode.NONE.code(), ended.errorCode());
        broker.crashAndRestart();
        assertEquals(ended.producerEpoch(), ((EndTxnResponse) broker.ask(commit, 5)).producerEpoch());
        assertEquals(List.of("a"), view.committed(0));
        assertEquals(List.of("b"), view.committed(1));
        producer.adopt(ended.producerId(), ended.producerEpoch());
        producer.write("t", 0, "c");
        producer.commit();
        assertEquals(List.of("a", "c"), view.committed(0));
    }

    @Test
    void withNothingOpenThereIsNoOngoingPair() {
        start(Map.of("transaction.two.phase.commit.enable", "true"));
        InitProducerIdResponse first = initTwoPhase(true);
        assertEquals(ErrorCode.NONE.code(), first.errorCode());
        assertEquals(-1, first.ongoingTxnProducerId());
        assertEquals(-1, first.ongoingTxnProducerEpoch());
    }

    @Test
    void twoPhaseCommitIsOfferedWhereItIsOnAlone() {
        for (boolean on : new boolean[] {false, true}) {
            start(Map.of("transaction.two.phase.commit.enable", Boolean.toString(on)));
            ApiVersionsResponse offered = (ApiVersionsResponse) broker.ask(
                    ApiVersionsRequest.builder().clientSoftwareName("a").clientSoftwareVersion("1").build(), 3);
            short highest = offered.apiKeys().stream()
                    .filter(api -> api.apiKey() == ApiKey.INIT_PRODUCER_ID.id())
                    .findFirst().orElseThrow().maxVersion();
            assertEquals(on ? 6 : 5, highest);
        }
    }

    // ---- reasons

    @Test
    void aFencedWriterReadsWhoFencedIt() {
        start(Map.of());
        WireProducer old = version2();
        version2();
        ProduceResponse answer = (ProduceResponse) broker.ask(old.produceRequest("t", 0, "late"), 12);
        String reason = WireProducer.only(answer).errorMessage();
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH.code(), WireProducer.only(answer).errorCode());
        assertNotNull(reason);
        assertTrue(reason.contains("client 'test' at 127.0.0.1 has taken the transactional id"), reason);
    }

    /// Its partition knows of the newer epoch already, by the marker, and refuses without the coordinator.
    @Test
    void aWriterWhoseTransactionWasTakenOverReadsWhoFencedIt() {
        start(Map.of());
        WireProducer old = version2();
        old.write("t", 0, "a");
        version2();
        assertTrue(refusalOf(old).contains("client 'test' at 127.0.0.1 has taken the transactional id"));
    }

    @Test
    void aWriterWhoseTimeIsUpReadsThat() {
        start(Map.of());
        WireProducer slow = version2();
        slow.write("t", 0, "a");
        broker.advance(WireProducer.TIMEOUT_MS + 1_000);
        assertTrue(refusalOf(slow).contains("open for longer than its timeout of " + WireProducer.TIMEOUT_MS + " ms"));
    }

    private String refusalOf(WireProducer late) {
        ProduceResponse answer = (ProduceResponse) broker.ask(late.produceRequest("t", 0, "late"), 12);
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH.code(), WireProducer.only(answer).errorCode());
        return WireProducer.only(answer).errorMessage();
    }

    // ---- limits

    @Test
    void limitsAreNamedToVersion2() {
        start(Map.of("transaction.max.partitions", "2"));
        WireProducer producer = version2();
        producer.write("t", 0, "a");
        producer.write("t", 1, "b");
        ProduceResponse answer = (ProduceResponse) broker.ask(producer.produceRequest("t", 2, "c"), 12);
        assertEquals(ErrorCode.POLICY_VIOLATION.code(), WireProducer.only(answer).errorCode());
        assertTrue(WireProducer.only(answer).errorMessage().contains("transaction.max.partitions"));
        assertEquals(
                ErrorCode.TRANSACTION_ABORTABLE, error(broker.later(producer.offsetsRequest("g", "t", 0, 1), 5)));
        producer.abort();
        producer.write("t", 2, "d");
        producer.commit();
        assertEquals(List.of("d"), view.committed(2));
    }

    @Test
    void limitsAreNamedToVersion1() {
        start(Map.of("transaction.coordinator.max.open", "1"));
        WireProducer first = WireProducer.ofVersion1(broker, "first").init();
        WireProducer second = WireProducer.ofVersion1(broker, "second").init();
        first.write("t", 0, "a");
        assertEquals(ErrorCode.POLICY_VIOLATION, error(broker.later(second.addRequest("t", 1), 3)));
        first.commit();
        second.write("t", 1, "b");
        second.commit();
        assertEquals(List.of("b"), view.committed(1));
    }

    @Test
    void idsAreLimited() {
        start(Map.of("transaction.coordinator.max.ids", "1"));
        version2();
        Asked one = broker.later(WireProducer.ofVersion2(broker, "other").initRequest(), 5);
        assertEquals(ErrorCode.POLICY_VIOLATION, error(one));
        version2();
    }

    // ---- markers

    private ErrorCode marker(WireProducer producer, int epoch, int coordinatorEpoch, int version) {
        WriteTxnMarkersResponse answer = (WriteTxnMarkersResponse) broker.ask(
                new WriteTxnMarkersRequest(List.of(new WritableTxnMarker(
                        producer.producerId(), (short) epoch, false,
                        List.of(new WritableTxnMarkerTopic("t", List.of(0))), coordinatorEpoch, (byte) version))), 2);
        return ErrorCode.of(
                answer.markers().getFirst().topics().getFirst().partitions().getFirst().errorCode());
    }

    @Test
    void aMarkerOfAnEpochThatNoCoordinatorHasReachedShutsNobodyOut() {
        start(Map.of());
        broker.crashAndRestart();
        WireProducer producer = version2();
        producer.write("t", 0, "a");
        assertEquals(ErrorCode.INVALID_REQUEST, marker(producer, producer.epoch(), 2, 0));
        assertEquals(ErrorCode.INVALID_REQUEST, marker(producer, producer.epoch(), Integer.MAX_VALUE, 0));
        producer.commit();
        view.assertNothingOpen(0);
        assertEquals(List.of("a"), view.committed(0));

        WireProducer other = WireProducer.ofVersion2(broker, "other").init();
        other.write("t", 0, "b");
        assertEquals(
                ErrorCode.NONE, marker(other, other.epoch(), 1, 0), "an administrator's, as the partition told it");
        view.assertNothingOpen(0);
    }

    /// The partition was added, and the write that added it was refused there.
    @Test
    void aPartitionThatWasNeverWrittenToGetsNoMarkerAndStillShutsTheLateWriterOut() {
        start(Map.of());
        WireProducer producer = version2();
        producer.write("t", 0, "a");
        assertEquals(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                error(broker.later(producer.produceRequest("t", 1, 7, "gap"), 12)));
        Request late = producer.produceRequest("t", 1, 0, "late");
        producer.commit();
        assertEquals(0, view.highWatermark(1), "nothing was written there");
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(late, 12)));
        broker.crashAndRestart();
        assertEquals(ErrorCode.INVALID_PRODUCER_EPOCH, error(broker.later(late, 12)));
        producer.write("t", 1, "next");
        producer.commit();
        assertEquals(List.of("next"), view.committed(1));
    }

    /// The late write has asked its coordinator in time, and comes to its partition after the end.
    @Test
    void aWriteThatWaitsWhileItsTransactionEndsIsRefusedWhereNoMarkerCame() {
        boolean more = true;
        for (int step = 0; more; step++) {
            start(Map.of());
            WireProducer producer = version2();
            producer.write("t", 0, "a");
            Asked write = broker.begin(producer.produceRequest("t", 1, "late"), 12);
            more = broker.steps(step);
            broker.begin(producer.endRequest(true), 5);
            broker.settle();
            broker.advance(WireProducer.TIMEOUT_MS);
            view.assertNothingOpen(1);
            boolean written = error(write) == ErrorCode.NONE;
            assertEquals(written ? List.of("late") : List.of(), view.committed(1), "after step " + step);
        }
    }

    // ---- a transaction that no record could end

    @Test
    void theSizeOfATransactionIsNoMatterOfTheTopicsSettings() {
        start(Map.of("message.max.bytes", "200"));
        broker.createTopic("n".repeat(240), 20);
        WireProducer producer = version2();
        for (int i = 0; i < 20; i++) {
            producer.write("n".repeat(240), i, "x");
        }
        producer.commit();
        broker.crashAndRestart();
        assertEquals(List.of("x"), new TopicView(broker, "n".repeat(240)).committed(19));
    }
}
