package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;

import static io.chapar.broker.group.GroupLab.bytes;
import static io.chapar.broker.group.GroupLab.join;
import static io.chapar.broker.group.GroupLab.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Who is in, who leads, who has which part: the classic protocol on virtual time.
class MembershipScenarios {
    private final GroupLab lab = new GroupLab();

    @Test
    void twoMembersShareTheFirstGeneration() {
        List<Joined> both = lab.twoMembers();
        Joined leader = both.get(0);
        Joined follower = both.get(1);
        assertEquals(1, leader.generation());
        assertEquals(leader.memberId(), follower.leader());
        assertEquals(2, leader.members().size());
        assertTrue(follower.members().isEmpty());
        assertEquals("Stable", lab.state());
        assertEquals("part of " + follower.memberId(), text(lab.synced(lab.sync(follower)).assignment()));
        assertEquals(ErrorCode.NONE, lab.heartbeat(leader));
    }

    @Test
    void theFirstRoundWaitsForMoreAndIsProlongedByNewcomers() {
        long one = lab.joinAsNew();
        lab.advance(2_000);
        assertNull(lab.reply(one));
        long two = lab.joinAsNew();
        lab.advance(2_000);
        assertNull(lab.reply(one));
        lab.advance(2_000);
        assertEquals(lab.joined(one).generation(), lab.joined(two).generation());
    }

    @Test
    void withoutDelayTheFirstMemberIsServedAtOnce() {
        GroupLab quick = new GroupLab(GroupLab.withoutDelay());
        Joined one = quick.joined(quick.joinAsNew());
        assertEquals(1, one.generation());
        assertEquals(ErrorCode.NONE, quick.synced(quick.syncAsLeader(one)).error());
    }

    @Test
    void anOldClientNeedsNoSecondJoin() {
        Join old = new Join(
                "g", "", null, "app", "/h", 10_000, 10_000, "consumer",
                List.of(new Protocol("range", bytes("x"))), false, false);
        long request = lab.submit(old);
        lab.advance(3_000);
        assertEquals(ErrorCode.NONE, lab.joined(request).error());
        assertTrue(lab.joined(request).memberId().startsWith("app-"));
    }

    /// A group's loop has others to serve: what members say about themselves costs time in proportion to its length.
    @Test
    void membersMayKnowManyProtocols() {
        int last = GroupLimits.Size.DEFAULTS.maxProtocols() - 1;
        Protocol[] many = IntStream.rangeClosed(0, last)
                .mapToObj(i -> new Protocol(i == last ? "shared" : "of-one-" + i, bytes("x")))
                .toArray(Protocol[]::new);
        Protocol[] others = IntStream.rangeClosed(0, last)
                .mapToObj(i -> new Protocol(i == last ? "shared" : "of-two-" + i, bytes("x")))
                .toArray(Protocol[]::new);
        long one = lab.joinAsNew(many);
        long two = lab.joinAsNew(others);
        lab.advance(6_000);
        assertEquals("shared", lab.joined(one).protocol());
        assertEquals("shared", lab.joined(two).protocol());
    }

