package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The cycle, step by step.
class CycleScenarios {
    private static final TopicPartition IN = new TopicPartition("in", 0);
    private static final int TRANSACTION_TIMEOUT_MS = 1_000;

    private static void failed(Cycle cycle, CycleStep step, ChaparException cause, long nowMs) {
        cycle.failed(step, cause, List.of(), nowMs);
    }

    private static Cycle cycle(Delivery delivery, boolean named) {
        return new Cycle(new CycleSettings(delivery, 100, 1_000, 1_000_000, TRANSACTION_TIMEOUT_MS, named,
                Schedule.Choice.IN_ORDER));
    }

    private static RecordSource.Polled records(int... offsets) {
        List<SourceRecord> records = Arrays.stream(offsets)
                .mapToObj(offset -> new SourceRecord(IN, offset, 3, 0, new byte[1], new byte[1], List.of())).toList();
        Map<TopicPartition, OffsetAndMetadata> next = new TreeMap<>();
        if (!records.isEmpty()) {
            next.put(IN, new OffsetAndMetadata(records.getLast().offset() + 1));
        }
        return new RecordSource.Polled(records, next);
    }

    /// Exactly once, two records read at time 0, one of them processed.
    private static Cycle processing(boolean named) {
        Cycle cycle = cycle(Delivery.EXACTLY_ONCE, named);
        assertInstanceOf(CycleStep.Open.class, cycle.next(0));
        cycle.opened();
        assertInstanceOf(CycleStep.Poll.class, cycle.next(0));
        cycle.assigned(Set.of(IN));
        cycle.polled(records(5, 6));
        assertInstanceOf(CycleStep.Begin.class, cycle.next(0));
        cycle.begun(0);
        assertEquals(5, process(cycle, 0).offset());
        return cycle;
    }

    private static SourceRecord process(Cycle cycle, long nowMs) {
        Ticket ticket = ((CycleStep.Handle) cycle.next(nowMs)).ticket();
        cycle.processed(ticket, 1, false);
        return ticket.record();
    }

    private static CycleStep.CommitTransaction committing(Cycle cycle) {
        assertInstanceOf(CycleStep.Flush.class, cycle.next(200));
        cycle.flushed();
        return (CycleStep.CommitTransaction) cycle.next(200);
    }

    /// Effects would only wait: for a quarter of the interval, for as long as a commit takes, for the interval.
    @Test
    void whoHasNothingMoreToDoCommitsSooner() {
        Cycle cycle = processing(false);
        process(cycle, 1);
        CycleStep.Poll poll = assertInstanceOf(CycleStep.Poll.class, cycle.next(2));
        assertEquals(23, poll.maxWaitMs());
        cycle.polled(records(7));
        process(cycle, 26);
        assertEquals(0, assertInstanceOf(CycleStep.Poll.class, cycle.next(26)).maxWaitMs());
        cycle.polled(records(8));
        process(cycle, 30);
        assertEquals(0, assertInstanceOf(CycleStep.Poll.class, cycle.next(30)).maxWaitMs());
        cycle.polled(records());
        assertInstanceOf(CycleStep.Flush.class, cycle.next(30));
        cycle.flushed();
        cycle.committed(70);
        cycle.polled(records(9));
        assertInstanceOf(CycleStep.Begin.class, cycle.next(70));
        cycle.begun(70);
        process(cycle, 70);
        assertEquals(40, assertInstanceOf(CycleStep.Poll.class, cycle.next(70)).maxWaitMs());
        cycle.polled(records());
        assertEquals(30, assertInstanceOf(CycleStep.Poll.class, cycle.next(80)).maxWaitMs());
        cycle.polled(records());
        assertInstanceOf(CycleStep.Flush.class, cycle.next(110));
        cycle.flushed();
        cycle.committed(250);
        cycle.polled(records(10));
        assertInstanceOf(CycleStep.Begin.class, cycle.next(250));
        cycle.begun(250);
        process(cycle, 250);
        assertEquals(100, assertInstanceOf(CycleStep.Poll.class, cycle.next(250)).maxWaitMs());
    }

