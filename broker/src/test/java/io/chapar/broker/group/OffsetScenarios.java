package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupReply.Fetched;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.Offsets;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static io.chapar.broker.group.GroupLab.P0;
import static io.chapar.broker.group.GroupLab.P1;
import static io.chapar.broker.group.GroupLab.join;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/// What is committed, by whom, and what others see of it.
class OffsetScenarios {
    private static final long PID = 7;
    private static final Fetched FIVE = new Fetched(ErrorCode.NONE, 5, 4, "m");
    private final GroupLab lab = new GroupLab();

    private static Fetched offset(long offset) {
        return new Fetched(ErrorCode.NONE, offset, 4, "m");
    }

    private void replayAgrees() {
        assertEquals(lab.core.durableState(), lab.replay().durableState());
    }

    @Test
    void aClientThatIsNoMemberCommitsWhileNobodyIs() {
        assertEquals(ErrorCode.NONE, lab.committed(lab.commit(null, P0, 5), P0));
        assertEquals(FIVE, lab.fetch(P0, true));
        assertEquals(Fetched.NONE, lab.fetch(P1, true));
        lab.restart();
        assertEquals(FIVE, lab.fetch(P0, false));
        assertEquals("Empty", lab.state());
        lab.twoMembers();
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.committed(lab.commit(null, P0, 6), P0));
    }

    @Test
    void aMemberCommitsInItsGenerationAlone() {
        List<Joined> both = lab.twoMembers();
        assertEquals(ErrorCode.NONE, lab.committed(lab.commit(both.get(0), P0, 5), P0));
        lab.joinAsNew();
        assertEquals(ErrorCode.NONE, lab.committed(lab.commit(both.get(1), P1, 5), P1));
        lab.submit(join(both.get(0).memberId(), null));
        lab.submit(join(both.get(1).memberId(), null));
        assertEquals("CompletingRebalance", lab.state());
        assertEquals(ErrorCode.ILLEGAL_GENERATION, lab.committed(lab.commit(both.get(0), P0, 6), P0));
        Joined now = new Joined(
                ErrorCode.NONE, 2, "", "", "", false, both.get(0).memberId(), List.of());
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.committed(lab.commit(now, P0, 6), P0));
        Joined nobody = new Joined(ErrorCode.NONE, 2, "", "", "", false, "nobody", List.of());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.committed(lab.commit(nobody, P0, 6), P0));
        assertEquals(offset(5), lab.fetch(P0, true));
    }

    @Test
    void aGroupThatIsNotThereIsNamedAsTheClientKnowsIt() {
        CommitOffsets modern = new CommitOffsets("g", 3, "m", null, List.of(GroupLab.at(P0, 1)), -1, true);
        CommitOffsets old = new CommitOffsets("g", 3, "m", null, List.of(GroupLab.at(P0, 1)), -1, false);
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, lab.error(modern));
        assertEquals(ErrorCode.ILLEGAL_GENERATION, lab.error(old));
        assertEquals(
                ErrorCode.GROUP_ID_NOT_FOUND,
                lab.error(new CommitTxnOffsets("g", PID, (short) 0, 3, "m", null, List.of(GroupLab.at(P0, 1)))),
                "which its handler brings into an old client's words");
    }

    @Test
    void longMetadataIsRefusedForItsPartitionAlone() {
        Offset wordy = new Offset(P0, CommittedOffset.NO_TOPIC_ID, 1, -1, "12345678901");
        long request = lab.submit(
                new CommitOffsets("g", -1, "", null, List.of(wordy, GroupLab.at(P1, 5)), -1, true));
        assertEquals(ErrorCode.OFFSET_METADATA_TOO_LARGE, lab.committed(request, P0));
        assertEquals(ErrorCode.NONE, lab.committed(request, P1));
        assertEquals(Fetched.NONE, lab.fetch(P0, false));
    }

    @Test
    void nothingIsVisibleOrAnsweredBeforeItIsCommitted() {
        lab.holdsAppends = true;
        long request = lab.commit(null, P0, 5);
        assertNull(lab.reply(request));
        assertEquals(Fetched.NONE, lab.fetch(P0, false));
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.committed(request, P0));
        lab.releaseAppends();
        assertEquals(Fetched.NONE, lab.fetch(P0, false));
        assertEquals("GROUP_ID_NOT_FOUND", lab.state());
    }

    // ---- transactions

    @Test
    void aTransactionsOffsetsCountWhenItCommits() {
        lab.commit(null, P0, 1);
        assertEquals(ErrorCode.NONE, lab.committed(lab.commitTxn(PID, null, P0, 5), P0));
        assertEquals(offset(1), lab.fetch(P0, false));
        assertEquals(Fetched.UNSTABLE, lab.fetch(P0, true));
        assertEquals(Fetched.NONE, lab.fetch(P1, true));
        replayAgrees();
        lab.restart();
        assertEquals(Fetched.UNSTABLE, lab.fetch(P0, true));
        lab.marker(PID, true);
        assertEquals(FIVE, lab.fetch(P0, true));
        replayAgrees();
    }

    @Test
    void anAbortLeavesNoTrace() {
        lab.commitTxn(PID, null, P0, 5);
        lab.marker(PID, false);
        assertEquals(Fetched.NONE, lab.fetch(P0, true));
        assertEquals("GROUP_ID_NOT_FOUND", lab.state());
        replayAgrees();
    }

    @Test
    void theLaterRecordHasPrecedenceNotTheLaterMarker() {
        lab.commitTxn(PID, null, P0, 5);
        lab.commit(null, P0, 9);
        lab.marker(PID, true);
        assertEquals(offset(9), lab.fetch(P0, true));
        lab.commit(null, P1, 9);
        lab.commitTxn(PID, null, P1, 5);
        lab.marker(PID, true);
        assertEquals(offset(5), lab.fetch(P1, true));
        replayAgrees();
    }

    @Test
    void anOffsetOnItsWayIsUnstableAlready() {
        lab.commit(null, P0, 1);
        lab.holdsAppends = true;
        lab.commitTxn(PID, null, P0, 5);
        assertEquals(Fetched.UNSTABLE, lab.fetch(P0, true));
        lab.failNext(ErrorCode.INVALID_TXN_STATE);
        assertEquals(offset(1), lab.fetch(P0, true));
    }

    @Test
    void aMarkerThatIsSeenBeforeTheOutcomeOfTheAppendWaitsForIt() {
        lab.holdsAppends = true;
        long request = lab.commitTxn(PID, null, P0, 5);
        lab.commitNextAfterMarker(PID, true);
        assertEquals(ErrorCode.NONE, lab.committed(request, P0));
        assertEquals(List.of(1L), lab.materialised);
        assertEquals(FIVE, lab.fetch(P0, true));
        replayAgrees();
    }

    @Test
    void aMarkerBeforeTheAppendEndsOnlyWhatWasBeforeIt() {
        lab.holdsAppends = true;
        lab.commitTxn(PID, null, P0, 5);
        lab.marker(PID, true);
        assertEquals(List.of(), lab.materialised);
        lab.commitNext();
        assertEquals(List.of(0L), lab.materialised);
        assertEquals(Fetched.UNSTABLE, lab.fetch(P0, true));
        replayAgrees();
        lab.marker(PID, true);
        assertEquals(FIVE, lab.fetch(P0, true));
    }

    @Test
    void aTransactionOfTheGenerationBeforeIsFenced() {
        List<Joined> both = lab.twoMembers();
        long third = lab.joinAsNew();
        // The same generation may commit while the group prepares the next.
        assertEquals(ErrorCode.NONE, lab.committed(lab.commitTxn(PID, both.get(0), P0, 5), P0));
        lab.submit(join(both.get(0).memberId(), null));
        lab.submit(join(both.get(1).memberId(), null));
        assertEquals(2, lab.joined(third).generation());
        assertEquals(ErrorCode.ILLEGAL_GENERATION, lab.committed(lab.commitTxn(PID, both.get(0), P0, 6), P0));
        Joined gone = new Joined(ErrorCode.NONE, 2, "", "", "", false, "gone", List.of());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.committed(lab.commitTxn(PID, gone, P0, 6), P0));
        // A client that names no member cannot be fenced here.
        assertEquals(ErrorCode.NONE, lab.committed(lab.commitTxn(PID, null, P0, 7), P0));
    }

    // ---- forgetting

    @Test
    void offsetsAreForgottenWithTheGroup() {
        lab.commit(null, P0, 5);
        lab.commit(null, P1, 5);
        lab.commitTxn(PID, null, new TopicPartition("other", 0), 5);
        assertEquals(ErrorCode.NONE, lab.error(new DeleteGroup("g")));
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, lab.error(new DeleteGroup("g")));
        lab.marker(PID, true);
        Offsets all = (Offsets) lab.reply(lab.submit(new FetchOffsets("g", null, true)));
        assertEquals(Map.of(), all.partitions());
        replayAgrees();
        lab.restart();
        assertEquals("GROUP_ID_NOT_FOUND", lab.state());
    }

    @Test
    void aGroupWithMembersIsNotDeletedAndADeletionWaitsForCommits() {
        lab.twoMembers();
        assertEquals(ErrorCode.NON_EMPTY_GROUP, lab.error(new DeleteGroup("g")));
        GroupLab other = new GroupLab();
        other.holdsAppends = true;
        long commit = other.commit(null, P0, 5);
        long delete = other.submit(new DeleteGroup("g"));
        other.releaseAppends();
        assertEquals(ErrorCode.NONE, other.committed(commit, P0));
        assertEquals(ErrorCode.NONE, other.reply(delete).error());
        assertEquals(Fetched.NONE, other.fetch(P0, true));
        assertEquals("GROUP_ID_NOT_FOUND", other.state());
    }

    @Test
    void offsetsThatNobodyConsumesCanBeDeleted() {
        lab.commit(null, P0, 5);
        lab.commit(null, P1, 6);
        PerPartition done = (PerPartition) lab.reply(lab.submit(new DeleteOffsets("g", List.of(P0))));
        assertEquals(Map.of(P0, ErrorCode.NONE), done.partitions());
        assertEquals(Fetched.NONE, lab.fetch(P0, true));
        assertEquals(offset(6), lab.fetch(P1, true));
        lab.twoMembers();
        // These members do not say what they consume: it may be anything.
        done = (PerPartition) lab.reply(lab.submit(new DeleteOffsets("g", List.of(P1))));
        assertEquals(Map.of(P1, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC), done.partitions());
        replayAgrees();
    }

    @Test
    void offsetsOutliveTheirGroupsMembersByTheRetention() {
        List<Joined> both = lab.twoMembers();
        lab.commit(both.get(0), P0, 5);
        lab.advance(60_000);
        assertEquals("Empty", lab.state());
        lab.advance(86_000_000);
        assertEquals(FIVE, lab.fetch(P0, true));
        lab.advance(1_200_000);
        assertEquals(Fetched.NONE, lab.fetch(P0, true));
        assertEquals("GROUP_ID_NOT_FOUND", lab.state());
        replayAgrees();
    }

    @Test
    void nothingExpiresThatATransactionIsAboutToReplace() {
        lab.commit(null, P0, 1);
        lab.commit(null, P1, 1);
        lab.commitTxn(PID, null, P0, 5);
        lab.advance(90_000_000);
        assertEquals(Fetched.UNSTABLE, lab.fetch(P0, true));
        assertEquals(Fetched.NONE, lab.fetch(P1, true));
        lab.marker(PID, true);
        assertEquals(FIVE, lab.fetch(P0, true));
        replayAgrees();
    }

    @Test
    void anOldClientsOwnRetentionHolds() {
        lab.submit(new CommitOffsets("g", -1, "", null, List.of(GroupLab.at(P0, 5)), 1_000, false));
        assertEquals(new Fetched(ErrorCode.NONE, 5, 4, "m"), lab.fetch(P0, true));
        lab.restart();
        // That version of the record has no leader's epoch.
        assertEquals(new Fetched(ErrorCode.NONE, 5, -1, "m"), lab.fetch(P0, true));
        lab.advance(600_000);
        assertEquals(Fetched.NONE, lab.fetch(P0, true));
    }

    @Test
    void anOldClientMayWantItsOffsetsKeptForEver() {
        lab.submit(new CommitOffsets("g", -1, "", null, List.of(GroupLab.at(P0, 5)), Long.MAX_VALUE, false));
        lab.advance(GroupLab.LIMITS.retentionMs() * 2);
        assertEquals(new Fetched(ErrorCode.NONE, 5, 4, "m"), lab.fetch(P0, true));
    }

    @Test
    void anOffsetOfATopicThatWasMadeAnewDoesNotCount() {
        UUID before = new UUID(1, 1);
        UUID now = new UUID(2, 2);
        lab.submit(new CommitOffsets(
                "g", -1, "", null, List.of(new Offset(P0, before, 5, 4, "m")), -1, true));
        Map<TopicPartition, UUID> asked = new LinkedHashMap<>();
        asked.put(P0, now);
        Offsets found = (Offsets) lab.reply(lab.submit(new FetchOffsets("g", asked, false)));
        assertEquals(Fetched.NONE, found.partitions().get(P0));
        asked.put(P0, before);
        found = (Offsets) lab.reply(lab.submit(new FetchOffsets("g", asked, false)));
        assertEquals(FIVE, found.partitions().get(P0));
    }

    @Test
    void offsetsGoWithTheirTopic() {
        lab.commit(null, P0, 5);
        lab.commit(null, new TopicPartition("kept", 0), 5);
        lab.core.forgetTopics(new LinkedHashSet<>(List.of("in")), lab.nowMs, lab::perform);
        lab.settle();
        assertEquals(Fetched.NONE, lab.fetch(P0, true));
        assertEquals(FIVE, lab.fetch(new TopicPartition("kept", 0), true));
        replayAgrees();
    }
}
