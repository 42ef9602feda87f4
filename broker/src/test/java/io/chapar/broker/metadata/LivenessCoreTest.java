package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

class LivenessCoreTest {
    private static final long SESSION_MS = 2_000;
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

    private List<Object> heartbeat(int node) {
        return followed(core.heartbeat(node, epoch(node), image.version(), true, image, nowMs));
    }

    private List<Object> tick() {
        return followed(core.tick(image, nowMs));
    }

    /// What is decided is so at once.
    private List<Object> followed(List<MetadataCommand<?>> commands) {
        commands.forEach(command -> {
            switch (command) {
                case FenceBroker c -> stands(c.node(), Standing.FENCED);
                case UnfenceBroker c -> stands(c.node(), Standing.ACTIVE);
                default -> throw new AssertionError(command.toString());
            }
        });
        return new ArrayList<>(commands);
    }

    /// Time goes on, with all timers on time and heartbeats of these in between.
    private List<Object> pass(long ms, int... alive) {
        List<Object> decided = new ArrayList<>();
        for (long untilMs = nowMs + ms; nowMs < untilMs; ) {
            nowMs = Math.min(untilMs, nowMs + 100);
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
        assertEquals(NOTHING, followed(core.heartbeat(3, epoch, epoch - 1, true, image, nowMs)));
        assertEquals(NOTHING, followed(core.heartbeat(3, epoch, epoch, false, image, nowMs)));
        assertEquals(List.of(new UnfenceBroker(3, epoch)),
                followed(core.heartbeat(3, epoch, epoch, true, image, nowMs)));
        assertEquals(NOTHING, pass(10_000, 1, 2, 3));
    }

    @Test
    void wordsAboutAnEarlierLifeCountForNothing() {
        long earlier = epoch(3);
        pass(SESSION_MS, 1, 2);
        register(3, 2);
        assertEquals(NOTHING, followed(core.heartbeat(3, earlier, image.version(), true, image, nowMs)));
        heartbeat(3);
        core.refused(3, earlier);
        assertEquals(NOTHING, tick());
        core.refused(3, epoch(3));
        assertEquals(List.of(new FenceBroker(3, epoch(3))), tick());
    }

    @Test
    void anAddressThatRefusesEndsASessionAtOnce() {
        core.refused(2, epoch(2));
        assertEquals(0, core.inSessionForMs(2, nowMs));
        assertEquals(SESSION_MS, core.inSessionForMs(3, nowMs));
        assertEquals(List.of(new FenceBroker(2, epoch(2))), tick());
    }

    /// A heartbeat after the refusal says that the refusal was wrong, or old.
    @Test
    void whoReportsAfterItsAddressRefusedStays() {
        core.refused(2, epoch(2));
        heartbeat(2);
        assertEquals(NOTHING, tick());
    }

    @Test
    void aControllerThatStoodStillBlamesNobody() {
        pass(1_000, 1, 2, 3);
        nowMs += 30_000;
        assertEquals(NOTHING, tick());
        assertEquals(NOTHING, pass(100, 1, 2, 3));
        List<Object> fenced = pass(SESSION_MS + 2_000, 1, 2);
        assertEquals(List.of(new FenceBroker(3, epoch(3))), fenced);
    }

    @Test
    void aNewControllerGivesEverybodyASession() {
        pass(SESSION_MS - 100, 1);
        core.elected(image, nowMs);
        assertEquals(NOTHING, pass(SESSION_MS - 100, 1));
        assertEquals(2, pass(100, 1).size());
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
}
