package io.chapar.broker.anomaly;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.TopicView;
import io.chapar.broker.WireProducer;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeProducersResponse.ProducerState;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static io.chapar.broker.WireProducer.TIMEOUT_MS;
import static io.chapar.broker.WireProducer.error;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a broker knows after it was started again (A-22 to of `docs/anomalies.md`): as much as it
/// knew before, of transactions, producers and groups.
class RecoveryAnomalyScenarios {
    private static final List<String> NOTHING = List.of();
    private static final UUID NO_ID = new UUID(0, 0);

    private BrokerFixture broker;
    private TopicView view;

    private void start(Map<String, String> settings) {
        broker = BrokerFixture.onOneLoop(settings);
        broker.createTopic("t", 2);
        broker.createCoordinators();
        view = new TopicView(broker, "t");
    }

    private WireProducer producer(String id) {
        return WireProducer.ofVersion2(broker, id).init();
    }

    // ----

    @Test
    void A22_aLoadThatIsCutShortAgainAndAgainLosesNothing() {
        start(Map.of());
        WireProducer done = producer("done");
        done.write("t", 0, "a");
        done.commit();
        WireProducer open = producer("open");
        open.write("t", 1, "b");
        for (int step = 0; step < 30; step++) {
            broker.crash();
            broker.steps(step);
        }
        broker.settle();
        done.write("t", 0, "c");
        done.commit();
        open.write("t", 1, "d");
        open.commit();
        assertEquals(List.of("a", "c"), view.committed(0));
        assertEquals(List.of("b", "d"), view.committed(1));
    }

    /// As compaction leaves it: the last offsets are those of a batch without records.
    @ParameterizedTest
    @ValueSource(strings = {"__transaction_state", "__consumer_offsets"})
    void A22_aLogThatEndsInABatchWithoutRecordsIsLoaded(String topic) throws IOException {
        start(Map.of());
        WireProducer producer = producer("id");
        producer.write("t", 0, "a");
        producer.commitOffset("g", "t", 0, 3);
        producer.commit();
        for (int holes = 0; holes < 2; holes++) {
            long end = broker.partition(topic, 0).logEndOffset();
            String file = topic + "-0/" + "0".repeat(20) + ".log";
            ByteBuffer hole = new RecordBatchBuilder(Compression.NONE)
                    .baseOffset(end).lastOffset(end + 4).partitionLeaderEpoch(broker.partition(topic, 0).leaderEpoch())
                    .baseTimestamp(broker.nowMs()).build();
            broker.crash();
            try (DiskFile log = broker.disk().open(file)) {
                log.write(hole, log.size());
            }
            broker.crashAndRestart();
            assertEquals(end + 5, broker.partition(topic, 0).logEndOffset());
            assertEquals(3, view.groupOffset("g", 0, true));
            producer.write("t", 0, "b" + holes);
            producer.commitOffset("g", "t", 0, 3);
            producer.commit();
        }
        assertEquals(List.of("a", "b0", "b1"), view.committed(0));
    }

    // ----

    @Test
    void A24_whatWasAddedBeforeTheBrokerDiedIsPartOfTheCommit() {
        start(Map.of());
        WireProducer producer = producer("id");
        producer.write("t", 0, "a");
        broker.crashAndRestart();
        broker.crashAndRestart();
        producer.write("t", 1, "b");
        broker.crashAndRestart();
        producer.write("t", 0, "c");
        broker.crashAndRestart();
        producer.commit();
        assertEquals(List.of("a", "c"), view.committed(0));
        assertEquals(List.of("b"), view.committed(1));
        view.assertNothingOpen(0);
        view.assertNothingOpen(1);
    }

    // ----

    /// What is in the log was judged once. Here a producer was forgotten and came back with an older epoch: judged by
    /// what the log says, its last batches could not be.
    @Test
    void A26_theLogIsTakenInWithoutBeingJudgedAgain() {
        start(Map.of("producer.id.expiration.ms", "1000", "log.retention.check.interval.ms", "500"));
        WireProducer producer = producer("id");
        producer.write("t", 0, "a");
        producer.commit();
        producer.write("t", 0, "b");
        producer.commit();
        broker.advance(3_000);
        assertEquals(List.of(), view.producers(0));
        idempotent(producer.producerId(), 0, 17, "c");
        idempotent(producer.producerId(), 0, 18, "d");
        List<String> everything = view.everything(0);
        List<ProducerState> known = view.producers(0);
        for (int i = 0; i < 3; i++) {
            broker.crashAndRestart();
            assertEquals(everything, view.everything(0));
            assertEquals(List.of("a", "b", "c", "d"), view.committed(0));
            assertEquals(known.getFirst().lastSequence(), view.producers(0).getFirst().lastSequence());
            view.assertNothingOpen(0);
        }
        idempotent(producer.producerId(), 0, 19, "e");
    }

