package io.chapar.broker;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.SyncGroupRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// The machine's wall clock is set by minutes while the broker works, or between two lives of it: what is timed takes
/// as long as it says.
class SteppedClockScenarios {
    private static final int SESSION_MS = 10_000;

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());
    private final TopicView topic = new TopicView(broker, "t");

    @BeforeEach
    void start() {
        broker.createTopic("t", 1);
        broker.createCoordinators();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1_800_000, 1_800_000})
    void aSessionEndsInItsTime(long stepMs) {
        JoinGroupResponse member = join();
        broker.stepWallClock(stepMs);
        broker.advance(SESSION_MS - 1);
        assertEquals(ErrorCode.NONE, heartbeat(member));
        broker.advance(SESSION_MS + 1);
        assertEquals(ErrorCode.UNKNOWN_MEMBER_ID, heartbeat(member));
    }

    private JoinGroupResponse join() {
        BrokerFixture.Asked asked = broker.later(JoinGroupRequest.builder()
                .groupId("g").sessionTimeoutMs(SESSION_MS).rebalanceTimeoutMs(SESSION_MS).memberId("")
                .protocolType("consumer")
                .protocols(List.of(new JoinGroupRequest.JoinGroupRequestProtocol("range", ByteBuffer.allocate(0))))
                .build(), 3);
        broker.advance(3_000);
        JoinGroupResponse member = (JoinGroupResponse) asked.answer();
        broker.ask(SyncGroupRequest.builder()
                .groupId("g").generationId(member.generationId()).memberId(member.memberId())
                .assignments(List.of(new SyncGroupRequest.SyncGroupRequestAssignment(
                        member.memberId(), ByteBuffer.allocate(0))))
                .build(), 3);
        return member;
    }

    private ErrorCode heartbeat(JoinGroupResponse member) {
        return ErrorCode.of(((HeartbeatResponse) broker.ask(HeartbeatRequest.builder()
                .groupId("g").generationId(member.generationId()).memberId(member.memberId()).build(), 3)).errorCode());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1_800_000, 1_800_000})
    void aTransactionIsOpenForItsTimeout(long stepMs) {
        WireProducer.ofVersion2(broker, "t").init().write("t", 0, "v");
        broker.stepWallClock(stepMs);
        broker.advance(WireProducer.TIMEOUT_MS - 1);
        assertEquals(0, topic.lastStableOffset(0));
        broker.advance(1);
        topic.assertNothingOpen(0);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1_800_000, 0})
    void aTransactionIsNotOpenLongerBecauseTheBrokerBeginsAnewWithAnotherClock(long stepMs) {
        WireProducer.ofVersion2(broker, "t").init().write("t", 0, "v");
        broker.crashAndRestartAt(broker.nowMs() + stepMs);
        broker.advance(WireProducer.TIMEOUT_MS - 1);
        assertEquals(0, topic.lastStableOffset(0));
        broker.advance(1);
        topic.assertNothingOpen(0);
    }
}
