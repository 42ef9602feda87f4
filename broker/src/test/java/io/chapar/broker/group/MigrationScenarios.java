package io.chapar.broker.group;

import com.sun.management.ThreadMXBean;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupReply.ConsumersDescribed;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.consumer.Assignors;
import io.chapar.broker.group.consumer.MigrationPolicy;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ConsumerProtocolSubscription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Groups that change between the classic and the consumer protocol while members work.
class MigrationScenarios {
    private final TestTopics topics = new TestTopics(Map.of("in", 6));
    private GroupLab lab = lab(MigrationPolicy.BIDIRECTIONAL);
    private final List<TestClassicConsumer> classic = new ArrayList<>();
    private final List<TestConsumer> modern = new ArrayList<>();

    private GroupLab lab(MigrationPolicy policy) {
        GroupLab made = new GroupLab(GroupLab.withoutDelay().with(
                new GroupLimits.Consumer(3, new Assignors(List.of("uniform", "range")), policy)));
        made.see(topics, 0);
        return made;
    }

    private TestClassicConsumer classic(boolean isCooperative) {
        TestClassicConsumer member = new TestClassicConsumer(lab, isCooperative, topics, "in");
        classic.add(member);
        return member;
    }

    private TestConsumer modern(String id) {
        TestConsumer member = new TestConsumer(lab, id, "in");
        modern.add(member);
        return member;
    }

    private ConsumersDescribed described() {
        return (ConsumersDescribed) lab.reply(lab.submit(new DescribeConsumers("g")));
    }

    private GroupType type() {
        return lab.core.list().getFirst().type();
    }

    /// Everybody does what clients do, until there is nothing more to do. Nobody ever owns what another owns.
    private void settle() {
        for (int round = 0; round < 12; round++) {
            for (TestClassicConsumer one : classic) {
                one.step();
                assertNobodyOwnsWhatAnotherOwns();
            }
            for (TestConsumer one : modern) {
                one.beat();
                assertNobodyOwnsWhatAnotherOwns();
            }
            classic.forEach(TestClassicConsumer::receive);
            assertNobodyOwnsWhatAnotherOwns();
            assertEquals(lab.replay().durableState(), lab.core.durableState());
            lab.advance(500);
        }
        assertEquals(Set.of("in-0", "in-1", "in-2", "in-3", "in-4", "in-5"), owned());
        if (type() == GroupType.CONSUMER) {
            assertEquals("Stable", described().state());
        }
    }

    private SortedSet<String> owned() {
        SortedSet<String> all = new TreeSet<>();
        classic.forEach(one -> all.addAll(one.owned));
        modern.forEach(one -> all.addAll(one.owned));
        return all;
    }

