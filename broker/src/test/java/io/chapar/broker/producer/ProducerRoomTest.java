package io.chapar.broker.producer;

import io.chapar.broker.budget.Budget;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// How many producers a partition takes in, and who goes for whom.
final class ProducerRoomTest {
    private static final long DAY_MS = 86_400_000;
    private static final long HOUR_MS = 3_600_000;

    private final Budget budget = new Budget("producer.ids.max", 5);
    private final ProducerTable table = new ProducerTable();
    private final ProducerRoom room = new ProducerRoom(new ProducerLimits(3, HOUR_MS, budget));
    private long nowMs;
    private long next;

    private String writes(ProducerTable where, ProducerRoom room, long producerId, int sequence) {
        String full = where.knows(producerId) ? null : room.refusal(where, nowMs, DAY_MS);
        if (full == null) {
            fold(where, producerId, sequence, false);
            room.count(where);
        }
        return full;
    }

    private void fold(ProducerTable where, long producerId, int sequence, boolean transactional) {
        RecordBatch batch = batch(producerId, sequence, transactional);
        where.fold(batch);
        next = batch.nextOffset();
    }

    private RecordBatch batch(long producerId, int sequence, boolean transactional) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE).baseOffset(next)
                .producer(producerId, (short) 0, sequence);
        if (transactional) {
            builder.transactional();
        }
        builder.append(1000, null, ByteBuffer.allocate(1));
        return RecordBatch.at(builder.build(), 0);
    }

    private String writes(long producerId) {
        return writes(table, room, producerId, 0);
    }

    private void pass(long ms) {
        nowMs += ms;
        room.expire(table, nowMs, DAY_MS);
    }

    @Test
    void oneMoreThanThePartitionMayRememberIsRefusedAndTheOthersGoOn() {
        assertNull(writes(1));
        assertNull(writes(2));
        assertNull(writes(3));
        assertTrue(writes(4).contains("producer.ids.max.per.partition"), writes(4));
        assertNull(writes(table, room, 1, 1));
        assertEquals(3, budget.used());
    }

    @Test
    void theBudgetIsSharedByPartitionsAndWhatIsClosedIsGivenBack() {
        ProducerTable otherTable = new ProducerTable();
        ProducerRoom other = new ProducerRoom(new ProducerLimits(3, HOUR_MS, budget));
        for (int id = 1; id <= 3; id++) {
            assertNull(writes(id));
        }
        assertNull(writes(otherTable, other, 1, 0));
        assertNull(writes(otherTable, other, 2, 0));
        assertTrue(writes(otherTable, other, 3, 0).contains("(producer.ids.max)"));
        assertEquals(1, budget.refused());
        room.close();
        assertEquals(2, budget.used());
        assertNull(writes(otherTable, other, 3, 0));
    }

    @Test
    void whoIsIdleForLongMakesRoomAndNobodySooner() {
        for (int id = 1; id <= 3; id++) {
            assertNull(writes(id));
        }
        pass(60_000);
        pass(HOUR_MS - 60_000);
        assertNotNull(writes(4), "the hour counts from when they were found idle");
        assertNull(writes(table, room, 2, 1));
        pass(120_000);
        assertNull(writes(4));
        assertEquals(2, table.size());
        RecordBatch repeated = batch(2, 1, false);
        assertInstanceOf(SequenceCheck.Duplicate.class, table.check(repeated, true, null));
    }

    @Test
    void withRoomLeftOnlyTheWholeTimeCounts() {
        assertNull(writes(1));
        pass(60_000);
        pass(2 * HOUR_MS);
        assertTrue(table.knows(1));
        pass(DAY_MS);
        assertFalse(table.knows(1));
        assertEquals(0, budget.used());
    }

    @Test
    void anOpenTransactionIsNeverForgotten() {
        fold(table, 1, 0, true);
        fold(table, 2, 0, true);
        fold(table, 3, 0, true);
        pass(60_000);
        pass(2 * DAY_MS);
        assertNotNull(writes(4));
        assertEquals(3, table.size());
    }

    @Test
    void aFullTableIsNotLookedThroughForEachThatComes() {
        for (int id = 1; id <= 3; id++) {
            writes(id);
        }
        room.expire(table, nowMs, DAY_MS);
        nowMs = HOUR_MS - 1;
        assertNotNull(writes(4));
        nowMs = HOUR_MS;
        assertNotNull(writes(4), "looked a moment ago");
        nowMs += 60_000;
        assertNull(writes(4));
    }

    @Test
    void moreThanIsAllowedNowIsLoadedAndCounts() {
        for (int id = 1; id <= 9; id++) {
            fold(table, id, 0, false);
        }
        ProducerTable loaded = new ProducerTable();
        assertTrue(ProducerSnapshot.read(ProducerSnapshot.write(table), loaded));
        room.count(loaded);
        assertEquals(9, budget.used());
        assertNotNull(writes(loaded, room, 10, 0));
        assertNull(writes(loaded, room, 9, 1));
    }

    @Test
    void transactionsAboutToBeginCount() {
        assertNull(room.refusal(table, nowMs, DAY_MS));
        assertNotNull(table.guard(1, (short) 0, 0, true, nowMs));
        room.count(table);
        assertEquals(1, budget.used());
        fold(table, 1, 0, true);
        table.transactionBegun(1, (short) 0);
        room.count(table);
        assertEquals(1, budget.used());
    }
}
