package io.chapar.broker.liveness;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Registration;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/// Two brokers; what broker 1 should lead is led by broker 2, as after a restart of 1.
class LeaderBalanceCoreTest {
    private static final int PARTITIONS = ElectLeaders.MOST + 200;

    private final LeaderBalanceCore core = new LeaderBalanceCore();
    private final ControllerCore controller = new ControllerCore(new Random(1), _ -> null);
    private ClusterImage image = ClusterImage.EMPTY;
    private long nowMs = 1_000_000;

    LeaderBalanceCoreTest() {
        List<MetadataRecord> records = new ArrayList<>();
        for (int node = 1; node <= 2; node++) {
            records.add(new MetadataRecord.BrokerRegistered(Registration.alone(node, new UUID(node, 1))));
            records.add(new MetadataRecord.BrokerStands(node, Standing.ACTIVE));
        }
        List<PartitionImage> partitions = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            partitions.add(new PartitionImage(2, 1, 1, List.of(1, 2), List.of(1, 2), List.of()));
        }
        records.add(new MetadataRecord.TopicCreated(new UUID(7, 7), "t", partitions, new TreeMap<>()));
        image = image.apply(records);
        core.elected(image, nowMs);
    }

    private void apply(MetadataRecord record) {
        image = image.apply(List.of(record));
        core.changed(image, nowMs);
    }

    private ElectLeaders tick() {
        nowMs = Math.max(nowMs, core.nextMs());
        return core.tick(image, nowMs);
    }

    /// Ticks for so long; null unless something was ordered then.
    private ElectLeaders pass(long ms) {
        ElectLeaders ordered = null;
        for (long untilMs = nowMs + ms; ordered == null && core.nextMs() < untilMs; ) {
            ordered = tick();
        }
        return ordered;
    }

    private void carryOut(ElectLeaders command) {
        controller.decide(command, image).records().forEach(this::apply);
        core.ended(nowMs);
    }

    private long led(int node) {
        return image.topic("t").all().stream().filter(partition -> partition.leader() == node).count();
    }

    @Test
    void everyoneSettlesFirstAndThenGetsBackSoManyAtATime() {
        long startMs = nowMs;
        ElectLeaders first = pass(60_000);
        assertEquals(startMs + LeaderBalanceCore.SETTLE_MS, nowMs);
        assertEquals(ElectLeaders.MOST, first.partitions().size());
        assertNull(pass(10_000), "one at a time");
        long endedMs = nowMs;
        carryOut(first);
        ElectLeaders second = pass(60_000);
        assertEquals(200, second.partitions().size());
        assertEquals(endedMs + LeaderBalanceCore.PAUSE_MS, nowMs);
        carryOut(second);
        assertEquals(PARTITIONS, led(1));
        assertNull(pass(60_000));
    }

    @Test
    void whoWasFencedMeanwhileSettlesAnew() {
        assertNull(pass(LeaderBalanceCore.SETTLE_MS - 1_000));
        apply(new MetadataRecord.BrokerStands(1, Standing.FENCED));
        apply(new MetadataRecord.BrokerStands(1, Standing.ACTIVE));
        long backMs = nowMs;
        assertNotNull(pass(60_000));
        assertEquals(backMs + LeaderBalanceCore.SETTLE_MS, nowMs);
    }

    @Test
    void whoIsFencedGetsNothingHoweverLongItTakes() {
        apply(new MetadataRecord.BrokerStands(1, Standing.FENCED));
        assertNull(pass(60_000));
    }

    @Test
    void whatDidNotComeToBeIsOrderedAgainAfterAPause() {
        ElectLeaders first = pass(60_000);
        core.ended(nowMs);
        long endedMs = nowMs;
        assertEquals(first, pass(60_000));
        assertEquals(endedMs + LeaderBalanceCore.PAUSE_MS, nowMs);
    }

    @Test
    void whoCatchesUpLateGetsItsPartitionThen() {
        carryOut(pass(60_000));
        carryOut(pass(60_000));
        apply(partition(new PartitionImage(2, 5, 5, List.of(1, 2), List.of(2), List.of())));
        assertNull(pass(60_000));
        apply(partition(new PartitionImage(2, 5, 6, List.of(1, 2), List.of(2, 1), List.of())));
        assertEquals(1, pass(LeaderBalanceCore.PAUSE_MS + 1).partitions().size());
    }

    private static MetadataRecord partition(PartitionImage is) {
        TreeMap<Integer, PartitionImage> one = new TreeMap<>();
        one.put(3, is);
        return new MetadataRecord.PartitionsChanged(new UUID(7, 7), one);
    }

    @Test
    void aNewControllerForgetsWhatWasUnderWay() {
        assertNotNull(pass(60_000));
        core.elected(image, nowMs);
        assertNotNull(pass(60_000));
    }
}
