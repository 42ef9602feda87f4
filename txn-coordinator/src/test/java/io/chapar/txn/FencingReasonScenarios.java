package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import static io.chapar.txn.TxnFixture.A;
import static io.chapar.txn.TxnFixture.TIMEOUT_MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whoever is shut out can learn by whom, and so can the reader of the broker's log.
class FencingReasonScenarios {
    private final TxnFixture txn = new TxnFixture();

    private long initAs(String clientId, String host) {
        return txn.submit(new TxnCommand.InitProducer(
                "t", TIMEOUT_MS, -1, (short) -1, TxnCommand.Take.PLAIN, new TxnCommand.Asker(clientId, host)));
    }

    @Test
    void aFencedProducerIsToldWhoTookItsId() {
        TxnReply.Granted old = txn.granted(initAs("old", "10.0.0.1"));
        TxnReply.Granted young = txn.granted(initAs("young", "10.0.0.2"));
        long end = txn.end("t", old, Outcome.COMMIT);
        assertEquals(ErrorCode.PRODUCER_FENCED, txn.error(end));
        String reason = txn.reason(end);
        assertTrue(reason.contains(old + " is not current, " + young + " is"), reason);
        assertTrue(reason.contains("client 'young' at 10.0.0.2"), reason);

        assertEquals(1, txn.fences.size());
        assertEquals(old, txn.fences.getFirst().fenced());
        assertTrue(txn.fences.getFirst().by().contains("client 'young' at 10.0.0.2"));
    }

    @Test
    void aFenceThatHadToAbortFirstIsToldOnce() {
        TxnReply.Granted old = txn.granted(initAs("old", "10.0.0.1"));
        txn.add("t", old, A);
        txn.granted(initAs("young", "10.0.0.2"));
        assertEquals(1, txn.fences.size());
        assertTrue(txn.reason(txn.add("t", old, A)).contains("client 'young' at 10.0.0.2"));
    }

    @Test
    void aTimedOutProducerIsToldSo() {
        TxnReply.Granted pair = txn.granted(txn.init("t"));
        txn.add("t", pair, A);
        txn.pass(TIMEOUT_MS);
        String reason = txn.reason(txn.add("t", pair, A));
        assertTrue(reason.contains("longer than its timeout of " + TIMEOUT_MS + " ms"), reason);
        assertEquals(pair, txn.fences.getFirst().fenced());
        long commit = txn.end("t", pair, Outcome.COMMIT);
        assertEquals(ErrorCode.TRANSACTION_ABORTABLE, txn.error(commit));
        assertTrue(txn.reason(commit).contains("timeout"), txn.reason(commit));
        txn.granted(txn.end("t", pair, Outcome.ABORT));
    }
}
