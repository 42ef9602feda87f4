package io.chapar.broker.metrics;

import io.chapar.txn.Outcome;
import io.chapar.txn.TxnState;
import io.chapar.txn.TxnVersion;
import org.junit.jupiter.api.Test;

import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

class TxnMetersTest {
    private static final TxnMeters.AbortReason CLIENT = TxnMeters.AbortReason.CLIENT;

    private final TxnMeters meters = new TxnMeters();

    /// @param nextId -1 where the producer keeps its id
    private static TxnState.Preparing preparing(long producerId, long nextId) {
        return new TxnState.Preparing(Outcome.COMMIT, producerId, (short) 1, (short) 0, nextId, 60_000, 0, 0,
                new TreeSet<>(), TxnVersion.V2);
    }

    private static TxnState.Completed completed(long producerId) {
        return new TxnState.Completed(Outcome.COMMIT, producerId, (short) 1, (short) 0, -1, 60_000, 0, 0,
                TxnVersion.V2);
    }

    @Test
    void fromTheDecisionToTheEndIsMeasured() {
        meters.entered("a", preparing(1, -1), CLIENT);
        meters.entered("b", preparing(2, 3), CLIENT);
        assertEquals(0, meters.endToVisible().count());
        meters.entered("a", completed(1), CLIENT);
        meters.entered("b", completed(3), CLIENT);
        assertEquals(2, meters.endToVisible().count());
        assertEquals(0, meters.awaited());
        assertEquals(2, meters.commits());
    }

    @Test
    void endsThatNeverComeAreForgottenOldestFirst() {
        for (int i = 0; i < TxnMeters.MOST_AWAITED + 5; i++) {
            meters.entered("t" + i, preparing(i, -1), CLIENT);
        }
        assertEquals(TxnMeters.MOST_AWAITED, meters.awaited());
        meters.entered("t0", completed(0), CLIENT);
        assertEquals(0, meters.endToVisible().count());
        meters.entered("t9", completed(9), CLIENT);
        assertEquals(1, meters.endToVisible().count());
    }

    @Test
    void ofALongNameTheBeginningIsKept() {
        String id = "x".repeat(30_000);
        meters.entered(id, preparing(1, -1), CLIENT);
        meters.entered(id, completed(1), CLIENT);
        assertEquals("x".repeat(64), meters.endToVisible().slowestWho());
    }
}
