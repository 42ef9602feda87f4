package io.chapar.broker.liveness;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.SharedMetadata;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.peer.Peers;
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
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Broker 2 of a cluster, of which broker 1 decides unless something else is said.
class HeartbeatsTest {
    private static final long INTERVAL_MS = 500;
    private static final long SESSION_MS = 2_000;

    private final ManualLoop loop = new ManualLoop();
    private final SharedMetadata metadata = new SharedMetadata(new Random(1), 0, TopicConfig::problem);
    private final SharedMetadata.View view = metadata.open(loop);
    private final List<Question> asked = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final BrokerSessions own = new BrokerSessions(view, loop, SESSION_MS);
    private final BrokerImage life;
    private QuorumRole role = new QuorumRole.Follows(1);
    private final Heartbeats heartbeats;

    private record Question(
            int to, BrokerHeartbeatRequest request, long atMs, long deadlineMs, Consumer<Peers.Asked> done) {}

    HeartbeatsTest() {
        register(1, 1);
        register(2, 1);
        life = view.image().brokers().get(2);
        heartbeats = new Heartbeats(life, new Heartbeats.Times(INTERVAL_MS, SESSION_MS), loop, view,
                (to, request, version, caller, deadlineMs, done) -> asked.add(new Question(
                        to, (BrokerHeartbeatRequest) request, loop.nowMs(), deadlineMs, done)),
                own, () -> role, new Heartbeats.Events() {
                    @Override
                    public void replaced(String why) {
                        told.add(why);
                    }

                    @Override
                    public void mayStop() {
                        told.add("may stop");
                    }
                });
    }

    private void register(int node, int number) {
        view.propose(new RegisterBroker(Registration.alone(node, new UUID(node, number)), new TreeMap<>(), true),
                loop, _ -> { });
        loop.runAll();
    }

    private Question next() {
        assertEquals(1, asked.size(), asked::toString);
        return asked.removeFirst();
    }

    private static void answer(Question question, BrokerHeartbeatResponse.Builder response) {
        question.done().accept(new Peers.Answered(response.build()));
    }

    private static BrokerHeartbeatResponse.Builder well() {
        return BrokerHeartbeatResponse.DEFAULT.toBuilder().isCaughtUp(true).isFenced(false);
    }

    private static BrokerHeartbeatResponse.Builder error(ErrorCode error) {
        return BrokerHeartbeatResponse.DEFAULT.toBuilder().errorCode(error.code());
    }

    @Test
    void itSaysWhatItWants() {
        heartbeats.start();
        Question first = next();
        assertEquals(1, first.to());
        assertEquals(new BrokerHeartbeatRequest(2, life.epoch(), view.image().version(), true, false, List.of(), null),
                first.request());
        heartbeats.ready();
        assertFalse(next().request().wantFence());
        heartbeats.stopping();
        Question leaving = next();
        assertFalse(leaving.request().wantFence());
        assertTrue(leaving.request().wantShutDown());
        answer(leaving, well());
        assertEquals(List.of(), told);
        loop.advance(INTERVAL_MS);
        answer(next(), well().isFenced(true).shouldShutDown(true));
        loop.advance(INTERVAL_MS);
        answer(next(), well().isFenced(true).shouldShutDown(true));
        assertEquals(List.of("may stop"), told);
    }

    @Test
    void itReportsEveryIntervalWhereThatGoesWell() {
        heartbeats.start();
        for (int i = 0; i < 10; i++) {
            answer(next(), well());
            assertTrue(heartbeats.isInSession(loop.nowMs()));
            loop.advance(INTERVAL_MS - 1);
            assertEquals(List.of(), asked);
            loop.advance(1);
        }
    }

