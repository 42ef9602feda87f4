package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

import static io.chapar.txn.TxnFixture.A;
import static io.chapar.txn.TxnFixture.B;
import static io.chapar.txn.TxnFixture.TIMEOUT_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The anomalies of `docs/anomalies.md` that need a log which fails, markers that come back in any order, clocks that
/// jump, or epochs close to their end: the coordinator alone, step by step.
class CoordinatorAnomalyScenarios {
    private static final TopicPartition C = new TopicPartition("c", 0);
    private static final long PRODUCER = 7;
    private static final short LAST_EPOCH = 32766;
    private static final long YEAR_MS = 31_536_000_000L;
    private static final List<MarkerResult> RESULTS = List.of(MarkerResult.values());

    /// What makes an epoch end.
    enum End {
        COMMIT, ABORT, ABORT_OF_NOTHING, TIME_OUT, NEXT_EPOCH, NEXT_EPOCH_IN_A_TRANSACTION, TAKE_OVER;

        /// What the client asks, or asks again. After a time-out it aborts.
        long request(TxnFixture txn, TxnReply.Granted pair) {
            return switch (this) {
                case COMMIT -> txn.end("t", pair, Outcome.COMMIT);
                case ABORT, ABORT_OF_NOTHING, TIME_OUT -> txn.end("t", pair, Outcome.ABORT);
                case NEXT_EPOCH, NEXT_EPOCH_IN_A_TRANSACTION -> txn.init("t", pair);
                case TAKE_OVER -> txn.init("t");
            };
        }

        boolean needsOpenTransaction() {
            return this != ABORT_OF_NOTHING && this != NEXT_EPOCH;
        }
    }

    private static void hold(TxnFixture txn, boolean held) {
        txn.holdAppends = held;
        txn.holdMarkers = held;
        txn.holdIds = held;
        txn.settle();
    }

    /// Does the one thing that is due; false when nothing is.
    private static boolean step(TxnFixture txn) {
        if (!txn.appends.isEmpty()) {
            txn.commitNext();
        } else if (!txn.markers.isEmpty()) {
            TxnEffect.SendMarkers sent = txn.markers.removeFirst();
            for (TopicPartition partition : sent.partitions()) {
                txn.answerMarker(sent, partition, MarkerResult.WRITTEN);
            }
        } else {
            int before = txn.appends.size() + txn.replies.size();
            txn.giveIds();
            return txn.appends.size() + txn.replies.size() > before;
        }
        return true;
    }

    // ----

    @ParameterizedTest
    @EnumSource(value = End.class, names = {"TIME_OUT", "TAKE_OVER"})
    void A15_aFenceThatCannotBeWrittenIsTheSameFenceWhenItIsTriedAgain(End end) {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.holdAppends = true;
        for (int tries = 0; tries < 5; tries++) {
            if (end == End.TAKE_OVER) {
                txn.init("t");
            } else {
                txn.pass(tries == 0 ? TIMEOUT_MS : TxnLimits.DEFAULTS.retryMs());
            }
            txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
            assertEquals(pair.producerEpoch(), txn.state("t").producerEpoch());
        }
        txn.holdAppends = false;
        txn.pass(TxnLimits.DEFAULTS.retryMs());
        txn.settle();
        TxnReply.Granted next = txn.granted(txn.init("t"));
        assertEquals(pair.producerEpoch() + 2, next.producerEpoch(), "one for the fence, one for the new instance");
    }

    // ----

