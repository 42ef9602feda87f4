package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.LeaveGroupResponse;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.protocol.message.SyncGroupResponse;
import io.chapar.transport.Backoff;
import io.chapar.transport.CallResult;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;

import static io.chapar.client.consumer.CoreFixture.P0;
import static io.chapar.client.consumer.CoreFixture.P1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Joining and the session that it leads to, with a coordinator as the test plays it.
class JoinCoreTest {
    private static final TreeSet<String> TOPICS = new TreeSet<>(List.of("t"));

    private final TestLoop loop = new TestLoop();
    private final Script script = new Script(loop);
    private final List<ErrorCode> beats = new ArrayList<>();
    private final List<JoinOutcome> outcomes = new ArrayList<>();
    private final GroupSession session;
    private final JoinCore join;

    JoinCoreTest() {
        ConsumerConfig config = ConsumerConfig.builder("broker1:9092").groupId("g").heartbeatIntervalMs(1_000).build();
        script.rule(ApiKey.FIND_COORDINATOR, (node, exchange) -> FindCoordinatorResponse.builder()
                .coordinators(List.of(FindCoordinatorResponse.Coordinator.builder()
                        .key("g").nodeId(1).host("broker1").port(9092).build()))
                .build());
        Backoff backoff = new Backoff(100, 1_000, new SplittableRandom(1));
        Metadata metadata = new Metadata(loop, script, config.client(), backoff, false);
        CoordinatorLookup lookup = new CoordinatorLookup(loop, script, metadata, config.client(), backoff);
        GroupMessages messages = new GroupMessages(config);
        session = new GroupSession(script, lookup, messages,
                new Heartbeats(loop, script, lookup, config, messages, beats::add), config);
        join = new JoinCore(loop, script, metadata, lookup, backoff, config, messages, session, outcomes::add);
    }

    private Script.Exchange begin() {
        join.begin(TOPICS, new TreeSet<>(), "test");
        return script.expect(ApiKey.JOIN_GROUP);
    }

    private static JoinGroupResponse.Builder follower() {
        return JoinGroupResponse.builder().generationId(5).memberId("m").leader("other").protocolName("range")
                .members(List.of());
    }

    private <O extends JoinOutcome> O outcome(Class<O> type) {
        assertEquals(1, outcomes.size(), () -> "one outcome of " + outcomes);
        return assertInstanceOf(type, outcomes.removeFirst());
    }

    private ChaparException notNow() {
        long beforeMs = loop.nowMs();
        ChaparException cause = outcome(JoinOutcome.NotNow.class).cause();
        assertTrue(join.notBeforeMs() > beforeMs, "after a while");
        return cause;
    }

    private void joined(TopicPartition... partitions) {
        begin().answer(follower().build());
        script.expect(ApiKey.SYNC_GROUP).answer(SyncGroupResponse.builder()
                .assignment(SubscriptionCodec.assignment(List.of(partitions))).build());
        outcome(JoinOutcome.Joined.class);
    }

    @Test
    void aFollowerIsGivenItsShareInTheGenerationThatItJoined() {
        begin().answer(follower().build());
        Script.Exchange sync = script.expect(ApiKey.SYNC_GROUP);
        assertTrue(sync.as(SyncGroupRequest.class).assignments().isEmpty());
        sync.answer(SyncGroupResponse.builder().assignment(SubscriptionCodec.assignment(List.of(P0, P1))).build());
        JoinOutcome.Joined joined = outcome(JoinOutcome.Joined.class);
        assertEquals(new GroupMetadata("g", 5, "m", null), joined.as());
        assertEquals(new TreeSet<>(List.of(P0, P1)), joined.assigned());
        assertNull(joined.duty());
    }

    @Test
    void anIdIsAskedForOnceAndUsed() {
        begin().answer(JoinGroupResponse.builder().errorCode(ErrorCode.MEMBER_ID_REQUIRED.code()).memberId("m")
                .build());
        outcome(JoinOutcome.Named.class);
        assertEquals("m", begin().as(JoinGroupRequest.class).memberId());
    }

    /// Null since version 7 of the answer, and so what a broker may send.
    @Test
    void aLeaderThatIsNotToldTheProtocolCannotLead() {
        begin().answer(follower().leader("m").protocolName(null).build());
        assertInstanceOf(UsageException.class, notNow());
        assertNull(script.poll(ApiKey.SYNC_GROUP));
    }

    @Test
    void aFollowerNeedsNoProtocol() {
        begin().answer(follower().protocolName(null).build());
        assertEquals("", script.expect(ApiKey.SYNC_GROUP).as(SyncGroupRequest.class).protocolName());
    }

    @Test
    void whatTheLeaderCannotReadIsSaid() {
        begin().answer(follower().leader("m").members(List.of(JoinGroupResponse.JoinGroupResponseMember.builder()
                .memberId("x").metadata(ByteBuffer.wrap(new byte[] {1})).build())).build());
        assertEquals(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, notNow().errorCode());
    }

