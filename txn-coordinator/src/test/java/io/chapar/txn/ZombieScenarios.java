package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import static io.chapar.txn.TxnFixture.A;
import static io.chapar.txn.TxnFixture.B;
import static io.chapar.txn.TxnFixture.TIMEOUT_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Producers that others have taken over from, or that time has run out on.
class ZombieScenarios {
    private final TxnFixture txn = new TxnFixture();

    @Test
    void aNewInstanceAbortsTheOpenTransactionAndGetsAnEpochBeyondTheFence() {
        TxnReply.Granted old = txn.granted(txn.init("t"));
        txn.add("t", old, A);
        long second = txn.init("t");

        assertEquals(old.producerEpoch() + 2, txn.granted(second).producerEpoch());
        assertEquals(Outcome.ABORT, txn.markersSent.getFirst().outcome());
        assertEquals(old.producerEpoch() + 1, txn.markersSent.getFirst().producerEpoch());
        for (Outcome outcome : Outcome.values()) {
            assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", old, outcome)));
        }
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.add("t", old, B)));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.init("t", old)));
    }

    @Test
    void theFencedInstanceGetsNothingWhileTheFenceIsUnderWay() {
        TxnReply.Granted old = txn.granted(txn.init("t"));
        txn.add("t", old, A);
        txn.holdMarkers = true;
        long second = txn.init("t");

        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", old, Outcome.ABORT)));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.add("t", old, B)));
        long zombieInit = txn.init("t", old);
        assertTrue(txn.waits(second));
        txn.releaseMarkers();
        assertEquals(old.producerEpoch() + 2, txn.granted(second).producerEpoch());
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(zombieInit));
    }

    @Test
    void aStalePairDoesNotAbortTheTransactionOfItsSuccessor() {
        TxnReply.Granted old = txn.granted(txn.init("t"));
        TxnReply.Granted current = txn.granted(txn.init("t"));
        txn.add("t", current, A);

        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.init("t", old)));
        assertInstanceOf(TxnState.Ongoing.class, txn.state("t"));
        txn.granted(txn.end("t", current, Outcome.COMMIT));
    }

    @Test
    void anInitWhoseAnswerWasLostIsAnsweredTheSame() {
        TxnReply.Granted first = txn.granted(txn.init("t"));
        TxnReply.Granted second = txn.granted(txn.init("t", first));
        assertEquals(second, txn.granted(txn.init("t", first)));
        txn.restart();
        assertEquals(second, txn.granted(txn.init("t", first)));
    }

    @Test
    void anInstanceThatAbortsItsOwnTransactionByInitCanRepeatTheQuestion() {
        TxnReply.Granted first = txn.granted(txn.init("t"));
        txn.add("t", first, A);
        TxnReply.Granted second = txn.granted(txn.init("t", first));
        assertEquals(first.producerEpoch() + 2, second.producerEpoch());
        assertEquals(second, txn.granted(txn.init("t", first)));
    }

    @Test
    void twoNewInstancesAtOnceFenceInOrder() {
        TxnReply.Granted old = txn.granted(txn.init("t"));
        txn.add("t", old, A);
        txn.holdMarkers = true;
        long second = txn.init("t");
        long third = txn.init("t");
        txn.releaseMarkers();

        TxnReply.Granted loser = txn.granted(second);
        TxnReply.Granted winner = txn.granted(third);
        assertTrue(winner.producerEpoch() > loser.producerEpoch());
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.add("t", loser, A)));
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", winner, A)));
    }

    @Test
    void timeRunsOutExactly() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.pass(TIMEOUT_MS - 1);
        assertInstanceOf(TxnState.Ongoing.class, txn.state("t"));
        txn.pass(1);
        assertEquals(Outcome.ABORT, assertInstanceOf(TxnState.Completed.class, txn.state("t")).outcome());
    }

    @Test
    void aTimedOutTransactionIsNeverCommittedAndItsClientMayAbort() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.pass(TIMEOUT_MS);

        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.add("t", pair, B)));
        assertEquals(ErrorCode.TRANSACTION_ABORTABLE, txn.error(txn.end("t", pair, Outcome.COMMIT)));
        assertEquals(
                ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", pair, Outcome.COMMIT, TxnVersion.V1)));
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.ABORT));
        assertEquals(pair.producerEpoch() + 1, next.producerEpoch());
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, A)));
    }

    @Test
    void aFenceThatCannotBeWrittenBumpsOnce() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.holdAppends = true;
        txn.pass(TIMEOUT_MS);
        for (int i = 0; i < 5; i++) {
            txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
            txn.pass(TxnLimits.DEFAULTS.retryMs());
        }
        txn.holdAppends = false;
        txn.settle();
        assertEquals(pair.producerEpoch() + 1, txn.state("t").producerEpoch());
    }

    @Test
    void theClockMayJumpBack() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.nowMs -= 1_000_000;
        txn.add("t", pair, A);
        txn.nowMs -= 5;
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.COMMIT));
        assertInstanceOf(TxnState.Completed.class, txn.state("t"));
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, A)));
    }

    @Test
    void aForgottenIdKnowsNobody() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.COMMIT));
        txn.pass(TxnLimits.DEFAULTS.idExpirationMs());

        assertEquals(null, txn.state("t"));
        assertEquals(null, txn.log.getLast().state());
        assertEquals(ErrorCode.INVALID_PRODUCER_ID_MAPPING, txn.error(txn.add("t", next, A)));
        assertEquals(ErrorCode.INVALID_PRODUCER_ID_MAPPING, txn.error(txn.end("t", next, Outcome.ABORT)));
        TxnReply.Granted second = txn.granted(txn.init("t"));
        assertTrue(second.producerId() > pair.producerId());
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.init("t", next)));
    }

    @Test
    void expiryThatCannotBeWrittenLeavesTheIdUsable() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.holdAppends = true;
        txn.pass(TxnLimits.DEFAULTS.idExpirationMs());
        long add = txn.add("t", pair, A);
        txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        txn.holdAppends = false;
        txn.settle();
        assertEquals(ErrorCode.NONE, txn.error(add));
    }
}