    @Test
    void whereEffectsDoNotWaitForCommitsTheseKeepToTheirInterval() {
        Cycle cycle = cycle(Delivery.AT_LEAST_ONCE, false);
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.assigned(Set.of(IN));
        cycle.polled(records(5));
        process(cycle, 0);
        assertEquals(99, assertInstanceOf(CycleStep.Poll.class, cycle.next(1)).maxWaitMs());
        cycle.polled(records());
        assertEquals(1, assertInstanceOf(CycleStep.Poll.class, cycle.next(99)).maxWaitMs());
    }

    @Test
    void aStopCommitsWhatIsDoneAndLeavesTheRest() {
        Cycle cycle = processing(false);
        cycle.stop(10_000);
        CycleStep.CommitTransaction commit = committing(cycle);
        assertEquals(Map.of(IN, new OffsetAndMetadata(6, 3, "")), commit.positions());
        cycle.committed(200);
        assertInstanceOf(CycleStep.Close.class, cycle.next(200));
        cycle.closed();
        assertEquals(new CycleState.Closed(null), cycle.state());
    }

    @Test
    void thePositionBehindMarkersIsCommittedWithTheRecordsBeforeThem() {
        Cycle cycle = cycle(Delivery.EXACTLY_ONCE, false);
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.polled(new RecordSource.Polled(records(5).records(), Map.of(IN, new OffsetAndMetadata(8))));
        cycle.next(0);
        cycle.begun(0);
        process(cycle, 0);
        assertEquals(Map.of(IN, new OffsetAndMetadata(8)), committing(cycle).positions());
    }

    @Test
    void thePositionOfAPollThatGaveOnlyMarkersIsCommitted() {
        Cycle cycle = cycle(Delivery.EXACTLY_ONCE, false);
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.polled(new RecordSource.Polled(List.of(), Map.of(IN, new OffsetAndMetadata(5))));
        assertInstanceOf(CycleStep.Begin.class, cycle.next(0));
        cycle.begun(0);
        assertInstanceOf(CycleStep.Poll.class, cycle.next(0));
        TopicPartition other = new TopicPartition("in", 1);
        cycle.polled(new RecordSource.Polled(List.of(
                new SourceRecord(other, 0, 3, 0, new byte[1], new byte[1], List.of())),
                Map.of(other, new OffsetAndMetadata(1))));
        process(cycle, 0);
        assertInstanceOf(CycleStep.Poll.class, cycle.next(10));
        cycle.polled(new RecordSource.Polled(List.of(), Map.of(other, new OffsetAndMetadata(3))));
        assertEquals(Map.of(IN, new OffsetAndMetadata(5), other, new OffsetAndMetadata(3)),
                committing(cycle).positions());
    }

    @ParameterizedTest
    @EnumSource(Delivery.class)
    void thePositionOfAPollThatGaveOnlyMarkersIsCommittedThoughNothingComesBehindThem(Delivery delivery) {
        Cycle cycle = cycle(delivery, false);
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.polled(new RecordSource.Polled(List.of(), Map.of(IN, new OffsetAndMetadata(5))));
        if (cycle.next(0) instanceof CycleStep.Begin) {
            cycle.begun(0);
        }
        if (cycle.next(0) instanceof CycleStep.Poll) {
            cycle.polled(new RecordSource.Polled(List.of(), Map.of()));
            assertInstanceOf(CycleStep.Flush.class, cycle.next(100));
            cycle.flushed();
        }
        Map<TopicPartition, OffsetAndMetadata> staged = switch (cycle.next(100)) {
            case CycleStep.CommitTransaction(var positions) -> positions;
            case CycleStep.CommitPositions(var positions) -> positions;
            case CycleStep other -> throw new AssertionError("a commit, not " + other);
        };
        assertEquals(Map.of(IN, new OffsetAndMetadata(5)), staged);
    }

