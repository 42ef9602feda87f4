package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.TaskProgress;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import static io.chapar.broker.group.GroupLab.P0;
import static io.chapar.broker.group.GroupLab.P1;
import static io.chapar.broker.group.GroupLab.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// How much groups may leave in memory, and who is told what when it is too much.
final class GroupMemoryScenarios {
    private static final GroupLimits LIMITS = new GroupLimits(
            6_000, 1_800_000, 0, 300_000, 1_000, 100, 86_400_000, 600_000, 2, new GroupLimits.Size(2_000, 3, 7_000),
            GroupLimits.Consumer.DEFAULTS, GroupLimits.Streams.DEFAULTS, 1_000);

    private GroupLab lab(long budget) {
        return new GroupLab(LIMITS, new Budget("group.coordinator.max.bytes", budget));
    }

    private static Protocol saying(String name, int size) {
        return new Protocol(name, ByteBuffer.allocate(size));
    }

    private static Join join(String group, String memberId, Protocol... protocols) {
        return new Join(group, memberId, null, "app", "/127.0.0.1", 10_000, 60_000, "consumer", List.of(protocols),
                false, true);
    }

    private static CommitOffsets commit(String group, TopicPartition partition, String text) {
        return new CommitOffsets(group, -1, "", null,
                List.of(new Offset(partition, CommittedOffset.NO_TOPIC_ID, 1, -1, text)), -1, true);
    }

    @Test
    void aMemberThatSaysTooMuchIsRefused() {
        GroupLab lab = lab(100_000);
        assertEquals(ErrorCode.INVALID_REQUEST, lab.error(join("g", "", saying("range", 2_000))));
        assertEquals(ErrorCode.INVALID_REQUEST, lab.error(join("g", "", saying("a", 1), saying("b", 1),
                saying("c", 1), saying("d", 1))));
        assertEquals(0, lab.memory.used());
        assertEquals(ErrorCode.NONE, lab.error(join("g", "", saying("range", 1_500))));
        assertTrue(lab.memory.used() >= 1_500);
    }

    @Test
    void aGroupWhoseMembersSayTooMuchTakesNoMoreOfThem() {
        GroupLab lab = lab(100_000);
        Joined first = lab.joined(lab.submit(join("g", "", saying("range", 1_500))));
        long second = lab.submit(join("g", "", saying("range", 1_500)));
        long third = lab.submit(join("g", "", saying("range", 1_500)));
        assertEquals(ErrorCode.GROUP_MAX_SIZE_REACHED, lab.error(join("g", "", saying("range", 1_500))));
        lab.submit(join("g", first.memberId(), saying("range", 1_500)));
        assertEquals(ErrorCode.NONE, lab.joined(second).error());
        assertEquals(ErrorCode.NONE, lab.joined(third).error());
    }

    @Test
    void aLeaderThatSharesOutTooMuchIsTold() {
        GroupLab lab = lab(100_000);
        Joined leader = lab.joined(lab.submit(join("g", "", saying("range", 10))));
        SequencedMap<String, ByteBuffer> parts = new LinkedHashMap<>();
        parts.put(leader.memberId(), ByteBuffer.allocate(7_000));
        assertEquals(ErrorCode.GROUP_MAX_SIZE_REACHED, lab.error(new Sync(
                "g", leader.generation(), leader.memberId(), null, "consumer", "range", parts)));
        parts.put(leader.memberId(), ByteBuffer.allocate(5_000));
        assertEquals(ErrorCode.NONE, lab.error(new Sync(
                "g", leader.generation(), leader.memberId(), null, "consumer", "range", parts)));
        assertTrue(lab.memory.used() >= 10_000, "the part, in the group and in its record");
    }

    @Test
    void aFollowerThatSharesOutMoreThanCanBePassedOverIsRefused() {
        GroupLab lab = lab(100_000);
        Joined first = lab.joined(lab.submit(join("g", "", saying("range", 10))));
        long joining = lab.submit(join("g", "", saying("range", 10)));
        Joined leader = lab.joined(lab.submit(join("g", first.memberId(), saying("range", 10))));
        Joined follower = lab.joined(joining);
        SequencedMap<String, ByteBuffer> parts = new LinkedHashMap<>();
        parts.put(follower.memberId(), ByteBuffer.allocate(5_000));
        assertEquals(first.memberId(), leader.leader());
        assertEquals(ErrorCode.INVALID_REQUEST, lab.error(new Sync(
                "g", follower.generation(), follower.memberId(), null, "consumer", "range", parts)));
    }