    @Test
    void afterAFailureItAsksAgainSoon() {
        heartbeats.start();
        for (Consumer<Question> failure : List.<Consumer<Question>>of(
                question -> question.done().accept(new Peers.Unsent("nobody is there")),
                question -> question.done().accept(new Peers.Lost("the link broke")),
                question -> answer(question, error(ErrorCode.NOT_CONTROLLER)))) {
            failure.accept(next());
            loop.advance(Heartbeats.PAUSE_MS - 1);
            assertEquals(List.of(), asked);
            loop.advance(1);
        }
        role = new QuorumRole.Follows(3);
        heartbeats.controllerChanged();
        assertEquals(3, asked.removeLast().to());
    }

    @Test
    void whereNobodyAnswersFewAreUnderWay() {
        heartbeats.start();
        heartbeats.ready();
        for (int i = 0; i < 50; i++) {
            loop.advance(INTERVAL_MS);
            heartbeats.controllerChanged();
        }
        assertEquals(Heartbeats.MOST_UNDER_WAY, asked.size());
        assertTrue(asked.stream().allMatch(question -> question.deadlineMs() - question.atMs() <= SESSION_MS));
        asked.forEach(question -> question.done().accept(new Peers.Lost("late")));
        asked.clear();
        loop.advance(Heartbeats.PAUSE_MS);
        assertEquals(1, asked.size());
    }

    @Test
    void whereNobodyDecidesNobodyIsAsked() {
        role = new QuorumRole.NoController();
        heartbeats.start();
        loop.advance(10_000);
        assertEquals(List.of(), asked);
        role = new QuorumRole.Follows(1);
        loop.advance(Heartbeats.PAUSE_MS);
        assertEquals(1, next().to());
    }

    /// The time counts from when the report left: no controller can have renewed the session later than for that.
    @Test
    void itKnowsHowLongAgoAControllerHeardOfIt() {
        heartbeats.start();
        Question first = next();
        long sentMs = loop.nowMs();
        loop.advance(300);
        assertFalse(heartbeats.isInSession(loop.nowMs()));
        answer(first, well());
        assertEquals(sentMs, heartbeats.lastHeardMs());
        assertTrue(heartbeats.isInSession(sentMs + SESSION_MS - 1));
        assertFalse(heartbeats.isInSession(sentMs + SESSION_MS));
        assertFalse(heartbeats.isCutOff(sentMs + 2 * SESSION_MS - 1));
        assertTrue(heartbeats.isCutOff(sentMs + 2 * SESSION_MS));
        loop.advance(200);
        answer(next(), well().isFenced(true));
        assertFalse(heartbeats.isInSession(loop.nowMs()));
    }

    /// An answer that was overtaken is not news.
    @Test
    void anEarlierAnswerThatComesLaterCountsForNothing() {
        heartbeats.start();
        Question first = next();
        heartbeats.ready();
        Question second = next();
        answer(second, well());
        answer(first, well().isFenced(true));
        assertTrue(heartbeats.isInSession(loop.nowMs()));
    }

    @Test
    void whoIsToldThatAnotherHasItsPlaceEndsOnce() {
        heartbeats.start();
        heartbeats.ready();
        asked.forEach(question -> answer(question, error(ErrorCode.STALE_BROKER_EPOCH)));
        asked.clear();
        assertEquals(1, told.size(), told::toString);
        loop.advance(60_000);
        heartbeats.controllerChanged();
        assertEquals(List.of(), asked);
    }

    @Test
    void whoSeesThatAnotherHasItsPlaceEndsToo() {
        heartbeats.start();
        register(1, 2);
        assertEquals(List.of(), told);
        register(2, 2);
        assertEquals(List.of("Another process has registered as broker 2."), told);
    }

    @Test
    void whoDecidesItselfIsInSessionWithItselfWithoutASocket() {
        role = new QuorumRole.Controls();
        own.role(role);
        heartbeats.start();
        loop.runAll();
        heartbeats.ready();
        loop.advance(INTERVAL_MS);
        assertTrue(view.image().brokers().get(2).isActive());
        assertTrue(heartbeats.isInSession(loop.nowMs()));
        loop.advance(10 * SESSION_MS);
        assertTrue(view.image().brokers().get(2).isActive());
        assertEquals(List.of(), asked);
    }
}
