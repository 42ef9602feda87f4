package io.chapar.broker.partition;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A disk that does not give back some of the records: whoever asks for them is refused, everybody else goes on.
final class ReadFaultScenarios {
    private static final String LOG = "orders-3/00000000000000000000.log";
    private static final int BIG = 5_000;

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, LogConfig.defaults());
    private final List<RecordBatch> written = fill();

    private List<RecordBatch> fill() {
        for (int i = 0; i < 5; i++) {
            f.append("x".repeat(BIG) + i);
        }
        return f.batches(0, 1 << 20, READ_UNCOMMITTED);
    }

    private int positionOf(int batch) {
        return written.subList(0, batch).stream().mapToInt(RecordBatch::sizeInBytes).sum();
    }

    private ErrorCode refusal(long offset) {
        return assertInstanceOf(ReadOutcome.ReadRejected.class, f.read(offset, 1 << 20, READ_UNCOMMITTED)).error();
    }

    private List<Long> offsets(long from) {
        List<Long> offsets = new ArrayList<>();
        BufferRecords records = assertInstanceOf(
                BufferRecords.class, f.slice(from, 1 << 20, READ_UNCOMMITTED).records());
        RecordBatches.of(records.bytes()).forEach(batch -> offsets.add(batch.baseOffset()));
        return offsets;
    }

    @Test
    void aBatchThatCannotBeFoundIsRefusedAndWritersGoOn() {
        f.reopen(); // where the newest batches lie is remembered
        disk.faults().unreadable(LOG, positionOf(2), positionOf(2) + 10);
        assertNull(f.partition.unreadable());
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, refusal(2));
        assertNull(f.partition.offlineReason());
        assertNotNull(f.partition.unreadable());
        assertInstanceOf(Appended.class, f.append("next"));
        assertEquals(6, f.partition.highWatermark());
        f.loop.advance(ReadFaults.REMEMBERED_MS);
        assertNull(f.partition.unreadable());
    }

    /// A reader that comes back again and again fills no log.
    @Test
    void whatRepeatsIsSaidEverMoreSeldomAndCounted() {
        f.reopen();
        disk.faults().unreadable(LOG, positionOf(2), positionOf(2) + 10);
        long before = LogBudget.leftOut();
        int times = 2_000;
        for (int i = 0; i < times; i++) {
            assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, refusal(2));
            f.loop.advance(5);
        }
        long said = times - (LogBudget.leftOut() - before);
        assertTrue(said <= 5, "tests beside this one may leave out lines too, and none takes one back: " + said);
    }

    @Test
    void aTransferThatFailedIsFollowedByReadsThatCanBeRefused() throws IOException {
        disk.faults().unreadable(LOG, positionOf(3) - 100, positionOf(3) - 50);
        FileRecords sent = assertInstanceOf(FileRecords.class, f.slice(0, 1 << 20, READ_UNCOMMITTED).records());
        sent.probe(0);
        IOException failure = assertThrows(IOException.class, () -> sent.probe(positionOf(3) - 100));
        assertTrue(failure.getMessage().contains(LOG) && failure.getMessage().contains("byte "), failure.getMessage());
        sent.unreadable(failure);
        sent.release();

        assertNull(f.partition.offlineReason());
        assertEquals(List.of(0L), offsets(0), "the first batch, where not all can be read");
        assertEquals(List.of(1L), offsets(1));
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, refusal(2));
        assertEquals(List.of(3L, 4L), offsets(3));
        assertInstanceOf(Appended.class, f.append("next"));

        disk.faults().unreadable(LOG, 0, 0);
        assertEquals(List.of(2L, 3L, 4L, 5L), offsets(2));
        f.loop.advance(ReadFaults.IN_MEMORY_MS);
        assertInstanceOf(FileRecords.class, f.slice(0, 1 << 20, READ_UNCOMMITTED).records());
    }
}
