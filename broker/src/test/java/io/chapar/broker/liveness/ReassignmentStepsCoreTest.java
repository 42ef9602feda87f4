package io.chapar.broker.liveness;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Reassignment;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.TopicRules;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.SortedMap;
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

    private final ReassignmentStepsCore core = new ReassignmentStepsCore(new TopicRules() {
        @Override
        public @Nullable String problem(SortedMap<String, String> config) {
            return null;
        }

        @Override
        public int minIsr(SortedMap<String, String> config, ClusterSettings cluster) {
            return Integer.parseInt(cluster.of(ConfigOwner.allBrokers()).getOrDefault("min.insync.replicas", "1"));
        }

        @Override
        public int movesAtOnce(ClusterSettings cluster) {
            return Integer.parseInt(cluster.of(ConfigOwner.allBrokers()).getOrDefault("reassign.concurrent", "20"));
        }
    });
    private ClusterImage image = ClusterImage.EMPTY.apply(List.of(
            new MetadataRecord.BrokerRegistered(Registration.alone(2, new UUID(2, 1))),
            new MetadataRecord.BrokerStands(2, Standing.ACTIVE)));
    private final TreeMap<String, String> settings = new TreeMap<>();
    private long nowMs = 1_000;

    private boolean become(PartitionImage partition) {
        return become(new MetadataRecord.TopicCreated(TOPIC, "t", List.of(partition), new TreeMap<>()));
    }

    private boolean become(MetadataRecord record) {
        ClusterImage before = image;
        ClusterImage.Step step = image.step(List.of(record));
        image = step.after();
        return core.changed(before, image, step.delta(), nowMs);
    }

    private boolean set(String name, String value) {
        settings.put(name, value);
        return become(new MetadataRecord.Configured(ConfigOwner.allBrokers(), new TreeMap<>(settings)));
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
        core.ended(true, nowMs);
        assertTrue(become(new MetadataRecord.BrokerStands(2, Standing.FENCED)));
        assertFalse(tick(), "it waits for whom it is to be moved to");
        assertTrue(become(new MetadataRecord.BrokerStands(2, Standing.ACTIVE)), "who is back");
    }

    @Test
    void whatWaitsForRoomIsBegunWhenMoreMayMove() {
        core.elected(nowMs);
        become(UNDER_WAY);
        assertFalse(tick(), "it waits for its replicas");
        assertFalse(set("min.insync.replicas", "2"));
        assertFalse(set("reassign.concurrent", "10"), "fewer than before");
        assertEquals(Long.MAX_VALUE, core.nextMs());
        assertTrue(set("reassign.concurrent", "30"));
        assertEquals(nowMs + ReassignmentStepsCore.SOON_MS, core.nextMs());
    }

    @Test
    void whatWaitsForEnoughInSyncIsEndedWhenFewerHaveToBe() {
        core.elected(nowMs);
        set("min.insync.replicas", "2");
        become(new PartitionImage(1, 0, 1, List.of(2, 3, 1), List.of(1, 2), List.of(), -1, false,
                new Reassignment(List.of(1, 3), List.of(2, 3))));
        assertTrue(tick());
        core.ended(true, nowMs);
        assertFalse(set("min.insync.replicas", "3"), "more than before");
        assertEquals(Long.MAX_VALUE, core.nextMs());
        assertTrue(set("min.insync.replicas", "1"));
        assertTrue(tick());
    }
}
