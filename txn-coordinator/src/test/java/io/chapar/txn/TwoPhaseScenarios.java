package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import static io.chapar.txn.TxnFixture.A;
import static io.chapar.txn.TxnFixture.B;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Transactions that were prepared for two-phase commit (KIP-939): they wait for whoever decides them, through crashes
/// of their producer and takeovers of the coordinator.
class TwoPhaseScenarios {
    private static final long YEAR_MS = 365L * 24 * 3600 * 1000;
    private final TxnFixture txn = new TxnFixture();

    /// A transaction with A and B, without timeout.
    private TxnReply.Granted prepared() {
        TxnReply.Granted pair = txn.granted(txn.keep("t"));
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", pair, A, B)));
        return pair;
    }

    @Test
    void aPreparedTransactionNeverTimesOut() {
        prepared();
        txn.pass(YEAR_MS);
        txn.restart();
        txn.pass(YEAR_MS);
        assertTrue(txn.state("t") instanceof TxnState.Ongoing);
    }

    @Test
    void theProducerThatPreparedCommits() {
        TxnReply.Granted pair = prepared();
        TxnReply.Granted next = txn.granted(txn.end("t", pair, Outcome.COMMIT));
        assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, A)));
    }

    @Test
    void afterACrashTheHeirLearnsWhatIsOpenAndDecidesIt() {
        for (Outcome outcome : Outcome.values()) {
            TxnReply.Granted pair = prepared();
            txn.restart();
            TxnReply.Kept kept = txn.kept(txn.keep("t"));
            assertEquals(pair, kept.open());
            assertNotEquals(pair, kept.pair());
            txn.restart();
            txn.markersSent.clear();

            TxnReply.Granted next = txn.granted(txn.end("t", kept.pair(), outcome));
            assertEquals(pair.producerId(), txn.markersSent.getFirst().producerId());
            assertTrue(txn.markersSent.getFirst().producerEpoch() > kept.pair().producerEpoch());
            assertEquals(outcome, txn.markersSent.getFirst().outcome());
            assertEquals(next, txn.granted(txn.end("t", kept.pair(), outcome)), "the answer was lost");
            txn.restart();
            assertEquals(next, txn.granted(txn.end("t", kept.pair(), outcome)), "and again");
            assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, A)));
            txn.granted(txn.end("t", next, Outcome.ABORT));
        }
    }

    @Test
    void theInstanceBeforeTheHeirIsShutOut() {
        TxnReply.Granted old = prepared();
        TxnReply.Kept kept = txn.kept(txn.keep("t"));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", old, Outcome.COMMIT)));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", old, Outcome.ABORT)));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", old, Outcome.COMMIT, TxnVersion.V1)));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.add("t", old, A)));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.verify("t", old, A)));
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.init("t", old)));
        long add = txn.add("t", kept.pair(), A);
        assertEquals(ErrorCode.INVALID_TXN_STATE, txn.error(add));
        assertTrue(txn.reason(add).contains("prepared"));
        txn.granted(txn.end("t", kept.pair(), Outcome.COMMIT));
    }

    @Test
    void eachHeirFencesTheOneBefore() {
        prepared();
        TxnReply.Kept first = txn.kept(txn.keep("t"));
        TxnReply.Kept second = txn.kept(txn.keep("t"));
        assertEquals(first.open(), second.open());
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", first.pair(), Outcome.ABORT)));
        txn.granted(txn.end("t", second.pair(), Outcome.COMMIT));
    }

    @Test
    void whoDoesNotKeepAborts() {
        prepared();
        TxnReply.Kept kept = txn.kept(txn.keep("t"));
        TxnReply.Granted plain = txn.granted(txn.init("t"));
        assertEquals(Outcome.ABORT, txn.markersSent.getLast().outcome());
        assertTrue(plain.producerEpoch() > kept.pair().producerEpoch() + 1, "nobody holds the fence's epoch");
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.end("t", kept.pair(), Outcome.COMMIT)));
    }

    @Test
    void withNothingOpenKeepingIsAnOrdinaryTakeover() {
        TxnReply.Granted first = txn.granted(txn.keep("t"));
        TxnReply.Granted second = txn.granted(txn.keep("t"));
        assertEquals(first.producerEpoch() + 1, second.producerEpoch());
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(txn.add("t", first, A)));
    }

    @Test
    void aDecisionOnItsWayIsAwaited() {
        TxnReply.Granted pair = prepared();
        txn.holdMarkers = true;
        txn.granted(txn.end("t", pair, Outcome.COMMIT));
        long keep = txn.keep("t");
        assertTrue(txn.waits(keep));
        txn.releaseMarkers();
        txn.granted(keep);
    }

    /// The heir may come when the epochs of the prepared transaction's producer id are used up, and again and again.
    @Test
    void theHeirOfTheLastEpochsHasAnotherProducerId() {
        for (int epoch = ProducerEpochs.LAST_USABLE - 3; epoch <= ProducerEpochs.LAST_USABLE; epoch++) {
            txn.given("t", new TxnState.Empty(
                    7, (short) epoch, ProducerEpochs.NONE, -1, TxnState.NO_TIMEOUT, txn.nowMs));
            TxnReply.Granted open = new TxnReply.Granted(7, (short) epoch);
            txn.add("t", open, A);
            TxnReply.Kept kept = null;
            for (int i = 0; i < 4; i++) {
                kept = txn.kept(txn.keep("t"));
                assertEquals(open, kept.open());
                txn.restart();
            }
            txn.markersSent.clear();
            TxnReply.Granted next = txn.granted(txn.end("t", kept.pair(), Outcome.COMMIT));
            assertEquals(7, txn.markersSent.getFirst().producerId());
            assertTrue(txn.markersSent.getFirst().producerEpoch() > epoch);
            txn.restart();
            assertEquals(next, txn.granted(txn.end("t", kept.pair(), Outcome.COMMIT)));
            assertEquals(ErrorCode.NONE, txn.error(txn.add("t", next, A)));
            txn.granted(txn.end("t", next, Outcome.ABORT));
        }
    }

    @Test
    void whereItIsOffItIsRefusedAndTheTimeoutHasItsBound() {
        TxnFixture off = new TxnFixture(TxnLimits.DEFAULTS);
        long refused = off.keep("t");
        assertEquals(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, off.error(refused));
        assertTrue(off.reason(refused).contains("transaction.two.phase.commit.enable"));
        long endless = off.submit(new TxnCommand.InitProducer("t", TxnState.NO_TIMEOUT, -1, (short) -1));
        assertEquals(ErrorCode.INVALID_TRANSACTION_TIMEOUT, off.error(endless));
        endless = txn.submit(new TxnCommand.InitProducer("t", TxnState.NO_TIMEOUT, -1, (short) -1));
        assertEquals(ErrorCode.INVALID_TRANSACTION_TIMEOUT, txn.error(endless));
    }
}
