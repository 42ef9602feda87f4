package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupOutlook.OfGroup;
import io.chapar.broker.group.GroupOutlook.OfStreamsGroup;
import io.chapar.broker.group.GroupReply.EndpointTasks;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.GroupReply.StreamsDescribed;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.streams.StatusCode;
import io.chapar.broker.group.streams.StreamsMember.Endpoint;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import io.chapar.broker.group.streams.TaskConfig;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The streams group protocol as members live it.
class StreamsGroupScenarios {
    private static final long BEHIND = 1_000_000;

    private final GroupLab lab = new GroupLab(GroupLab.withoutDelay());
    private final TestStreamsMember one = new TestStreamsMember(lab, "one", "p1");
    private final TestStreamsMember two = new TestStreamsMember(lab, "two", "p2");

    StreamsGroupScenarios() {
        see(TestStreamsMember.topics(2), 0, TaskConfig.DEFAULTS);
    }

    private void see(TestTopics topics, int delayMs, TaskConfig tasks, String... changed) {
        OfStreamsGroup settings = new OfStreamsGroup(new OfGroup(45_000, 5_000, 0), delayMs, 60_000, tasks);
        lab.see(new GroupOutlook(topics, _ -> OfGroup.DEFAULTS, _ -> settings), changed);
        lab.advance(0);
    }

    private static TaskConfig tasks(int standbys, int warmups) {
        return new TaskConfig(standbys, warmups, 10_000, List.of());
    }

    private StreamsDescribed described() {
        return (StreamsDescribed) lab.reply(lab.submit(new DescribeStreams("g")));
    }

    private static List<StatusCode> statuses(StreamsBeat beat) {
        return beat.statuses().stream().map(one -> one.status()).toList();
    }

    private static Set<TaskId> runs(TestStreamsMember member) {
        return member.owned.active().keySet();
    }

    @Test
    void theFirstMemberRunsAll() {
        StreamsBeat beat = one.beat();
        assertEquals(ErrorCode.NONE, beat.error());
        assertEquals(List.of(), beat.statuses());
        assertEquals(4, runs(one).size());
        assertEquals("Stable", described().state());
    }

    @Test
    void tasksWaitForMembersThatComeTogether() {
        see(TestStreamsMember.topics(2), 3_000, TaskConfig.DEFAULTS);
        assertEquals(List.of(StatusCode.ASSIGNMENT_DELAYED), statuses(one.beat()));
        assertEquals(3_000, one.last.heartbeatMs(), "it is to come when it will have something");
        assertEquals(1, one.epoch, "it is in, and need not join again");
        two.beat();
        assertEquals("Assigning", described().state());
        lab.advance(3_000);
        one.beat();
        two.beat();
        assertEquals(2, runs(one).size());
        assertEquals(2, runs(two).size());
    }

    @Test
    void aTaskIsGrantedWhenItIsGivenUpElsewhere() {
        see(TestStreamsMember.topics(2), 0, tasks(0, 0));
        one.beat();
        two.beat();
        assertEquals(0, runs(two).size());
        one.beat();
        assertEquals(2, runs(one).size());
        two.beat();
        assertEquals(0, runs(two).size(), "the other has not said that it is done");
        one.beat();
        two.beat();
        assertEquals(2, runs(two).size());
        assertEquals("Stable", described().state());
    }

