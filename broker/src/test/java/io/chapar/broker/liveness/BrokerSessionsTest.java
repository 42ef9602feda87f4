package io.chapar.broker.liveness;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.SharedMetadata;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.socket.Suspect;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerHeartbeatResponse;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// One broker that may decide, broker 1, and what it says of broker 2.
class BrokerSessionsTest {
    private static final long SESSION_MS = 2_000;

    private final ManualLoop loop = new ManualLoop();
    private final SharedMetadata metadata = new SharedMetadata(new Random(1), 0, TopicConfig::problem);
    private final SharedMetadata.View view = metadata.open(loop);
    private final BrokerSessions sessions = new BrokerSessions(view, loop, SESSION_MS);

    BrokerSessionsTest() {
        register(1, 1);
        register(2, 1);
        sessions.role(new QuorumRole.Controls());
    }

    private static RegisterBroker registration(int node, int life, List<UUID> lives) {
        return new RegisterBroker(
                Registration.alone(node, new UUID(node, life)), new TreeMap<>(), !lives.isEmpty(), lives);
    }

    private void register(int node, int life) {
        view.propose(registration(node, life, List.of()), loop, _ -> { });
        loop.runAll();
    }

    private long epoch(int node) {
        return view.image().brokers().get(node).epoch();
    }

    private boolean isActive(int node) {
        return view.image().brokers().get(node).isActive();
    }

    private BrokerHeartbeatRequest.Builder report(int node) {
        return BrokerHeartbeatRequest.DEFAULT.toBuilder().brokerId(node).brokerEpoch(epoch(node))
                .currentMetadataOffset(view.image().version());
    }

    private BrokerHeartbeatResponse heartbeat(BrokerHeartbeatRequest.Builder request) {
        List<BrokerHeartbeatResponse> answers = new ArrayList<>();
        sessions.heartbeat(request.build(), loop, answers::add);
        assertEquals(List.of(), answers, "never within the call");
        loop.runAll();
        assertEquals(1, answers.size());
        return answers.getFirst();
    }

    private ErrorCode error(BrokerHeartbeatRequest.Builder request) {
        return ErrorCode.of(heartbeat(request).errorCode());
    }

    private void serve(int node) {
        heartbeat(report(node));
        assertTrue(isActive(node));
    }

    /// One that reports in time, for so long.
    private void pass(long ms, int alive) {
        for (long untilMs = loop.nowMs() + ms; loop.nowMs() < untilMs; ) {
            loop.advance(Math.min(400, untilMs - loop.nowMs()));
            heartbeat(report(alive));
        }
    }

    private Suspect suspect(int node, Evidence evidence) {
        return new Suspect(node, new UUID(node, 1), epoch(node), evidence);
    }

    @Test
    void aHeartbeatSaysHowItStandsWithTheBroker() {
        BrokerHeartbeatResponse starting = heartbeat(report(2).wantFence(true).currentMetadataOffset(0));
        assertFalse(starting.isCaughtUp());
        assertTrue(starting.isFenced());
        assertTrue(heartbeat(report(2).wantFence(true)).isCaughtUp());
        assertFalse(isActive(2));
        serve(2);
        assertFalse(heartbeat(report(2)).isFenced());
        BrokerHeartbeatResponse leaving = heartbeat(report(2).wantShutDown(true));
        assertFalse(leaving.shouldShutDown(), "it may still lead");
        assertFalse(isActive(2));
        assertTrue(heartbeat(report(2).wantShutDown(true)).shouldShutDown());
    }

    @Test
    void whoIsNotKnownOrHasAnotherLifeIsRefused() {
        assertEquals(ErrorCode.BROKER_ID_NOT_REGISTERED, error(report(2).brokerId(9)));
        BrokerHeartbeatRequest.Builder earlier = report(2);
        register(2, 2);
        assertEquals(ErrorCode.STALE_BROKER_EPOCH, error(earlier));
        assertEquals(ErrorCode.NONE, error(report(2)));
    }

    @Test
    void nobodyReportsForAnother() {
        List<BrokerHeartbeatResponse> answers = new ArrayList<>();
        sessions.heard(report(2).build(), 1, epoch(1), answers::add);
        assertEquals(ErrorCode.INVALID_REQUEST.code(), answers.removeFirst().errorCode());
        sessions.heard(report(2).build(), 2, epoch(2), answers::add);
        loop.runAll();
        assertEquals(ErrorCode.NONE.code(), answers.removeFirst().errorCode());
    }

