package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.broker.group.consumer.Assignors;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import static io.chapar.broker.group.GroupLab.P0;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The consumer protocol on virtual time: who has what, from when, until when.
class ConsumerGroupScenarios {
    private static final int SESSION_MS = 45_000;
    private static final GroupLimits LIMITS = GroupLab.LIMITS.with(
            new GroupLimits.Consumer(3, new Assignors(List.of("uniform", "range"))));

    private final GroupLab lab = new GroupLab(LIMITS);
    private TestTopics topics = new TestTopics(Map.of("in", 4, "other", 2));
    private final TestConsumer a;
    private final TestConsumer b;

    ConsumerGroupScenarios() {
        lab.see(topics, 0);
        a = new TestConsumer(lab, "a", "in");
        b = new TestConsumer(lab, "b", "in");
    }

    private void change(String topic, int partitions) {
        topics = topics.with(topic, partitions);
        lab.see(topics, 0, topic);
        lab.advance(0);
    }

    private ConsumersDescribed described() {
        return (ConsumersDescribed) lab.reply(lab.submit(new DescribeConsumers("g")));
    }

    private String state() {
        ConsumersDescribed described = described();
        return described.error() == ErrorCode.NONE ? described.state() : described.error().name();
    }

    /// Both have been told all there is.
    private void settle(TestConsumer... members) {
        for (int i = 0; i < 4; i++) {
            for (TestConsumer member : members) {
                assertEquals(ErrorCode.NONE, member.beat().error());
            }
        }
        assertEquals("Stable", state());
    }

    @Test
    void theFirstMemberHasAllWithItsFirstAnswer() {
        Beat beat = a.beat();
        assertEquals(ErrorCode.NONE, beat.error());
        assertEquals(1, beat.memberEpoch());
        assertEquals(5_000, beat.heartbeatMs());
        assertEquals(Set.of("in-0", "in-1", "in-2", "in-3"), a.owned);
        assertEquals("Stable", state());
        assertNull(a.beat().assignment(), "nothing has changed");
    }

    @Test
    void aPartitionIsGrantedOnlyWhenItsOwnerHasGivenItUp() {
        a.beat();
        b.beat();
        assertEquals(Set.of(), b.owned);
        assertEquals(2, b.epoch);
        assertEquals("Reconciling", state());
        assertEquals(1, a.beat().memberEpoch(), "it has to give up before it comes to the next epoch");
        assertEquals(2, a.owned.size());
        b.beat();
        assertEquals(Set.of(), b.owned, "it was told, and has not said that it did");
        assertEquals(2, a.beat().memberEpoch());
        b.beat();
        assertEquals(2, b.owned.size());
        Set<String> all = new TreeSet<>(a.owned);
        all.addAll(b.owned);
        assertEquals(4, all.size());
        assertEquals("Stable", state());
    }

