package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.scripted.FakeBroker;
import io.chapar.client.scripted.ScriptedTransport.Fault;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TxnScenarios {
    private static ProducerBench bench(boolean v2) {
        return ProducerBench.transactional(v2, KafkaConfigNames.LINGER_MS, 0, KafkaConfigNames.BATCH_SIZE, 0)
                .topic("t", 2);
    }

    private static Fault endingWith(ErrorCode error) {
        return new Fault.AnswerInstead(request -> EndTxnResponse.builder().errorCode(error.code()).build());
    }

    private static Response offsetsRefused(Request request, ErrorCode error) {
        return TxnOffsetCommitResponse.builder().topics(((TxnOffsetCommitRequest) request).topics().stream()
                .map(topic -> TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic.builder().name(topic.name())
                        .partitions(topic.partitions().stream()
                                .map(one -> TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition.builder()
                                        .partitionIndex(one.partitionIndex()).errorCode(error.code()).build())
                                .toList()).build()).toList()).build();
    }

    private static Response partitionsRefused(Request request, ErrorCode error) {
        return AddPartitionsToTxnResponse.builder()
                .resultsByTopicV3AndBelow(((AddPartitionsToTxnRequest) request).v3AndBelowTopics().stream()
                        .map(topic -> AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult.builder()
                                .name(topic.name())
                                .resultsByPartition(topic.partitions().stream()
                                        .map(number -> AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult
                                                .builder().partitionIndex(number)
                                                .partitionErrorCode(error.code()).build())
                                        .toList()).build()).toList()).build();
    }

    private static CompletableFuture<Void> sendOffset(ProducerBench bench, long offset) {
        return bench.txn.sendOffsets(Map.of(new TopicPartition("in", 0), new OffsetAndMetadata(offset)),
                new GroupMetadata("g", 3, "member", null));
    }

    private static List<String> committed(ProducerBench bench) {
        return bench.broker.log("t", 0).committedValues();
    }

    private static void oneMore(ProducerBench bench, String value) {
        bench.await(bench.txn.begin());
        bench.put("t", 0, value);
        bench.await(bench.txn.commit());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void commitsAndAborts(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.put("t", 1, "b");
        bench.await(sendOffset(bench, 7));
        bench.await(bench.txn.commit());
        bench.await(bench.txn.begin());
        bench.put("t", 0, "c");
        bench.flush();
        bench.await(sendOffset(bench, 8));
        bench.await(bench.txn.abort());
        oneMore(bench, "d");
        assertEquals(List.of("a", "d"), committed(bench));
        assertEquals(List.of("b"), bench.broker.log("t", 1).committedValues());
        assertEquals(Map.of(new TopicPartition("in", 0), 7L), bench.broker.committedOffsets);
        assertEquals(v2 ? 3 : 0, bench.core.identity().epoch());
        assertEquals(v2 ? 0 : bench.transport.count(ApiKey.ADD_PARTITIONS_TO_TXN),
                bench.transport.count(ApiKey.ADD_PARTITIONS_TO_TXN));
    }

    /// The simulator found a transaction committed without its records: their topic had not become known in time.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRecordThatWasRefusedBeforeItWasSentSpoilsItsTransaction(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.put("nowhere", 0, "b");
        assertInstanceOf(AbortableException.class, bench.failure(bench.txn.commit()));
        bench.await(bench.txn.abort());
        oneMore(bench, "c");
        assertEquals(List.of("c"), committed(bench));
    }

    /// A caller on the loop need not wait for its offsets before it commits. Their first request is lost, so that they
    /// are stored long after the commit was asked for.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCommitDoesNotOvertakeTheOffsetsUnderWay(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.transport.on(ApiKey.TXN_OFFSET_COMMIT, 1, new Fault.LoseRequest());
        bench.begun();
        bench.put("t", 0, "a");
        CompletableFuture<Void> offsets = sendOffset(bench, 7);
        CompletableFuture<Void> committed = bench.txn.commit();
        bench.await(committed);
        assertTrue(offsets.isDone());
        assertEquals(Map.of(new TopicPartition("in", 0), 7L), bench.broker.committedOffsets);
        assertEquals(List.of("a"), committed(bench));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEmptyTransactionIsNotEndedOnTheBroker(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.await(bench.txn.commit());
        bench.await(bench.txn.begin());
        bench.await(bench.txn.abort());
        assertEquals(0, bench.transport.count(ApiKey.END_TXN));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLostCommitAnswerIsAskedForAgain(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.transport.on(ApiKey.END_TXN, 1, new Fault.LoseAnswer()).on(ApiKey.END_TXN, 2, new Fault.LoseRequest());
        bench.begun();
        bench.put("t", 0, "a");
        bench.await(bench.txn.commit());
        oneMore(bench, "b");
        assertEquals(List.of("a", "b"), committed(bench));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsTheCoordinator(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.flush();
        bench.broker.coordinator = FakeBroker.TWO;
        bench.await(sendOffset(bench, 5));
        bench.await(bench.txn.commit());
        assertEquals(List.of("a"), committed(bench));
        assertEquals(Map.of(new TopicPartition("in", 0), 5L), bench.broker.committedOffsets);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void waitsForALoadingCoordinatorAndAnUnfinishedTransaction(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.transport.on(ApiKey.INIT_PRODUCER_ID, 1, new Fault.AnswerInstead(request -> InitProducerIdResponse
                .builder().errorCode(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS.code()).build()));
        bench.transport.on(ApiKey.INIT_PRODUCER_ID, 2, new Fault.AnswerInstead(request -> InitProducerIdResponse
                .builder().errorCode(ErrorCode.CONCURRENT_TRANSACTIONS.code()).build()));
        bench.transport.on(ApiKey.END_TXN, 1, endingWith(ErrorCode.CONCURRENT_TRANSACTIONS));
        bench.transport.on(ApiKey.PRODUCE, 1,
                new Fault.AnswerInstead(DeliveryScenarios.refusing(ErrorCode.CONCURRENT_TRANSACTIONS)));
        bench.begun();
        bench.put("t", 0, "a");
        bench.await(bench.txn.commit());
        assertEquals(List.of("a"), committed(bench));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFencedProducerIsTold(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.flush();
        bench.broker.fence(ProducerBench.ID);
        assertInstanceOf(FencedException.class, bench.failure(bench.txn.commit()));
        assertInstanceOf(FencedException.class, bench.failure(bench.txn.begin()));
        assertInstanceOf(FencedException.class, bench.txn.refusalToSend());
        assertEquals(List.of(), committed(bench));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFenceSeenByAPartitionIsAbortableAndThenFenced(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.flush();
        bench.broker.fence(ProducerBench.ID);
        var late = bench.send("t", 0, "b");
        assertInstanceOf(AbortableException.class, bench.failure(late));
        assertInstanceOf(AbortableException.class, bench.failure(bench.txn.commit()));
        assertInstanceOf(FencedException.class, bench.failure(bench.txn.abort()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRefusedBatchMustBeAbortedAndTheNextTransactionWorks(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.flush();
        bench.transport.recount();
        bench.transport.on(ApiKey.PRODUCE, 1, new Fault.AnswerInstead(
                DeliveryScenarios.refusing(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)));
        for (int i = 0; i < 8; i++) {
            bench.put("t", 0, "lost" + i);
        }
        bench.flush();
        for (var future : bench.futures.subList(1, 9)) {
            assertInstanceOf(AbortableException.class, bench.failure(future));
        }
        assertInstanceOf(AbortableException.class, bench.txn.refusalToSend());
        assertInstanceOf(AbortableException.class, bench.failure(bench.txn.commit()));
        bench.await(bench.txn.abort());
        oneMore(bench, "b");
        assertEquals(List.of("b"), committed(bench));
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBatchThatFailsDuringCommitLeavesItUncommitted(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.transport.on(ApiKey.PRODUCE, 1, new Fault.AnswerInstead(
                DeliveryScenarios.refusing(ErrorCode.TOPIC_AUTHORIZATION_FAILED)));
        bench.put("t", 0, "a");
        assertInstanceOf(AbortableException.class, bench.failure(bench.txn.commit()));
        assertEquals(0, bench.transport.count(ApiKey.END_TXN));
        bench.await(bench.txn.abort());
        oneMore(bench, "b");
        assertEquals(List.of("b"), committed(bench));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLostCommitThatIsThenFencedIsUnknown(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.flush();
        bench.transport.on(ApiKey.END_TXN, 1, new Fault.LoseAnswer())
                .on(ApiKey.END_TXN, 2, endingWith(ErrorCode.PRODUCER_FENCED));
        assertInstanceOf(UnknownOutcomeException.class, bench.failure(bench.txn.commit()));
        assertInstanceOf(TxnPhase.Broken.class, bench.txn.phase());
    }

    /// As Apache Kafka answers once the transaction's timeout has ended it.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCommitOfWhatIsNotOpenAnyMoreIsUnknown(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.put("t", 0, "a");
        bench.flush();
        bench.transport.on(ApiKey.END_TXN, 1, endingWith(ErrorCode.INVALID_TXN_STATE));
        assertInstanceOf(UnknownOutcomeException.class, bench.failure(bench.txn.commit()));
        assertInstanceOf(TxnPhase.Broken.class, bench.txn.phase());
    }

    @Test
    void callingCommitAgainWaitsForTheSameOne() {
        ProducerBench bench = bench(true);
        bench.begun();
        bench.put("t", 0, "a");
        bench.transport.always = api -> api == ApiKey.END_TXN ? new Fault.LoseAnswer() : null;
        var first = bench.txn.commit();
        bench.loop.advance(60_000);
        assertTrue(!first.isDone());
        assertInstanceOf(UsageException.class, bench.failure(bench.txn.abort()));
        var second = bench.txn.commit();
        bench.transport.always = api -> null;
        bench.await(second);
        bench.await(first);
        assertEquals(List.of("a"), committed(bench));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void offsetsOfALostMembershipMustBeAborted(boolean v2) {
        ProducerBench bench = bench(v2);
        bench.begun();
        bench.transport.on(ApiKey.TXN_OFFSET_COMMIT, 1, new Fault.AnswerInstead(request -> offsetsRefused(request,
                ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)));
        bench.transport.on(ApiKey.TXN_OFFSET_COMMIT, 2, new Fault.AnswerInstead(request -> offsetsRefused(request,
                ErrorCode.ILLEGAL_GENERATION)));
        ChaparException failure = bench.failure(sendOffset(bench, 4));
        assertInstanceOf(AbortableException.class, failure);
        assertEquals(ErrorCode.ILLEGAL_GENERATION, failure.errorCode());
        assertInstanceOf(AbortableException.class, bench.failure(bench.txn.commit()));
        bench.await(bench.txn.abort());
        assertEquals(Map.of(), bench.broker.committedOffsets);
        oneMore(bench, "b");
        assertEquals(List.of("b"), committed(bench));
    }

    @Test
    void offsetsThatFindNoCoordinatorInTimeMustBeAborted() {
        ProducerBench bench = bench(true);
        bench.begun();
        bench.transport.always = api -> api == ApiKey.TXN_OFFSET_COMMIT ? new Fault.LoseAnswer() : null;
        assertInstanceOf(AbortableException.class, bench.failure(sendOffset(bench, 4)));
        bench.await(bench.txn.abort());
        assertEquals(Map.of(), bench.broker.committedOffsets);
    }

    @Test
    void versionOneAnnouncesPartitionsFirst() {
        ProducerBench bench = bench(false);
        bench.begun();
        bench.transport.on(ApiKey.ADD_PARTITIONS_TO_TXN, 1, new Fault.AnswerInstead(request -> partitionsRefused(
                request, ErrorCode.CONCURRENT_TRANSACTIONS)));
        bench.transport.on(ApiKey.ADD_PARTITIONS_TO_TXN, 2, new Fault.LoseAnswer());
        bench.put("t", 0, "a");
        bench.put("t", 1, "b");
        bench.await(bench.txn.commit());
        assertEquals(List.of("a"), committed(bench));
        assertEquals(List.of("b"), bench.broker.log("t", 1).committedValues());
        assertTrue(bench.transport.sent.stream().filter(sent -> sent.api() == ApiKey.PRODUCE)
                .allMatch(sent -> sent.version() <= 11));
    }

    @Test
    void versionOneAnnouncesPartitionsWhileAGroupIsBeingAnnounced() {
        ProducerBench bench = bench(false);
        bench.begun();
        bench.put("t", 0, "a");
        bench.flush();
        bench.transport.on(ApiKey.ADD_OFFSETS_TO_TXN, 1, new Fault.Delay(50));
        var offsets = sendOffset(bench, 9);
        bench.loop.advance(10);
        bench.put("t", 1, "b");
        bench.await(bench.txn.commit());
        bench.await(offsets);
        assertEquals(List.of("b"), bench.broker.log("t", 1).committedValues());
        assertEquals(Map.of(new TopicPartition("in", 0), 9L), bench.broker.committedOffsets);
    }

    @Test
    void versionOneRefusedTopicIsAbortable() {
        ProducerBench bench = bench(false);
        bench.begun();
        bench.transport.on(ApiKey.ADD_PARTITIONS_TO_TXN, 1, new Fault.AnswerInstead(request -> partitionsRefused(
                request, ErrorCode.TOPIC_AUTHORIZATION_FAILED)));
        assertInstanceOf(AbortableException.class, bench.failure(bench.send("t", 0, "a")));
        bench.await(bench.txn.abort());
        assertEquals(0, bench.transport.count(ApiKey.END_TXN));
        oneMore(bench, "b");
        assertEquals(List.of("b"), committed(bench));
    }

    @Test
    void versionOneAbortWithAnUncertainAnnouncementTakesANewEpoch() {
        ProducerBench bench = bench(false);
        bench.begun();
        bench.transport.always = api -> api == ApiKey.ADD_PARTITIONS_TO_TXN ? new Fault.LoseAnswer() : null;
        bench.put("t", 0, "a");
        bench.loop.advance(500);
        var abort = bench.txn.abort();
        bench.loop.advance(2_000);
        bench.transport.always = api -> null;
        bench.await(abort);
        oneMore(bench, "b");
        assertEquals(List.of("b"), committed(bench));
    }

    @Test
    void theClusterMovesToVersionTwo() {
        ProducerBench bench = bench(false);
        bench.begun();
        bench.put("t", 0, "a");
        bench.await(bench.txn.commit());
        bench.broker.transactionsV2 = true;
        oneMore(bench, "b");
        oneMore(bench, "c");
        assertEquals(List.of("a", "b", "c"), committed(bench));
        assertTrue(bench.txn.isV2());
        assertEquals(3, bench.core.identity().epoch());
        bench.broker.transactionsV2 = false;
        oneMore(bench, "d");
        assertEquals(List.of("a", "b", "c", "d"), committed(bench));
    }

    @Test
    void whatTheCoordinatorRefusesForGoodBreaksTheProducer() {
        ProducerBench bench = bench(true);
        bench.transport.on(ApiKey.INIT_PRODUCER_ID, 1, new Fault.AnswerInstead(request -> InitProducerIdResponse
                .builder().errorCode(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code()).build()));
        assertInstanceOf(FatalException.class, bench.failure(bench.txn.initialise(false)));
        assertInstanceOf(FatalException.class, bench.failure(bench.txn.begin()));
    }

    @Test
    void wrongPhasesAreRefused() {
        ProducerBench bench = bench(true);
        assertInstanceOf(UsageException.class, bench.failure(bench.txn.begin()));
        assertInstanceOf(UsageException.class, bench.txn.refusalToSend());
        bench.await(bench.txn.initialise(false));
        assertInstanceOf(UsageException.class, bench.failure(bench.txn.initialise(false)));
        assertInstanceOf(UsageException.class, bench.failure(bench.txn.commit()));
        assertInstanceOf(UsageException.class, bench.failure(bench.txn.abort()));
        assertInstanceOf(UsageException.class, bench.txn.refusalToSend());
        assertInstanceOf(UsageException.class, bench.failure(sendOffset(bench, 1)));
    }

    @Test
    void closingDuringACommitLeavesItUnknown() {
        ProducerBench bench = bench(true);
        bench.begun();
        bench.put("t", 0, "a");
        bench.transport.always = api -> api == ApiKey.END_TXN ? new Fault.LoseAnswer() : null;
        var commit = bench.txn.commit();
        bench.loop.advance(1_000);
        bench.core.stop();
        bench.txn.stop();
        assertInstanceOf(UnknownOutcomeException.class, bench.failure(commit));
    }

    /// An answer that does not come leaves nothing but to ask again, and that has to be possible.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void completingIsRepeatedUntilItIsAnswered(boolean commits) {
        ProducerBench bench = bench(true);
        bench.begun();
        bench.put("t", 0, "a");
        bench.await(bench.txn.prepare());
        PreparedTransaction open = bench.txn.prepared();
        PreparedTransaction decided = commits ? open : null;
        bench.transport.always = api -> api == ApiKey.END_TXN ? new Fault.LoseAnswer() : null;
        CompletableFuture<Void> first = bench.txn.complete(decided);
        bench.loop.advance(5_000);
        assertFalse(first.isDone());
        CompletableFuture<Void> again = bench.txn.complete(decided);
        assertFalse(again.isCompletedExceptionally());
        bench.transport.always = api -> null;
        bench.await(first);
        bench.await(again);
        bench.await(bench.txn.complete(decided));
        assertEquals(commits ? List.of("a") : List.of(), committed(bench));
        assertInstanceOf(UsageException.class, bench.txn.complete(commits ? null : open).exceptionNow());
        oneMore(bench, "b");
        assertInstanceOf(UsageException.class, bench.txn.complete(decided).exceptionNow());
    }
}
