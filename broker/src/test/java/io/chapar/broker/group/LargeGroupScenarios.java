package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupReply.Described;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ConsumerProtocolSubscription;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import static io.chapar.broker.group.GroupLab.P0;
import static io.chapar.broker.group.GroupLab.bytes;
import static io.chapar.broker.group.GroupLab.join;
import static io.chapar.broker.group.GroupLab.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Groups of thousands, and members that say much.
class LargeGroupScenarios {
    private static final GroupLimits LIMITS = new GroupLimits(
            6_000, 1_800_000, 3_000, 300_000, Integer.MAX_VALUE, 10, 86_400_000, 600_000, 2);

    private final GroupLab lab = new GroupLab(LIMITS, Budget.unbounded());

    private List<Joined> stableGroup(int members) {
        List<Long> joins = new ArrayList<>();
        for (int i = 0; i < members; i++) {
            joins.add(lab.joinAsNew());
        }
        lab.advance(6_000);
        List<Joined> joined = new ArrayList<>();
        joins.forEach(request -> joined.add(lab.joined(request)));
        joined.forEach(lab::sync);
        lab.syncAsLeader(joined.getFirst());
        assertEquals("Stable", lab.state());
        return joined;
    }

    @Test
    void sessionsThatEndTogetherEndInSeveralTurns() {
        int members = 2 * Membership.MAX_LOST_AT_ONCE + 100;
        stableGroup(members);
        lab.nowMs += GroupLab.SESSION_MS;
        List<Integer> left = new ArrayList<>();
        while (lab.core.nextDeadlineMs() <= lab.nowMs) {
            lab.core.tick(lab.nowMs, lab::perform);
            lab.settle();
            left.add(described().members().size());
        }
        assertEquals(
                List.of(members - Membership.MAX_LOST_AT_ONCE, members - 2 * Membership.MAX_LOST_AT_ONCE, 0), left);
        assertEquals("Empty", lab.state());
    }

    @Test
    void membersOfALargeGroupAreAnsweredInSeveralTurnsAndNothingChangesTheGroupMeanwhile() {
        int members = 2 * Answers.AT_ONCE + 100;
        List<Long> joins = new ArrayList<>();
        for (int i = 0; i < members; i++) {
            joins.add(lab.joinAsNew());
        }
        List<Long> answered = answeredInEachTurn(joins);
        assertEquals(List.of((long) Answers.AT_ONCE, 2L * Answers.AT_ONCE, (long) members),
                answered.subList(answered.size() - 3, answered.size()));

        List<Joined> joined = joins.stream().map(lab::joined).toList();
        List<Long> syncs = new ArrayList<>();
        joined.subList(1, members).forEach(one -> syncs.add(lab.sync(one)));
        syncs.add(lab.syncAsLeader(joined.getFirst()));
        assertEquals(Answers.AT_ONCE, answered(syncs));
        assertEquals("Stable", lab.state());
        long leaving = lab.submit(new GroupCommand.Leave(
                "g", List.of(new GroupCommand.Leaver(joined.getLast().memberId(), null))));
        assertNull(lab.reply(leaving));
        assertEquals(List.of(2L * Answers.AT_ONCE, (long) members), answeredInEachTurn(syncs));
        assertNotNull(lab.reply(leaving));
        assertEquals("PreparingRebalance", lab.state());
        syncs.forEach(one -> assertEquals(ErrorCode.NONE, lab.synced(one).error()));
    }

    private List<Long> answeredInEachTurn(List<Long> requests) {
        List<Long> answered = new ArrayList<>();
        while (answered(requests) < requests.size()) {
            lab.nowMs = Math.max(lab.nowMs, lab.core.nextDeadlineMs());
            lab.core.tick(lab.nowMs, lab::perform);
            answered.add(answered(requests));
        }
        return answered;
    }

    private long answered(List<Long> requests) {
        return requests.stream().filter(one -> lab.reply(one) != null).count();
    }