    private void idempotent(long producerId, int epoch, int sequence, String value) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .producer(producerId, (short) epoch, sequence)
                .append(broker.nowMs(), null, ByteBuffer.wrap(value.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .build();
        assertEquals(ErrorCode.NONE, error(broker.later(WireProducer.plainProduce("t", 0, batch), 12)));
    }

    @Test
    void A26_producersAreWhatTheyWereWhateverTheyWereDoing() {
        start(Map.of());
        WireProducer open = producer("open");
        WireProducer aborted = producer("aborted");
        WireProducer committed = producer("committed");
        open.write("t", 0, "a");
        aborted.write("t", 0, "b");
        committed.write("t", 0, "c");
        open.write("t", 0, "d");
        aborted.abort();
        committed.commit();
        committed.write("t", 0, "e");
        List<ProducerState> before = view.producers(0);
        long stable = view.lastStableOffset(0);
        broker.crashAndRestart();
        assertEquals(before, view.producers(0));
        assertEquals(stable, view.lastStableOffset(0));
        open.commit();
        committed.commit();
        assertEquals(List.of("a", "c", "d", "e"), view.committed(0));
    }

    // ----

    /// The decision is in one log, the offsets in another, the data in a third: they agree whenever the broker died.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void A27_offsetsAndDataShareOneOutcomeWheneverTheBrokerDied(boolean commits) {
        boolean more = true;
        for (int step = 0; more; step++) {
            start(Map.of());
            WireProducer producer = producer("id");
            producer.commitOffset("g", "t", 0, 5);
            producer.write("t", 0, "a");
            Asked end = broker.begin(producer.endRequest(commits), 5);
            more = broker.steps(step);
            broker.crash();
            broker.steps(step / 2);
            broker.crashAndRestart();
            broker.advance(2 * TIMEOUT_MS);
            boolean visible = view.committed(0).equals(List.of("a"));
            assertEquals(visible ? 5 : -1, view.groupOffset("g", 0, true), "died after step " + step);
            assertTrue(visible || !commits || !end.isEnded(), "an answered commit is lost");
            assertTrue(commits || !visible);
        }
    }

    // ----

    /// As soon as the next transaction of the same producer can touch the group, the one before is there.
    @Test
    void A30_offsetsOfBackToBackTransactionsAreNeverMixedUp() {
        start(Map.of());
        WireProducer producer = producer("id");
        for (int n = 1; n <= 20; n++) {
            producer.commitOffset("g", "t", 0, n);
            Asked end = broker.begin(producer.endRequest(n % 3 != 0), 5);
            while (!end.isEnded()) {
                assertTrue(broker.step());
            }
            producer.goOnAfter(end);
            Asked next = broker.begin(producer.offsetsRequest("g", "t", 1, n), 5);
            broker.settle();
            assertEquals(ErrorCode.NONE, error(next));
            assertEquals(n % 3 != 0 ? n : n - 1, view.groupOffset("g", 0, true));
            assertEquals(n == 1 ? -1 : n - 1, view.groupOffset("g", 1, false));
            assertEquals(-1000 - ErrorCode.UNSTABLE_OFFSET_COMMIT.code(), view.groupOffset("g", 1, true));
            producer.commit();
            assertEquals(n, view.groupOffset("g", 1, true));
        }
    }

    /// An offset that a transaction staged is not forgotten with the idle group around it.
    @Test
    void A32_retentionLeavesAloneWhatATransactionIsAboutToCommit() {
        start(Map.of("offsets.retention.minutes", "1", "transaction.max.timeout.ms", "900000"));
        WireProducer producer = WireProducer.ofVersion2(broker, "id", 900_000).init();
        plain("g", 0, 1);
        producer.commitOffset("g", "t", 0, 9);
        broker.advance(800_000);
        broker.crashAndRestart();
        producer.commit();
        assertEquals(9, view.groupOffset("g", 0, true));
        broker.crashAndRestart();
        assertEquals(9, view.groupOffset("g", 0, true));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void A33_plainAndTransactionalCommitsAreOrderedAsTheirRecordsAreAlsoAfterwards(boolean plainLast) {
        start(Map.of());
        WireProducer producer = producer("id");
        if (!plainLast) {
            plain("g", 0, 1);
        }
        producer.commitOffset("g", "t", 0, 2);
        if (plainLast) {
            plain("g", 0, 1);
        }
        producer.commit();
        for (int i = 0; i < 2; i++) {
            assertEquals(plainLast ? 1 : 2, view.groupOffset("g", 0, true));
            broker.crashAndRestart();
        }
    }

    private void plain(String group, int partition, long offset) {
        OffsetCommitResponse done = (OffsetCommitResponse) broker.ask(OffsetCommitRequest.builder()
                .groupId(group)
                .topics(List.of(new OffsetCommitRequest.OffsetCommitRequestTopic("t", NO_ID, List.of(
                        new OffsetCommitRequest.OffsetCommitRequestPartition(partition, offset, -1, "")))))
                .build(), 9);
        assertEquals(ErrorCode.NONE.code(), done.topics().getFirst().partitions().getFirst().errorCode());
    }

    @Test
    void A36_offsetsOfAProducerThatVanishedAreStableAgainInTime() {
        start(Map.of());
        plain("g", 0, 1);
        producer("id").commitOffset("g", "t", 0, 2);
        assertEquals(-1000 - ErrorCode.UNSTABLE_OFFSET_COMMIT.code(), view.groupOffset("g", 0, true));
        broker.crashAndRestart();
        assertEquals(-1000 - ErrorCode.UNSTABLE_OFFSET_COMMIT.code(), view.groupOffset("g", 0, true));
        broker.advance(TIMEOUT_MS);
        assertEquals(1, view.groupOffset("g", 0, true));
        assertEquals(NOTHING, view.committed(0));
        view.assertNothingOpenInOffsets();
    }
}
