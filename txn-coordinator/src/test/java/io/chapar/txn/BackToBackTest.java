package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A transaction that begins while the markers of the one before are on their way is written with that one's end.
final class BackToBackTest {
    private final TxnFixture f = new TxnFixture();
    private TxnReply.Granted pair;
    private long next;

    /// The decision is committed, its marker under way, and the next transaction waits.
    private void waiting() {
        pair = f.granted(f.init("id"));
        f.add("id", pair, TxnFixture.A);
        f.holdMarkers = true;
        pair = f.granted(f.end("id", pair, Outcome.COMMIT));
        next = f.add("id", pair, TxnFixture.B);
        assertTrue(f.waits(next));
        f.holdAppends = true;
    }

    private List<Class<?>> appended() {
        return f.appends.stream().<Class<?>>map(record -> record.state().getClass()).toList();
    }

    @Test
    void theEndAndTheBeginningAreOneBatch() {
        waiting();
        f.releaseMarkers();
        assertEquals(List.of(TxnState.Completed.class, TxnState.Ongoing.class), appended());
        assertInstanceOf(TxnState.Preparing.class, f.state("id"));
        assertTrue(f.waits(next), "nothing of it is committed");
        f.commitNext();
        assertEquals(ErrorCode.NONE, f.error(next));
        TxnState.Ongoing open = assertInstanceOf(TxnState.Ongoing.class, f.state("id"));
        assertEquals(List.of(TxnFixture.B), List.copyOf(open.partitions()));
        assertEquals(f.coordinator().states(), f.replayed());
    }

    @Test
    void whatWasNotWrittenIsTriedAgainAndItsAskerIsTold() {
        waiting();
        f.releaseMarkers();
        f.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, f.error(next));
        assertInstanceOf(TxnState.Preparing.class, f.state("id"));
        long again = f.add("id", pair, TxnFixture.B);
        f.pass(TxnLimits.DEFAULTS.retryMs());
        assertEquals(List.of(TxnState.Completed.class, TxnState.Ongoing.class), appended());
        f.commitNext();
        assertEquals(ErrorCode.NONE, f.error(again));
    }

    @Test
    void whoTakesOverFindsBothOrNone() {
        waiting();
        f.releaseMarkers();
        f.restartWith(1);
        assertInstanceOf(TxnState.Ongoing.class, f.state("id"));

        f.holdAppends = false;
        f.end("id", pair, Outcome.COMMIT);
        waiting();
        f.releaseMarkers();
        f.restartWith(0);
        f.holdAppends = false;
        f.settle();
        assertInstanceOf(TxnState.Completed.class, f.state("id"));
    }

    /// What comes after the beginning waits for it, whoever asks.
    @Test
    void theNextRequestsWaitForBoth() {
        waiting();
        f.releaseMarkers();
        long more = f.add("id", pair, TxnFixture.A);
        assertTrue(f.waits(more));
        assertEquals(2, f.appends.size());
        f.holdAppends = false;
        f.settle();
        assertEquals(ErrorCode.NONE, f.error(more));
        TxnState.Ongoing open = assertInstanceOf(TxnState.Ongoing.class, f.state("id"));
        assertEquals(2, open.partitions().size());
    }

    /// Another instance that waits ahead of it has its turn first, and the end is written alone.
    @Test
    void onlyABeginningIsWrittenWithTheEnd() {
        pair = f.granted(f.init("id"));
        f.add("id", pair, TxnFixture.A);
        f.holdMarkers = true;
        f.end("id", pair, Outcome.COMMIT);
        long other = f.init("id");
        f.holdAppends = true;
        f.releaseMarkers();
        assertEquals(List.of(TxnState.Completed.class), appended());
        f.holdAppends = false;
        f.settle();
        assertEquals(pair.producerId(), f.granted(other).producerId());
    }
}