    @Test
    void idsThatWereGivenToNewcomersWhoDoNotComeBackAreBounded() {
        Joined first = lab.joined(lab.submit(GroupLab.join("", null)));
        for (int i = 0; i < Promises.MOST; i++) {
            lab.submit(GroupLab.join("", null));
        }
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID,
                lab.joined(lab.submit(GroupLab.join(first.memberId(), null))).error());
        Joined last = lab.joined(lab.submit(GroupLab.join("", null)));
        assertNull(lab.reply(lab.submit(GroupLab.join(last.memberId(), null))), "it waits for its first round");
    }

    @Test
    void anIdFitsIntoTheLogHoweverLongTheClientsName() {
        Join named = new Join(
                "g", "", null, "x".repeat(Short.MAX_VALUE), "/h", 10_000, 10_000, "consumer",
                List.of(new Protocol("range", bytes("x"))), false, false);
        long request = lab.submit(named);
        lab.advance(3_000);
        Joined joined = lab.joined(request);
        assertEquals(ErrorCode.NONE, lab.synced(lab.syncAsLeader(joined)).error());
        assertTrue(joined.memberId().length() < 300);
    }

    @Test
    void aNewcomerMakesEverybodyJoinAgain() {
        List<Joined> both = lab.twoMembers();
        long third = lab.joinAsNew();
        assertEquals("PreparingRebalance", lab.state());
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.heartbeat(both.get(0)));
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.synced(lab.sync(both.get(1))).error());
        long one = lab.submit(join(both.get(0).memberId(), null));
        assertNull(lab.reply(third));
        lab.submit(join(both.get(1).memberId(), null));
        assertEquals(2, lab.joined(third).generation());
        assertEquals(3, lab.joined(one).members().size());
        assertEquals(ErrorCode.ILLEGAL_GENERATION, lab.heartbeat(both.get(0)));
    }

    @Test
    void whoDoesNotComeBackInTimeIsOut() {
        List<Joined> both = lab.twoMembers();
        long third = lab.joinAsNew();
        long one = lab.submit(join(both.get(0).memberId(), null));
        // It keeps its session alive, but does not join.
        for (int i = 0; i < 59; i++) {
            lab.advance(1_000);
            lab.heartbeat(both.get(1));
        }
        assertNull(lab.reply(one));
        lab.advance(1_000);
        assertEquals(2, lab.joined(one).members().size());
        assertEquals(lab.joined(one).memberId(), lab.joined(third).leader());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.heartbeat(both.get(1)));
    }

    @Test
    void silenceEndsASession() {
        List<Joined> both = lab.twoMembers();
        for (int i = 0; i < 9; i++) {
            lab.advance(1_000);
            assertEquals(ErrorCode.NONE, lab.heartbeat(both.get(0)));
        }
        lab.advance(1_000);
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.heartbeat(both.get(0)));
        Joined alone = lab.joined(lab.submit(join(both.get(0).memberId(), null)));
        assertEquals(1, alone.members().size());
        assertEquals(2, alone.generation());
    }

    @Test
    void theLastMembersEndEmptiesTheGroupForGood() {
        lab.twoMembers();
        lab.advance(60_000);
        assertEquals("Empty", lab.state());
        lab.restart();
        assertEquals("Empty", lab.state());
    }

    @Test
    void leavingIsAnsweredWhenItIsWrittenAndTheNextLeaderIsThere() {
        List<Joined> both = lab.twoMembers();
        assertEquals(ErrorCode.NONE, lab.leave(both.get(0)));
        assertEquals("PreparingRebalance", lab.state());
        Joined heir = lab.joined(lab.submit(join(both.get(1).memberId(), null)));
        assertEquals(heir.memberId(), heir.leader());
        lab.syncAsLeader(heir);
        lab.holdsAppends = true;
        long leave = lab.submit(new Leave("g", List.of(new Leaver(heir.memberId(), null))));
        assertNull(lab.reply(leave));
        lab.releaseAppends();
        assertEquals(List.of(ErrorCode.NONE), ((Left) lab.reply(leave)).members());
        assertEquals("Empty", lab.state());
    }

    @Test
    void aGenerationBeginsAgainWhereItLeftOffAfterARestart() {
        List<Joined> both = lab.twoMembers();
        lab.restart();
        assertEquals("Stable", lab.state());
        assertEquals(ErrorCode.NONE, lab.heartbeat(both.get(0)));
        assertEquals(
                "part of " + both.get(1).memberId(), text(lab.synced(lab.sync(both.get(1))).assignment()));
        lab.advance(9_000);
        lab.heartbeat(both.get(1));
        lab.advance(2_000);
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.heartbeat(both.get(1)));
    }

    @Test
    void anAssignmentThatCannotBeWrittenIsNotHandedOut() {
        long request = lab.joinAsNew();
        lab.advance(3_000);
        Joined leader = lab.joined(request);
        lab.holdsAppends = true;
        long sync = lab.syncAsLeader(leader);
        assertNull(lab.reply(sync));
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.synced(sync).error());
        lab.releaseAppends();
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.heartbeat(leader));
    }

    /// The one member goes before it has shared out, and that nobody is left cannot be written.
    private Joined leaveUnwritten() {
        long request = lab.joinAsNew();
        lab.advance(3_000);
        Joined leader = lab.joined(request);
        lab.holdsAppends = true;
        lab.submit(new Leave("g", List.of(new Leaver(leader.memberId(), null))));
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        lab.releaseAppends();
        return leader;
    }

    @Test
    void aGenerationThatMembersWereToldOfDoesNotComeAgainThoughNothingIsWritten() {
        Joined first = leaveUnwritten();
        long request = lab.joinAsNew();
        lab.advance(3_000);
        assertTrue(lab.joined(request).generation() > first.generation());
    }

    @Test
    void aGroupOfWhichNothingIsWrittenIsForgottenWithTheNextLook() {
        leaveUnwritten();
        lab.advance(GroupLab.LIMITS.retentionCheckMs());
        assertEquals("GROUP_ID_NOT_FOUND", lab.state());
    }

    @Test
    void whatComesWhileAnAssignmentIsWrittenWaits() {
        long request = lab.joinAsNew();
        lab.advance(3_000);
        Joined leader = lab.joined(request);
        lab.holdsAppends = true;
        lab.syncAsLeader(leader);
        long newcomer = lab.submit(join("", null));
        assertNull(lab.reply(newcomer));
        assertEquals(ErrorCode.NONE, lab.heartbeat(leader));
        lab.releaseAppends();
        assertEquals(ErrorCode.MEMBER_ID_REQUIRED, lab.joined(newcomer).error());
        assertEquals("Stable", lab.state());
    }

    @Test
    void whoTakesNoPartInTheNewGenerationIsOut() {
        long one = lab.joinAsNew();
        lab.joinAsNew();
        lab.advance(6_000);
        Joined leader = lab.joined(one);
        assertEquals(ErrorCode.NONE, lab.synced(lab.syncAsLeader(leader)).error());
        for (int i = 0; i < 11; i++) {
            lab.advance(1_000);
            lab.heartbeat(leader);
        }
        assertEquals("PreparingRebalance", lab.state());
    }

    // ---- static members

    @Test
    void aStaticMemberComesBackWithoutARebalance() {
        Joined first = soleStatic("i");
        long again = lab.submit(join("", "i"));
        Joined back = lab.joined(again);
        assertNotEquals(first.memberId(), back.memberId());
        assertEquals(first.generation(), back.generation());
        assertTrue(back.skipAssignment());
        assertEquals(back.memberId(), back.leader());
        assertEquals("Stable", lab.state());
        assertEquals(
                "part of " + first.memberId(),
                text(lab.synced(lab.submit(new Sync(
                        "g", 1, back.memberId(), "i", "consumer", "range", new LinkedHashMap<>()))).assignment()));
        assertEquals(
                ErrorCode.FENCED_INSTANCE_ID, lab.error(new Heartbeat("g", 1, first.memberId(), "i")));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.error(new Heartbeat("g", 1, first.memberId(), null)));
        assertEquals(ErrorCode.FENCED_INSTANCE_ID, lab.joined(lab.submit(join(first.memberId(), "i"))).error());
        lab.restart();
        assertEquals(ErrorCode.NONE, lab.error(new Heartbeat("g", 1, back.memberId(), "i")));
    }

    @Test
    void aStaticMemberStaysWhoItWasIfItsReturnCannotBeWritten() {
        Joined first = soleStatic("i");
        lab.holdsAppends = true;
        long again = lab.submit(join("", "i"));
        lab.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        assertEquals(ErrorCode.COORDINATOR_NOT_AVAILABLE, lab.joined(again).error());
        assertEquals(ErrorCode.NONE, lab.error(new Heartbeat("g", 1, first.memberId(), "i")));
    }

    @Test
    void aStaticMemberThatChangesTheProtocolMakesARebalance() {
        soleStatic("i", new Protocol("range", bytes("x")), new Protocol("sticky", bytes("x")));
        Joined back = lab.joined(lab.submit(join("", "i", new Protocol("sticky", bytes("y")))));
        assertEquals(2, back.generation());
        assertEquals("sticky", back.protocol());
    }

    @Test
    void anAdministratorRemovesAStaticMemberByItsInstance() {
        soleStatic("i");
        Left left = (Left) lab.reply(lab.submit(new Leave("g", List.of(new Leaver("", "i"), new Leaver("", "j")))));
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID), left.members());
        assertEquals("Empty", lab.state());
    }

    private Joined soleStatic(String instance, Protocol... protocols) {
        long request = lab.submit(join("", instance, protocols));
        lab.advance(3_000);
        Joined member = lab.joined(request);
        LinkedHashMap<String, ByteBuffer> parts = new LinkedHashMap<>();
        parts.put(member.memberId(), bytes("part of " + member.memberId()));
        lab.submit(new Sync("g", 1, member.memberId(), instance, "consumer", member.protocol(), parts));
        assertEquals("Stable", lab.state());
        return member;
    }

    // ---- refusals

    @Test
    void theProtocolWithMostVotesWinsAmongThoseThatAllHave() {
        long one = lab.joinAsNew(new Protocol("a", bytes("1")), new Protocol("b", bytes("1")));
        lab.joinAsNew(new Protocol("b", bytes("2")), new Protocol("a", bytes("2")));
        long three = lab.joinAsNew(new Protocol("c", bytes("3")), new Protocol("b", bytes("3")));
        lab.advance(9_000);
        assertEquals("b", lab.joined(one).protocol());
        assertEquals("b", lab.joined(three).protocol());
        assertEquals("2", text(lab.joined(one).members().get(1).metadata()));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        List<Joined> both = lab.twoMembers();
        assertEquals(
                ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
                lab.error(join("", null, new Protocol("other", bytes("x")))));
        Join other = new Join(
                "g", "", null, "app", "/h", 10_000, 10_000, "connect",
                List.of(new Protocol("range", bytes("x"))), true, true);
        assertEquals(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, lab.error(other));
        Join hasty = new Join(
                "g", "", null, "app", "/h", 5_999, 10_000, "consumer",
                List.of(new Protocol("range", bytes("x"))), true, true);
        assertEquals(ErrorCode.INVALID_SESSION_TIMEOUT, lab.error(hasty));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.error(join("nobody", null)));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.error(join("nobody", "nowhere")));
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, lab.error(new Heartbeat("other", 1, "x", null)));
        assertEquals(
                ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
                lab.error(new Sync(
                        "g", 1, both.get(0).memberId(), null, "consumer", "sticky", new LinkedHashMap<>())));
        assertEquals(
                ErrorCode.ILLEGAL_GENERATION,
                lab.error(new Sync(
                        "g", 7, both.get(0).memberId(), null, "consumer", "range", new LinkedHashMap<>())));
        assertEquals("Stable", lab.state());
    }

    @Test
    void aFullGroupTakesNobodyIn() {
        lab.twoMembers();
        // The limit is three: one more may come, the next may not.
        lab.joinAsNew();
        Joined promised = lab.joined(lab.submit(join("", null)));
        long tooMany = lab.submit(join(promised.memberId(), null));
        assertNull(lab.reply(tooMany));
        GroupLab full = new GroupLab(new GroupLimits(6_000, 60_000, 0, 300_000, 1, 10, 1, 600_000, 2));
        Joined one = full.joined(full.joinAsNew());
        full.syncAsLeader(one);
        assertEquals(ErrorCode.GROUP_MAX_SIZE_REACHED, full.error(join("", null)));
        assertEquals("Stable", full.state());
        assertEquals(ErrorCode.NONE, full.heartbeat(one));
    }

    @Test
    void aFollowerThatLostItsAnswerIsToldAgainAndALeaderCallsForARebalance() {
        List<Joined> both = lab.twoMembers();
        Joined again = lab.joined(lab.submit(join(both.get(1).memberId(), null)));
        assertEquals(1, again.generation());
        assertEquals("Stable", lab.state());
        assertNull(lab.reply(lab.submit(join(both.get(0).memberId(), null))));
        assertEquals("PreparingRebalance", lab.state());
    }

    @Test
    void aPromisedIdThatIsNotTakenUpLeavesNothingBehind() {
        lab.submit(join("", null));
        assertEquals("Empty", lab.state());
        lab.advance(10_000);
        assertEquals("GROUP_ID_NOT_FOUND", lab.state());
        assertEquals(0, lab.logSize());
    }

    @Test
    void eachJoinIsAnsweredOnce() {
        List<Joined> both = lab.twoMembers();
        long first = lab.submit(join(both.get(0).memberId(), null));
        long second = lab.submit(join(both.get(0).memberId(), null));
        assertEquals(ErrorCode.REBALANCE_IN_PROGRESS, lab.joined(first).error());
        assertNull(lab.reply(second));
        lab.advance(60_000);
        assertEquals(2, lab.joined(second).generation());
        assertFalse(lab.isHolding());
    }
}
