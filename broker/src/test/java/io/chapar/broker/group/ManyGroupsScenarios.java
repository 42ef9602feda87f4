package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Thousands of groups, and of offsets in one: what is done with all of them is done some a turn.
class ManyGroupsScenarios {
    private static final int TOMBSTONES = 1000;
    private static final GroupLimits LIMITS = new GroupLimits(
            6_000, 1_800_000, 0, 300_000, Integer.MAX_VALUE, 10, 86_400_000, 600_000, TOMBSTONES);

    private final GroupLab lab = new GroupLab(LIMITS, Budget.unbounded());

    private void commit(String group, int partitions, long retentionMs) {
        List<GroupCommand.Offset> offsets = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            offsets.add(GroupLab.at(new TopicPartition("in", i), 5));
        }
        lab.submit(new CommitOffsets(group, -1, "", null, offsets, retentionMs, false));
    }

    private int left() {
        return lab.core.list().size();
    }

    /// How many groups are left after each turn of one look at all of them.
    private List<Integer> leftAfterEachTurn() {
        lab.advance(LIMITS.retentionCheckMs() - 1);
        lab.nowMs = lab.core.nextDeadlineMs();
        List<Integer> left = new ArrayList<>();
        while (lab.core.nextDeadlineMs() <= lab.nowMs) {
            lab.core.tick(lab.nowMs, lab::perform);
            lab.settle();
            left.add(left());
        }
        return left;
    }

    @Test
    void aStartLooksAtSomeGroupsATurn() {
        int groups = 2 * GroupCoordinator.MOST_STARTED + 1;
        for (int i = 0; i < groups; i++) {
            commit("g" + i, 1, -1);
        }
        lab.restart();
        assertEquals(3, lab.starts);
        lab.advance(LIMITS.retentionMs() + 2 * LIMITS.retentionCheckMs());
        assertEquals(0, left(), "what was loaded expires as before");
    }

    @Test
    void offsetsOfManyGroupsExpireSomeATurn() {
        int perTurn = OffsetExpiry.LOOKS_PER_TURN / 2;
        int groups = 2 * perTurn + 1;
        for (int i = 0; i < groups; i++) {
            commit("g" + i, 1, 1);
        }
        commit("stays", 1, -1);
        List<Integer> left = leftAfterEachTurn();
        assertEquals(List.of(groups + 1 - perTurn, groups + 1 - 2 * perTurn, 1), left);
        assertTrue(lab.core.nextDeadlineMs() > lab.nowMs, "not again before the next look");
        assertEquals(lab.core.durableState(), lab.replay().durableState());
    }

    @Test
    void offsetsOfOneLargeGroupExpirePieceByPiece() {
        commit("large", 2 * OffsetExpiry.LOOKS_PER_TURN + 1, 1);
        commit("next", 1, 1);
        lab.holdsAppends = true;
        lab.advance(LIMITS.retentionCheckMs());
        int appended = lab.logSize();
        lab.commitNext();
        assertEquals(TOMBSTONES, lab.logSize() - appended, "at once, and nothing else while that is under way");
        lab.releaseAppends();
        List<Integer> left = new ArrayList<>();
        while (lab.core.nextDeadlineMs() <= lab.nowMs) {
            lab.core.tick(lab.nowMs, lab::perform);
            lab.settle();
            left.add(left());
        }
        assertEquals(2, left.size());
        assertEquals(0, left.getLast());
        assertEquals(lab.core.durableState(), lab.replay().durableState());
    }

    /// What cannot be written is tried again with the next look.
    @Test
    void aPieceThatCannotBeForgottenDoesNotHoldUpTheOthers() {
        commit("large", OffsetExpiry.LOOKS_PER_TURN + 1, 1);
        commit("next", 1, 1);
        lab.holdsAppends = true;
        lab.advance(LIMITS.retentionCheckMs());
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        lab.releaseAppends();
        lab.advance(1);
        assertEquals(1, left());
        lab.advance(2 * LIMITS.retentionCheckMs());
        assertEquals(0, left());
    }


    @Test
    void manyGroupsForgetADeletedTopicSomeATurn() {
        int groups = 2 * DeletedTopics.LOOKS_PER_TURN + 1;
        for (int i = 0; i < groups; i++) {
            commit("g" + i, 1, -1);
        }
        lab.core.forgetTopics(new LinkedHashSet<>(List.of("in")), lab.nowMs, lab::perform);
        List<Integer> left = new ArrayList<>();
        for (lab.settle(); lab.core.nextDeadlineMs() <= lab.nowMs; lab.settle()) {
            left.add(left());
            lab.core.tick(lab.nowMs, lab::perform);
        }
        assertEquals(List.of(1 + DeletedTopics.LOOKS_PER_TURN, 1), left);
        assertEquals(0, left());
        assertEquals(lab.core.durableState(), lab.replay().durableState());
    }

    /// The topic may have been made anew.
    @Test
    void whatAGroupCommitsBeforeItsTurnToForgetStays() {
        for (int i = 0; i < 2 * DeletedTopics.LOOKS_PER_TURN; i++) {
            commit("g" + i, 2, -1);
        }
        lab.core.forgetTopics(new LinkedHashSet<>(List.of("in")), lab.nowMs, lab::perform);
        commit("g999", 1, -1);
        commit("new", 1, -1);
        lab.advance(0);
        lab.advance(0);
        lab.settle();
        assertEquals(List.of("g999", "new"), lab.core.list().stream()
                .map(GroupCoordinator.ListedGroup::groupId).toList());
        GroupReply.Offsets kept = (GroupReply.Offsets) lab.reply(lab.submit(new FetchOffsets("g999", null, false)));
        assertEquals(1, kept.partitions().size(), "of two before");
        assertTrue(lab.core.nextDeadlineMs() > lab.nowMs);
    }
}
