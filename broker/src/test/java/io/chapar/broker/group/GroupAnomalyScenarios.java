package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is known to go wrong with offsets of groups whose members change.
class GroupAnomalyScenarios {
    private static final long PRODUCER = 7;

    private final TestTopics topics = new TestTopics(Map.of("in", 4));
    private final GroupLab lab = new GroupLab();

    GroupAnomalyScenarios() {
        lab.see(topics, 0);
    }

    private ErrorCode commitTxn(String memberId, int epoch, int partition) {
        TopicPartition where = new TopicPartition("in", partition);
        PerPartition reply = (PerPartition) lab.reply(lab.submit(new CommitTxnOffsets("g", PRODUCER, (short) 0, epoch,
                memberId, null, List.of(new Offset(where, TestTopics.id("in"), 9, -1, "")))));
        return reply.partitions().get(where);
    }

    private static int first(TreeSet<String> partitions) {
        return Integer.parseInt(partitions.first().substring(3));
    }

    /// it stood still for longer than its session in the middle of a transaction, and wakes up.
    @Test
    void aClassicMemberOfAGenerationGoneByCommitsNothingInATransaction() {
        Joined zombie = lab.twoMembers().getLast();
        assertEquals(ErrorCode.NONE, commitTxn(zombie.memberId(), zombie.generation(), 0));
        lab.marker(PRODUCER, true);
        assertEquals(9, lab.fetch(GroupLab.P0, true).offset());
        lab.advance(GroupLab.SESSION_MS + GroupLab.REBALANCE_MS);
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, commitTxn(zombie.memberId(), zombie.generation(), 0));
        long joins = lab.joinAsNew();
        lab.advance(6_000);
        Joined other = lab.joined(joins);
        assertTrue(other.generation() > zombie.generation());
        assertEquals(ErrorCode.ILLEGAL_GENERATION, commitTxn(other.memberId(), zombie.generation(), 0));
    }

    /// of two that were in, one stood still; the other has its partitions when it wakes up.
    @Test
    void aConsumerThatWasTakenForLostCommitsNothingInATransaction() {
        TestConsumer slow = new TestConsumer(lab, "slow", "in");
        TestConsumer other = new TestConsumer(lab, "other", "in");
        slow.beat();
        int partition = first(new TreeSet<>(slow.owned));
        int epoch = slow.epoch;
        assertEquals(ErrorCode.NONE, commitTxn("slow", epoch, partition));
        lab.marker(PRODUCER, false);
        for (int i = 0; i < 12; i++) {
            other.beat();
            lab.advance(5_000);
        }
        other.beat();
        assertEquals(4, other.owned.size());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, commitTxn("slow", epoch, partition));
        // It comes back, and another has what it had: its old epoch is of no use.
        slow.epoch = 0;
        slow.beat();
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, commitTxn("slow", epoch, partition));
    }

    /// a partition that moved is no longer its former owner's, whose epoch was right when it had it; one that
    /// stayed is, in the same epoch.
    @Test
    void whatMovedIsTheNewOwnersAndWhatStayedIsNot() {
        TestConsumer one = new TestConsumer(lab, "one", "in");
        TestConsumer two = new TestConsumer(lab, "two", "in");
        one.beat();
        int before = one.epoch;
        for (int i = 0; i < 4; i++) {
            two.beat();
            one.beat();
        }
        assertEquals(ErrorCode.NONE, commitTxn("one", before, first(new TreeSet<>(one.owned))));
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, commitTxn("one", before, first(new TreeSet<>(two.owned))));
        assertEquals(ErrorCode.NONE, commitTxn("two", two.epoch, first(new TreeSet<>(two.owned))));
    }

    /// A-34 (KAFKA-18060): who names neither member nor epoch, as clients of old do, is let in.
    @Test
    void whoNamesNobodyIsNotFenced() {
        TestConsumer one = new TestConsumer(lab, "one", "in");
        one.beat();
        assertEquals(ErrorCode.NONE, commitTxn("", -1, 0));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, commitTxn("nobody", -1, 0));
        assertEquals(ErrorCode.NONE, one.leave(Standing.LEAVE));
        assertEquals(ErrorCode.NONE, commitTxn("", -1, 0));
    }

    /// A-38, while a group changes its protocol: a classic member that was lost is fenced by its generation.
    @Test
    void aClassicMemberIsFencedAlsoAmongConsumers() {
        TestClassicConsumer classic = new TestClassicConsumer(lab, false, topics, "in");
        classic.step();
        lab.advance(6_000);
        classic.receive();
        TestConsumer other = new TestConsumer(lab, "other", "in");
        int generation = classic.generation;
        assertEquals(ErrorCode.NONE, commitTxn(classic.id, generation, 0));
        lab.marker(PRODUCER, true);
        for (int i = 0; i < 4; i++) {
            other.beat();
            lab.advance(5_000);
        }
        other.beat();
        assertEquals(4, other.owned.size());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, commitTxn(classic.id, generation, 0));
        assertEquals(9, lab.fetch(GroupLab.P0, true).offset());
    }
}
