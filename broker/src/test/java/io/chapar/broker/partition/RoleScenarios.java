package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What the image of the cluster makes of a replica, and who is told what when that changes.
class RoleScenarios {
    private static final int HERE = 1;
    private static final int OTHER = 2;

    private final ManualLoop loop = new ManualLoop();
    private final MemoryDisk disk = new MemoryDisk();
    private final List<String> told = new ArrayList<>();
    private final List<Integer> ledAnew = new ArrayList<>();
    private final Partition partition = open(led(HERE, 4));

    private Partition open(PartitionImage image) {
        Followers followers = new Followers() {
            @Override
            public Collection<Integer> inSync(TopicPartition id) {
                return List.of(OTHER);
            }

            @Override
            public void appended(Partition grown) {
                // The test acknowledges.
            }
        };
        Partition opened = Partition.open(new PartitionSetup(
                PartitionFixture.ID, PartitionFixture.TOPIC_ID, HERE, image, LogConfig.defaults(),
                new DataFolder(disk, 8), loop, Leaders.followedBy(followers), ProducerLimits.none()));
        opened.onLeadership(new LeadershipListener() {
            @Override
            public void elected() {
                ledAnew.add(opened.leaderEpoch());
            }

            @Override
            public void resigned() {
                told.add("resigned");
            }

            @Override
            public void deleted() {
                told.add("deleted");
            }
        });
        return opened;
    }

    private static PartitionImage led(int leader, int epoch) {
        return new PartitionImage(leader, epoch, epoch, List.of(HERE, OTHER), List.of(HERE, OTHER), List.of());
    }

    private AppendOutcome append(String value) {
        return partition.appendFromClient(
                new RecordBatchBuilder(Compression.NONE)
                        .append(loop.nowMs(), null, PartitionFixture.bytes(value)).build(),
                new ClientAppend(PartitionFixture.V, (short) -1, null), loop.nowMs());
    }

    private void appendAndWait(String value) {
        long offset = assertInstanceOf(AppendOutcome.Appended.class, append(value)).lastOffset();
        partition.awaitCommitted(offset, Long.MAX_VALUE, error -> told.add(value + " " + error));
    }

    private void refusesAll(ErrorCode error) {
        assertEquals(error, partition.refusal());
        assertEquals(error, assertInstanceOf(AppendOutcome.Rejected.class, append("x")).error());
        assertEquals(error, assertInstanceOf(AppendOutcome.Rejected.class,
                partition.appendMarker(PartitionFixture.end(1, 0, true), loop.nowMs())).error());
        assertNull(partition.verificationGuard(1, (short) 0, 0, true));
        assertEquals(error, assertInstanceOf(ReadOutcome.ReadRejected.class, partition.read(
                new ReadRequest(0, 100, Isolation.READ_UNCOMMITTED, -1, -1, true))).error());
        partition.offsetForTimestamp(Partition.LATEST, Isolation.READ_UNCOMMITTED, -1, found ->
                assertEquals(error, assertInstanceOf(OffsetAtTime.Refused.class, found).error()));
        assertEquals(error, partition.endOffsetForEpoch(-1, 0).error());
        List<ErrorCode> deleted = new ArrayList<>();
        partition.deleteRecordsBefore(0, deleted::add);
        assertEquals(List.of(error), deleted);
    }

    private AppendOutcome appendInTransaction(@Nullable VerificationGuard guard, int guardEpoch) {
        return partition.appendFromClient(
                new RecordBatchBuilder(Compression.NONE).producer(7, (short) 0, 0).transactional()
                        .append(loop.nowMs(), null, PartitionFixture.bytes("t")).build(),
                new ClientAppend(PartitionFixture.V, (short) -1, guard, guardEpoch), loop.nowMs());
    }

