package io.chapar.client.producer;

import io.chapar.client.RetriableException;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TxnLinkTest {
    private final RetriableException first = new RetriableException("the first");

    private final TxnLink link = new TxnLink();

    @Test
    void withoutTransactionsNothingIsHeldUp() {
        assertFalse(link.isTransactional());
        assertNull(link.refusalToSend());
        assertTrue(link.maySend(CorePieces.T0));
        assertTrue(link.mayRetry());
        assertFalse(link.isCommitting());
        link.refused(first);
        link.spoil();
        link.onProgress(0);
    }

    @Test
    void aRefusedRecordSpoilsTheTransactionInAStepOfItsOwn() {
        ProducerBench bench = ProducerBench.transactional(true).topic("t", 1);
        link.to(bench.txn);
        link.refused(first);
        bench.begun();
        link.spoil();
        assertInstanceOf(TxnPhase.InTxn.class, bench.txn.phase(), "it was not open then");
        link.refused(first);
        link.refused(new RetriableException("the second"));
        assertInstanceOf(TxnPhase.InTxn.class, bench.txn.phase());
        link.spoil();
        assertEquals(new TxnPhase.Abortable(first), bench.txn.phase());
        assertFalse(link.mayRetry());
        bench.await(bench.txn.abort());
        bench.await(bench.txn.begin());
        link.spoil();
        assertInstanceOf(TxnPhase.InTxn.class, bench.txn.phase(), "the next one is another");
    }
}
