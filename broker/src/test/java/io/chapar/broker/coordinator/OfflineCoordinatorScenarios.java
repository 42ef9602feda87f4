package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.group.GroupCommand;
import io.chapar.broker.group.GroupLimits;
import io.chapar.broker.group.GroupOutlook;
import io.chapar.broker.group.GroupReply;
import io.chapar.broker.group.LocalGroupCoordinators;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

import static io.chapar.broker.coordinator.TxnBroker.A;
import static io.chapar.broker.coordinator.TxnBroker.OFFSETS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/// Coordinators whose own partition is taken offline by its disk, or led by another broker, and comes back.
final class OfflineCoordinatorScenarios {
    private static final TopicPartition IN = new TopicPartition("in", 0);
    private static final UUID IN_ID = new UUID(1, 1);
    private static final long LONG_ENOUGH_MS = 70_000;

    private final MemoryDisk disk = new MemoryDisk();
    private final TxnBroker broker = new TxnBroker(disk, 1_700_000_000_000L, 0, 1_000);
    private final LocalGroupCoordinators groups = groupsOf(broker);

    private static LocalGroupCoordinators groupsOf(TxnBroker broker) {
        LocalGroupCoordinators groups = new LocalGroupCoordinators(
                broker.placement, () -> 1, new TransactionEntry(broker.coordinators),
                GroupLimits.DEFAULTS, Budget.unbounded(), _ -> true, () -> GroupOutlook.EMPTY,
                (_, caller, done) -> caller.loop().run(
                        () -> done.accept(ShareStateReply.of(ErrorCode.NOT_COORDINATOR))),
                new Random(1));
        groups.start();
        return groups;
    }

    private void breakFiles(String topic) {
        disk.faults().broken(path -> path.startsWith(topic));
    }

    private void mendDisk() {
        disk.faults().broken(_ -> false);
        broker.loop.advance(LONG_ENOUGH_MS);
    }

    private <R extends GroupReply> R ask(LocalGroupCoordinators whom, TxnBroker on, GroupCommand<R> command) {
        AtomicReference<R> answer = new AtomicReference<>();
        whom.submit(command, on.caller(0), reply -> {
            assertNull(answer.getAndSet(reply), "answered twice");
        });
        on.loop.runAll();
        assertNotNull(answer.get());
        return answer.get();
    }

    private ErrorCode commit(long offset) {
        GroupCommand.Offset at = new GroupCommand.Offset(IN, IN_ID, offset, -1, "");
        return ask(groups, broker, new GroupCommand.CommitOffsets("g", -1, "", null, List.of(at), -1, true))
                .partitions().get(IN);
    }

    private long committed() {
        GroupReply.Offsets offsets =
                ask(groups, broker, new GroupCommand.FetchOffsets("g", Map.of(IN, IN_ID), true));
        assertEquals(ErrorCode.NONE, offsets.error());
        return offsets.partitions().get(IN).offset();
    }

    /// Whoever takes what is not listed for unknown to all coordinators would abort it.
    private TxnCoordinators.Listed list() {
        AtomicReference<TxnCoordinators.Listed> listed = new AtomicReference<>();
        broker.coordinators.list(broker.caller(0), listed::set);
        broker.loop.runAll();
        assertNotNull(listed.get());
        return listed.get();
    }

    @Test
    void theCoordinatorOfTransactionsLoadsAnewAndEndsWhatWasOpen() {
        TxnReply.Granted pair = broker.init("t");
        broker.write("t", pair, A, "one");
        broker.loop.runAll();
        breakFiles(CoordinatorKeys.TRANSACTION_STATE);
        AtomicReference<TxnReply> end = broker.end("t", pair, Outcome.COMMIT);
        assertEquals(ErrorCode.NOT_COORDINATOR, broker.error(end));
        assertEquals(ErrorCode.NOT_COORDINATOR, broker.error(broker.end("t", pair, Outcome.COMMIT)));
        assertEquals(0, broker.partitions.get(A).lastStableOffset());
        assertEquals(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, list().error());

        disk.faults().broken(_ -> false);
        broker.loop.advance(2_000);
        assertInstanceOf(TxnState.Ongoing.class, broker.state("t"));
        assertEquals(ErrorCode.NONE, list().error());
        broker.granted(broker.end("t", pair, Outcome.COMMIT));
        assertEquals(2, broker.partitions.get(A).lastStableOffset());
        assertEquals(Outcome.COMMIT, assertInstanceOf(TxnState.Completed.class, broker.state("t")).outcome());
    }

    @Test
    void theCoordinatorOfGroupsKnowsWhatWasCommitted() {
        assertEquals(ErrorCode.NONE, commit(7));
        breakFiles(CoordinatorKeys.CONSUMER_OFFSETS);
        assertEquals(ErrorCode.NOT_COORDINATOR, commit(8));
        mendDisk();
        assertEquals(7, committed());
        assertEquals(ErrorCode.NONE, commit(9));
        assertEquals(9, committed());
    }