    /// Sixty strangers, each with as much as it may say.
    @Test
    void newcomersBeyondTheBudgetAreToldToComeAgainAndMembersGoOn() {
        GroupLab lab = lab(20_000);
        Joined member = lab.joined(lab.submit(join("mine", "", saying("range", 100))));
        List<ErrorCode> errors = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            errors.add(lab.error(join("other" + i, "", saying("range", 1_500))));
        }
        assertEquals(ErrorCode.NONE, errors.getFirst());
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, errors.getLast());
        assertTrue(lab.memory.used() <= 20_000);
        assertTrue(lab.memory.refused() > 40);

        assertEquals(ErrorCode.NONE, lab.error(join("mine", member.memberId(), saying("range", 100))));
        lab.advance(60_000);
        assertEquals(ErrorCode.NONE, lab.error(join("late", "", saying("range", 1_500))));
    }

    @Test
    void offsetsBeyondTheBudgetAreRefusedAndPresentOnesAreReplaced() {
        GroupLab lab = lab(4_000);
        assertEquals(ErrorCode.NONE, lab.committed(lab.submit(commit("g", P0, "text")), P0));
        int fitted = 0;
        while (lab.committed(lab.submit(commit("g" + fitted, P0, "text")), P0) == ErrorCode.NONE) {
            fitted++;
        }
        assertTrue(fitted > 2 && fitted < 10, "" + fitted);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.committed(lab.submit(commit("new", P1, "text")), P1));
        assertEquals(ErrorCode.NONE, lab.committed(lab.submit(commit("g", P0, "text")), P0));
        assertEquals(ErrorCode.NONE, lab.error(new DeleteGroup("g0")));
        assertEquals(ErrorCode.NONE, lab.committed(lab.submit(commit("new", P1, "text")), P1));
    }

    @Test
    void theOffsetsOfOneGroupAreAQuarterOfTheBudgetAtTheMost() {
        GroupLab lab = lab(8_000);
        int fitted = 0;
        TopicPartition next = new TopicPartition("in", 0);
        ErrorCode error = lab.committed(lab.submit(commit("g", next, "")), next);
        while (error == ErrorCode.NONE) {
            fitted++;
            next = new TopicPartition("in", fitted);
            error = lab.committed(lab.submit(commit("g", next, "")), next);
        }
        assertEquals(ErrorCode.INVALID_COMMIT_OFFSET_SIZE, error);
        assertTrue(fitted > 4 && fitted < 10, "" + fitted);
    }

    @Test
    void whatWaitsForAnAppendCounts() {
        GroupLab lab = lab(10_000);
        lab.submit(commit("g", P0, "text"));
        lab.holdsAppends = true;
        lab.submit(new DeleteGroup("g"));
        List<Long> waiting = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            waiting.add(lab.submit(commit("g", P0, "x".repeat(100))));
        }
        assertTrue(lab.memory.used() <= 10_000);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.committed(waiting.getLast(), P0));
        lab.releaseAppends();
        assertEquals(ErrorCode.NONE, lab.committed(waiting.getFirst(), P0));
    }

    @Test
    void aBudgetThatWasLoweredKeepsNothingFromBeingLoaded() {
        GroupLab big = lab(100_000);
        big.submit(commit("g", P0, "text"));
        Joined member = big.joined(big.submit(join("m", "", saying("range", 1_500))));
        SequencedMap<String, ByteBuffer> parts = new LinkedHashMap<>();
        parts.put(member.memberId(), bytes("part"));
        big.submit(new Sync("m", member.generation(), member.memberId(), null, "consumer", "range", parts));
        GroupCoordinator small = big.replay(lab(500).memory);
        assertEquals(big.core.durableState(), small.durableState());
    }

    @Test
    void nothingIsCountedOfWhatIsGone() {
        GroupLab lab = lab(100_000);
        Joined member = lab.joined(lab.submit(join("g", "", saying("range", 1_500))));
        lab.submit(commit("h", P0, "text"));
        lab.commitTxn(5, null, P1, 1);
        lab.marker(5, false);
        lab.error(new GroupCommand.Leave("g", List.of(new GroupCommand.Leaver(member.memberId(), null))));
        lab.error(new DeleteGroup("g"));
        lab.error(new DeleteGroup("h"));
        assertEquals(0, lab.memory.used());
        lab.core.close();
        assertEquals(0, lab.memory.used());
    }

    private static GroupCommand.StreamsHeartbeat says(
            TestStreamsMember who, int tagBytes, Tasks owned, long... offsets) {
        SortedMap<TaskId, Long> progress = new TreeMap<>();
        for (int i = 0; i < offsets.length; i++) {
            progress.put(new TaskId("1", i), offsets[i]);
        }
        return new GroupCommand.StreamsHeartbeat("g", who.id, who.epoch, who.endpointEpoch, null, "app",
                "/127.0.0.1", new GroupCommand.StreamsSaid(null, -1, null, null, null,
                        tagBytes == 0 ? null : new TreeMap<>(Map.of("zone", "x".repeat(tagBytes)))),
                owned, offsets.length == 0 ? null : new TaskProgress(progress, new TreeMap<>()), false, true);
    }

    /// Whatever a member says when it is in already.
    @Test
    void whatMembersSayLaterIsHeldToTheBudgetToo() {
        GroupLab lab = new GroupLab(LIMITS.with(new GroupLimits.Size(10_000, 3, 100_000)),
                new Budget("group.coordinator.max.bytes", 20_000));
        lab.see(new GroupOutlook(TestStreamsMember.topics(2), _ -> GroupOutlook.OfGroup.DEFAULTS));
        TestStreamsMember one = new TestStreamsMember(lab, "one", "p1");
        assertEquals(ErrorCode.NONE, one.beat().error());
        for (int i = 0; lab.memory.used() < 19_000; i++) {
            lab.error(commit("filler" + i, P0, ""));
        }
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.error(says(one, 900, null)));
        assertEquals(ErrorCode.NONE, lab.error(says(one, 1, null)), "there is room for little");
        long used = lab.memory.used();
        assertTrue(used <= 20_000, () -> "used " + used);
        long[] many = new long[30];
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.error(says(one, 0, null, many)));
        assertEquals(ErrorCode.NONE, lab.error(says(one, 0, null, 1)));
        assertEquals(ErrorCode.NONE, lab.error(says(one, 0, one.owned)), "what it owns is not kept");
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE,
                lab.error(new GroupCommand.ConsumerHeartbeat("c", "m", 0, null, "r".repeat(800), "app", "/127.0.0.1",
                        1_000, new TreeSet<>(List.of("in")), null, null, List.of())));
    }

    /// One that goes on as it was is let go on, however full it is.
    @Test
    void membersThatOnlyReplaceGoOnWhenTheBudgetIsUsedUp() {
        GroupLab lab = new GroupLab(LIMITS.with(new GroupLimits.Size(10_000, 3, 100_000)),
                new Budget("group.coordinator.max.bytes", 20_000));
        lab.see(new GroupOutlook(TestStreamsMember.topics(2), _ -> GroupOutlook.OfGroup.DEFAULTS));
        TestStreamsMember one = new TestStreamsMember(lab, "one", "p1");
        one.beat();
        assertEquals(ErrorCode.NONE, lab.error(says(one, 300, null, 1, 2, 3)));
        for (int i = 0; i < 200; i++) {
            lab.error(commit("filler" + i, P0, ""));
        }
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.error(commit("one more", P0, "")));
        assertEquals(ErrorCode.NONE, lab.error(says(one, 300, one.owned, 4, 5, 6)));
    }

    private static TestTopics topics(int count, long version) {
        SortedMap<String, Integer> all = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            all.put("t" + (1_000 + i), 1);
        }
        return new TestTopics(all, Map.of(), version);
    }

    /// A few bytes of a member match every topic that there is, and those that come later.
    @Test
    void whatExpressionsMatchTakesNoMoreThanThereIs() {
        long budget = 40_000;
        GroupLab lab = lab(budget);
        lab.see(topics(3, 1), 0);
        List<TestConsumer> members = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            TestConsumer member = new TestConsumer(lab, "m" + i);
            member.regex = "t.*|x" + i;
            assertEquals(ErrorCode.NONE, member.beat().error());
            members.add(member);
        }
        lab.see(topics(100, 2), 0, topics(100, 2).partitions().keySet().toArray(String[]::new));
        lab.advance(2_000);
        assertTrue(lab.memory.used() <= budget + budget / 10, () -> lab.memory.used() + " bytes");
        assertTrue(lab.memory.refused() > 0);
        long refused = lab.memory.refused();
        lab.advance(5_000);
        assertEquals(refused, lab.memory.refused(), "it is not tried again and again");

        // What there was no room for is found when there is.
        members.subList(0, 5).forEach(one -> assertEquals(ErrorCode.NONE, one.leave(-1)));
        long before = lab.memory.used();
        TestConsumer last = members.getLast();
        for (long ms = 0; ms < ConsumerUpkeep.ROOM_MS; ms += 20_000) {
            lab.advance(20_000);
            assertEquals(ErrorCode.NONE, last.beat().error());
        }
        assertTrue(lab.memory.used() > before + 5_000, () -> before + " bytes, then " + lab.memory.used());
    }

    @Test
    void whoseExpressionMatchesMoreThanThereIsRoomForComesAgain() {
        GroupLab lab = lab(9_000);
        lab.see(topics(100, 1), 0);
        TestConsumer member = new TestConsumer(lab, "m");
        member.regex = "t.*";
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, member.beat().error());
        member.regex = "t100.*";
        assertEquals(ErrorCode.NONE, member.beat().error());
    }
}