    @Test
    void aShareThatCannotBeReadIsSaid() {
        begin().answer(follower().build());
        script.expect(ApiKey.SYNC_GROUP).answer(SyncGroupResponse.builder()
                .assignment(ByteBuffer.wrap(new byte[] {0, 0, 0})).build());
        assertEquals(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, notNow().errorCode());
    }

    @Test
    void lostAnswersAndMovedCoordinatorsAreNotWorthTelling() {
        begin().fail(CallResult.Reason.LOST);
        assertNull(notNow());
        begin().answer(JoinGroupResponse.builder().errorCode(ErrorCode.NOT_COORDINATOR.code()).build());
        assertNull(notNow());
        begin().answer(JoinGroupResponse.builder().errorCode(ErrorCode.REBALANCE_IN_PROGRESS.code()).build());
        assertNull(notNow());
        begin().answer(JoinGroupResponse.builder().errorCode(ErrorCode.GROUP_AUTHORIZATION_FAILED.code()).build());
        assertEquals(ErrorCode.GROUP_AUTHORIZATION_FAILED, notNow().errorCode());
        join.forgetFailures();
        assertTrue(join.notBeforeMs() <= loop.nowMs());
    }

    @Test
    void aCancelledAttemptHasNoOutcome() {
        Script.Exchange asked = begin();
        join.cancel();
        asked.answer(follower().build());
        assertNull(script.poll(ApiKey.SYNC_GROUP));
        assertEquals(List.of(), outcomes);
        assertFalse(session.hasGeneration());
    }

    @Test
    void whoIsNotKnownIsExpelled() {
        joined(P0);
        begin().answer(JoinGroupResponse.builder().errorCode(ErrorCode.UNKNOWN_MEMBER_ID.code()).build());
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, outcome(JoinOutcome.Expelled.class).code());
        begin().answer(follower().build());
        script.expect(ApiKey.SYNC_GROUP).answer(SyncGroupResponse.builder()
                .errorCode(ErrorCode.ILLEGAL_GENERATION.code()).build());
        assertEquals(ErrorCode.ILLEGAL_GENERATION, outcome(JoinOutcome.Expelled.class).code());
        begin().answer(follower().build());
        script.expect(ApiKey.SYNC_GROUP).answer(SyncGroupResponse.builder()
                .errorCode(ErrorCode.REBALANCE_IN_PROGRESS.code()).build());
        outcome(JoinOutcome.Overtaken.class);
    }

    // The session.

    @Test
    void heartbeatsAreOfTheGenerationAndRestWhileJoining() {
        session.beat();
        loop.advance(5_000);
        assertNull(script.poll(ApiKey.HEARTBEAT), "without a generation there are none");
        joined(P0);
        session.beat();
        loop.advance(1_000);
        Script.Exchange beat = script.expect(ApiKey.HEARTBEAT);
        assertEquals(5, beat.as(HeartbeatRequest.class).generationId());
        beat.answer(HeartbeatResponse.builder().errorCode(ErrorCode.REBALANCE_IN_PROGRESS.code()).build());
        assertEquals(List.of(ErrorCode.REBALANCE_IN_PROGRESS), beats);
        assertNotNull(begin());
        loop.advance(5_000);
        assertNull(script.poll(ApiKey.HEARTBEAT));
    }

    @Test
    void anExpelledMemberKeepsItsIdUnlessThatIsUnknown() {
        joined(P0);
        GroupMetadata member = session.self();
        assertTrue(session.isCurrent(member));
        session.expelled(ErrorCode.ILLEGAL_GENERATION);
        assertFalse(session.isCurrent(member));
        assertEquals(new GroupMetadata("g", GroupMetadata.NO_GENERATION, "m", null), session.self());
        session.expelled(ErrorCode.UNKNOWN_MEMBER_ID);
        assertEquals("", session.self().memberId());
        assertFalse(session.isCurrent(session.self()), "nobody is nobody");
    }

    @Test
    void leavingEndsTheGenerationAtOnceAndIsDoneWithTheAnswer() {
        joined(P0);
        List<String> done = new ArrayList<>();
        session.leave("test", () -> done.add("left"));
        assertFalse(session.hasGeneration());
        Script.Exchange leave = script.expect(ApiKey.LEAVE_GROUP);
        assertEquals("m", leave.as(LeaveGroupRequest.class).members().getFirst().memberId());
        assertEquals(List.of(), done);
        leave.answer(LeaveGroupResponse.builder().build());
        assertEquals(List.of("left"), done);
        session.leave("again", () -> done.add("was out"));
        assertEquals(List.of("left", "was out"), done);
        assertNull(script.poll(ApiKey.LEAVE_GROUP));
    }
}