    @Test
    void aStopThatIsOverdueClosesAtOnce() {
        Cycle cycle = processing(false);
        cycle.stop(150);
        assertInstanceOf(CycleStep.Close.class, cycle.next(150));
    }

    @Test
    void aFenceWithinTheTimeoutMeansThatSomebodyHasTheName() {
        Cycle cycle = processing(true);
        FencedException fence = new FencedException(ErrorCode.PRODUCER_FENCED, "newer epoch");
        failed(cycle, committing(cycle), fence, TRANSACTION_TIMEOUT_MS - 1);
        assertInstanceOf(CycleStep.Close.class, cycle.next(TRANSACTION_TIMEOUT_MS));
        cycle.closed();
        assertSame(fence, ((CycleState.Closed) cycle.state()).cause());
    }

    @Test
    void aFenceAfterTheTimeoutIsTheBrokersAndTheWorkIsDoneAgain() {
        Cycle cycle = processing(true);
        failed(cycle, committing(cycle), new FencedException(ErrorCode.PRODUCER_FENCED, "aborted"),
                TRANSACTION_TIMEOUT_MS);
        assertInstanceOf(CycleStep.Reopen.class, cycle.next(TRANSACTION_TIMEOUT_MS));
        cycle.reopened();
        assertInstanceOf(CycleStep.Rewind.class, cycle.next(TRANSACTION_TIMEOUT_MS));
        cycle.rewound(Map.of(), TRANSACTION_TIMEOUT_MS);
        assertEquals(new CycleState.Idle(), cycle.state());
        assertEquals(1, cycle.report().aborts());
    }

    @Test
    void aGeneratedNameIsNeverTakenByOthers() {
        Cycle cycle = processing(false);
        failed(cycle, committing(cycle), new FencedException(ErrorCode.INVALID_PRODUCER_ID_MAPPING, "expired"), 200);
        assertInstanceOf(CycleStep.Reopen.class, cycle.next(200));
    }

    @Test
    void anUnknownCommitIsDecidedByTheCommittedPositions() {
        Cycle cycle = processing(false);
        failed(cycle, committing(cycle), new UnknownOutcomeException("no answer"), 200);
        assertInstanceOf(CycleStep.Reopen.class, cycle.next(200));
        cycle.reopened();
        assertInstanceOf(CycleStep.Rewind.class, cycle.next(200));
        cycle.rewound(Map.of(IN, new OffsetAndMetadata(6)), 200);
        assertEquals(1, cycle.report().commits());
        assertEquals(0, cycle.report().aborts());
        assertInstanceOf(CycleStep.Poll.class, cycle.next(200));
    }

    @Test
    void aRefusedGenerationAbortsAndReadsAgain() {
        Cycle cycle = processing(false);
        failed(cycle, committing(cycle), new AbortableException(ErrorCode.ILLEGAL_GENERATION, "rebalanced"), 200);
        assertInstanceOf(CycleStep.Abort.class, cycle.next(200));
        cycle.aborted();
        assertInstanceOf(CycleStep.Rewind.class, cycle.next(200));
    }

    @Test
    void partitionsAreReleasedWhenTheTransactionHasEnded() {
        Cycle cycle = processing(false);
        process(cycle, 10);
        assertInstanceOf(CycleStep.Poll.class, cycle.next(10));
        cycle.revoke();
        assertFalse(cycle.mayRelease());
        committing(cycle);
        assertFalse(cycle.mayRelease());
        cycle.committed(200);
        assertTrue(cycle.mayRelease());
        cycle.released(Set.of(IN));
        assertEquals(0, cycle.report().partitions());
    }

    @Test
    void lostPartitionsTakeTheTransactionWithThem() {
        Cycle cycle = processing(false);
        cycle.lost(Set.of(IN));
        assertInstanceOf(CycleStep.Abort.class, cycle.next(10));
        assertFalse(cycle.mayRelease());
    }

