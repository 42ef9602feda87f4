package io.chapar.broker.liveness;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Reassignment;
import io.chapar.broker.metadata.Reassignments;
import io.chapar.broker.metadata.Registration;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ReassignmentStepsCoreTest {
    private static final UUID TOPIC = new UUID(7, 7);
    private static final PartitionImage SETTLED = PartitionImage.born(List.of(1));
    private static final PartitionImage QUEUED = new PartitionImage(1, 0, 1, List.of(1), List.of(1), List.of(), -1,
            false, new Reassignment(List.of(1), List.of(2)));
    private static final PartitionImage UNDER_WAY = new PartitionImage(1, 0, 1, List.of(2, 1), List.of(1), List.of(),
            -1, false, new Reassignment(List.of(1), List.of(2)));

    private final ReassignmentStepsCore core = new ReassignmentStepsCore(_ -> Reassignments.AT_ONCE);
    private ClusterImage image = ClusterImage.EMPTY.apply(List.of(
            new MetadataRecord.BrokerRegistered(Registration.alone(2, new UUID(2, 1))),
            new MetadataRecord.BrokerStands(2, Standing.ACTIVE)));
    private long nowMs = 1_000;

    private boolean become(PartitionImage partition) {
        ClusterImage.Step step = image.step(List.of(
                new MetadataRecord.TopicCreated(TOPIC, "t", List.of(partition), new TreeMap<>())));
        image = step.after();
        return core.changed(step.delta(), false, nowMs);
    }

    private boolean tick() {
        nowMs = core.nextMs();
        return core.tick(image, nowMs);
    }

    @Test
    void whatWaitsIsBegunSoonAfterItChanged() {
        core.elected(nowMs);
        assertFalse(tick(), "nothing is reassigned");
        assertEquals(Long.MAX_VALUE, core.nextMs());
        assertFalse(become(SETTLED));
        assertEquals(Long.MAX_VALUE, core.nextMs(), "what is not reassigned is not looked at");
        assertTrue(become(QUEUED));
        assertEquals(nowMs + ReassignmentStepsCore.SOON_MS, core.nextMs());
        assertFalse(core.tick(image, nowMs));
        assertTrue(tick());
        assertFalse(become(UNDER_WAY), "one command at a time");
        core.ended(true, nowMs);
        assertEquals(nowMs + ReassignmentStepsCore.PAUSE_MS, core.nextMs());
        assertFalse(tick(), "it waits for its replicas");
        assertEquals(Long.MAX_VALUE, core.nextMs());
        assertTrue(become(SETTLED), "there may be room for another");
    }

    @Test
    void whatIsNotDecidedIsTriedAgain() {
        core.elected(nowMs);
        become(QUEUED);
        assertTrue(tick());
        core.ended(false, nowMs);
        assertEquals(nowMs + ReassignmentStepsCore.PAUSE_MS, core.nextMs());
        assertTrue(tick());
        core.elected(nowMs);
        assertTrue(tick(), "a controller begins anew");
        assertFalse(core.changed(new ClusterDelta(List.of()), false, nowMs));
        core.ended(true, nowMs);
        assertTrue(core.changed(new ClusterDelta(List.of()), true, nowMs), "one that was fenced may be back");
    }
}
