package io.chapar.broker.hanging;

import io.chapar.broker.coordinator.TxnCoordinators.Owner;
import io.chapar.broker.partition.OpenTxn;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnState;
import io.chapar.txn.TxnVersion;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class HangingTxnCoreTest {
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final long PID = 7;
    private static final short EPOCH = 3;
    private static final long GRACE = 1_000;
    private static final long MAX_TIMEOUT = 60_000;

    private final HangingTxnCore core = new HangingTxnCore(GRACE, MAX_TIMEOUT);

    private static OpenTxn open(long firstOffset) {
        return new OpenTxn(A, PID, EPOCH, firstOffset, firstOffset + 5, 99, -1);
    }

    private static TxnState ongoing(int epoch) {
        return new TxnState.Ongoing(PID, (short) epoch, 100, 0, 0, new TreeSet<>(List.of(A)), TxnVersion.V2);
    }

    private static TxnState preparing(int epoch) {
        return new TxnState.Preparing(Outcome.COMMIT, PID, (short) epoch, EPOCH, -1, 100, 0, 0,
                new TreeSet<>(List.of(A)), TxnVersion.V2);
    }

    private static TxnState completed(long producerId, int epoch, long previousId) {
        return new TxnState.Completed(
                Outcome.ABORT, producerId, (short) epoch, EPOCH, previousId, 100, 0, 0, TxnVersion.V2);
    }

    /// What is judged of a transaction that has been open for this long.
    private List<HangingTxnCore.Verdict> judgedAfter(long ageMs, TxnState stateOrNull) {
        core.observe(0, List.of(open(10)));
        List<OpenTxn> suspects = core.observe(ageMs, List.of(open(10)));
        Map<Long, Owner> owners = stateOrNull == null ? Map.of() : Map.of(PID, new Owner("t", stateOrNull));
        return core.judge(ageMs, suspects, owners);
    }

    @Test
    void nobodyIsSuspectedInTheGrace() {
        assertEquals(List.of(), core.observe(0, List.of(open(10))));
        assertEquals(List.of(), core.observe(GRACE - 1, List.of(open(10))));
        assertEquals(List.of(open(10)), core.observe(GRACE, List.of(open(10))));
    }

    @Test
    void theNextTransactionOfAProducerIsAnotherOne() {
        core.observe(0, List.of(open(10)));
        assertEquals(List.of(), core.observe(GRACE, List.of(open(20))));
        assertEquals(List.of(), core.observe(GRACE * 2 - 1, List.of(open(20))));
    }

    @Test
    void aClockThatJumpsBackDoesNotKeepOneForEver() {
        core.observe(1_000_000, List.of(open(10)));
        assertEquals(List.of(), core.observe(0, List.of(open(10))));
        assertEquals(List.of(open(10)), core.observe(GRACE, List.of(open(10))));
    }

    @Test
    void whatTheCoordinatorHasEndedHangs() {
        assertEquals(1, judgedAfter(GRACE, completed(PID, EPOCH + 1, -1)).size());
        assertEquals(1, judgedAfter(GRACE, completed(PID, EPOCH, -1)).size(), "version 1 stays on its epoch");
        assertEquals(1, judgedAfter(GRACE, completed(PID + 1, 0, PID)).size(), "the producer id was used up");
        assertEquals(1, judgedAfter(GRACE, new TxnState.Empty(PID, (short) 5, (short) -1, -1, 100, 0)).size());
        assertEquals(1, judgedAfter(GRACE, ongoing(EPOCH + 1)).size(), "a later one");
        String reason = judgedAfter(GRACE, completed(PID, EPOCH + 1, -1)).getFirst().reason();
        assertTrue(reason.contains("'t'") && reason.contains("ABORT"), reason);
    }

    @Test
    void whatTheCoordinatorIsGoingToEndDoesNot() {
        long years = 1L << 40;
        assertEquals(List.of(), judgedAfter(years, ongoing(EPOCH)));
        assertEquals(List.of(), judgedAfter(years, preparing(EPOCH)));
        assertEquals(List.of(), judgedAfter(years, preparing(EPOCH + 1)));
    }

    @Test
    void whatNobodyKnowsHangsOnlyAfterTheLongestTimeout() {
        assertEquals(List.of(), judgedAfter(MAX_TIMEOUT + GRACE - 1, null));
        assertEquals(1, judgedAfter(MAX_TIMEOUT + GRACE, null).size());
    }

    @Test
    void theOldestOfAPartitionIsKnown() {
        core.observe(5, List.of(open(10)));
        core.observe(9, List.of(open(10), open(20)));
        assertEquals(Map.of(A, 5L), core.oldestByPartition());
        core.observe(11, List.of());
        assertEquals(Map.of(), core.oldestByPartition());
    }
}