    private void assertNobodyOwnsWhatAnotherOwns() {
        int count = classic.stream().mapToInt(one -> one.owned.size()).sum()
                + modern.stream().mapToInt(one -> one.owned.size()).sum();
        assertEquals(owned().size(), count, () -> "twice: " + classic.stream().map(one -> one.owned).toList()
                + modern.stream().map(one -> one.owned).toList());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void membersAreReplacedOneByOneAndBackAgain(boolean isCooperative) {
        classic(isCooperative);
        classic(isCooperative);
        settle();
        assertEquals(GroupType.CLASSIC, type());
        modern("a");
        settle();
        assertEquals(GroupType.CONSUMER, type());
        assertEquals(3, described().members().size());
        assertEquals(List.of(2, 2, 2), List.of(
                classic.get(0).owned.size(), classic.get(1).owned.size(), modern.getFirst().owned.size()));

        assertEquals(ErrorCode.NONE, classic.removeFirst().leave());
        modern("b");
        settle();
        assertEquals(ErrorCode.NONE, classic.removeFirst().leave());
        settle();
        assertEquals(2, described().members().size());
        assertEquals(3, modern.getFirst().owned.size());

        // And back.
        classic(isCooperative);
        settle();
        assertEquals(GroupType.CONSUMER, type());
        assertEquals(ErrorCode.NONE, modern.removeFirst().leave(Standing.LEAVE));
        classic(isCooperative);
        settle();
        int before = described().epoch();
        assertEquals(ErrorCode.NONE, modern.removeFirst().leave(Standing.LEAVE));
        assertEquals(GroupType.CLASSIC, type());
        settle();
        assertEquals("Stable", lab.state());
        assertEquals(2, classic.size());
        assertTrue(classic.getFirst().generation > before, "generations go on");
        assertEquals(0, classic.stream().mapToInt(one -> one.lost).sum(), "nobody lost what it worked on");
    }

    /// Cooperative members go on with all that they keep.
    @Test
    void cooperativeMembersKeepWhatTheyCan() {
        TestClassicConsumer only = classic(true);
        settle();
        SortedSet<String> before = new TreeSet<>(only.owned);
        TestConsumer other = modern("a");
        for (int i = 0; i < 12; i++) {
            other.beat();
            only.step();
            assertTrue(only.owned.size() >= 3, () -> "given up for nothing: " + only.owned);
            assertTrue(before.containsAll(only.owned));
        }
        assertEquals(3, only.owned.size());
        settle();
    }

    @Test
    void commitsAreFencedByTheGenerationThatIsTheEpoch() {
        TestClassicConsumer one = classic(false);
        settle();
        int before = one.generation;
        assertEquals(ErrorCode.NONE, one.commit("in", 0, before));
        modern("a");
        settle();
        assertTrue(one.generation > before);
        int mine = Integer.parseInt(one.owned.first().substring(3));
        int others = Integer.parseInt(modern.getFirst().owned.first().substring(3));
        assertEquals(ErrorCode.NONE, one.commit("in", mine, one.generation));
        assertEquals(ErrorCode.ILLEGAL_GENERATION, one.commit("in", others, before));
        assertEquals(ErrorCode.ILLEGAL_GENERATION, one.commit("in", mine, one.generation + 1));
        assertEquals(5, lab.fetch(new TopicPartition("in", 0), false).offset());
    }

    /// A topic has been given partitions, and the coordinator's broker hears of it last.
    @Test
    void partitionsThatTheCoordinatorHasNotHeardOfStayWithTheirOwner() {
        classic(true);
        settle();
        TestTopics before = topics.with("in", 4);
        lab.see(before, 0, "in");
        TestConsumer other = modern("a");
        assertEquals(ErrorCode.NONE, other.beat().error());
        lab.see(before.with("in", 6), 0, "in");
        lab.advance(2_000);
        for (int i = 0; i < 3; i++) {
            other.beat();
            assertNobodyOwnsWhatAnotherOwns();
        }
        settle();
    }

    @Test
    void aGroupChangesInTheMiddleOfARebalance() {
        TestClassicConsumer first = classic(true);
        settle();
        TestClassicConsumer second = classic(true);
        // It waits for the first to join again, and that one for nobody.
        second.step();
        assertTrue(second.isWaiting());
        modern("a").beat();
        second.receive();
        assertEquals(GroupType.CONSUMER, type());
        assertEquals(6, first.owned.size(), "nobody has taken anything from it");
        settle();
    }

    @Test
    void aMemberThatWaitsForItsPartIsToldToComeAgain() {
        TestClassicConsumer first = classic(false);
        settle();
        TestClassicConsumer second = classic(false);
        second.step();
        // Both are in the next generation, and the one that leads has not shared it out.
        long rejoin = lab.submit(new Join("g", first.id, null, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "consumer",
                List.of(new Protocol("range", subscription(List.of("in")))), true, true));
        first.owned.clear();
        Joined leads = lab.joined(rejoin);
        assertEquals(ErrorCode.NONE, leads.error());
        second.receive();
        assertTrue(second.isWaiting());
        modern("a").beat();
        second.receive();
        assertFalse(second.isWaiting());
        settle();
    }

    /// Of a generation that was never shared out the log has nothing; nothing classic is left of it all the same.
    @Test
    void aFirstGenerationThatIsNotSharedOutLeavesNothingClassicBehind() {
        long first = lab.submit(new Join("g", "", null, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "consumer",
                List.of(new Protocol("range", subscription(List.of("in")))), false, true));
        assertEquals(ErrorCode.NONE, lab.joined(first).error());
        assertWorksAlone(modern("a"), 2);
    }

    /// Nor of one whose end could not be written either.
    @Test
    void aGenerationThatIsNowhereButHereLeavesNothingClassicBehind() {
        long first = lab.submit(new Join("g", "", null, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "consumer",
                List.of(new Protocol("range", subscription(List.of("in")))), false, true));
        lab.holdsAppends = true;
        lab.submit(new Leave("g", List.of(new Leaver(lab.joined(first).memberId(), null))));
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        lab.releaseAppends();
        assertEquals("Empty", lab.state());
        assertWorksAlone(modern("a"), 1);
    }

    @Test
    void aFirstRoundLeavesNothingClassicBehind() {
        lab = new GroupLab(new GroupLimits(6_000, 1_800_000, 3_000, 300_000, 3, 10, 86_400_000, 600_000, 2));
        lab.see(topics, 0);
        long first = lab.submit(new Join("g", "", null, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "consumer",
                List.of(new Protocol("range", subscription(List.of("in")))), false, true));
        assertNull(lab.reply(first), "it waits for others");
        assertWorksAlone(modern("a"), 1);
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.joined(first).error());
    }