    @Test
    void whoIsHeardOfMeanwhileStays() {
        List<Joined> joined = stableGroup(Membership.MAX_LOST_AT_ONCE + 2);
        lab.nowMs += GroupLab.SESSION_MS;
        lab.core.tick(lab.nowMs, lab::perform);
        List<String> there = described().members().stream().map(GroupReply.DescribedMember::memberId).toList();
        Joined last = joined.stream().filter(one -> there.contains(one.memberId())).findAny().orElseThrow();
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.heartbeat(last));
        lab.advance(1);
        assertEquals(List.of(last.memberId()),
                described().members().stream().map(GroupReply.DescribedMember::memberId).toList());
    }

    @Test
    void aMemberIsReplayedAsItSaidLast() {
        long first = lab.submit(join("", "s", new Protocol("range", bytes("old"))));
        lab.advance(6_000);
        lab.syncAsLeader(lab.joined(first));
        long again = lab.submit(join(lab.joined(first).memberId(), "s", new Protocol("range", bytes("new"))));
        lab.syncAsLeader(lab.joined(again));
        lab.restart();
        assertEquals("new", text(described().members().getFirst().metadata()));
    }

    @Test
    void topicsThatAreTooManyAreNotKeptAndCountAsInUse() {
        assertEquals(ErrorCode.NONE, deletionWhereSubscribedTo(Subscriptions.MOST_TOPICS));
        assertEquals(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, deletionWhereSubscribedTo(Subscriptions.MOST_TOPICS + 1));
    }

    private ErrorCode deletionWhereSubscribedTo(int topics) {
        GroupLab fresh = new GroupLab(LIMITS, Budget.unbounded());
        WireWriter out = new WireWriter();
        out.int16((short) 0);
        ConsumerProtocolSubscription.builder().topics(Collections.nCopies(topics, "t")).build().write(out, (short) 0);
        ByteBuffer says = out.toBuffer();
        long request = fresh.joinAsNew(new Protocol("range", says));
        fresh.advance(6_000);
        fresh.syncAsLeader(fresh.joined(request));
        fresh.commit(fresh.joined(request), P0, 7);
        return fresh.committed(fresh.submit(new GroupCommand.DeleteOffsets("g", List.of(P0))), P0);
    }

    private Described described() {
        Described all = (Described) lab.reply(lab.submit(new GroupCommand.Describe("g")));
        assertTrue(all.error() == ErrorCode.NONE, () -> "described " + all);
        return all;
    }

    private static TestTopics topics(int count) {
        SortedMap<String, Integer> all = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            all.put("t" + (1_000 + i), 1);
        }
        return new TestTopics(all);
    }

    /// Members that want different things, each of many topics.
    private List<TestConsumer> consumers(int count) {
        List<TestConsumer> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            TestConsumer one = new TestConsumer(lab, "m" + (1_000 + i));
            one.regex = i % 2 == 0 ? "t.*" : "t.*|x";
            all.add(one);
        }
        return all;
    }

    @Test
    void whatTakesLongIsWorkedOutBesideTheLoopAndNothingChangesTheGroupMeanwhile() {
        int topics = 400;
        lab.see(topics(topics), 0);
        int many = (int) ConsumerUpkeep.SHARED_AT_ONCE / topics;
        List<TestConsumer> members = consumers(many + 10);
        members.subList(0, many - 10).forEach(one -> assertEquals(ErrorCode.NONE, one.beat().error()));

        lab.holdsWorks = true;
        List<Long> asked = members.subList(many - 10, many + 10).stream().map(TestConsumer::send).toList();
        assertEquals(1, lab.works.size());
        long left = asked.stream().filter(request -> lab.reply(request) == null).count();
        assertTrue(left > 0 && left < asked.size(), () -> left + " wait");
        long deleted = lab.submit(new GroupCommand.DeleteGroup("g"));
        assertNull(lab.reply(deleted));
        lab.advance(5_000);
        assertEquals(1, lab.works.size(), "one at a time");

        lab.holdsWorks = false;
        lab.settle();
        asked.forEach(request -> assertNotNull(lab.reply(request)));
        assertNotNull(lab.reply(deleted));
        lab.advance(5_000);
        int partitions = 0;
        for (int round = 0; round < 4; round++) {
            partitions = 0;
            for (TestConsumer one : members) {
                one.sayAll();
                GroupReply.Beat beat = one.beat();
                assertEquals(ErrorCode.NONE, beat.error());
                partitions += beat.assignment().size();
            }
        }
        assertEquals(topics, partitions);
    }

    @Test
    void whatIsBeingWorkedOutWhenTheCoordinatorIsLostIsWorkedOutAnew() {
        lab.see(topics(400), 0);
        List<TestConsumer> members = consumers((int) ConsumerUpkeep.SHARED_AT_ONCE / 400 + 10);
        lab.holdsWorks = true;
        members.forEach(TestConsumer::send);
        assertEquals(1, lab.works.size());
        lab.holdsWorks = false;
        lab.restart();
        lab.advance(5_000);
        assertTrue(lab.works.isEmpty());
        GroupReply.ConsumersDescribed described = (GroupReply.ConsumersDescribed) lab.reply(
                lab.submit(new GroupCommand.DescribeConsumers("g")));
        assertEquals(described.epoch(), described.targetEpoch());
    }

    /// What it was given it says that it has; the bound of what is kept of a member is not meant.
    @Test
    void aMemberMaySayAllThatItWasGiven() {
        int many = 20_000;
        SortedMap<String, Integer> all = new TreeMap<>();
        for (int i = 0; i < many; i++) {
            all.put("t" + (100_000 + i), 1);
        }
        lab.see(new TestTopics(all), 0);
        TestConsumer one = new TestConsumer(lab, "m");
        one.regex = "t.*";
        for (int round = 0; round < 2; round++) {
            assertEquals(ErrorCode.NONE, one.beat().error(), one.last::message);
            lab.advance(1_000);
        }
        assertEquals(many, one.owned.size());
        one.regex = "t.*|x";
        one.sayAll();
        assertEquals(ErrorCode.NONE, one.beat().error(), one.last::message);
    }
}
