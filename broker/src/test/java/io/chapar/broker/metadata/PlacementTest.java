package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PlacementTest {
    private final List<MetadataRecord> records = new ArrayList<>();

    private void broker(int id, @Nullable String rack) {
        records.add(new MetadataRecord.BrokerRegistered(new Registration(id, new UUID(id, 1), null, null, rack)));
        records.add(new MetadataRecord.BrokerStands(id, Standing.ACTIVE));
    }

    private ClusterImage image() {
        return ClusterImage.EMPTY.apply(records);
    }

    private static List<PartitionImage> place(ClusterImage image, int seed, int partitions, int factor) {
        return Placement.beside(image, new Random(seed)).place(partitions, new Replicas.Factor(factor));
    }

    @Test
    void leadersAndReplicasAreSpreadEvenly() {
        List.of(1, 2, 3, 4, 5).forEach(id -> broker(id, null));
        for (int seed = 0; seed < 20; seed++) {
            int[] leads = new int[6];
            int[] keeps = new int[6];
            place(image(), seed, 50, 3).forEach(partition -> {
                leads[partition.leader()]++;
                partition.replicas().forEach(id -> keeps[id]++);
                assertEquals(3, new HashSet<>(partition.replicas()).size());
                assertEquals(partition.replicas(), partition.isr());
            });
            for (int id = 1; id <= 5; id++) {
                assertEquals(10, leads[id], "leaderships of " + id);
                assertEquals(30, keeps[id], "replicas of " + id);
            }
        }
    }

    @Test
    void whoIsFullIsToldOf() {
        List.of(1, 2, 3).forEach(id -> broker(id, null));
        records.add(new MetadataRecord.TopicCreated(new UUID(7, 7), "old", place(image(), 1, 10, 3), new TreeMap<>()));
        assertNull(full(5, new Replicas.Factor(3), 15));
        assertNotNull(full(6, new Replicas.Factor(3), 15));
        assertNull(full(15, new Replicas.Factor(1), 15));
        assertNotNull(full(16, new Replicas.Factor(1), 15));
        assertNull(full(5, new Replicas.Assigned(Collections.nCopies(5, List.of(2))), 15));
        assertNotNull(full(6, new Replicas.Assigned(Collections.nCopies(6, List.of(2))), 15));
    }

    private @Nullable String full(int partitions, Replicas replicas, long most) {
        Placement placement = Placement.beside(image(), new Random(1), most);
        return placement.tooMany(placement.place(partitions, replicas));
    }

    @Test
    void whoIsFullIsPassedOver() {
        broker(1, null);
        records.add(new MetadataRecord.TopicCreated(new UUID(7, 7), "old", place(image(), 1, 10, 1), new TreeMap<>()));
        List.of(2, 3).forEach(id -> broker(id, null));
        assertNull(full(10, new Replicas.Factor(2), 10));
        assertNull(full(20, new Replicas.Factor(1), 10));
        assertNotNull(full(1, new Replicas.Factor(3), 10), "all three would keep it");
    }

    @Test
    void whatIsTakenBackIsNotCounted() {
        broker(1, null);
        Placement placement = Placement.beside(image(), new Random(1), 5);
        List<PartitionImage> six = placement.place(6, new Replicas.Factor(1));
        assertNotNull(placement.tooMany(six));
        placement.takeBack(six);
        assertNull(placement.tooMany(placement.place(5, new Replicas.Factor(1))));
    }

    @Test
    void whoHasLessIsGivenMore() {
        broker(1, null);
        records.add(new MetadataRecord.TopicCreated(new UUID(7, 7), "old", place(image(), 1, 10, 1), new TreeMap<>()));
        broker(2, null);
        List<PartitionImage> placed = place(image(), 1, 14, 1);
        assertEquals(12, placed.stream().filter(partition -> partition.leader() == 2).count());
    }

    @Test
    void aRackHasASecondReplicaWhereThereAreNoMoreRacks() {
        broker(1, "a");
        broker(2, "a");
        broker(3, "b");
        broker(4, "b");
        for (PartitionImage partition : place(image(), 3, 40, 2)) {
            assertEquals(1, partition.replicas().stream().filter(id -> id <= 2).count(), partition.toString());
        }
        for (PartitionImage partition : place(image(), 3, 40, 3)) {
            long inA = partition.replicas().stream().filter(id -> id <= 2).count();
            assertTrue(inA == 1 || inA == 2, partition.toString());
        }
    }

    @Test
    void whoIsFencedLeadsNothingAndKeepsAReplicaOnlyWhereTheOthersAreTooFew() {
        broker(1, null);
        broker(2, null);
        broker(3, null);
        records.add(new MetadataRecord.BrokerStands(2, Standing.FENCED));
        place(image(), 1, 8, 2).forEach(partition ->
                assertEquals(Set.of(1, 3), Set.copyOf(partition.replicas())));
        place(image(), 1, 8, 3).forEach(partition -> {
            assertEquals(2, partition.replicas().getLast());
            assertEquals(partition.replicas().subList(0, 2), partition.isr());
            assertEquals(partition.isr().getFirst(), partition.leader());
        });
        assertEquals("Replication factor 4 cannot be reached because the cluster has 3 brokers.",
                Placement.beside(image(), new Random(1)).problem(1, new Replicas.Factor(4)));
    }

    @Test
    void whoIsDrainedGetsNoReplicaAndWhatItHasCounts() {
        List.of(1, 2, 3, 4).forEach(id -> broker(id, id < 3 ? "east" : "west"));
        records.add(new MetadataRecord.Configured(
                ConfigOwner.broker(3), new TreeMap<>(Map.of("cordoned.log.dirs", "*"))));
        for (int seed = 0; seed < 20; seed++) {
            place(image(), seed, 8, 2).forEach(partition -> {
                assertTrue(partition.replicas().contains(4), "the only one of its rack");
                assertEquals(-1, partition.replicas().indexOf(3));
            });
        }
        assertEquals("Replication factor 4 cannot be reached because the cluster has 4 brokers, of which 1 is drained.",
                Placement.beside(image(), new Random(1)).problem(1, new Replicas.Factor(4)));
        List.of(1, 2, 4).forEach(id -> records.add(new MetadataRecord.BrokerStands(id, Standing.FENCED)));
        assertEquals("All brokers that are active are drained: none could lead a partition.",
                Placement.beside(image(), new Random(1)).problem(1, new Replicas.Factor(2)));
        assertNull(Placement.beside(image(), new Random(1)).problem(1, new Replicas.Assigned(List.of(List.of(3)))));
    }

    @Test
    void whatIsAssignedToFencedBrokersIsLedByTheFirstThatIsActive() {
        broker(1, null);
        broker(2, null);
        records.add(new MetadataRecord.BrokerStands(2, Standing.FENCED));
        Placement placement = Placement.beside(image(), new Random(1));
        PartitionImage placed = placement.place(1, new Replicas.Assigned(List.of(List.of(2, 1)))).getFirst();
        assertEquals(List.of(2, 1), placed.replicas());
        assertEquals(List.of(1), placed.isr());
        assertEquals(1, placed.leader());
        assertEquals("All brokers that the partition is assigned to are fenced: [2].",
                placement.problem(1, new Replicas.Assigned(List.of(List.of(2)))));
        records.add(new MetadataRecord.BrokerStands(1, Standing.FENCED));
        assertEquals("No broker is active that could lead a partition.",
                Placement.beside(image(), new Random(1)).problem(1, new Replicas.Factor(1)));
    }

    @Test
    void whatIsAssignedIsTakenAsItIsOrRefusedWithTheReason() {
        broker(1, null);
        broker(2, null);
        Placement placement = Placement.beside(image(), new Random(1));
        Replicas both = new Replicas.Assigned(List.of(List.of(2, 1), List.of(1, 2)));
        assertNull(placement.problem(2, both));
        assertEquals(List.of(2, 1), placement.place(2, both).getFirst().replicas());
        assertNotNull(placement.problem(3, both));
        assertEquals("The brokers are [1, 2], the partition is assigned to [3].",
                placement.problem(1, new Replicas.Assigned(List.of(List.of(3)))));
        assertEquals("A broker is named twice in [1, 1].",
                placement.problem(1, new Replicas.Assigned(List.of(List.of(1, 1)))));
        assertEquals("Partitions of one topic have the same number of replicas, not 1 and 2.",
                placement.problem(2, new Replicas.Assigned(List.of(List.of(1), List.of(1, 2)))));
    }
}
