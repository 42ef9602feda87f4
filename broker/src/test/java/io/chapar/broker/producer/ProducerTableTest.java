package io.chapar.broker.producer;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Sequences, epochs, markers and guards, rule by rule.
final class ProducerTableTest {
    private static final long P = 42;

    private final ProducerTable table = new ProducerTable();
    private long next;

    private static RecordBatch batch(long base, int epoch, int sequence, int records, boolean transactional) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE).baseOffset(base);
        builder.producer(P, (short) epoch, sequence);
        if (transactional) {
            builder.transactional();
        }
        for (int i = 0; i < records; i++) {
            builder.append(1000, null, ByteBuffer.allocate(1));
        }
        return RecordBatch.at(builder.build(), 0);
    }

    private SequenceCheck send(int epoch, int sequence, int records) {
        RecordBatch batch = batch(next, epoch, sequence, records, false);
        SequenceCheck check = table.check(batch, true, null);
        if (check instanceof SequenceCheck.Accepted) {
            table.fold(batch);
            next = batch.nextOffset();
        }
        return check;
    }

    private SequenceCheck sendTxn(int epoch, int sequence, VerificationGuard guard) {
        RecordBatch batch = batch(next, epoch, sequence, 1, true);
        SequenceCheck check = table.check(batch, true, guard);
        if (check instanceof SequenceCheck.Accepted) {
            table.fold(batch);
            table.transactionBegun(P, (short) epoch);
            next = batch.nextOffset();
        }
        return check;
    }

    private VerificationGuard guard(int epoch, int sequence, boolean adds) {
        return table.guard(P, (short) epoch, sequence, adds, 0);
    }

    private SequenceCheck mark(int epoch, int coordinatorEpoch, boolean commit, int version) {
        SequenceCheck check = table.checkMarker(P, (short) epoch, coordinatorEpoch, (short) version);
        if (check instanceof SequenceCheck.Accepted) {
            ByteBuffer bytes = new EndTxnMarker(P, (short) epoch, coordinatorEpoch, commit).build(next++, 0, 1000);
            table.fold(RecordBatch.at(bytes, bytes.position()));
            table.transactionEnded(P, (short) epoch, (short) version);
        }
        return check;
    }

    private static void accepted(SequenceCheck check) {
        assertInstanceOf(SequenceCheck.Accepted.class, check);
    }

    private static void gap(SequenceCheck check) {
        assertInstanceOf(SequenceCheck.Gap.class, check);
    }

    private static void fenced(ErrorCode error, SequenceCheck check) {
        assertEquals(error, assertInstanceOf(SequenceCheck.Fenced.class, check).error());
    }

    @Test
    void sequencesFollowWithoutAGap() {
        accepted(send(0, 0, 3));
        accepted(send(0, 3, 2));
        gap(send(0, 6, 1));
        assertEquals(new SequenceCheck.WrittenBefore(4), send(0, 4, 1));
        gap(send(0, 4, 2));
        accepted(send(0, 5, 1));
    }

    @Test
    void theLastFiveBatchesAreKnownAgainAndNoMore() {
        for (int i = 0; i < 6; i++) {
            accepted(send(0, i * 2, 2));
        }
        for (int i = 1; i < 6; i++) {
            assertEquals(new SequenceCheck.Duplicate(2L * i, 2L * i + 1, 1000), send(0, i * 2, 2));
        }
        assertEquals(new SequenceCheck.WrittenBefore(11), send(0, 0, 2));
        assertEquals(new SequenceCheck.WrittenBefore(11), send(0, 2, 1));
    }

    /// A client whose leader changes sends what is next to the new one before it knows what became of the five before.
    @Test
    void whatIsKnownToBeThereIsNoGapHoweverLongAgoItWasWritten() {
        for (int i = 0; i < 1_000; i++) {
            accepted(send(0, i, 1));
        }
        assertEquals(new SequenceCheck.WrittenBefore(999), send(0, 0, 1));
        assertEquals(new SequenceCheck.WrittenBefore(999), send(0, 500, 100));
        gap(send(0, 990, 11));
        accepted(send(1, 0, 1));
        fenced(ErrorCode.INVALID_PRODUCER_EPOCH, send(0, 0, 1));
        gap(send(1, 500, 1));
    }

    /// One that was forgotten goes on anywhere: what lies before was perhaps never written.
    @Test
    void whatIsNotKnownToBeThereIsAGap() {
        accepted(send(0, 100, 1));
        accepted(send(0, 101, 1));
        gap(send(0, 99, 1));
        gap(send(0, 99, 2));
        assertEquals(new SequenceCheck.Duplicate(0, 0, 1000), send(0, 100, 1));
        table.fold(batch(next++, 0, 110, 1, false));
        gap(send(0, 100, 2));
        gap(send(0, 102, 1));
    }

    @Test
    void whatIsKnownToBeThereWrapsWithTheSequences() {
        for (int i = 0; i < 10; i++) {
            accepted(send(0, (Integer.MAX_VALUE - 6 + i) & Integer.MAX_VALUE, 1));
        }
        assertEquals(new SequenceCheck.WrittenBefore(9), send(0, Integer.MAX_VALUE - 6, 1));
        assertEquals(new SequenceCheck.WrittenBefore(9), send(0, Integer.MAX_VALUE - 1, 4));
        gap(send(0, Integer.MAX_VALUE - 7, 1));
    }

    /// Before version 2 it may count from 0 again in the epoch of a transaction that it has aborted.
    @Test
    void aTransactionalBatchThatIsNotRememberedIsAGap() {
        accepted(sendTxn(0, 0, guard(0, 0, false)));
        for (int i = 1; i < 8; i++) {
            accepted(sendTxn(0, i, null));
        }
        gap(sendTxn(0, 0, null));
    }

    @Test
    void sequencesWrapAfterTheLargest() {
        accepted(send(0, Integer.MAX_VALUE - 2, 2));
        accepted(send(0, Integer.MAX_VALUE, 2));
        accepted(send(0, 1, 1));
        assertInstanceOf(SequenceCheck.Duplicate.class, send(0, Integer.MAX_VALUE, 2));
        ProducerTable other = new ProducerTable();
        other.fold(batch(0, 0, Integer.MAX_VALUE, 1, false));
        accepted(other.check(batch(1, 0, 0, 1, false), true, null));
    }

    @Test
    void aNewEpochBeginsAtZeroAndFencesTheOld() {
        accepted(send(3, 7, 1));
        gap(send(4, 8, 1));
        accepted(send(4, 0, 1));
        fenced(ErrorCode.INVALID_PRODUCER_EPOCH, send(3, 8, 1));
        fenced(ErrorCode.INVALID_PRODUCER_EPOCH, send(3, 7, 1));
    }

    @Test
    void aForgottenProducerMayGoOnAnywhere() {
        accepted(send(0, 0, 1));
        table.expire(5000, 10);
        table.expire(5010, 10);
        assertEquals(0, table.size());
        accepted(send(0, 17, 1));
    }

    @Test
    void recordsOfLongAgoDoNotMakeAProducerIdle() {
        accepted(send(0, 0, 1));
        table.expire(1_000_000, 10);
        assertInstanceOf(SequenceCheck.Duplicate.class, send(0, 0, 1));
        table.expire(1_000_009, 10);
        accepted(send(0, 1, 1));
        table.expire(1_000_018, 10);
        assertInstanceOf(SequenceCheck.Duplicate.class, send(0, 1, 1));
        table.expire(1_000_028, 10);
        assertEquals(0, table.size());
    }

    @Test
    void aForgottenTransactionalProducerOfVersion2BeginsAtZero() {
        gap(sendTxn(0, 5, guard(0, 5, true)));
        accepted(sendTxn(0, 0, guard(0, 0, true)));
    }

    @Test
    void aLaterBatchDoesNotOvertakeOneThatIsBeingVerified() {
        VerificationGuard first = guard(0, 3, false);
        VerificationGuard second = guard(0, 5, false);
        gap(sendTxn(0, 5, second));
        accepted(sendTxn(0, 3, first));
    }

    @Test
    void nobodyWritesOutsideOfHisOwnOpenTransaction() {
        accepted(sendTxn(0, 0, guard(0, 0, true)));
        assertInstanceOf(SequenceCheck.NoTransaction.class, send(0, 1, 1));
        accepted(mark(1, 0, true, 2));
        accepted(send(1, 0, 1));
    }

    @Test
    void aForeignGuardOpensNothing() {
        VerificationGuard mine = guard(0, 0, true);
        assertInstanceOf(SequenceCheck.NoTransaction.class, sendTxn(0, 0, new VerificationGuard()));
        assertInstanceOf(SequenceCheck.NoTransaction.class, sendTxn(0, 0, null));
        accepted(sendTxn(0, 0, mine));
        assertNull(guard(0, 1, true));
        accepted(sendTxn(0, 1, null));
    }

    @Test
    void markersOfVersion2RaiseTheEpoch() {
        accepted(sendTxn(5, 0, guard(5, 0, true)));
        fenced(ErrorCode.INVALID_PRODUCER_EPOCH, mark(5, 0, true, 2));
        accepted(mark(6, 0, true, 2));
        accepted(mark(6, 0, true, 2));
        fenced(ErrorCode.INVALID_PRODUCER_EPOCH, mark(5, 0, true, 2));
        accepted(sendTxn(6, 0, guard(6, 0, true)));
        fenced(ErrorCode.INVALID_PRODUCER_EPOCH, mark(6, 0, true, 2));
    }

    @Test
    void theLargestEpochMayBeMarkedAgain() {
        table.fold(batch(next++, Short.MAX_VALUE, 0, 1, true));
        accepted(mark(Short.MAX_VALUE, 0, false, 2));
    }

    @Test
    void markersOfVersion1BearTheEpochOfTheData() {
        accepted(sendTxn(5, 0, guard(5, 0, false)));
        accepted(mark(5, 0, true, 1));
        accepted(sendTxn(5, 1, guard(5, 1, false)));
        fenced(ErrorCode.INVALID_PRODUCER_EPOCH, mark(4, 0, true, 1));
        accepted(mark(6, 0, false, 1));
    }

    @Test
    void anOldCoordinatorIsFenced() {
        accepted(sendTxn(0, 0, guard(0, 0, true)));
        accepted(mark(1, 7, true, 2));
        fenced(ErrorCode.TRANSACTION_COORDINATOR_FENCED, mark(2, 6, true, 2));
        accepted(mark(2, 7, true, 2));
    }

    @Test
    void markersVoidGuardsExceptThatOfTheNextTransaction() {
        accepted(sendTxn(0, 0, guard(0, 0, true)));
        VerificationGuard nextTxn = guard(1, 0, true);
        accepted(mark(1, 0, true, 2));
        accepted(sendTxn(1, 0, nextTxn));
        accepted(mark(2, 0, true, 2));

        VerificationGuard stale = guard(2, 0, true);
        accepted(mark(3, 0, false, 2));
        assertInstanceOf(SequenceCheck.Fenced.class, sendTxn(2, 0, stale));
        VerificationGuard later = guard(4, 0, true);
        accepted(mark(3, 0, false, 2));
        accepted(mark(3, 0, false, 1));
        VerificationGuard version1 = guard(3, 0, false);
        accepted(mark(3, 0, false, 1));
        assertInstanceOf(SequenceCheck.NoTransaction.class, sendTxn(3, 0, version1));
        accepted(sendTxn(4, 0, later));
    }

    /// Where a transaction ends without a marker, its guard is all that stands between a late write and the log.
    @Test
    void aGuardServesOneEpochAlone() {
        VerificationGuard old = guard(0, 0, true);
        VerificationGuard young = guard(1, 0, true);
        table.transactionEnded(P, (short) 1, (short) 2);
        assertInstanceOf(SequenceCheck.NoTransaction.class, sendTxn(0, 0, old));
        assertInstanceOf(SequenceCheck.NoTransaction.class, sendTxn(0, 0, young));
        accepted(sendTxn(1, 0, young));
    }

    /// A first batch may wait for its coordinator while the house is kept, however briefly producers are remembered.
    @Test
    void aGuardOutlivesTheExpiryOfProducers() {
        VerificationGuard guard = guard(0, 0, true);
        table.expire(5_000, 1);
        table.expire(20_000, 1);
        accepted(sendTxn(0, 0, guard));
    }

    @Test
    void aMarkerWithoutDataEndsNothing() {
        ByteBuffer bytes = new EndTxnMarker(P, (short) 0, 0, false).build(0, 0, 1000);
        assertNull(table.fold(RecordBatch.at(bytes, bytes.position())));
        assertEquals(Long.MAX_VALUE, table.firstUnstableOffset());
    }

    @Test
    void aTransactionIsStableOnceItsMarkerIsReplicated() {
        table.fold(batch(10, 0, 0, 1, true));
        assertEquals(10, table.firstUnstableOffset());
        ByteBuffer bytes = new EndTxnMarker(P, (short) 1, 0, false).build(11, 0, 1000);
        CompletedTxn completed = table.fold(RecordBatch.at(bytes, bytes.position()));
        assertEquals(new CompletedTxn(P, 10, 11, true, 12), completed);
        table.highWatermarkAdvanced(11);
        assertEquals(10, table.firstUnstableOffset());
        table.highWatermarkAdvanced(12);
        assertEquals(Long.MAX_VALUE, table.firstUnstableOffset());
    }

    @Test
    void anOpenTransactionIsNeverForgotten() {
        accepted(sendTxn(0, 0, guard(0, 0, true)));
        table.expire(2000, 1);
        table.expire(Long.MAX_VALUE / 2, 1);
        assertEquals(1, table.size());
        assertEquals(0, table.firstUnstableOffset());
    }

    @Test
    void snapshotsThatAreNotWholeAreRefused() {
        for (int i = 0; i < 7; i++) {
            accepted(send(0, i, 1));
        }
        ByteBuffer whole = ProducerSnapshot.write(table);
        ProducerTable restored = new ProducerTable();
        assertTrue(ProducerSnapshot.read(whole.duplicate(), restored));
        assertEquals(whole, ProducerSnapshot.write(restored));
        assertNotNull(restored.entry(P));
        for (int i = 0; i < whole.limit(); i++) {
            assertEquals(false, ProducerSnapshot.read(whole.duplicate().limit(i), new ProducerTable()));
            ByteBuffer flipped = ByteBuffer.allocate(whole.limit()).put(whole.duplicate()).flip();
            flipped.put(i, (byte) (flipped.get(i) ^ 4));
            ProducerTable untouched = new ProducerTable();
            assertEquals(false, ProducerSnapshot.read(flipped, untouched));
            assertEquals(0, untouched.size());
        }
    }
}