    /// @param first how many members there are when it has come
    private void assertWorksAlone(TestConsumer member, int first) {
        assertEquals(ErrorCode.NONE, member.beat().error());
        assertEquals(first, described().members().size());
        for (int i = 0; i < 2 * GroupLab.REBALANCE_MS / 1_000; i++) {
            lab.advance(1_000);
            assertEquals(ErrorCode.NONE, member.beat().error());
            assertFalse(lab.core.durableState().contains("GroupStored"), lab.core::durableState);
            assertEquals(lab.replay().durableState(), lab.core.durableState());
        }
        assertEquals(6, member.owned.size());
        assertEquals(ErrorCode.NONE, member.leave(Standing.LEAVE));
        assertEquals(ErrorCode.NONE, lab.error(new GroupCommand.DeleteGroup("g")), "nobody is in");
        assertEquals(List.of(), lab.core.list());
    }

    @Test
    void whoIsKilledIsMissedAndTheGroupIsClassicAgain() {
        classic(true);
        modern("a");
        settle();
        modern.clear();
        for (int i = 0; i < 12; i++) {
            lab.advance(5_000);
            classic.getFirst().step();
        }
        assertEquals(GroupType.CLASSIC, type());
        settle();
        assertEquals(6, classic.getFirst().owned.size());
    }