    /// A client takes INVALID_TXN_STATE for the end of its transaction, and there is nothing wrong with it.
    @Test
    void whatNobodyWasThereToAskAboutIsSaidAgain() {
        partition.become(led(OTHER, 5));
        assertNull(partition.verificationGuard(7, (short) 0, 0, true));
        partition.become(led(HERE, 6));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, assertInstanceOf(AppendOutcome.Rejected.class,
                appendInTransaction(null, ClientAppend.NO_EPOCH)).error());
        assertEquals(ErrorCode.INVALID_TXN_STATE, assertInstanceOf(AppendOutcome.Rejected.class,
                appendInTransaction(null, 6)).error());
        assertInstanceOf(AppendOutcome.Appended.class,
                appendInTransaction(partition.verificationGuard(7, (short) 0, 0, true), 6));
    }

    /// Sent again it would be as wrong.
    @Test
    void whoWritesOutsideOfItsTransactionIsToldSo() {
        assertInstanceOf(AppendOutcome.Appended.class,
                appendInTransaction(partition.verificationGuard(7, (short) 0, 0, true), 4));
        assertEquals(ErrorCode.INVALID_TXN_STATE, assertInstanceOf(AppendOutcome.Rejected.class,
                partition.appendFromClient(
                        new RecordBatchBuilder(Compression.NONE).producer(7, (short) 0, 1)
                                .append(loop.nowMs(), null, PartitionFixture.bytes("beside")).build(),
                        new ClientAppend(PartitionFixture.V, (short) -1, null, ClientAppend.NO_EPOCH),
                        loop.nowMs())).error());
    }

    /// What the coordinator said is as old as the guard: the transaction may have ended at the leader in between.
    @Test
    void aGuardServesInTheLeadershipThatGaveItAlone() {
        VerificationGuard guard = partition.verificationGuard(7, (short) 0, 0, false);
        partition.become(led(OTHER, 5));
        partition.become(led(HERE, 6));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, assertInstanceOf(AppendOutcome.Rejected.class,
                appendInTransaction(guard, 4)).error());
        assertInstanceOf(AppendOutcome.Appended.class,
                appendInTransaction(partition.verificationGuard(7, (short) 0, 0, false), 6));
    }

    @Test
    void whoLeadsNoMoreTellsAllWhoWait() {
        appendAndWait("a");
        appendAndWait("b");
        partition.acknowledged(OTHER, 1);
        partition.onReadable(Isolation.READ_UNCOMMITTED, 5, () -> told.add("reader"));
        assertEquals(List.of("a NONE"), told);

        partition.become(led(OTHER, 5));
        loop.runAll();
        assertEquals(List.of("a NONE", "resigned", "b NOT_LEADER_OR_FOLLOWER", "reader"), told);
        assertEquals(1, partition.highWatermark());
        assertEquals(2, partition.logEndOffset());
        refusesAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
        assertTrue(partition.refusalReason().contains("epoch 5"), partition.refusalReason());

        partition.awaitCommitted(1, Long.MAX_VALUE, error -> told.add("late " + error));
        partition.onReadable(Isolation.READ_UNCOMMITTED, 5, () -> told.add("late reader"));
        loop.runAll();
        assertEquals(List.of("late NOT_LEADER_OR_FOLLOWER", "late reader"), told.subList(4, 6));
    }

    @Test
    void aPartitionWithoutALeaderIsNotLedHere() {
        appendAndWait("a");
        partition.become(led(PartitionImage.NO_LEADER, 5));
        assertEquals(List.of("resigned", "a NOT_LEADER_OR_FOLLOWER"), told);
        refusesAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    }

    @Test
    void epochsOnlyRise() {
        appendAndWait("a");
        partition.become(led(OTHER, 4));
        partition.become(led(OTHER, 3));
        assertEquals(4, partition.leaderEpoch());
        assertEquals(ErrorCode.NONE, partition.refusal());
        assertEquals(List.of(), told);
        partition.become(led(OTHER, 6));
        partition.become(led(HERE, 6));
        partition.become(led(HERE, 5));
        assertEquals(6, partition.leaderEpoch());
        refusesAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    }

    @Test
    void theNextEpochOfTheSameLeaderLetsWaitersWait() {
        appendAndWait("a");
        partition.become(led(HERE, 5));
        assertEquals(List.of(), told);
        assertEquals(List.of(), ledAnew);
        appendAndWait("b");
        partition.acknowledged(OTHER, 2);
        assertEquals(List.of("a NONE", "b NONE"), told);
        assertEquals(1, partition.endOffsetForEpoch(-1, 4).endOffset());
    }

    @Test
    void whoLeadsAgainGoesOnFromWhatWasCommitted() {
        appendAndWait("a");
        appendAndWait("b");
        partition.acknowledged(OTHER, 1);
        List<Long> shown = new ArrayList<>();
        partition.addAppendListener(batch -> shown.add(-1L));
        partition.become(led(OTHER, 5));
        partition.onLeadership(new LeadershipListener() {
            @Override
            public void elected() {
                partition.addAppendListener(batch -> shown.add(batch.baseOffset()));
            }

            @Override
            public void resigned() {
                throw new AssertionError("it leads to the end");
            }

            @Override
            public void deleted() {
                throw new AssertionError("it is not deleted");
            }
        });
        partition.become(led(HERE, 6));
        assertEquals(List.of(6), ledAnew);
        assertEquals(1, partition.highWatermark(), "what the follower had in another epoch does not count");

        appendAndWait("c");
        partition.acknowledged(OTHER, 3);
        assertEquals(List.of("a NONE", "resigned", "b NOT_LEADER_OR_FOLLOWER", "c NONE"), told);
        assertEquals(List.of(1L, 2L), shown, "of the leadership that is over nobody is told any more");
        assertEquals(2, partition.endOffsetForEpoch(-1, 4).endOffset());
    }

    @Test
    void oneThatBeginsUnderAnotherLeaderWaits() {
        appendAndWait("a");
        partition.close();
        Partition again = open(led(OTHER, 7));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, again.refusal());
        assertEquals(7, again.leaderEpoch());
        assertEquals(1, again.logEndOffset());
        again.become(led(HERE, 8));
        again.acknowledged(OTHER, 1);
        assertEquals(1, again.highWatermark());
    }

    @Test
    void whatClosesFailsItsAppends() {
        appendAndWait("a");
        partition.close();
        assertEquals(List.of("a NOT_LEADER_OR_FOLLOWER"), told);
        refusesAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
        partition.become(led(HERE, 9));
        refusesAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    }

    @Test
    void whatIsDeletedLeavesOutcomesUnknownAndIsThenUnknownItself() {
        appendAndWait("a");
        partition.delete(() -> { });
        assertEquals(List.of("deleted", "a NOT_LEADER_OR_FOLLOWER"), told);
        refusesAll(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        partition.awaitCommitted(0, Long.MAX_VALUE, error -> told.add("late " + error));
        assertEquals("late NOT_LEADER_OR_FOLLOWER", told.getLast(), "its outcome is not known to be none");
    }

    @Test
    void aLeaderWhoseDiskFailsLeadsAgainWhenItIsBack() {
        appendAndWait("a");
        partition.acknowledged(OTHER, 1);
        appendAndWait("b");
        partition.readFailed(new IOException("of a test"));
        partition.onReadable(Isolation.READ_UNCOMMITTED, 5, () -> told.add("reader"));
        assertEquals(List.of("a NONE", "b KAFKA_STORAGE_ERROR"), told);
        refusesAll(ErrorCode.KAFKA_STORAGE_ERROR);

        partition.become(led(HERE, 5));
        refusesAll(ErrorCode.KAFKA_STORAGE_ERROR);
        assertEquals(5, partition.leaderEpoch());
        loop.advance(Reopening.FIRST_PAUSE_MS);
        assertEquals(ErrorCode.NONE, partition.refusal());
        assertEquals("reader", told.getLast());
        assertEquals(List.of(5), ledAnew);
        appendAndWait("c");
        partition.acknowledged(OTHER, 3);
        assertEquals("c NONE", told.getLast());
        assertEquals(2, partition.endOffsetForEpoch(-1, 4).endOffset());
    }

    @Test
    void whoLosesLeadershipOfflineComesBackAsSomebodyWhoWaits() {
        appendAndWait("a");
        partition.readFailed(new IOException("of a test"));
        partition.become(led(OTHER, 5));
        refusesAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
        loop.advance(Reopening.FIRST_PAUSE_MS);
        assertNull(partition.offlineReason());
        refusesAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
        assertEquals(List.of(), ledAnew);
        partition.become(led(HERE, 6));
        assertEquals(ErrorCode.NONE, partition.refusal());
        assertEquals(List.of(6), ledAnew);
        partition.acknowledged(OTHER, 1);
        assertEquals(1, partition.highWatermark());
    }

    @Test
    void whoBecomesLeaderOfflineLeadsOnceTheDiskIsBack() {
        partition.become(led(OTHER, 5));
        partition.readFailed(new IOException("of a test"));
        partition.become(led(HERE, 6));
        refusesAll(ErrorCode.KAFKA_STORAGE_ERROR);
        loop.advance(Reopening.FIRST_PAUSE_MS);
        assertEquals(ErrorCode.NONE, partition.refusal());
        appendAndWait("a");
        partition.acknowledged(OTHER, 1);
        assertEquals(List.of("resigned", "a NONE"), told);
    }

    @Test
    void upkeepGoesOnWhoeverLeads() {
        appendAndWait("a");
        partition.become(led(OTHER, 5));
        partition.housekeep(() -> told.add("kept"));
        loop.runAll();
        assertEquals("kept", told.getLast());
        assertEquals(0, partition.unsyncedOffsets());
    }

    /// Whose sync ends without a word where it is given up meanwhile.
    @Test
    void upkeepGoesOnWhereAFollowerBeginsAnewUnderneath() {
        appendAndWait("a");
        partition.become(led(OTHER, 5));
        disk.faults().syncDelayMs(50);
        partition.housekeep(() -> told.add("kept"));
        partition.following().beginAnew(7, () -> told.add("begun"));
        loop.advance(50);
        assertEquals(List.of("begun", "kept"), told.subList(told.size() - 2, told.size()));
    }

    /// Others may hold the beginning of the transaction, and have it open until they are sent its end.
    @Test
    void whoBeganAnewWritesTheEndOfATransactionThatItDoesNotKnow() {
        partition.become(led(OTHER, 5));
        partition.following().beginAnew(7, () -> told.add("begun"));
        loop.advance(1);
        partition.become(led(HERE, 6));
        assertEquals(new AppendOutcome.Appended(7, 7, -1, 7, false),
                partition.appendMarker(PartitionFixture.end(1, 1, false), loop.nowMs()));
        assertEquals(8, partition.logEndOffset());
    }

    /// Nothing more may come of the leader: it has said it all, and nobody writes.
    @Test
    void aFollowersLogBeginsWhereTheLeadersDoesHoweverQuicklyThatMoves() {
        List.of("a", "b", "c", "d").forEach(this::append);
        partition.become(led(OTHER, 5));
        disk.faults().syncDelayMs(50);
        partition.following().advance(4, 1);
        loop.advance(10);
        partition.following().advance(4, 2);
        partition.following().advance(4, 3);
        loop.advance(1_000);
        assertEquals(3, partition.logStartOffset());
    }

    /// The log that comes next is the business of whoever follows or leads with it.
    @Test
    void aFollowerThatIsNoneAnyMoreMovesNothing() {
        List.of("a", "b", "c", "d").forEach(this::append);
        partition.become(led(OTHER, 5));
        disk.faults().syncDelayMs(50);
        Following before = partition.following();
        before.advance(4, 1);
        before.advance(4, 3);
        before.beginAnew(2, () -> told.add("begun"));
        loop.advance(10);
        partition.become(led(OTHER, 6));
        loop.advance(1_000);
        assertEquals("begun", told.getLast());
        assertEquals(2, partition.logStartOffset());
    }

    /// With `flush.acks` its leader counts what is synced here, and may have nothing to send that would lead to a sync.
    @Test
    void whatIsLeftByACutIsSyncedThoughNothingIsAppended() {
        partition.configure(LogConfig.builder().flushAcks(true).build());
        disk.faults().syncDelayMs(50);
        append("a");
        loop.advance(10);
        append("b");
        append("c");
        partition.become(led(OTHER, 5));
        partition.following().cut(4, 2, () -> told.add("cut"));
        loop.advance(1_000);
        assertEquals("cut", told.getLast());
        assertEquals(2, partition.logEndOffset());
        assertEquals(2, partition.following().synced());
    }

    /// The system may hold for written what the disk never got: the next sync that goes well would vouch for it.
    @Test
    void aSyncThatFailsWhileTheLogIsCutTakesTheReplicaOffline() {
        partition.configure(LogConfig.builder().flushAcks(true).build());
        disk.faults().syncDelayMs(50);
        append("a");
        loop.advance(10);
        partition.become(led(OTHER, 5));
        partition.following().cut(4, 1, () -> told.add("cut"));
        disk.faults().failSyncs(true);
        loop.advance(100);
        assertNotNull(partition.offlineReason());
        assertEquals(List.of("resigned"), told);
        disk.faults().failSyncs(false);
        loop.advance(60_000);
        assertNull(partition.offlineReason());
        assertEquals(1, partition.following().synced());
    }

    /// Who has acknowledged need not come again.
    @Test
    void whatFollowersHaveCountsByTheSettingsOfNow() {
        append("a");
        partition.leadership().acknowledged(OTHER, 1, 0);
        assertEquals(1, partition.highWatermark());
        partition.configure(LogConfig.builder().flushAcks(true).build());
        append("b");
        partition.leadership().acknowledged(OTHER, 2, 0);
        loop.advance(10);
        assertEquals(1, partition.highWatermark());
        assertEquals(0, partition.leadership().endOf(OTHER));
        partition.configure(LogConfig.defaults());
        assertEquals(2, partition.highWatermark());
    }

    /// As a change of the in-sync set in one leadership does it.
    @Test
    void whoWaitsIsToldWhereALeadershipBeginsWithTooFew() {
        partition.configure(LogConfig.builder().minInSyncReplicas(2).build());
        waitFor("a", 30_000);
        waitFor("b", Long.MAX_VALUE);
        partition.become(inSync(5, HERE, OTHER));
        assertEquals(List.of(), told);
        partition.become(inSync(6, HERE));
        assertEquals(List.of("a NOT_ENOUGH_REPLICAS_AFTER_APPEND"), told);
        partition.become(inSync(7, HERE, OTHER));
        partition.leadership().acknowledged(OTHER, 2, 2);
        assertEquals("b NONE", told.getLast());
    }

    @Test
    void whoWaitsIsToldWhenMoreAreAskedForThanAreInSync() {
        partition.become(inSync(5, HERE));
        disk.faults().syncDelayMs(50);
        partition.configure(LogConfig.builder().flushAcks(true).build());
        waitFor("a", 30_000);
        waitFor("b", Long.MAX_VALUE);
        partition.configure(LogConfig.builder().flushAcks(true).minInSyncReplicas(1).build());
        assertEquals(List.of(), told);
        partition.configure(LogConfig.builder().flushAcks(true).minInSyncReplicas(2).build());
        assertEquals(List.of("a NOT_ENOUGH_REPLICAS_AFTER_APPEND"), told);
        loop.advance(1_000);
        assertEquals(1, told.size());
    }

    private static PartitionImage inSync(int epoch, Integer... isr) {
        return new PartitionImage(HERE, epoch, epoch, List.of(HERE, OTHER), List.of(isr), List.of());
    }

    private void waitFor(String value, long deadlineMs) {
        long offset = assertInstanceOf(AppendOutcome.Appended.class, append(value)).lastOffset();
        partition.awaitCommitted(offset, deadlineMs, error -> told.add(value + " " + error));
    }
}