    /// A controller that is behind has nothing to say about a life that it does not know of yet.
    @Test
    void whoDoesNotDecideSaysNothing() {
        assertEquals(ErrorCode.NOT_CONTROLLER, error(report(2).brokerEpoch(view.image().version() + 1)));
        sessions.role(new QuorumRole.Follows(2));
        assertEquals(ErrorCode.NOT_CONTROLLER, error(report(2)));
        loop.advance(10 * SESSION_MS);
        assertTrue(isActive(1), "whoever does not decide fences nobody");
    }

    @Test
    void anotherProcessHasToWaitForTheEndOfTheSession() {
        serve(2);
        RegisterBroker other = registration(2, 2, List.of());
        assertEquals(ErrorCode.DUPLICATE_BROKER_REGISTRATION, sessions.refusal(other).error());
        assertNull(sessions.refusal(registration(2, 1, List.of())), "the same process asks again");
        assertNull(sessions.refusal(registration(3, 1, List.of())));
        assertNull(sessions.refusal(new TakeProducerIds(1)));
        loop.advance(SESSION_MS - 100);
        assertEquals(ErrorCode.DUPLICATE_BROKER_REGISTRATION, sessions.refusal(other).error());
        loop.advance(100);
        assertNull(sessions.refusal(other));
    }

    /// Two processes are started with one id: the first keeps it, though it has not reported yet.
    @Test
    void aProcessThatHasJustRegisteredIsInSession() {
        register(2, 2);
        assertEquals(ErrorCode.DUPLICATE_BROKER_REGISTRATION,
                sessions.refusal(registration(2, 3, List.of())).error());
        loop.advance(SESSION_MS);
        assertNull(sessions.refusal(registration(2, 3, List.of())));
    }

    /// It holds the lock of the folder in which the other wrote its life.
    @Test
    void aProcessThatHasTheFolderOfTheOtherNeedNotWait() {
        serve(2);
        assertNull(sessions.refusal(registration(2, 2, List.of(new UUID(2, 1)))));
        assertEquals(ErrorCode.DUPLICATE_BROKER_REGISTRATION,
                sessions.refusal(registration(2, 3, List.of(new UUID(2, 2)))).error());
    }

    @Test
    void anAddressThatRefusesIsTakenAtItsWordWhereTheControllerFoundOut() {
        serve(2);
        sessions.suspect(suspect(2, Evidence.SILENT));
        loop.runAll();
        assertTrue(isActive(2));
        sessions.suspect(suspect(2, Evidence.REFUSED));
        loop.runAll();
        assertFalse(isActive(2));
        assertNull(sessions.refusal(registration(2, 2, List.of())), "nobody is there any more");
    }

    @Test
    void whatOthersHoldAgainstABrokerTheControllerSeesForItself() {
        serve(2);
        loop.advance(300);
        FenceBroker wish = new FenceBroker(2, epoch(2));
        assertEquals(ErrorCode.NOT_CONTROLLER, sessions.refusal(wish).error());
        loop.advance(100);
        heartbeat(report(2));
        pass(1_000, 2);
        assertTrue(isActive(2));
        assertEquals(ErrorCode.NOT_CONTROLLER, sessions.refusal(wish).error());
        loop.advance(LivenessCore.DOUBTED_MS);
        assertFalse(isActive(2));
    }

    @Test
    void whoDoesNotDecideTellsTheControllerOnce() {
        serve(2);
        sessions.role(new QuorumRole.Follows(3));
        List<Object> wishes = new ArrayList<>();
        MetadataLog unanswered = new UnansweredLog(view, wishes);
        BrokerSessions other = new BrokerSessions(unanswered, loop, SESSION_MS);
        for (int i = 0; i < 10; i++) {
            other.suspect(suspect(2, Evidence.REFUSED));
        }
        assertEquals(List.of(new FenceBroker(2, epoch(2))), wishes);
    }

    /// The controller before was that broker itself.
    @Test
    void aNewControllerRemembersWhoseAddressRefused() {
        serve(2);
        sessions.role(new QuorumRole.Follows(2));
        view.cutOff(true);
        sessions.suspect(suspect(2, Evidence.REFUSED));
        loop.advance(1_000);
        view.cutOff(false);
        sessions.role(new QuorumRole.Controls());
        loop.runAll();
        assertFalse(isActive(2));
    }
}
