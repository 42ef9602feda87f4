package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.chapar.txn.TxnFixture.A;
import static io.chapar.txn.TxnFixture.B;
import static io.chapar.txn.TxnFixture.PATIENCE_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Requests that come before their time wait for it, and no longer than they may.
class WaitingScenarios {
    private final TxnFixture txn = new TxnFixture();

    private TxnReply.Granted committedWithMarkersHeld() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A, B);
        txn.holdMarkers = true;
        return txn.granted(txn.end("t", pair, Outcome.COMMIT));
    }

    @Test
    void theEndIsAnsweredBeforeTheMarkersAreWritten() {
        TxnReply.Granted next = committedWithMarkersHeld();
        assertEquals(1, next.producerEpoch());
        assertInstanceOf(TxnState.Preparing.class, txn.state("t"));
    }

    @Test
    void theNextTransactionBeginsWithTheLastMarker() {
        TxnReply.Granted next = committedWithMarkersHeld();
        long add = txn.add("t", next, A);
        TxnEffect.SendMarkers sent = txn.markers.getFirst();
        txn.answerMarker(sent, A, MarkerResult.WRITTEN);
        txn.answerMarker(sent, A, MarkerResult.WRITTEN);
        assertTrue(txn.waits(add));
        txn.answerMarker(sent, B, MarkerResult.WRITTEN);
        assertEquals(ErrorCode.NONE, txn.error(add));
        assertInstanceOf(TxnState.Ongoing.class, txn.state("t"));
        txn.answerMarker(sent, B, MarkerResult.WRITTEN);
        assertInstanceOf(TxnState.Ongoing.class, txn.state("t"));
    }

    /// What dead producers left open is due at one moment, and there are others on the loop.
    @Test
    void thousandsThatAreDueTogetherAreTakenSomeAtATime() {
        int many = 10 * TxnCoordinator.DUE_AT_ONCE;
        for (int i = 0; i < many; i++) {
            txn.add("t" + i, txn.granted(txn.init("t" + i)), A);
        }
        txn.holdAppends = true;
        txn.nowMs += TxnFixture.TIMEOUT_MS;
        for (int round = 1; round <= 10; round++) {
            assertTrue(txn.coordinator().nextDeadlineMs() <= txn.nowMs);
            txn.tick();
            assertEquals(round * TxnCoordinator.DUE_AT_ONCE, txn.appends.size());
        }
        assertTrue(txn.coordinator().nextDeadlineMs() > txn.nowMs);
    }

    /// Their markers are sent by the start, and some are answered before it comes to the last of them.
    @Test
    void thousandsThatAreFoundInTheLogAreTakenUpSomeAtATime() {
        int many = 2 * TxnCoordinator.STARTED_AT_ONCE + 1;
        for (int i = 0; i < many; i++) {
            TxnReply.Granted pair = txn.granted(txn.init("t" + i));
            txn.add("t" + i, pair, A);
            txn.holdMarkers = true;
            txn.end("t" + i, pair, Outcome.COMMIT);
        }
        txn.markers.clear();
        txn.markersSent.clear();
        txn.holdMarkers = false;
        txn.restart();
        assertEquals(3, txn.starts);
        assertEquals(many, txn.markersSent.size());
        for (int i = 0; i < many; i++) {
            assertInstanceOf(TxnState.Completed.class, txn.state("t" + i));
        }
    }

    @Test
    void aDecidedTransactionIsUnfinishedWhereItsMarkerIsMissing() {
        TxnReply.Granted next = committedWithMarkersHeld();
        TxnEffect.SendMarkers sent = txn.markers.getFirst();
        assertEquals(List.of(A, B), List.copyOf(txn.coordinator().unfinished("t")));
        txn.answerMarker(sent, A, MarkerResult.WRITTEN);
        assertEquals(List.of(B), List.copyOf(txn.coordinator().unfinished("t")));
        txn.answerMarker(sent, B, MarkerResult.RETRY);
        assertEquals(List.of(B), List.copyOf(txn.coordinator().unfinished("t")));
        txn.answerMarker(sent, B, MarkerResult.WRITTEN);
        assertEquals(List.of(), List.copyOf(txn.coordinator().unfinished("t")));
        txn.add("t", next, B);
        assertEquals(List.of(B), List.copyOf(txn.coordinator().unfinished("t")));
    }

    @Test
    void patienceEnds() {
        TxnReply.Granted next = committedWithMarkersHeld();
        long add = txn.add("t", next, A);
        txn.pass(PATIENCE_MS - 1);
        long later = txn.add("t", next, A);
        assertTrue(txn.waits(add));
        txn.pass(1);
        assertEquals(ErrorCode.CONCURRENT_TRANSACTIONS, txn.error(add));
        assertTrue(txn.waits(later));
        txn.releaseMarkers();
        assertEquals(ErrorCode.NONE, txn.error(later));
    }

    @Test
    void nothingIsAnsweredOrSentBeforeItIsCommitted() {
        txn.holdAppends = true;
        long init = txn.init("t");
        assertTrue(txn.waits(init));
        assertEquals(null, txn.state("t"));
        txn.commitNext();
        TxnReply.Granted pair = txn.granted(init);
        long add = txn.add("t", pair, A);
        long end = txn.end("t", pair, Outcome.COMMIT);
        assertTrue(txn.waits(add) && txn.waits(end));
        assertEquals(1, txn.appends.size());
        txn.commitNext();
        assertEquals(ErrorCode.NONE, txn.error(add));
        assertTrue(txn.waits(end) && txn.markersSent.isEmpty());
        txn.commitNext();
        assertFalse(txn.waits(end));
        assertEquals(1, txn.markersSent.size());
    }

    @Test
    void aFailedAppendLeavesTheStateAndTellsItsAuthorAlone() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.holdAppends = true;
        long first = txn.add("t", pair, A);
        long second = txn.add("t", pair, B);
        txn.failNext(ErrorCode.NOT_COORDINATOR);
        assertEquals(ErrorCode.NOT_COORDINATOR, txn.error(first));
        txn.commitNext();
        assertEquals(ErrorCode.NONE, txn.error(second));
        assertEquals(List.of(B), List.copyOf(((TxnState.Ongoing) txn.state("t")).partitions()));
    }

    @Test
    void aCompletionThatCannotBeWrittenIsTriedAgain() {
        TxnReply.Granted next = committedWithMarkersHeld();
        txn.holdAppends = true;
        txn.releaseMarkers();
        txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertTrue(txn.appends.isEmpty());
        txn.holdAppends = false;
        txn.pass(TxnLimits.DEFAULTS.retryMs());
        assertInstanceOf(TxnState.Completed.class, txn.state("t"));
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, A)));
    }

    @Test
    void aMarkerThatFailsIsRepeatedAloneAndTheOthersGoOn() {
        committedWithMarkersHeld();
        TxnEffect.SendMarkers sent = txn.markers.removeFirst();
        txn.answerMarker(sent, A, MarkerResult.RETRY);
        txn.answerMarker(sent, B, MarkerResult.WRITTEN);
        txn.pass(TxnLimits.DEFAULTS.retryMs());
        assertEquals(List.of(A), txn.markers.getFirst().partitions());
        txn.releaseMarkers();
        assertInstanceOf(TxnState.Completed.class, txn.state("t"));
    }

    @Test
    void deletedAndOvertakenPartitionsOweNothing() {
        committedWithMarkersHeld();
        TxnEffect.SendMarkers sent = txn.markers.removeFirst();
        txn.answerMarker(sent, A, MarkerResult.GONE);
        txn.answerMarker(sent, B, MarkerResult.SUPERSEDED);
        assertInstanceOf(TxnState.Completed.class, txn.state("t"));
    }

    @Test
    void aTakeoverSendsTheMarkersAgain() {
        TxnReply.Granted next = committedWithMarkersHeld();
        txn.answerMarker(txn.markers.getFirst(), A, MarkerResult.WRITTEN);
        txn.restart();
        assertEquals(List.of(A, B), txn.markers.getFirst().partitions());
        long add = txn.add("t", next, A);
        txn.releaseMarkers();
        assertEquals(ErrorCode.NONE, txn.error(add));
    }

    @Test
    void verificationDoesNotWaitForAnUndecidedRecord() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.holdAppends = true;
        txn.add("t", pair, B);
        assertEquals(ErrorCode.NONE, txn.error(txn.verify("t", pair, A)));
        assertEquals(ErrorCode.TRANSACTION_ABORTABLE, txn.error(txn.verify("t", pair, B)));
    }

    @Test
    void theQueueOfOneIdIsBounded() {
        TxnReply.Granted next = committedWithMarkersHeld();
        for (int i = 0; i < TxnLimits.DEFAULTS.maxWaiting(); i++) {
            assertTrue(txn.waits(txn.add("t", next, A)));
        }
        assertEquals(ErrorCode.CONCURRENT_TRANSACTIONS, txn.error(txn.add("t", next, A)));
    }

    @Test
    void aTransactionHasABoundedNumberOfPartitions() {
        TxnFixture small = new TxnFixture(limits(2, 9, 1, 4096));
        TxnReply.Granted pair = small.granted(small.init("t"));
        assertEquals(ErrorCode.NONE, small.error(small.add("t", pair, A)));
        long second = small.add("t", pair, B);
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(second));
        assertTrue(small.reason(second).contains("at most 1 partitions (transaction.max.partitions)"));
    }

    /// The record of the end is written when nobody can be refused any more, so it must never be larger than what was
    /// let in.
    @Test
    void everyRecordOfATransactionFitsOnceItsPartitionsWereLetIn() {
        int bytes = 2048;
        TxnFixture small = new TxnFixture(limits(2, 9, 10_000, bytes));
        TxnReply.Granted pair = small.granted(small.init("t"));
        int added = 0;
        long last = small.add("t", pair, A);
        while (small.error(last) == ErrorCode.NONE) {
            added++;
            last = small.add("t", pair, new TopicPartition("topic-" + added % 5 + "x".repeat(100), added));
        }
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(last));
        assertTrue(added > 50, "only " + added);
        small.granted(small.end("t", pair, Outcome.COMMIT));
        for (TxnRecord record : small.log) {
            int size = TxnRecordCodec.key(record).remaining() + TxnRecordCodec.value(record).remaining();
            assertTrue(size <= bytes, size + " bytes of " + record.state().getClass().getSimpleName());
        }
    }

    @Test
    void openTransactionsAreBounded() {
        TxnFixture small = new TxnFixture(limits(9, 2, 10, 4096));
        TxnReply.Granted first = small.granted(small.init("t"));
        TxnReply.Granted second = small.granted(small.init("u"));
        TxnReply.Granted third = small.granted(small.init("v"));
        small.holdAppends = true;
        long one = small.add("t", first, A);
        long two = small.add("u", second, A);
        long three = small.add("v", third, A);
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(three));
        assertTrue(small.reason(three).contains("2 transactions open"));
        small.holdAppends = false;
        small.settle();
        assertEquals(ErrorCode.NONE, small.error(one));
        assertEquals(ErrorCode.NONE, small.error(two));
        assertEquals(ErrorCode.NONE, small.error(small.add("t", first, B)));

        small.restart();
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(small.add("v", third, A)));
        small.granted(small.end("t", first, Outcome.COMMIT));
        assertEquals(ErrorCode.NONE, small.error(small.add("v", third, A)));
    }

    /// Of so many bytes.
    private static final class SmallRoom implements TxnRoom {
        private final long limit;
        private long held = 0;

        SmallRoom(long limit) {
            this.limit = limit;
        }

        @Override
        public boolean grow(long bytes) {
            boolean fits = held + bytes <= limit;
            held += fits ? bytes : 0;
            return fits;
        }

        @Override
        public void holds(long bytes) {
            held = bytes;
        }
    }

    @Test
    void memoryIsBoundedAndWhatIsOpenCanBeEnded() {
        SmallRoom room = new SmallRoom(5_000);
        TxnFixture small = new TxnFixture(limits(1_000, 1_000, 1_000, 4096), room);
        TxnReply.Granted first = small.granted(small.init("t"));
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(small.init("x".repeat(3_000))));
        assertEquals(ErrorCode.NONE, small.error(small.add("t", first, A)));
        int known = 1;
        long asked = small.init("t" + known);
        while (small.error(asked) == ErrorCode.NONE) {
            known++;
            asked = small.init("t" + known);
        }
        assertTrue(known > 5 && known < 15, "" + known);
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(asked));
        assertTrue(small.reason(asked).contains("transaction.coordinator.max.bytes"));
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(small.add("t", first, A, B)));
        assertEquals(ErrorCode.NONE, small.error(small.add("t", first, A)));
        small.granted(small.end("t", first, Outcome.COMMIT));

        small.restart();
        assertTrue(room.held > 400L * known, "what the log says counts");
        small.granted(small.init("t"));
    }

    private static TxnLimits limits(int ids, int open, int partitions, int bytes) {
        return new TxnLimits(1_000_000, 1_000, false, ids, open, partitions, bytes, 4, 10);
    }

    @Test
    void idsAreBounded() {
        TxnFixture small = new TxnFixture(limits(2, 9, 1, 4096));
        small.granted(small.init("t"));
        small.granted(small.init("u"));
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(small.init("v")));
        small.granted(small.init("u"));
    }

    @Test
    void idsThatAreOnTheirWayIntoTheLogCountAsWell() {
        TxnFixture small = new TxnFixture(limits(2, 9, 1, 4096));
        small.holdAppends = true;
        long one = small.init("t");
        long two = small.init("u");
        assertEquals(ErrorCode.POLICY_VIOLATION, small.error(small.init("v")));
        small.holdAppends = false;
        small.settle();
        small.granted(one);
        small.granted(two);
    }

    @Test
    void malformedQuestionsAreRefused() {
        assertEquals(ErrorCode.INVALID_REQUEST, txn.error(txn.init("")));
        assertEquals(ErrorCode.INVALID_REQUEST, txn.error(txn.init("t", 5, -1)));
        assertEquals(ErrorCode.INVALID_REQUEST, txn.error(txn.init("t", -1, 5)));
        for (int timeout : new int[] {0, -1, TxnLimits.DEFAULTS.maxTimeoutMs() + 1}) {
            assertEquals(
                    ErrorCode.INVALID_TRANSACTION_TIMEOUT,
                    txn.error(txn.submit(new TxnCommand.InitProducer("t", timeout, -1, (short) -1))));
        }
    }

    @Test
    void producerIdsAreGivenOnce() {
        txn.idsPerBlock = 7;
        txn.restart();
        long last = -1;
        for (int i = 0; i < 100; i++) {
            long id = txn.granted(txn.init("t" + i)).producerId();
            assertTrue(id > last);
            last = id;
        }
    }
}