    @Test
    void whatAMemberLeavesIsTheOthersWithTheirNextHeartbeat() {
        a.beat();
        settle(b, a);
        assertEquals(ErrorCode.NONE, b.leave(Standing.LEAVE));
        a.beat();
        assertEquals(4, a.owned.size());
        assertEquals("Stable", state());
        assertEquals(ErrorCode.NONE, a.leave(Standing.LEAVE));
        assertEquals("Empty", state());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, a.leave(Standing.LEAVE));
    }

    @Test
    void aSilentMemberIsFencedAndItsPartGoesToTheOthers() {
        a.beat();
        settle(b, a);
        lab.advance(SESSION_MS - 1_000);
        a.beat();
        lab.advance(2_000);
        a.beat();
        assertEquals(4, a.owned.size());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, b.beat().error());
        assertEquals(ErrorCode.NONE, b.beat().error());
    }

    @Test
    void whoDoesNotGiveUpInTimeIsFenced() {
        a.beat();
        b.beat();
        a.beat();
        ConsumerHeartbeat silent = new ConsumerHeartbeat(
                "g", "a", 1, null, null, "app", "/127.0.0.1", -1, null, null, null, null);
        for (int i = 0; i < 3; i++) {
            lab.advance(TestConsumer.REBALANCE_MS / 4);
            assertEquals(ErrorCode.NONE, lab.error(silent), "it shows up, and says nothing of its partitions");
            b.beat();
        }
        assertEquals(0, b.owned.size());
        lab.advance(TestConsumer.REBALANCE_MS / 4);
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.error(silent));
        b.beat();
        assertEquals(4, b.owned.size());
    }

    @Test
    void anAnswerThatWasLostIsGivenAgain() {
        a.beat();
        settle(b, a);
        b.leave(Standing.LEAVE);
        int before = a.epoch;
        lab.submit(a.next());
        a.lose();
        Beat again = a.beat();
        assertEquals(ErrorCode.NONE, again.error());
        assertTrue(again.memberEpoch() > before);
        assertEquals(4, a.owned.size());
    }

    @Test
    void whoSpeaksOfAnotherEpochIsFenced() {
        a.beat();
        settle(b, a);
        a.epoch++;
        assertEquals(ErrorCode.FENCED_MEMBER_EPOCH, a.beat().error());
        assertEquals(ErrorCode.NONE, a.beat().error(), "it comes back under its name");
        settle(b, a);
        assertEquals(2, a.owned.size());
    }

    /// a member may commit for what it has had since, whatever epoch came meanwhile, and for nothing else.
    @Test
    void commitsAreFencedByEpochAndByPartition() {
        a.beat();
        assertEquals(ErrorCode.NONE, a.commit("in", 0, 1));
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, a.commit("in", 0, 2));
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, a.commit("in", 0, 0));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, b.commit("in", 0, 1));
        b.beat();
        a.beat();
        String given = new TreeSet<>(Set.of("in-0", "in-1", "in-2", "in-3")).stream()
                .filter(one -> !a.owned.contains(one)).findFirst().orElseThrow();
        int gone = Integer.parseInt(given.substring(3));
        assertEquals(ErrorCode.NONE, a.commit("in", gone, 1), "it is giving it up, and still has it");
        settle(b, a);
        assertEquals(2, a.epoch);
        int kept = Integer.parseInt(a.owned.first().substring(3));
        assertEquals(ErrorCode.NONE, a.commit("in", kept, 1), "it has had it since");
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, a.commit("in", gone, 1), "it is another's");
        assertEquals(ErrorCode.NONE, b.commit("in", gone, 2));
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, b.commit("in", gone, 1));
    }

    @Test
    void clientsThatAreNoMembersMayCommitWhileNobodyIs() {
        a.beat();
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.committed(lab.commit(null, P0, 3), P0));
        a.leave(Standing.LEAVE);
        assertEquals(ErrorCode.NONE, lab.committed(lab.commit(null, P0, 3), P0));
        assertEquals(3, lab.fetch(P0, false).offset());
    }

    @Test
    void aStaticMemberComesBackToItsPart() {
        a.as("one").beat();
        settle(b, a);
        Set<String> had = Set.copyOf(a.owned);
        int epoch = described().epoch();
        assertEquals(ErrorCode.NONE, a.leave(Standing.AWAY));
        TestConsumer other = new TestConsumer(lab, "a2", "in").as("one");
        b.beat();
        assertEquals(2, b.owned.size(), "its part is kept for it");
        assertEquals(ErrorCode.NONE, other.beat().error());
        assertEquals(had, other.owned);
        assertEquals(epoch, described().epoch(), "nobody else notices");
        assertEquals(ErrorCode.FENCED_INSTANCE_ID, fencedUnder("a"));
        assertEquals(ErrorCode.UNRELEASED_INSTANCE_ID,
                new TestConsumer(lab, "a3", "in").as("one").beat().error());
    }

    private ErrorCode fencedUnder(String id) {
        return lab.error(new ConsumerHeartbeat(
                "g", id, 2, "one", null, "app", "/127.0.0.1", -1, null, null, null, null));
    }

    @Test
    void aStaticMemberThatStaysAwayLosesItsPart() {
        a.as("one").beat();
        settle(b, a);
        a.leave(Standing.AWAY);
        for (int i = 0; i < 10; i++) {
            lab.advance(5_000);
            b.beat();
        }
        assertEquals(4, b.owned.size());
    }

    @Test
    void anAdministratorRemovesAStaticMember() {
        a.as("one").beat();
        b.beat();
        Left left = (Left) lab.reply(lab.submit(new GroupCommand.Leave("g", List.of(
                new GroupCommand.Leaver("", "one"), new GroupCommand.Leaver("b", null)))));
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID), left.members());
        b.beat();
        assertEquals(4, b.owned.size());
    }

    @Test
    void topicsThatGrowComeOrGoAreSharedOutAnew() {
        a.topics = new TreeSet<>(List.of("in", "late"));
        a.beat();
        assertEquals(4, a.owned.size());
        change("in", 6);
        a.beat();
        assertEquals(6, a.owned.size());
        change("late", 1);
        a.beat();
        assertTrue(a.owned.contains("late-0"));
        change("in", 0);
        a.beat();
        a.beat();
        assertEquals(Set.of("late-0"), a.owned);
        change("unrelated", 3);
        assertEquals(described().epoch(), a.epoch);
    }

    @Test
    void anExpressionFollowsTheTopicsThatMatch() {
        a.topics = new TreeSet<>();
        a.regex = "(in|l.*)";
        a.beat();
        assertEquals(Set.of("in-0", "in-1", "in-2", "in-3"), a.owned);
        change("late", 2);
        a.beat();
        assertEquals(6, a.owned.size());
        a.regex = "late";
        a.sayAll();
        a.beat();
        a.beat();
        assertEquals(Set.of("late-0", "late-1"), a.owned);
        a.regex = "(";
        a.sayAll();
        Beat refused = a.beat();
        assertEquals(ErrorCode.INVALID_REGULAR_EXPRESSION, refused.error());
        assertNotNull(refused.message());
    }

    /// A member that unsubscribes gives up at once what others may wait for.
    @Test
    void aSubscriptionThatChangesIsFollowed() {
        a.topics = new TreeSet<>(List.of("in", "other"));
        a.beat();
        settle(b, a);
        a.topics = new TreeSet<>(List.of("other"));
        a.sayAll();
        a.beat();
        settle(b, a);
        assertEquals(Set.of("other-0", "other-1"), a.owned);
        assertEquals(4, b.owned.size());
    }

    @Test
    void targetsOfManyJoinsAreWorkedOutTogether() {
        GroupLab slow = new GroupLab(LIMITS);
        slow.see(topics, 1_000);
        TestConsumer first = new TestConsumer(slow, "a", "in");
        TestConsumer second = new TestConsumer(slow, "b", "in");
        first.beat();
        slow.advance(1);
        second.beat();
        first.beat();
        assertEquals(4, first.owned.size());
        ConsumersDescribed described = (ConsumersDescribed) slow.reply(slow.submit(new DescribeConsumers("g")));
        assertEquals("Assigning", described.state());
        slow.advance(1_000);
        first.beat();
        first.beat();
        second.beat();
        assertEquals(2, second.owned.size());
    }

    @Test
    void theAssignorThatMostMembersPreferIsTaken() {
        a.assignor = "range";
        a.topics = new TreeSet<>(List.of("in", "other"));
        b.topics = a.topics;
        b.assignor = "range";
        a.beat();
        settle(b, a);
        assertEquals("range", described().assignor());
        assertEquals(Set.of("in-0", "in-1", "other-0"), a.owned);
        a.assignor = "none";
        a.sayAll();
        assertEquals(ErrorCode.UNSUPPORTED_ASSIGNOR, a.beat().error());
    }

    @Test
    void whatMakesNoSenseIsRefusedWithTheReason() {
        List<Owned3> wrong = List.of(
                new Owned3("", 0, null), new Owned3("x", -3, null), new Owned3("x", 0, ""), new Owned3("x", -2, null));
        for (Owned3 one : wrong) {
            Beat refused = (Beat) lab.reply(lab.submit(new ConsumerHeartbeat("g", one.id, one.epoch, one.instance, null,
                    "app", "/h", 1, new TreeSet<>(Set.of("in")), null, null, List.of())));
            assertEquals(ErrorCode.INVALID_REQUEST, refused.error(), one.toString());
            assertNotNull(refused.message());
        }
        assertEquals(ErrorCode.INVALID_REQUEST, lab.error(new ConsumerHeartbeat(
                "g", "x", 0, null, null, "app", "/h", 1, null, null, null, List.of())), "no subscription");
        assertEquals(ErrorCode.INVALID_REQUEST, lab.error(new ConsumerHeartbeat(
                "g", "x", 0, null, null, "app", "/h", 1, new TreeSet<>(), null, null, null)), "no owned partitions");
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, lab.error(new ConsumerHeartbeat(
                "g", "x", 1, null, null, "app", "/h", 1, null, null, null, null)));
        assertEquals("GROUP_ID_NOT_FOUND", state(), "nothing came into being");
    }

    private record Owned3(String id, int epoch, String instance) {}

    @Test
    void membersAreBounded() {
        a.beat();
        b.beat();
        new TestConsumer(lab, "c", "in").beat();
        assertEquals(ErrorCode.GROUP_MAX_SIZE_REACHED, new TestConsumer(lab, "d", "in").beat().error());
        assertEquals(ErrorCode.NONE, b.beat().error());
        a.topics = new TreeSet<>(Set.of("x".repeat(600_000)));
        a.sayAll();
        assertEquals(ErrorCode.INVALID_REQUEST, a.beat().error());
    }

    @Test
    void aGroupWithoutMembersTakesTheProtocolOfTheFirstThatComes() {
        GroupLab quick = new GroupLab(GroupLab.withoutDelay());
        quick.see(topics, 0);
        quick.commit(null, P0, 7);
        TestConsumer one = new TestConsumer(quick, "a", "in");
        assertEquals(ErrorCode.NONE, one.beat().error());
        assertEquals("GROUP_ID_NOT_FOUND", quick.state(), "it is not a classic group any more");
        assertEquals(7, quick.fetch(P0, false).offset());
        assertEquals(ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
                quick.joined(quick.submit(GroupLab.join("", "static"))).error());
        one.leave(Standing.LEAVE);
        Joined classic = quick.joined(quick.joinAsNew());
        assertEquals(ErrorCode.NONE, classic.error());
        quick.syncAsLeader(classic);
        assertEquals("Stable", quick.state());
        assertEquals(7, quick.fetch(P0, false).offset());
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, one.beat().error());
        assertEquals(ErrorCode.NONE, quick.leave(classic));
        assertEquals(ErrorCode.NONE, one.beat().error());
        assertEquals(4, one.owned.size());
        assertEquals(7, quick.fetch(P0, false).offset());
        assertEquals(quick.replay().durableState(), quick.core.durableState());
    }

    @Test
    void aGroupIsDeletedWhenNobodyIsInIt() {
        a.beat();
        a.commit("in", 0, 1);
        assertEquals(ErrorCode.NON_EMPTY_GROUP, lab.error(new DeleteGroup("g")));
        a.leave(Standing.LEAVE);
        assertEquals(ErrorCode.NONE, lab.error(new DeleteGroup("g")));
        assertEquals("GROUP_ID_NOT_FOUND", state());
        assertEquals(-1, lab.fetch(P0, false).offset());
        assertEquals(new GroupLab(LIMITS).core.durableState(), lab.replay().durableState());
    }

    @Test
    void offsetsExpireWhereNobodySubscribes() {
        a.beat();
        a.commit("in", 0, 1);
        for (int i = 0; i < 25; i++) {
            lab.advance(SESSION_MS / 2);
            a.beat();
        }
        lab.advance(86_400_000);
        assertEquals("GROUP_ID_NOT_FOUND", state(), "the member is long gone, and so is the offset");
    }

    @Test
    void aSuccessorKnowsAllAndGivesEverybodyASession() {
        a.beat();
        settle(b, a);
        String before = lab.core.durableState();
        lab.restart();
        assertEquals(before, lab.core.durableState());
        a.beat();
        b.beat();
        assertNull(b.last.assignment());
        lab.advance(SESSION_MS - 1);
        assertEquals("Stable", state());
        lab.advance(2);
        assertEquals("Empty", state());
    }

    @Test
    void aSuccessorSeesWhatHappenedToTopicsMeanwhile() {
        a.beat();
        topics = topics.with("in", 5);
        lab.see(topics, 0);
        lab.restart();
        lab.advance(0);
        a.beat();
        assertEquals(5, a.owned.size());
    }

    @Test
    void whatCannotBeWrittenIsTriedAgain() {
        a.beat();
        lab.holdsAppends = true;
        long join = b.send();
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, b.take(join).error());
        lab.holdsAppends = false;
        settle(b, a);
        lab.holdsAppends = true;
        lab.advance(SESSION_MS + 1);
        assertTrue(lab.isHolding(), "both are taken for lost");
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals("Stable", state());
        lab.releaseAppends();
        lab.advance(2_000);
        assertEquals("Empty", state());
    }
}