    @Test
    void aGroupWhoseLogCannotBeReadAtTheStartHasNotForgottenItsOffsets() {
        assertEquals(ErrorCode.NONE, commit(7));
        broker.partitions.values().forEach(io.chapar.broker.partition.Partition::close);
        breakFiles(CoordinatorKeys.CONSUMER_OFFSETS);
        TxnBroker next = new TxnBroker(disk, broker.loop.nowMs(), 1, 2_000);
        LocalGroupCoordinators later = groupsOf(next);
        AtomicReference<GroupReply.Offsets> early = new AtomicReference<>();
        later.submit(new GroupCommand.FetchOffsets("g", Map.of(IN, IN_ID), true), next.caller(0), early::set);
        next.loop.advance(10_000);
        assertEquals(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, early.get().error());
        disk.faults().broken(_ -> false);
        next.loop.advance(LONG_ENOUGH_MS);
        GroupReply.Offsets offsets =
                ask(later, next, new GroupCommand.FetchOffsets("g", Map.of(IN, IN_ID), true));
        assertEquals(7, offsets.partitions().get(IN).offset());
    }

    /// The marker in the partition of the group is written, and the coordinator that was to take it in is given up.
    @Test
    void aTransactionWithOffsetsIsCompletedThoughTheGroupsLogWasAwayInBetween() {
        TxnReply.Granted pair = broker.init("t");
        GroupCommand.Offset at = new GroupCommand.Offset(IN, IN_ID, 5, -1, "");
        AtomicReference<GroupReply.PerPartition> done = new AtomicReference<>();
        groups.commitTxn(
                new GroupCommand.CommitTxnOffsets(
                        "g", pair.producerId(), pair.producerEpoch(), -1, "", null, List.of(at)),
                "t", AddMode.ADD, broker.caller(5_000), done::set);
        broker.loop.runAll();
        assertEquals(ErrorCode.NONE, done.get().partitions().get(IN));
        breakFiles(CoordinatorKeys.CONSUMER_OFFSETS);
        AtomicReference<TxnReply> end = broker.end("t", pair, Outcome.COMMIT);
        broker.loop.runAll();
        assertNotNull(broker.partitions.get(OFFSETS).offlineReason());
        mendDisk();
        assertNull(broker.partitions.get(OFFSETS).offlineReason());
        broker.granted(end);
        assertInstanceOf(TxnState.Completed.class, broker.state("t"));
        assertEquals(5, committed());
    }

    private void lead(TopicPartition id, int leader, int epoch) {
        broker.partitions.get(id).become(
                new PartitionImage(leader, epoch, epoch, List.of(leader), List.of(leader), List.of()));
    }

    private void leadState(int leader, int epoch) {
        for (int i = 0; i < TxnBroker.STATE_PARTITIONS; i++) {
            lead(new TopicPartition(CoordinatorKeys.TRANSACTION_STATE, i), leader, epoch);
        }
    }

    /// As long as another broker coordinates, nobody here answers for it; elected anew, the log says what has become of
    /// the transactions, and what was open for too long ends though nobody asks.
    @Test
    void whoIsLedByAnotherBrokerResignsAndLoadsAnewWhenElected() {
        TxnReply.Granted pair = broker.init("t");
        broker.write("t", pair, A, "one");
        broker.loop.runAll();
        AtomicReference<TxnReply> end = broker.end("t", pair, Outcome.COMMIT);
        leadState(TxnBroker.OTHER, 1);
        assertEquals(ErrorCode.NOT_COORDINATOR, broker.error(end));
        assertEquals(ErrorCode.NOT_COORDINATOR, broker.error(broker.end("t", pair, Outcome.COMMIT)));
        broker.loop.advance(2 * TxnBroker.TIMEOUT_MS);
        assertEquals(0, broker.partitions.get(A).lastStableOffset(), "its timeout is not ours to see");

        leadState(TxnBroker.NODE, 2);
        broker.loop.advance(TxnBroker.TIMEOUT_MS);
        assertEquals(2, broker.partitions.get(A).lastStableOffset());
        assertEquals(Outcome.ABORT, assertInstanceOf(TxnState.Completed.class, broker.state("t")).outcome());
    }

    @Test
    void aGroupIsCoordinatedWhereItsLogIsLed() {
        assertEquals(ErrorCode.NONE, commit(7));
        lead(OFFSETS, TxnBroker.OTHER, 1);
        assertEquals(ErrorCode.NOT_COORDINATOR, commit(8));
        lead(OFFSETS, TxnBroker.NODE, 2);
        assertEquals(7, committed());
        assertEquals(ErrorCode.NONE, commit(9));
        assertEquals(9, committed());
    }

    /// Markers are asked for again until somebody leads the group's log, and takes them in.
    @Test
    void aTransactionWithOffsetsIsCompletedThoughTheGroupsLogWasLedElsewhereInBetween() {
        TxnReply.Granted pair = broker.init("t");
        GroupCommand.Offset at = new GroupCommand.Offset(IN, IN_ID, 5, -1, "");
        AtomicReference<GroupReply.PerPartition> done = new AtomicReference<>();
        groups.commitTxn(
                new GroupCommand.CommitTxnOffsets(
                        "g", pair.producerId(), pair.producerEpoch(), -1, "", null, List.of(at)),
                "t", AddMode.ADD, broker.caller(5_000), done::set);
        broker.loop.runAll();
        assertEquals(ErrorCode.NONE, done.get().partitions().get(IN));
        lead(OFFSETS, TxnBroker.OTHER, 1);
        broker.granted(broker.end("t", pair, Outcome.COMMIT));
        broker.loop.advance(3_000);
        assertInstanceOf(TxnState.Preparing.class, broker.state("t"));

        lead(OFFSETS, TxnBroker.NODE, 2);
        broker.loop.advance(LONG_ENOUGH_MS);
        assertInstanceOf(TxnState.Completed.class, broker.state("t"));
        assertEquals(5, committed());
    }
}
