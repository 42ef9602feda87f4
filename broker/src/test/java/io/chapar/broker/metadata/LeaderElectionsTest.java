package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.ElectionKind;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers; partition 0 is led as it should be, 1 by another in sync, 2 by another while the first is behind, 3
/// by nobody.
class LeaderElectionsTest {
    private final ControllerCore core = new ControllerCore(new Random(1), _ -> null);
    private ClusterImage image = ClusterImage.EMPTY;

    LeaderElectionsTest() {
        List<MetadataRecord> records = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            records.add(new MetadataRecord.BrokerRegistered(Registration.alone(node, new UUID(node, 1))));
            records.add(new MetadataRecord.BrokerStands(node, Standing.ACTIVE));
        }
        List<Integer> replicas = List.of(1, 2, 3);
        records.add(new MetadataRecord.TopicCreated(new UUID(7, 7), "t", List.of(
                new PartitionImage(1, 0, 0, replicas, replicas, List.of()),
                new PartitionImage(2, 3, 4, replicas, replicas, List.of()),
                new PartitionImage(2, 3, 4, replicas, List.of(2, 3), List.of()),
                new PartitionImage(-1, 3, 4, replicas, List.of(), List.of(), 3, false)), new TreeMap<>()));
        image = image.apply(records);
    }

    private void stands(int node, Standing standing) {
        image = image.apply(List.of(new MetadataRecord.BrokerStands(node, standing)));
    }

    private List<ErrorCode> elect(ElectionKind kind, int... partitions) {
        List<TopicPartition> asked = new ArrayList<>();
        for (int partition : partitions) {
            asked.add(new TopicPartition("t", partition));
        }
        Decision<List<ErrorCode>> decision = core.decide(new ElectLeaders(kind, asked), image);
        image = image.apply(decision.records());
        return decision.result();
    }

    private PartitionImage partition(int index) {
        return image.topic("t").partition(index);
    }

    @Test
    void eachGetsItsFirstReplicaWhereThatCanBe() {
        long before = image.version();
        assertEquals(List.of(ErrorCode.ELECTION_NOT_NEEDED, ErrorCode.NONE, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
                        ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                        ErrorCode.ELECTION_NOT_NEEDED),
                elect(ElectionKind.PREFERRED, 0, 1, 2, 3, 4, 1));
        assertEquals(before + 1, image.version(), "one record for all partitions of a topic");
        assertEquals(1, partition(1).leader());
        assertEquals(4, partition(1).leaderEpoch());
        assertEquals(2, partition(2).leader());
        assertEquals(List.of(ErrorCode.ELECTION_NOT_NEEDED), elect(ElectionKind.PREFERRED, 1));
        assertEquals(before + 1, image.version());
    }

    @Test
    void whatNobodyLeadsIsLedByAnybodyWhoLives() {
        stands(1, Standing.FENCED);
        assertEquals(List.of(ErrorCode.ELECTION_NOT_NEEDED, ErrorCode.NONE), elect(ElectionKind.UNCLEAN, 1, 3));
        assertEquals(3, partition(3).leader(), "who led last has more than others");
        assertTrue(partition(3).recovering());
    }

    @Test
    void whereNoReplicaLivesNobodyIsElected() {
        for (int node = 1; node <= 3; node++) {
            stands(node, Standing.FENCED);
        }
        assertEquals(List.of(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE), elect(ElectionKind.UNCLEAN, 3));
        assertEquals(List.of(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE), elect(ElectionKind.PREFERRED, 1));
    }

    @Test
    void dueIsWhatAReadyFirstReplicaCouldTakeOver() {
        assertEquals(List.of(new TopicPartition("t", 1)), LeaderElections.due(image, _ -> true, 9));
        assertEquals(List.of(), LeaderElections.due(image, node -> node != 1, 9));
        assertEquals(List.of(), LeaderElections.due(image, _ -> true, 0));
    }

    @Test
    void oneCommandTakesSoManyAndNoMore() {
        List<TopicPartition> most = Collections.nCopies(ElectLeaders.MOST, new TopicPartition("t", 0));
        assertEquals(ElectLeaders.MOST, new ElectLeaders(ElectionKind.PREFERRED, most).partitions().size());
        List<TopicPartition> more = Collections.nCopies(ElectLeaders.MOST + 1, new TopicPartition("t", 0));
        assertThrows(IllegalArgumentException.class, () -> new ElectLeaders(ElectionKind.PREFERRED, more));
        assertFalse(LeaderElections.isNotNeeded(ElectionKind.PREFERRED, partition(1)));
    }
}