    @Test
    void whoDoesNotGiveUpInTimeIsFenced() {
        see(TestStreamsMember.topics(2), 0, tasks(0, 0));
        one.beat();
        two.beat();
        one.beat();
        int epoch = one.epoch;
        for (int i = 0; i < 5; i++) {
            lab.advance(TestStreamsMember.REBALANCE_MS / 4);
            two.beat();
        }
        assertEquals(4, runs(two).size());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, one.commit("in", 0, epoch));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, one.beat().error());
    }

    @Test
    void whoIsSilentForASessionIsOut() {
        one.beat();
        lab.advance(45_001);
        assertEquals("Empty", described().state());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, one.beat().error());
        assertEquals(ErrorCode.NONE, one.beat().error());
        assertEquals(4, runs(one).size());
    }

    @Test
    void commitsAreHeldToTheEpochSinceWhichATaskIsRun() {
        see(TestStreamsMember.topics(2), 0, tasks(0, 0));
        one.beat();
        int first = one.epoch;
        assertEquals(ErrorCode.NONE, one.commit("in", 0, first));
        two.beat();
        one.beat();
        one.beat();
        two.beat();
        assertTrue(one.epoch > first);
        TaskId kept = runs(one).stream().filter(task -> task.subtopology().equals("0")).findFirst().orElseThrow();
        assertEquals(ErrorCode.NONE, one.commit("in", kept.partition(), first), "it has run it since then");
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, one.commit("in", 1 - kept.partition(), first));
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, one.commit("in", 0, one.epoch + 1));
        assertEquals(ErrorCode.STALE_MEMBER_EPOCH, two.commit("in", 1 - kept.partition(), first));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, new TestStreamsMember(lab, "x", "p").commit("in", 0, 1));
    }

    @Test
    void topicsOfTheApplicationAreAskedForOnceASecond() {
        see(new TestTopics(Map.of("in", 3)), 0, TaskConfig.DEFAULTS);
        StreamsBeat beat = one.beat();
        assertEquals(List.of(StatusCode.MISSING_INTERNAL_TOPICS), statuses(beat));
        assertEquals(Map.of("app-changelog", 3, "app-repartition", 3), beat.missing().stream().collect(
                Collectors.toMap(InternalTopic::name, InternalTopic::partitions)));
        assertEquals("NotReady", described().state());
        assertEquals(List.of(), two.beat().missing());
        lab.advance(1_000);
        assertEquals(2, one.beat().missing().size());
        see(TestStreamsMember.topics(3), 0, TaskConfig.DEFAULTS, "app-repartition", "app-changelog");
        one.beat();
        two.beat();
        assertEquals(6, runs(one).size() + runs(two).size());
    }

    @Test
    void missingSourcesAndWrongNumbersAreTold() {
        see(TestStreamsMember.topics(2).with("in", 0), 0, TaskConfig.DEFAULTS);
        assertEquals(List.of(StatusCode.MISSING_SOURCE_TOPICS), statuses(one.beat()));
        assertEquals("Source topics in are missing.", one.last.statuses().getFirst().detail());
        see(TestStreamsMember.topics(2).with("app-changelog", 5), 0, TaskConfig.DEFAULTS, "in", "app-changelog");
        assertEquals(List.of(StatusCode.INCORRECTLY_PARTITIONED_TOPICS), statuses(one.beat()));
        assertEquals(0, runs(one).size());
        see(TestStreamsMember.topics(2), 0, TaskConfig.DEFAULTS, "app-changelog");
        one.beat();
        assertEquals(4, runs(one).size());
    }

    @Test
    void aTaskWithStateMovesWhenItsStateIsThere() {
        see(TestStreamsMember.topics(2), 0, tasks(0, 1));
        one.beat();
        two.lags = new TreeMap<>();
        two.beat();
        TaskId moving = two.owned.warmup().first();
        assertEquals("1", moving.subtopology());
        one.beat();
        one.beat();
        two.beat();
        assertEquals(3, runs(one).size(), "the one without state has moved");
        assertTrue(runs(one).contains(moving));
        two.lags.put(moving, BEHIND);
        two.beat();
        lab.advance(0);
        one.beat();
        assertTrue(runs(one).contains(moving), "it is far behind");
        two.lags.put(moving, 10_000L);
        two.beat();
        lab.advance(0);
        one.beat();
        two.beat();
        one.beat();
        two.beat();
        assertTrue(runs(two).contains(moving));
        assertEquals(Set.of(), two.owned.warmup());
    }

    @Test
    void standbyTasksTakeOver() {
        see(TestStreamsMember.topics(2), 0, tasks(1, 2));
        one.beat();
        two.beat();
        for (int i = 0; i < 4; i++) {
            for (TestStreamsMember member : List.of(one, two)) {
                member.lags = new TreeMap<>();
                member.owned.standby().forEach(task -> member.lags.put(task, 0L));
                member.owned.warmup().forEach(task -> member.lags.put(task, 0L));
                member.beat();
                lab.advance(0);
            }
        }
        assertEquals(1, one.owned.standby().size());
        assertEquals(1, two.owned.standby().size());
        TaskId copy = two.owned.standby().first();
        assertTrue(runs(one).contains(copy));
        one.leave(Standing.LEAVE);
        two.beat();
        two.beat();
        assertEquals(4, runs(two).size());
        assertEquals(0, two.owned.standby().size());
    }

    @Test
    void aStaticMemberComesBackToItsTasks() {
        see(TestStreamsMember.topics(2), 0, tasks(0, 0));
        one.as("instance").beat();
        two.beat();
        one.beat();
        one.beat();
        two.beat();
        Set<TaskId> had = Set.copyOf(runs(one));
        int epoch = described().epoch();
        assertEquals(ErrorCode.NONE, one.leave(Standing.AWAY));
        TestStreamsMember back = new TestStreamsMember(lab, "again", "p1").as("instance");
        assertEquals(ErrorCode.NONE, back.beat().error());
        assertEquals(had, runs(back));
        assertEquals(epoch, described().epoch(), "nobody else notices");
        assertEquals(ErrorCode.UNRELEASED_INSTANCE_ID,
                new TestStreamsMember(lab, "thief", "p1").as("instance").beat().error());
    }

    @Test
    void anotherTopologyIsRefusedWhileSomebodyIsIn() {
        one.beat();
        two.topology = new StreamsTopology(0, List.of(new Subtopology("0", TestStreamsMember.names("in"),
                TestStreamsMember.names(), List.of(), List.of(), List.of())));
        assertEquals(ErrorCode.INVALID_REQUEST, two.beat().error());
        one.leave(Standing.LEAVE);
        assertEquals(ErrorCode.NONE, two.beat().error());
        assertEquals(2, runs(two).size());
    }

    @Test
    void aMemberOfAnEarlierTopologyIsToldSoAndGetsNothing() {
        one.topology = new StreamsTopology(1, TestStreamsMember.TOPOLOGY.subtopologies());
        one.beat();
        two.beat();
        lab.advance(0);
        assertEquals(List.of(StatusCode.STALE_TOPOLOGY), statuses(two.beat()));
        one.beat();
        assertEquals(4, runs(one).size());
        assertEquals(0, runs(two).size());
    }

    @Test
    void everybodyIsToldWhereToAsk() {
        see(TestStreamsMember.topics(2), 0, tasks(0, 0));
        one.endpoint = new Endpoint("here", 1);
        one.beat();
        EndpointTasks told = one.last.endpoints().getFirst();
        assertEquals("here", told.endpoint().host());
        assertEquals(Map.of("in", List.of(0, 1), "app-repartition", List.of(0, 1)), told.active());
        assertNull(one.beat().endpoints(), "nothing has changed");
        two.beat();
        assertFalse(one.beat().endpoints().isEmpty());
    }

    @Test
    void oneMemberMayEndAll() {
        one.beat();
        two.beat();
        long request = lab.submit(new GroupCommand.StreamsHeartbeat("g", "one", one.epoch, 0, null, "app",
                "/127.0.0.1", GroupCommand.StreamsSaid.NOTHING, null, null, true, true));
        assertEquals(ErrorCode.NONE, lab.reply(request).error());
        assertTrue(statuses(two.beat()).contains(StatusCode.SHUTDOWN_APPLICATION));
        one.leave(Standing.LEAVE);
        two.leave(Standing.LEAVE);
        assertFalse(statuses(one.beat()).contains(StatusCode.SHUTDOWN_APPLICATION));
    }

    @Test
    void aGroupWithoutMembersTakesTheProtocolOfTheNext() {
        one.beat();
        assertEquals(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, lab.error(GroupLab.join("", "static")));
        one.leave(Standing.LEAVE);
        TestConsumer consumer = new TestConsumer(lab, "consumer", "in");
        assertEquals(ErrorCode.NONE, consumer.beat().error());
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, one.beat().error());
        consumer.leave(Standing.LEAVE);
        assertEquals(ErrorCode.NONE, one.beat().error());
        assertEquals(4, runs(one).size());
        assertEquals(lab.replay().durableState(), lab.core.durableState());
        assertEquals(ErrorCode.NON_EMPTY_GROUP, lab.error(new DeleteGroup("g")));
        one.leave(Standing.LEAVE);
        assertEquals(ErrorCode.NONE, lab.error(new DeleteGroup("g")));
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, described().error());
    }

    @Test
    void whatASuccessorKnowsIsEnough() {
        see(TestStreamsMember.topics(2), 0, tasks(1, 2));
        one.beat();
        two.beat();
        one.beat();
        lab.restart();
        lab.advance(0);
        Set<TaskId> had = Set.copyOf(runs(one));
        assertEquals(ErrorCode.NONE, one.beat().error());
        assertTrue(had.containsAll(runs(one)));
        lab.advance(45_001);
        assertEquals("Empty", described().state(), "nobody has shown up");
    }

    private static StreamsTopology withStores(int stores) {
        List<InternalTopic> changelogs = new ArrayList<>();
        for (int i = 0; i < stores; i++) {
            changelogs.add(new InternalTopic(String.format("app-%04d", i), 0, 0, new TreeMap<>()));
        }
        return new StreamsTopology(0, List.of(new Subtopology("0", TestStreamsMember.names("in"),
                TestStreamsMember.names(), List.of(), changelogs, List.of())));
    }

    /// Those that cannot be made keep nobody from making the others.
    @Test
    void topicsOfALargeApplicationAreMadeSomeAtATimeAndAllInTurn() {
        see(new TestTopics(Map.of("in", 2)), 0, TaskConfig.DEFAULTS);
        one.topology = withStores(250);
        Set<String> asked = new TreeSet<>();
        List<Integer> sizes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            one.beat();
            assertEquals(1_000, one.last.heartbeatMs(), "there is more to be made");
            sizes.add(one.last.missing().size());
            one.last.missing().forEach(topic -> asked.add(topic.name()));
            lab.advance(1_000);
        }
        assertEquals(List.of(100, 100, 100), sizes);
        assertEquals(250, asked.size());
    }

    @Test
    void noMorePartitionsAreMadeAtATimeThanOneCommandMay() {
        see(new TestTopics(Map.of("in", 3_000)), 0, TaskConfig.DEFAULTS);
        one.topology = withStores(5);
        assertEquals(3, one.beat().missing().size());
    }

    @Test
    void anApplicationThatWantsTooManyPartitionsIsToldSo() {
        see(new TestTopics(Map.of("in", 10_001)), 0, TaskConfig.DEFAULTS);
        one.topology = withStores(5);
        one.beat();
        assertEquals(List.of(StatusCode.INCORRECTLY_PARTITIONED_TOPICS), statuses(one.last));
        assertEquals("The application's own topics have 50005 partitions, and may have 50000"
                + " (group.streams.max.internal.partitions).", one.last.statuses().getFirst().detail());
        assertEquals(List.of(), one.last.missing());
        assertEquals(0, runs(one).size());
    }

    @Test
    void aGroupIsNoLargerThanItMayBe() {
        GroupLab small = new GroupLab(GroupLab.withoutDelay().with(new GroupLimits.Streams(1, 1_000)));
        assertEquals(ErrorCode.NONE, new TestStreamsMember(small, "a", "p").beat().error());
        assertEquals(ErrorCode.GROUP_MAX_SIZE_REACHED, new TestStreamsMember(small, "b", "p").beat().error());
    }

    /// All are told the same, and where that is long, it is worked out once a second.
    @Test
    void whereToAskIsWorkedOutOnceForAll() {
        see(TestStreamsMember.topics(600), 0, tasks(0, 0));
        one.endpoint = new Endpoint("here", 1);
        one.beat();
        two.beat();
        assertSame(again(one), again(one));
        new TestStreamsMember(lab, "three", "p3").beat();
        assertSame(again(one), again(one));
        assertNull(one.beat().endpoints());
        lab.advance(1_000);
        assertNotNull(one.beat().endpoints(), "it has changed since");
    }

    private static List<EndpointTasks> again(TestStreamsMember member) {
        member.endpointEpoch = 0;
        return member.beat().endpoints();
    }

    /// An answer that nobody could be sent is none.
    @Test
    void noEndpointIsToldWhereThereAreTooManyPartitions() {
        SortedSet<String> sources = new TreeSet<>();
        Map<String, Integer> many = new TreeMap<>();
        for (int i = 0; i < 5; i++) {
            sources.add("in" + i);
            many.put("in" + i, 50_000);
        }
        see(new TestTopics(many), 0, tasks(0, 0));
        one.topology = new StreamsTopology(0, List.of(new Subtopology("0", sources, TestStreamsMember.names(),
                List.of(), List.of(), List.of())));
        one.endpoint = new Endpoint("here", 1);
        one.beat();
        assertEquals(50_000, runs(one).size());
        assertEquals(List.of(), one.last.endpoints());
        int epoch = one.last.endpointEpoch();
        two.topology = one.topology;
        two.beat();
        one.beat();
        assertTrue(runs(one).size() < 50_000, "the other has some");
        assertEquals(epoch, one.last.endpointEpoch(), "that there are too many takes long to find out, too");
    }
}
