package io.chapar.broker.metadata;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.metadata.BrokerImage.Standing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SeedImagesTest {
    private static final UUID LIFE = new UUID(7, 1);

    private static ClusterImage image(PartitionImage... partitions) {
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.ClusterCreated(new UUID(1, 1)));
        for (int node = 1; node <= 2; node++) {
            records.add(new MetadataRecord.BrokerKept(new BrokerImage(new Registration(node, new UUID(7, node),
                    new HostPort("c", 1), new HostPort("p", 2), null), 5, Standing.FENCED)));
        }
        records.add(new MetadataRecord.TopicCreated(new UUID(3, 3), "t", List.of(partitions),
                new TreeMap<>(Map.of("a", "b"))));
        records.add(new MetadataRecord.ProducerIdsTaken(4_000));
        records.add(new MetadataRecord.VersionReached(90));
        return ClusterImage.EMPTY.apply(records);
    }

    @Test
    void aBrokerAloneLeadsAllThatItHasAndKnowsNoOther() throws IOException {
        ClusterImage alone = SeedImages.alone(image(
                new PartitionImage(-1, 6, 9, List.of(1), List.of(), List.of(1), 1, true)), 1);
        assertEquals(List.of(1), List.copyOf(alone.brokers().keySet()));
        assertEquals(Registration.alone(1, LIFE), alone.brokers().get(1).registration());
        assertTrue(alone.brokers().get(1).isActive());
        TopicImage topic = alone.topics().get("t");
        assertEquals(new PartitionImage(1, 7, 10, List.of(1), List.of(1), List.of()), topic.partition(0));
        assertEquals(Map.of("a", "b"), topic.config());
        assertEquals(4_000, alone.nextProducerId());
        assertEquals(90, alone.version());
        assertEquals(new UUID(1, 1), alone.clusterId());
    }

    @Test
    void nothingIsLeftBehindAtOthers() {
        PartitionImage here = PartitionImage.born(List.of(1));
        assertEquals("4 partitions have other replicas than the one at broker 1 (t-1, t-2, t-3 ...); move them first",
                assertThrows(IOException.class, () -> SeedImages.alone(image(here, PartitionImage.born(List.of(2)),
                        PartitionImage.born(List.of(1, 2)), PartitionImage.born(List.of(2, 1)),
                        PartitionImage.born(List.of(2))), 1)).getMessage());
        assertThrows(IOException.class, () -> SeedImages.alone(image(here), 3));
    }

    /// A broker may have others more than once; what it had each time is kept.
    @Test
    void whatIsSetAsideStays(@TempDir Path folder) throws IOException {
        try (FileDisk disk = new FileDisk(folder)) {
            ClusterImage first = image(PartitionImage.born(List.of(1)));
            for (ClusterImage one : List.of(first, SeedImages.afterLoss(first))) {
                MetadataSeed.write(disk, one);
                assertEquals(one, MetadataSeed.read(disk, 1).image());
                MetadataSeed.setAside(disk);
                assertFalse(MetadataSeed.isThere(folder));
            }
        }
        assertTrue(MetadataSeed.wasSetAside(folder));
        assertTrue(Files.exists(folder.resolve("metadata.log.before-quorum.2")));
    }

    /// Whoever led at an epoch that only the lost ones knew is not taken for the present leader, and no producer gets
    /// an id that they gave away.
    @Test
    void afterALossNothingCountsOnFromWhatTheLostOnesMayHaveGivenAway() {
        PartitionImage was = new PartitionImage(2, 6, 9, List.of(1, 2), List.of(2), List.of(1), -1, false);
        ClusterImage after = SeedImages.afterLoss(image(was));
        PartitionImage is = after.topics().get("t").partition(0);
        assertEquals(new PartitionImage(2, 1_006, 1_009, List.of(1, 2), List.of(2), List.of(1), -1, false), is);
        assertEquals(1_000_090, after.version());
        assertEquals(4_000 + 1_000_000_000L, after.nextProducerId());
        assertEquals(image(was).brokers(), after.brokers());
        assertTrue(SeedImages.isBegunAnew(95, after.version() + 3), "a broker that knew more");
        assertFalse(SeedImages.isBegunAnew(95, 400_000));
        assertFalse(SeedImages.isBegunAnew(-1, after.version()), "a broker that never registered");
    }
}