    @Test
    void openingIsTriedAgainLessAndLessOften() {
        Cycle cycle = cycle(Delivery.EXACTLY_ONCE, false);
        long nowMs = 0;
        long lastWaitMs = 0;
        for (int attempt = 0; attempt < 12; attempt++) {
            CycleStep open = cycle.next(nowMs);
            assertInstanceOf(CycleStep.Open.class, open);
            failed(cycle, open, new RetriableException("no broker"), nowMs);
            long untilMs = ((CycleStep.Wait) cycle.next(nowMs)).untilMs();
            assertTrue(untilMs - nowMs >= lastWaitMs);
            lastWaitMs = untilMs - nowMs;
            nowMs = untilMs;
        }
        assertEquals(3_000, lastWaitMs);
        FatalException refused = new FatalException(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, "no");
        failed(cycle, cycle.next(nowMs), refused, nowMs);
        assertEquals(new CycleState.Closing(refused), cycle.state());
    }

    /// At 100 ms it has flushed what came of one record, and its next step is the commit.
    private Cycle processedOneAtLeastOnce() {
        Cycle cycle = cycle(Delivery.AT_LEAST_ONCE, false);
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.polled(records(5));
        process(cycle, 0);
        assertInstanceOf(CycleStep.Flush.class, cycle.next(100));
        cycle.flushed();
        return cycle;
    }

    @Test
    void atLeastOnceKeepsPositionsWhoseCommitIsUnknown() {
        Cycle cycle = processedOneAtLeastOnce();
        CycleStep commit = cycle.next(100);
        failed(cycle, commit, new UnknownOutcomeException("no answer"), 100);
        assertInstanceOf(CycleStep.Wait.class, cycle.next(100));
        pollsAndCommitsAgain(cycle, commit);
    }

    private static void pollsAndCommitsAgain(Cycle cycle, CycleStep commit) {
        assertInstanceOf(CycleStep.Poll.class, cycle.next(150));
        cycle.polled(records());
        assertInstanceOf(CycleStep.Flush.class, cycle.next(300));
        cycle.flushed();
        assertEquals(commit, cycle.next(300));
    }

    @Test
    void positionsAreCommittedAgainInTheNewerGeneration() {
        Cycle cycle = processedOneAtLeastOnce();
        CycleStep commit = cycle.next(100);
        failed(cycle, commit, new RetriableException(ErrorCode.ILLEGAL_GENERATION, "rebalanced meanwhile"), 100);
        pollsAndCommitsAgain(cycle, commit);
    }

    @Test
    void positionsOfAnExpelledMemberAreReadAgain() {
        Cycle cycle = processedOneAtLeastOnce();
        failed(cycle, cycle.next(100), new FencedException(ErrorCode.ILLEGAL_GENERATION, "went on without it"), 100);
        assertInstanceOf(CycleStep.Rewind.class, cycle.next(150));
    }

    /// A disk whose reads fail is asked again later and later, not in a circle, until something has been committed.
    @ParameterizedTest
    @EnumSource(names = {"EXACTLY_ONCE", "AT_LEAST_ONCE"})
    void aStoreThatIsLostPausesTheApplicationLongerEachTime(Delivery delivery) {
        Cycle cycle = cycle(delivery, false);
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.assigned(Set.of(IN));
        long nowMs = 0;
        long pausedMs = 0;
        for (int time = 0; time < 5; time++) {
            StateLostException lost = new StateLostException("the disk", null);
            cycle.next(nowMs);
            cycle.stateLost(lost);
            assertSame(lost, cycle.report().lastError());
            long untilMs = assertInstanceOf(CycleStep.Wait.class, cycle.next(nowMs)).untilMs();
            assertTrue(untilMs - nowMs > pausedMs, "paused for " + (untilMs - nowMs));
            pausedMs = untilMs - nowMs;
            nowMs = untilMs;
            assertInstanceOf(CycleStep.Rewind.class, cycle.next(nowMs));
            cycle.rewound(Map.of(), nowMs);
            nowMs = cycle.next(nowMs) instanceof CycleStep.Wait(long again) ? again : nowMs;
            cycle.restored(States.none().of(IN));
        }
    }
}
