package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import static io.chapar.txn.TxnFixture.A;
import static io.chapar.txn.TxnFixture.TIMEOUT_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The last epochs of a producer id, on every path that bumps, with a takeover at each step.
class EpochOverflowScenarios {
    private static final long P = 7;
    private static final short LAST = ProducerEpochs.LAST_USABLE;
    private final TxnFixture txn = new TxnFixture();

    private TxnReply.Granted at(int epoch) {
        txn.given("t", new TxnState.Empty(P, (short) epoch, (short) (epoch - 1), -1, TIMEOUT_MS, txn.nowMs));
        return new TxnReply.Granted(P, (short) epoch);
    }

    @Test
    void theEndAtTheLastEpochGoesOnWithAnotherProducerId() {
        TxnReply.Granted pair = at(LAST);
        txn.add("t", pair, A);
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.COMMIT));

        assertNotEquals(P, next.producerId());
        assertEquals(0, next.producerEpoch());
        assertEquals(P, txn.markersSent.getFirst().producerId());
        assertEquals(Short.MAX_VALUE, txn.markersSent.getFirst().producerEpoch());
        assertEquals(next, txn.granted(txn.end("t", pair, Outcome.COMMIT)));
        txn.restart();
        assertEquals(next, txn.granted(txn.end("t", pair, Outcome.COMMIT)));
        assertEquals(ErrorCode.INVALID_TXN_STATE, txn.error(txn.end("t", pair, Outcome.ABORT)));
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, A)));
    }

    @Test
    void theNextTransactionWaitsUnderItsNewProducerId() {
        TxnReply.Granted pair = at(LAST);
        txn.add("t", pair, A);
        txn.holdMarkers = true;
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.COMMIT));
        long retry = txn.end("t", pair, Outcome.COMMIT);
        long add = txn.add("t", next, A);
        assertTrue(txn.waits(retry) && txn.waits(add));
        txn.releaseMarkers();
        assertEquals(next, txn.granted(retry));
        assertEquals(ErrorCode.NONE, txn.error(add));
    }

    @Test
    void aTakeoverBetweenDecisionAndMarkersKeepsTheAnnouncedPair() {
        TxnReply.Granted pair = at(LAST);
        txn.add("t", pair, A);
        txn.holdMarkers = true;
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.COMMIT));
        txn.restart();
        txn.releaseMarkers();
        assertEquals(next.producerId(), txn.state("t").producerId());
        assertEquals(next, txn.granted(txn.end("t", pair, Outcome.COMMIT)));
    }

    @Test
    void initAtTheLastEpochReplacesAndItsRepetitionIsTheSame() {
        TxnReply.Granted pair = at(LAST);
        TxnReply.Granted next = txn.granted(txn.init("t", pair));
        assertNotEquals(P, next.producerId());
        assertEquals(0, next.producerEpoch());
        assertEquals(next, txn.granted(txn.init("t", pair)));
        txn.restart();
        assertEquals(next, txn.granted(txn.init("t", pair)));
    }

    @Test
    void aFenceAtTheLastEpochReplacesToo() {
        TxnReply.Granted pair = at(LAST);
        txn.add("t", pair, A);
        TxnReply.Granted next = txn.granted(txn.init("t"));
        assertNotEquals(P, next.producerId());
        assertEquals(1, next.producerEpoch());
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.init("t", pair)));
    }

    @Test
    void aTimeOutAtTheLastEpochReplacesToo() {
        TxnReply.Granted pair = at(LAST);
        txn.add("t", pair, A);
        txn.pass(TIMEOUT_MS);
        assertNotEquals(P, txn.state("t").producerId());
        assertEquals(0, txn.state("t").producerEpoch());
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.ABORT));
        assertEquals(txn.state("t").producerId(), next.producerId());
    }

    @Test
    void theAbortOfNothingAtTheLastEpochReplacesToo() {
        TxnReply.Granted pair = at(LAST);
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.ABORT));
        assertNotEquals(P, next.producerId());
        assertEquals(next, txn.granted(txn.end("t", pair, Outcome.ABORT)));
    }

    @Test
    void damageAtTheVeryEndHeals() {
        at(Short.MAX_VALUE);
        txn.given(
                "t",
                new TxnState.Ongoing(
                        P,
                        Short.MAX_VALUE,
                        TIMEOUT_MS,
                        txn.nowMs,
                        txn.nowMs,
                        new java.util.TreeSet<>(java.util.List.of(A)),
                        TxnVersion.V2));
        txn.pass(TIMEOUT_MS);
        assertNotEquals(P, txn.state("t").producerId());
        assertEquals(0, txn.state("t").producerEpoch());
    }

    @Test
    void nobodyEverHoldsTheFenceEpoch() {
        TxnReply.Granted pair = at(32_760);
        for (int i = 0; i < 12; i++) {
            txn.add("t", pair, A);
            pair = txn.granted(i % 3 == 0 ? txn.init("t", pair) : txn.end("t", pair, Outcome.COMMIT));
            assertTrue(pair.producerEpoch() <= LAST, pair.toString());
        }
        assertNotEquals(P, pair.producerId());
    }

    @Test
    void whileNoProducerIdIsAtHandTheCommandWaits() {
        TxnReply.Granted pair = at(LAST);
        txn.add("t", pair, A);
        txn.holdIds = true;
        txn.restart();
        long end = txn.end("t", pair, Outcome.COMMIT);
        long fresh = txn.init("u");
        assertTrue(txn.waits(end) && txn.waits(fresh));
        txn.giveIds();
        txn.granted(end);
        txn.granted(fresh);
    }

    @Test
    void whoWaitsForAProducerIdTooLongIsToldToComeBack() {
        txn.holdIds = true;
        txn.restart();
        long fresh = txn.init("u");
        txn.pass(TxnFixture.PATIENCE_MS);
        assertEquals(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, txn.error(fresh));
    }
}