    /// Every way to end an epoch, at the last epochs, with the coordinator replaced after every step; the client asks
    /// again and goes on.
    @ParameterizedTest
    @EnumSource(End.class)
    void A16_theRotationToAnotherProducerIdSurvivesATakeOverAtEveryStep(End end) {
        for (short epoch = LAST_EPOCH - 2; epoch <= LAST_EPOCH; epoch++) {
            boolean more = true;
            for (int at = 0; more; at++) {
                TxnFixture txn = new TxnFixture()
                        .given("t", new TxnState.Empty(PRODUCER, epoch, (short) -1, -1, TIMEOUT_MS, 0));
                TxnReply.Granted pair = new TxnReply.Granted(PRODUCER, epoch);
                if (end.needsOpenTransaction()) {
                    assertEquals(ErrorCode.NONE, txn.error(txn.add("t", pair, A, B)));
                }
                hold(txn, true);
                if (end == End.TIME_OUT) {
                    txn.nowMs += TIMEOUT_MS;
                    txn.pass(0);
                } else {
                    end.request(txn, pair);
                }
                for (int i = 0; i < at && more; i++) {
                    more = step(txn);
                }
                txn.restart();
                hold(txn, false);

                TxnReply.Granted next = txn.granted(end.request(txn, pair));
                assertTrue(next.producerEpoch() <= LAST_EPOCH, () -> "handed out: " + next);
                assertTrue(next.producerId() != pair.producerId() || next.producerEpoch() > pair.producerEpoch());
                assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, C)), () -> end + " after " + next);
                TxnReply.Granted after = txn.granted(txn.end("t", next, Outcome.COMMIT));
                assertTrue(after.producerEpoch() <= LAST_EPOCH, () -> "handed out: " + after);
                assertEquals(after, txn.granted(txn.end("t", next, Outcome.COMMIT)));
                assertTrue(txn.error(txn.add("t", pair, A)) != ErrorCode.NONE, "the old pair is over");
                assertInstanceOf(TxnState.Completed.class, txn.state("t"));
            }
        }
    }

    // ----

    /// Markers are answered in any order, wrongly, twice, and long after; completions fail. Each transaction is
    /// completed by exactly one record, and nothing is left behind.
    @Test
    void A20_completionHappensOnceWhateverMarkersAnswer() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            TxnFixture txn = new TxnFixture();
            Deque<Marker> late = new ArrayDeque<>();
            TxnReply.Granted pair = txn.granted(txn.init("t"));
            for (int n = 0; n < 3; n++) {
                assertEquals(ErrorCode.NONE, txn.error(txn.add("t", pair, A, B, C)));
                txn.holdMarkers = true;
                pair = txn.granted(txn.end("t", pair, random.nextBoolean() ? Outcome.COMMIT : Outcome.ABORT));
                txn.holdAppends = true;
                int completed = completed(txn);
                Set<TopicPartition> done = new TreeSet<>();
                for (int i = 0; i < 60 && completed(txn) == completed; i++) {
                    disturb(txn, random, late, done);
                }
                assertTrue(completed(txn) == completed || done.size() == 3, "completed on other answers, seed " + seed);
                txn.holdAppends = false;
                for (int i = 0; i < 5 && completed(txn) == completed; i++) {
                    txn.releaseMarkers();
                    txn.pass(TxnLimits.DEFAULTS.retryMs());
                }
                assertEquals(completed + 1, completed(txn), "seed " + seed);
                assertInstanceOf(TxnState.Completed.class, txn.state("t"));
                assertTrue(txn.appends.isEmpty());
            }
        }
    }

    private record Marker(TxnEffect.SendMarkers sent, TopicPartition partition) {}

    private static int completed(TxnFixture txn) {
        return (int) txn.log.stream().filter(r -> r.state() instanceof TxnState.Completed).count();
    }

    /// @param done partitions that have answered for the transaction under way
    private static void disturb(
            TxnFixture txn, Random random, Deque<Marker> late, Set<TopicPartition> done) {
        while (!txn.markers.isEmpty()) {
            TxnEffect.SendMarkers sent = txn.markers.removeFirst();
            sent.partitions().forEach(partition -> late.add(new Marker(sent, partition)));
        }
        switch (random.nextInt(5)) {
            case 0 -> {
                if (!txn.appends.isEmpty()) {
                    txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                }
            }
            case 1 -> {
                if (!txn.appends.isEmpty()) {
                    txn.commitNext();
                }
            }
            case 2 -> txn.pass(random.nextInt(300));
            default -> {
                List<Marker> all = new ArrayList<>(late);
                if (!all.isEmpty()) {
                    Marker one = all.get(random.nextInt(all.size()));
                    MarkerResult result = RESULTS.get(random.nextInt(RESULTS.size()));
                    if (result != MarkerResult.RETRY
                            && one.sent().producerEpoch() == txn.state("t").producerEpoch()) {
                        done.add(one.partition());
                    }
                    // An answer may come twice, and of a transaction long over.
                    if (result != MarkerResult.RETRY && random.nextBoolean()) {
                        late.remove(one);
                    }
                    txn.answerMarker(one.sent(), one.partition(), result);
                }
            }
        }
    }

    // ----

    @Test
    void A21_aClockThatJumpsBetweenAnyTwoStepsStopsNothing() {
        for (long jump : new long[] {-1, -1_000_000_000, -TIMEOUT_MS, 5, TIMEOUT_MS - 1}) {
            for (Outcome outcome : Outcome.values()) {
                boolean more = true;
                for (int at = 0; more; at++) {
                    TxnFixture txn = new TxnFixture();
                    TxnReply.Granted pair = txn.granted(txn.init("t"));
                    hold(txn, true);
                    long add = txn.add("t", pair, A, B);
                    int steps = 0;
                    while (txn.waits(add)) {
                        if (steps++ == at) {
                            txn.nowMs += jump;
                        }
                        assertTrue(step(txn));
                    }
                    long end = txn.end("t", pair, outcome);
                    boolean working = true;
                    while (working) {
                        if (steps++ == at) {
                            txn.nowMs += jump;
                        }
                        working = step(txn);
                    }
                    assertEquals(outcome, assertInstanceOf(TxnState.Completed.class, txn.state("t")).outcome());
                    hold(txn, false);
                    assertEquals(ErrorCode.NONE, txn.error(txn.add("t", txn.granted(end), A)));
                    more = steps > at;
                }
            }
        }
    }

    /// After a failed write the coordinator pauses; that the clock goes back by a year makes the pause no longer.
    @Test
    void A21_aPauseIsNotAYearLongBecauseTheClockWentBack() {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.holdMarkers = true;
        txn.granted(txn.end("t", pair, Outcome.COMMIT));
        txn.holdAppends = true;
        txn.releaseMarkers();
        txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        txn.holdAppends = false;
        txn.nowMs -= YEAR_MS;
        txn.tick();
        txn.pass(TxnLimits.DEFAULTS.retryMs());
        assertInstanceOf(TxnState.Completed.class, txn.state("t"));
    }

    @Test
    void A21_aMarkerIsRepeatedInTimeThoughTheClockWentBack() {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A, B);
        txn.holdMarkers = true;
        txn.granted(txn.end("t", pair, Outcome.ABORT));
        TxnEffect.SendMarkers sent = txn.markers.removeFirst();
        txn.answerMarker(sent, A, MarkerResult.WRITTEN);
        txn.answerMarker(sent, B, MarkerResult.RETRY);
        txn.nowMs -= YEAR_MS;
        txn.tick();
        txn.releaseMarkers();
        txn.pass(TxnLimits.DEFAULTS.retryMs());
        assertInstanceOf(TxnState.Completed.class, txn.state("t"));
    }

    @Test
    void A21_aTransactionIsNotOpenAYearLongerBecauseTheClockWentBack() {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.nowMs -= YEAR_MS;
        txn.tick();
        txn.pass(TIMEOUT_MS);
        assertEquals(Outcome.ABORT, assertInstanceOf(TxnState.Completed.class, txn.state("t")).outcome());
    }

    /// The coordinator before it ran where the clock was a year ahead.
    @Test
    void A21_aTransactionFromTheFutureIsOpenForItsTimeoutAndNoLonger() {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.nowMs -= YEAR_MS;
        txn.restart();
        txn.pass(TIMEOUT_MS / 2);
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", pair, B)));
        txn.pass(TIMEOUT_MS / 2 - 1);
        assertInstanceOf(TxnState.Ongoing.class, txn.state("t"));
        txn.pass(1);
        assertEquals(Outcome.ABORT, assertInstanceOf(TxnState.Completed.class, txn.state("t")).outcome());
    }

    // ----

    @Test
    void A23_anExpiryThatCannotBeWrittenLeavesTheIdUsableAndIsTriedAgain() {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.holdAppends = true;
        txn.pass(TxnLimits.DEFAULTS.idExpirationMs());
        long add = txn.add("t", pair, A);
        assertTrue(txn.waits(add));
        txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        txn.holdAppends = false;
        txn.settle();
        assertEquals(ErrorCode.NONE, txn.error(add));
        txn.granted(txn.end("t", pair, Outcome.COMMIT));

        txn.holdAppends = true;
        txn.pass(TxnLimits.DEFAULTS.idExpirationMs());
        txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        txn.holdAppends = false;
        txn.pass(TxnLimits.DEFAULTS.retryMs());
        assertEquals(null, txn.state("t"));
    }

    @Test
    void A23_anIdThatWasNeverUsedExpires() {
        TxnFixture txn = new TxnFixture();
        txn.granted(txn.init("t"));
        txn.pass(TxnLimits.DEFAULTS.idExpirationMs());
        assertEquals(null, txn.state("t"));
        assertEquals(0, txn.coordinator().states().size());
        assertEquals(0, txn.granted(txn.init("t")).producerEpoch());
    }

    // ----

    /// While its record is not committed, a step has not happened: nobody is told, nothing is sent, and if it fails all
    /// is as it was.
    @ParameterizedTest
    @EnumSource(End.class)
    void A25_nothingIsToldOrSentOfARecordThatIsNotCommitted(End end) {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        if (end.needsOpenTransaction()) {
            txn.add("t", pair, A);
        }
        TxnState before = txn.state("t");
        txn.holdAppends = true;
        long asked = -1;
        if (end == End.TIME_OUT) {
            txn.pass(TIMEOUT_MS);
        } else {
            asked = end.request(txn, pair);
        }
        assertEquals(1, txn.appends.size());
        assertEquals(before, txn.state("t"));
        assertEquals(List.of(), txn.markersSent);
        assertTrue(asked < 0 || txn.waits(asked));
        txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals(before, txn.state("t"));
        assertEquals(List.of(), txn.markersSent);
        assertTrue(asked < 0 || txn.error(asked) == ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }

    /// A Prepare that the log lost was never acted upon: the coordinator that follows decides afresh.
    @Test
    void A28_aDecisionThatTheLogLostHasHadNoEffect() {
        TxnFixture txn = new TxnFixture();
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A, B);
        txn.holdAppends = true;
        txn.end("t", pair, Outcome.COMMIT);
        assertEquals(List.of(), txn.markersSent);
        txn.holdAppends = false;
        txn.restart();
        assertInstanceOf(TxnState.Ongoing.class, txn.state("t"));
        txn.pass(TIMEOUT_MS);
        assertEquals(Outcome.ABORT, assertInstanceOf(TxnState.Completed.class, txn.state("t")).outcome());
        assertTrue(txn.markersSent.stream().allMatch(sent -> sent.outcome() == Outcome.ABORT));
    }
}
