package io.chapar.broker.liveness;

import io.chapar.broker.liveness.LivenessCore.Order;
import io.chapar.broker.liveness.LivenessCore.Report;
import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Registration;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LivenessCoreTest {
    private static final long SESSION_MS = 2_000;
    private static final long STEP_MS = 100;
    private static final List<Object> NOTHING = List.of();

    private final LivenessCore core = new LivenessCore(SESSION_MS);
    private ClusterImage image = ClusterImage.EMPTY;
    private long nowMs = 1_000_000;

    LivenessCoreTest() {
        for (int node = 1; node <= 3; node++) {
            register(node, 1);
            stands(node, Standing.ACTIVE);
        }
        core.elected(image, nowMs);
    }

    private void register(int node, int life) {
        image = image.apply(List.of(
                new MetadataRecord.BrokerRegistered(Registration.alone(node, new UUID(node, life)))));
    }

    private void stands(int node, Standing standing) {
        image = image.apply(List.of(new MetadataRecord.BrokerStands(node, standing)));
    }

    private long epoch(int node) {
        return image.brokers().get(node).epoch();
    }

    private List<Order> report(int node, long epoch, long version, boolean isReady, boolean wantsFence) {
        return core.heartbeat(new Report(node, epoch, version, isReady, wantsFence), image, nowMs);
    }

    private List<Object> heartbeat(int node) {
        return followed(report(node, epoch(node), image.version(), true, false));
    }

    private List<Object> refused(int node, long epoch) {
        return followed(core.refused(node, epoch, image, nowMs));
    }

    /// It looks when something is due, which is seldom; once more is no harm.
    private List<Object> tick() {
        return followed(core.tick(image, nowMs));
    }

    private static List<MetadataCommand<?>> commands(List<Order> orders) {
        return new ArrayList<>(orders.stream().map(Order::command).toList());
    }

    /// What is ordered is so at once.
    private List<Object> followed(List<Order> orders) {
        orders.forEach(order -> {
            switch (order.command()) {
                case FenceBroker c -> stands(c.node(), Standing.FENCED);
                case UnfenceBroker c -> stands(c.node(), Standing.ACTIVE);
                default -> throw new AssertionError(order.toString());
            }
            core.ended(order.id(), true, nowMs);
        });
        return new ArrayList<>(commands(orders));
    }

    /// Time goes on, with all looks in time and heartbeats of these in between.
    private List<Object> pass(long ms, int... alive) {
        List<Object> decided = new ArrayList<>();
        for (long untilMs = nowMs + ms; nowMs < untilMs; ) {
            nowMs = Math.min(untilMs, nowMs + STEP_MS);
            for (int node : alive) {
                decided.addAll(heartbeat(node));
            }
            decided.addAll(tick());
        }
        return decided;
    }

    @Test
    void whoIsSilentForASessionIsFencedOnce() {
        assertEquals(NOTHING, pass(SESSION_MS - 100, 1, 2));
        assertEquals(List.of(new FenceBroker(3, epoch(3))), pass(100, 1, 2));
        assertEquals(NOTHING, pass(60_000, 1, 2));
    }

    @Test
    void whoReportsAgainIsUnfencedWhenItIsReadyAndKnowsOfItsRegistration() {
        pass(SESSION_MS, 1, 2);
        register(3, 2);
        long epoch = epoch(3);
        assertEquals(NOTHING, followed(report(3, epoch, epoch - 1, true, false)));
        assertEquals(NOTHING, followed(report(3, epoch, epoch, false, false)));
        assertEquals(List.of(new UnfenceBroker(3, epoch)), followed(report(3, epoch, epoch, true, false)));
        assertEquals(NOTHING, pass(10_000, 1, 2, 3));
    }

    @Test
    void whoWantsToBeFencedIsAndStaysSo() {
        assertEquals(List.of(new FenceBroker(3, epoch(3))),
                followed(report(3, epoch(3), image.version(), true, true)));
        for (int i = 0; i < 100; i++) {
            assertEquals(NOTHING, followed(report(3, epoch(3), image.version(), true, true)));
            assertEquals(NOTHING, pass(100, 1, 2));
        }
        assertEquals(List.of(new UnfenceBroker(3, epoch(3))), heartbeat(3));
    }

    @Test
    void wordsAboutAnEarlierLifeCountForNothing() {
        long earlier = epoch(3);
        pass(SESSION_MS, 1, 2);
        register(3, 2);
        stands(3, Standing.ACTIVE);
        assertEquals(NOTHING, followed(report(3, earlier, image.version(), true, false)));
        heartbeat(3);
        assertEquals(NOTHING, refused(3, earlier));
        assertEquals(NOTHING, followed(core.doubted(3, earlier, image, nowMs)));
        assertEquals(NOTHING, followed(report(3, earlier, image.version(), true, true)));
        assertEquals(NOTHING, pass(SESSION_MS - 100, 1, 2));
        assertEquals(List.of(new FenceBroker(3, epoch(3))), refused(3, epoch(3)));
    }

    @Test
    void anAddressThatRefusesEndsASessionAtOnce() {
        assertEquals(SESSION_MS, core.inSessionForMs(3, epoch(3), nowMs));
        assertEquals(List.of(new FenceBroker(2, epoch(2))), refused(2, epoch(2)));
        assertEquals(0, core.inSessionForMs(2, epoch(2), nowMs));
        assertEquals(List.of(new UnfenceBroker(2, epoch(2))), heartbeat(2));
        assertEquals(NOTHING, tick());
    }

    /// The word of another broker ends the session of who has missed a heartbeat, and of nobody else.
    @Test
    void whoIsDoubtedHasToReportSoon() {
        pass(1_000, 1, 2, 3);
        assertEquals(NOTHING, followed(core.doubted(3, epoch(3), image, nowMs)));
        assertEquals(NOTHING, pass(400, 1, 2));
        heartbeat(3);
        assertEquals(NOTHING, pass(SESSION_MS - 100, 1, 2));
        assertEquals(List.of(new FenceBroker(3, epoch(3))), followed(core.doubted(3, epoch(3), image, nowMs)));

        assertEquals(NOTHING, followed(core.doubted(2, epoch(2), image, nowMs)));
        assertEquals(NOTHING, pass(LivenessCore.DOUBTED_MS - 100, 1));
        assertEquals(List.of(new FenceBroker(2, epoch(2))), pass(100, 1));
    }

    @Test
    void aControllerThatStoodStillBlamesNobody() {
        pass(1_000, 1, 2, 3);
        nowMs += 30_000;
        assertEquals(NOTHING, tick());
        assertEquals(NOTHING, pass(100, 1, 2, 3));
        assertEquals(List.of(new FenceBroker(3, epoch(3))), pass(SESSION_MS + 2_000, 1, 2));
    }

    /// It gives the time back that it took, and no more: a dead broker is found however often the controller pauses.
    @Test
    void aControllerThatStandsStillAgainAndAgainFindsWhoIsDead() {
        List<Object> decided = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            nowMs += 1_000;
            decided.addAll(tick());
            decided.addAll(pass(100, 1, 2));
        }
        assertEquals(List.of(new FenceBroker(3, epoch(3))), decided);
    }

    @Test
    void aNewControllerGivesEverybodyASession() {
        pass(SESSION_MS - 100, 1);
        core.elected(image, nowMs);
        assertEquals(NOTHING, pass(SESSION_MS - 100, 1));
        assertEquals(2, pass(100, 1).size());
    }

    /// One that a controller before had unfenced, and that says nothing since.
    @Test
    void whoIsActiveAndWasNeverHeardOfIsFencedInTheEnd() {
        register(4, 1);
        assertEquals(NOTHING, pass(500, 1, 2, 3));
        stands(4, Standing.ACTIVE);
        assertEquals(NOTHING, pass(SESSION_MS - 500, 1, 2, 3));
        assertEquals(List.of(new FenceBroker(4, epoch(4))), pass(100, 1, 2, 3));
    }

    @Test
    void ofABrokerOneOrderIsUnderWayAndALostOneIsGivenAgain() {
        nowMs += SESSION_MS;
        List<Order> first = core.refused(3, epoch(3), image, nowMs);
        assertEquals(List.of(new FenceBroker(3, epoch(3))), commands(first));
        assertTrue(core.isOrdered(3, epoch(3)));
        for (int i = 0; i < 100; i++) {
            assertEquals(NOTHING, pass(100, 1, 2));
        }
        core.ended(first.getFirst().id(), false, nowMs);
        assertFalse(core.isOrdered(3, epoch(3)));
        assertEquals(NOTHING, pass(LivenessCore.PAUSE_MS - 100, 1, 2));
        assertEquals(List.of(new FenceBroker(3, epoch(3))), pass(100, 1, 2));
        core.ended(first.getFirst().id(), false, nowMs);
        assertEquals(NOTHING, pass(10_000, 1, 2));
    }

    @Test
    void whoComesAndGoesHasToBeSteadyFirst() {
        for (int i = 0; i < LivenessCore.FLAPS; i++) {
            assertEquals(List.of(new FenceBroker(3, epoch(3))), pass(SESSION_MS, 1, 2));
            if (i < LivenessCore.FLAPS - 1) {
                assertEquals(List.of(new UnfenceBroker(3, epoch(3))), heartbeat(3));
            }
        }
        assertEquals(NOTHING, pass(LivenessCore.STEADY_MS, 1, 2, 3));
        assertEquals(List.of(new UnfenceBroker(3, epoch(3))), pass(200, 1, 2, 3));
    }

    /// With one more gone its replicas are what is left to be in sync with.
    @Test
    void whoComesAndGoesIsLetInWhileAnotherIsMissing() {
        for (int i = 0; i < LivenessCore.FLAPS; i++) {
            pass(SESSION_MS, 1, 2);
            if (i < LivenessCore.FLAPS - 1) {
                heartbeat(3);
            }
        }
        assertEquals(NOTHING, pass(1_000, 1, 2, 3));
        assertEquals(List.of(new FenceBroker(2, epoch(2))), pass(SESSION_MS, 1, 3));
        assertEquals(List.of(new UnfenceBroker(3, epoch(3))), pass(LivenessCore.STEADY_IF_MISSED_MS, 1, 3));
    }

    private void flapsWhileAnotherIsMissing() {
        for (int i = 0; i < LivenessCore.FLAPS; i++) {
            pass(SESSION_MS, 1);
            if (i < LivenessCore.FLAPS - 1) {
                heartbeat(3);
            }
        }
    }

    @Test
    void whoComesAndGoesIsSteadyForAWhileHoweverLongAnotherIsMissing() {
        flapsWhileAnotherIsMissing();
        assertEquals(NOTHING, heartbeat(3));
        assertEquals(NOTHING, pass(LivenessCore.STEADY_IF_MISSED_MS - 200, 1, 3));
        assertEquals(List.of(new UnfenceBroker(3, epoch(3))), pass(400, 1, 3));
    }

    @Test
    void whoComesAndGoesIsLetInAtOnceWhereNobodyElseMayLead() {
        image = image.apply(List.of(new MetadataRecord.TopicCreated(new UUID(7, 7), "t", List.of(new PartitionImage(
                PartitionImage.NO_LEADER, 3, 3, List.of(3, 2), List.of(), List.of(3), 3, false, null)),
                new TreeMap<>())));
        flapsWhileAnotherIsMissing();
        assertEquals(List.of(new UnfenceBroker(3, epoch(3))), heartbeat(3));
    }

    /// A process that is started again is another one, and somebody wants it to serve.
    @Test
    void aNewLifeNeedNotBeSteady() {
        for (int i = 0; i < 2 * LivenessCore.FLAPS; i++) {
            assertEquals(List.of(new FenceBroker(3, epoch(3))), pass(SESSION_MS, 1, 2));
            register(3, 2 + i);
            assertEquals(List.of(new UnfenceBroker(3, epoch(3))), heartbeat(3));
        }
    }
}
