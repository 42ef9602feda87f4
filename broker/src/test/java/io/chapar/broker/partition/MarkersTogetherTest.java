package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.broker.partition.ReadOutcome.AbortedTxn;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static io.chapar.broker.partition.Isolation.READ_COMMITTED;
import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static io.chapar.broker.partition.PartitionFixture.end;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Several transactions end in one partition at once.
final class MarkersTogetherTest {
    private final MemoryDisk disk = new MemoryDisk();
    private PartitionFixture f = new PartitionFixture(disk, LogConfig.defaults());

    private void open(long... producers) {
        for (long producer : producers) {
            assertInstanceOf(Appended.class, f.appendTxn(producer, 0, 0, "of " + producer));
        }
    }

    private static String told(AppendOutcome outcome) {
        return switch (outcome) {
            case Appended a -> (a.duplicate() ? "stands below " : "at ") + a.baseOffset();
            case AppendOutcome.WrittenBefore w -> "before " + w.lastOffset();
            case Rejected r -> r.error().name();
        };
    }

    private static List<String> told(List<AppendOutcome> outcomes) {
        return outcomes.stream().map(MarkersTogetherTest::told).toList();
    }

    private List<String> markersInLog() {
        List<String> found = new ArrayList<>();
        for (RecordBatch batch : f.batches(0, 1 << 20, READ_UNCOMMITTED)) {
            EndTxnMarker marker = EndTxnMarker.of(batch);
            if (marker != null) {
                found.add(batch.baseOffset() + (marker.commit() ? " commits " : " aborts ") + marker.producerId());
            }
        }
        return found;
    }

    @Test
    void theyLeaveInOneWrite() {
        open(1, 2, 3);
        long before = disk.operations();
        assertEquals(List.of("at 3", "at 4", "at 5"),
                told(f.markers(end(1, 1, true), end(2, 1, false), end(3, 1, true))));
        assertEquals(1, disk.operations() - before, "changes of the disk");
        assertEquals(6, f.partition.lastStableOffset());
        assertEquals(List.of(new AbortedTxn(2, 1)), f.slice(0, 1 << 20, READ_COMMITTED).aborted());
        f.reopen();
        assertEquals(List.of("3 commits 1", "4 aborts 2", "5 commits 3"), markersInLog());
        assertEquals(List.of(new AbortedTxn(2, 1)), f.slice(0, 1 << 20, READ_COMMITTED).aborted());
    }

    @Test
    void eachIsJudgedByItself() {
        open(1, 2, 3);
        assertEquals(List.of("at 3", "INVALID_PRODUCER_EPOCH", "stands below 2", "at 4"),
                told(f.markers(end(1, 1, true), end(2, 0, true), end(9, 4, true), end(3, 1, false))));
        assertEquals(List.of("3 commits 1", "4 aborts 3"), markersInLog());
        assertEquals(1, f.partition.lastStableOffset(), "the second transaction is open");
    }

    @Test
    void theSecondOfAProducerIsJudgedByWhatTheFirstHasDone() {
        open(1, 2);
        assertEquals(List.of("at 2", "at 3", "stands below 3", "INVALID_PRODUCER_EPOCH"),
                told(f.markers(end(1, 1, true), end(2, 1, true), end(1, 1, true), end(2, 0, true))));
        assertEquals(List.of("2 commits 1", "3 commits 2"), markersInLog());
    }

    /// It may have stood in front of that, where another replica has it still.
    @Test
    void whereTheLogBeginsLaterNoneIsLeftOutForWantOfATransaction() {
        open(1);
        assertEquals(List.of("stands below 0"), told(f.markers(end(9, 4, true))));
        assertEquals(List.of("at 1"), told(f.markers(end(1, 1, true))));
        assertEquals(ErrorCode.NONE, f.deleteRecords(1));
        assertEquals(List.of("at 2"), told(f.markers(end(9, 4, true))));
    }

    @Test
    void aSegmentMayEndAmongThem() {
        f = new PartitionFixture(new MemoryDisk(), LogConfig.builder().segmentBytes(400).build());
        open(1, 2, 3, 4, 5, 6, 7);
        List<MarkerAppend> all = new ArrayList<>();
        for (int producer = 1; producer <= 7; producer++) {
            all.add(end(producer, 1, true));
        }
        assertEquals(List.of("at 7", "at 8", "at 9", "at 10", "at 11", "at 12", "at 13"),
                told(f.partition.appendMarkers(all, f.loop.nowMs())));
        assertEquals(14, f.partition.lastStableOffset());
        f.reopen();
        assertEquals(7, markersInLog().size());
        assertEquals(14, f.partition.lastStableOffset());
    }