    @Test
    void whoDoesNotJoinAgainIsOut() {
        TestClassicConsumer slow = classic(true);
        settle();
        String id = slow.id;
        TestConsumer other = modern("a");
        for (int i = 0; i < GroupLab.REBALANCE_MS / 5_000 + 1; i++) {
            assertEquals(ErrorCode.NONE, other.beat().error());
            lab.error(new GroupCommand.Heartbeat("g", slow.generation, id, null));
            lab.advance(5_000);
        }
        assertEquals(ErrorCode.NONE, other.beat().error());
        assertEquals(6, other.owned.size());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID,
                lab.error(new GroupCommand.Heartbeat("g", slow.generation, id, null)));
    }

    @Test
    void aRestartChangesNothing() {
        classic(true);
        classic(true);
        modern("a");
        settle();
        List<SortedSet<String>> before = classic.stream().map(one -> (SortedSet<String>) new TreeSet<>(one.owned))
                .toList();
        lab.restart();
        settle();
        assertEquals(before, classic.stream().map(one -> one.owned).toList());
        assertEquals(0, classic.stream().mapToInt(one -> one.lost).sum());
        assertEquals(ErrorCode.NONE, modern.removeFirst().leave(Standing.LEAVE));
        lab.restart();
        assertEquals(GroupType.CLASSIC, type());
        settle();
    }

    @Test
    void aStaticMemberComesBackWithTheOtherProtocol() {
        TestClassicConsumer stays = classic(true);
        TestClassicConsumer old = classic(true).as("i");
        settle();
        // It is stopped, and does not leave: its successor has what it had.
        SortedSet<String> had = new TreeSet<>(old.owned);
        classic.remove(old);
        TestConsumer fresh = modern("a").as("i");
        assertEquals(ErrorCode.NONE, fresh.beat().error());
        assertEquals(had, fresh.owned);
        settle();
        assertEquals(had, fresh.owned);
        assertEquals(0, stays.lost);
        assertEquals(ErrorCode.FENCED_INSTANCE_ID,
                lab.error(new GroupCommand.Heartbeat("g", old.generation, old.id, "i")));

        assertEquals(ErrorCode.NONE, fresh.leave(Standing.AWAY));
        modern.clear();
        classic(true).as("i");
        settle();
        assertEquals(GroupType.CLASSIC, type());
        assertEquals(0, stays.lost);
    }

    @ParameterizedTest
    @EnumSource(MigrationPolicy.class)
    void theSettingSaysWhatIsAllowed(MigrationPolicy policy) {
        lab = lab(policy);
        TestClassicConsumer one = classic(true);
        settle();
        ErrorCode came = modern("a").beat().error();
        boolean upgrades = policy == MigrationPolicy.UPGRADE || policy == MigrationPolicy.BIDIRECTIONAL;
        assertEquals(upgrades ? ErrorCode.NONE : ErrorCode.GROUP_ID_NOT_FOUND, came);
        // Without members a group takes any protocol, and classic members may join one of consumers.
        one.leave();
        classic.clear();
        modern.getFirst().beat();
        settle();
        assertEquals(GroupType.CONSUMER, type());
        classic(true);
        settle();
        modern.removeFirst().leave(Standing.LEAVE);
        settle();
        boolean downgrades = policy == MigrationPolicy.DOWNGRADE || policy == MigrationPolicy.BIDIRECTIONAL;
        assertEquals(downgrades ? GroupType.CLASSIC : GroupType.CONSUMER, type());
        classic.getFirst().leave();
        assertEquals(List.of("Empty"), lab.core.list().stream().map(GroupCoordinator.ListedGroup::state).toList());
    }

    @Test
    void whatCannotChangeDoesNot() {
        long connect = lab.submit(new Join("g", "", null, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "connect",
                List.of(new Protocol("sessioned", GroupLab.bytes("x"))), false, true));
        assertEquals(ErrorCode.NONE, lab.joined(connect).error());
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, modern("a").beat().error());
        assertEquals(GroupType.CLASSIC, type());
    }

    /// One heartbeat of a stranger costs no more than a little of what the members of a large group have said.
    @Test
    void aGroupThatIsTooLargeIsRefusedBeforeAllOfItIsRead() {
        lab = new GroupLab(new GroupLimits(6_000, 1_800_000, 3_000, 300_000, 100, 10, 86_400_000, 600_000, 2));
        lab.see(topics, 0);
        ByteBuffer words = subscription(IntStream.range(0, 40_000).mapToObj(one -> "topic-" + one).toList());
        for (int i = 0; i < 12; i++) {
            lab.submit(GroupLab.join("", "i" + i, new Protocol("range", words)));
        }
        lab.advance(3_000);
        lab.advance(3_000);
        long first = allocatedByJoin("a");
        assertTrue(first < 45_000_000, () -> first + " bytes");
        long again = allocatedByJoin("b");
        assertTrue(again < 200_000, () -> "what is known is not worked out again: " + again + " bytes");
    }

    /// The last of the consumer protocol is replaced by one of the classic, and what the others say does not go into
    /// one append with all the rest: the group stays what it is, and takes the new one in.
    @Test
    void aStaticMemberComesIntoAGroupThatIsTooLargeToBeClassic() {
        lab = new GroupLab(GroupLab.withoutDelay()
                .with(new GroupLimits.Consumer(3, new Assignors(List.of("uniform"))))
                .with(new GroupLimits.Size(1 << 24, 100, 1 << 26)));
        lab.see(topics, 0);
        modern("a").as("i").beat();
        ByteBuffer large = subscription(List.of("in"), ByteBuffer.allocate(8_000_000));
        for (String instance : List.of("j", "k")) {
            long one = lab.submit(GroupLab.join("", instance, new Protocol("range", large)));
            assertEquals(ErrorCode.NONE, lab.joined(one).error());
        }
        long last = lab.submit(GroupLab.join("", "i", new Protocol("range", subscription(List.of("in")))));
        assertEquals(ErrorCode.NONE, lab.joined(last).error());
        assertEquals(GroupType.CONSUMER, type());
        assertEquals(List.of("i", "j", "k"), described().members().stream()
                .map(one -> one.member().instanceId()).sorted().toList());
    }

    private long allocatedByJoin(String id) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, modern(id).beat().error());
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void aGroupWhoseMembersShareAPartitionStaysClassic() {
        TestClassicConsumer first = classic(true);
        settle();
        TestClassicConsumer second = classic(true);
        second.step();
        long rejoin = lab.submit(new Join("g", first.id, null, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "consumer",
                List.of(new Protocol("cooperative-sticky", subscription(List.of("in")))), true, true));
        Joined leads = lab.joined(rejoin);
        SortedSet<String> same = new TreeSet<>(Set.of("in-0"));
        SequencedMap<String, ByteBuffer> parts = new LinkedHashMap<>();
        leads.members().forEach(one -> parts.put(one.memberId(), TestClassicConsumer.assignment(same)));
        second.receive();
        lab.submit(new GroupCommand.Sync(
                "g", leads.generation(), first.id, null, "consumer", leads.protocol(), parts));
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, modern("a").beat().error());
    }

    /// As Kafka Streams has it, whose members cannot work with partitions alone. As at Kafka.
    @Test
    void aGroupWhoseAssignorSaysMoreThanPartitionsStaysClassic() {
        long join = lab.submit(new Join("g", "", null, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "consumer",
                List.of(new Protocol("stream", subscription(List.of("in")))), false, true));
        Joined leads = lab.joined(join);
        SequencedMap<String, ByteBuffer> parts = new LinkedHashMap<>();
        parts.put(leads.memberId(), TestClassicConsumer.assignment(new TreeSet<>(Set.of("in-0")), GroupLab.bytes("x")));
        assertEquals(ErrorCode.NONE, lab.synced(lab.submit(new GroupCommand.Sync(
                "g", leads.generation(), leads.memberId(), null, "consumer", "stream", parts))).error());
        GroupReply.Beat refused = modern("a").beat();
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, refused.error());
        assertTrue(String.valueOf(refused.message()).contains("assignor"), refused::toString);
        assertEquals(GroupType.CLASSIC, type());
    }

    @Test
    void otherProtocolsAndTooManyMembersAreRefused() {
        classic(false);
        modern("a");
        settle();
        long other = lab.submit(GroupLab.join("", null, new Protocol("mine", subscription(List.of("in")))));
        assertEquals(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, lab.joined(other).error());
        long garbage = lab.submit(GroupLab.join("", null, new Protocol("range", GroupLab.bytes("x"))));
        assertEquals(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, lab.joined(garbage).error());
        long unknown = lab.submit(GroupLab.join("nobody", null, new Protocol("range", subscription(List.of("in")))));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.joined(unknown).error());
        modern("b");
        settle();
        long fourth = lab.submit(GroupLab.join("", null, new Protocol("range", subscription(List.of("in")))));
        assertEquals(ErrorCode.GROUP_MAX_SIZE_REACHED, lab.joined(fourth).error());
    }

    @Test
    void administratorsRemoveStaticMembers() {
        classic(true).as("i");
        modern("a").as("j");
        settle();
        GroupReply.Left left = (GroupReply.Left) lab.reply(lab.submit(new Leave("g", List.of(
                new Leaver("", "i"), new Leaver("", "nobody"), new Leaver("a", null)))));
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.UNKNOWN_MEMBER_ID),
                left.members());
        classic.clear();
        settle();
        assertEquals(1, described().members().size());
    }

    /// The log is slow, or says no: the group is what it was.
    @Test
    void whatIsNotWrittenHasNotHappened() {
        classic(true);
        settle();
        lab.holdsAppends = true;
        TestConsumer other = modern("a");
        assertEquals(null, other.beat());
        assertEquals(GroupType.CLASSIC, type());
        lab.failNext(ErrorCode.NOT_COORDINATOR);
        assertEquals(GroupType.CLASSIC, type());
        lab.releaseAppends();
        modern.clear();
        settle();
        modern.add(other);
        settle();
        lab.holdsAppends = true;
        other.leave(Standing.LEAVE);
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals(GroupType.CONSUMER, type());
        lab.releaseAppends();
        assertNotNull(described());
        settle();
    }

    /// What a member says that owns nothing.
    private static ByteBuffer subscription(List<String> topics) {
        return subscription(topics, null);
    }

    private static ByteBuffer subscription(List<String> topics, ByteBuffer userData) {
        WireWriter out = new WireWriter();
        out.int16((short) 0);
        ConsumerProtocolSubscription.DEFAULT.toBuilder().topics(topics).userData(userData).build()
                .write(out, (short) 0);
        return out.toBuffer();
    }
}