    @Test
    void theyMakeNoSegmentLargerThanItMayBe() {
        MemoryDisk own = new MemoryDisk();
        f = new PartitionFixture(own, LogConfig.builder().segmentBytes(400).build());
        List<MarkerAppend> all = new ArrayList<>();
        for (int producer = 1; producer <= 7; producer++) {
            all.add(new MarkerAppend(producer, (short) 0, 0, true, (short) 1));
        }
        f.partition.appendMarkers(all, f.loop.nowMs());
        assertEquals(7, markersInLog().size());
        own.paths().stream().filter(path -> path.endsWith(".log")).forEach(path ->
                assertTrue(own.content(path).length <= 400, path));
    }

    /// Coordinators of other transactions have been elected more often: whoever is no coordinator cannot know by which
    /// epoch the true one ends the next transaction.
    @Test
    void oneOfAClientOutranksNoCoordinator() {
        open(1, 2);
        assertEquals(List.of("at 2", "at 3"), told(f.markers(end(1, 1, false),
                new MarkerAppend(2, (short) 0, 7, false, (short) 0, true))));
        f.appendTxn(2, 0, 1, "next");
        f.reopen();
        assertEquals(List.of("at 5"), told(f.markers(new MarkerAppend(2, (short) 0, 3, true, (short) 1))));
        f.appendTxn(2, 0, 2, "and next");
        assertEquals(List.of("TRANSACTION_COORDINATOR_FENCED"),
                told(f.markers(new MarkerAppend(2, (short) 0, 2, false, (short) 0, true))));
        assertEquals(List.of("at 7"), told(f.markers(new MarkerAppend(2, (short) 0, 9, false, (short) 0, true))));
        f.appendTxn(2, 0, 3, "and last");
        assertEquals(List.of("at 9"), told(f.markers(new MarkerAppend(2, (short) 0, 3, true, (short) 1))));
    }

    @Test
    void listenersSeeEachOfThem() {
        open(1, 2, 3);
        List<Long> seen = new ArrayList<>();
        f.partition.addAppendListener(batch -> {
            seen.add(batch.baseOffset());
            if (batch.baseOffset() == 3) {
                f.append("from inside");
            }
        });
        f.markers(end(1, 1, true), end(2, 1, true), end(3, 1, true));
        assertEquals(List.of(3L, 4L, 5L, 6L), seen);
    }

    @Test
    void whoeverWaitsForTheDiskIsToldOfAllOfThem() {
        f = new PartitionFixture(new MemoryDisk(), LogConfig.builder().flushAcks(true).build());
        open(1, 2);
        List<String> told = new ArrayList<>();
        f.markers(end(1, 1, true), end(2, 1, true)).forEach(outcome -> f.partition.awaitCommitted(
                ((Appended) outcome).lastOffset(), Long.MAX_VALUE, error -> told.add(error.name())));
        assertEquals(List.of(), told);
        f.loop.runAll();
        assertEquals(List.of("NONE", "NONE"), told);
    }

    @Test
    void aWriteThatFailsIsTheEndOfAllInIt() {
        open(1, 2, 3);
        disk.faults().failWriteAfter(0);
        assertEquals(List.of("KAFKA_STORAGE_ERROR", "INVALID_PRODUCER_EPOCH", "KAFKA_STORAGE_ERROR"),
                told(f.markers(end(1, 1, true), end(2, 0, true), end(3, 1, true))));
        assertNotNull(f.partition.offlineReason());
        assertEquals(List.of("KAFKA_STORAGE_ERROR"), told(f.markers(end(2, 1, true))));

        f.loop.advance(Reopening.FIRST_PAUSE_MS);
        List<String> before = markersInLog();
        assertTrue(List.of(List.of(), List.of("3 commits 1")).contains(before), before::toString);
        told(f.markers(end(1, 1, true), end(2, 1, true), end(3, 1, true)))
                .forEach(outcome -> assertTrue(outcome.startsWith("at") || outcome.startsWith("stands"), outcome));
        assertEquals(3, markersInLog().size(), "whatever was written before is not written again");
        assertEquals(f.partition.logEndOffset(), f.partition.lastStableOffset());
    }

    /// A beginning of them is found, and the rest can be written again.
    @Test
    void aLossOfPowerLeavesABeginning() {
        List<Loss> losses = List.of(Loss.values());
        for (int seed = 0; seed < 60; seed++) {
            MemoryDisk own = new MemoryDisk();
            f = new PartitionFixture(own, LogConfig.defaults());
            open(1, 2, 3);
            assertTrue(f.partition.flush());
            f.loop.runAll();
            own.faults().stopAtOperation(own.operations() + 1);
            f.markers(end(1, 1, true), end(2, 1, true), end(3, 1, true));
            own.crash(losses.get(seed % losses.size()), new Random(seed));
            own.faults().stopAtOperation(Long.MAX_VALUE);
            f.open();
            List<String> all = List.of("3 commits 1", "4 commits 2", "5 commits 3");
            List<String> found = markersInLog();
            assertEquals(all.subList(0, found.size()), found);
            f.markers(end(1, 1, true), end(2, 1, true), end(3, 1, true));
            assertEquals(all, markersInLog());
            assertEquals(6, f.partition.lastStableOffset());
        }
    }
}
