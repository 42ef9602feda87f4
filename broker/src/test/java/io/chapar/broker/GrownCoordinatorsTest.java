package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Registration;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/// Topics that coordinators made on a broker without others, once they get replicas on others.
class GrownCoordinatorsTest {
    private static final String MIN = "min.insync.replicas";
    private static final List<String> COORDINATORS =
            List.of(CoordinatorKeys.TRANSACTION_STATE, CoordinatorKeys.CONSUMER_OFFSETS, CoordinatorKeys.SHARE_STATE);
    private static final String ORDERS = "orders";

    private ClusterImage image = ClusterImage.EMPTY;

    private void begin(SortedMap<String, String> more) {
        List<MetadataRecord> records = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            records.add(new MetadataRecord.BrokerRegistered(Registration.alone(node, new UUID(node, 1))));
            records.add(new MetadataRecord.BrokerStands(node, Standing.ACTIVE));
        }
        int id = 1;
        for (String topic : COORDINATORS) {
            SortedMap<String, String> config = topic.equals(CoordinatorKeys.SHARE_STATE)
                    ? TopicConfig.forShareState(1) : TopicConfig.forInternalTopic(1);
            config.putAll(more);
            records.add(new MetadataRecord.TopicCreated(new UUID(7, id++), topic,
                    Collections.nCopies(2, PartitionImage.born(List.of(1))), config));
        }
        records.add(new MetadataRecord.TopicCreated(new UUID(7, id), ORDERS,
                List.of(PartitionImage.born(List.of(1))), new TreeMap<>(more)));
        image = image.apply(records);
    }

    private void grow(Map<String, String> settings, String topic, List<Integer> to) {
        ControllerCore.Decision<List<Outcome>> decision =
                new ControllerCore(new Random(1), new ClusterRules(BrokerConfig.of(settings))).decide(
                        new AlterReassignments(true,
                                List.of(new ReassignmentWish(new TopicPartition(topic, 0), to))), image);
        assertEquals(List.of(Outcome.DONE), decision.result());
        image = image.apply(decision.records());
    }

    private String min(String topic) {
        return image.topic(topic).config().get(MIN);
    }

    /// What one replica alone has is lost with it.
    @Test
    void ofThreeReplicasTwoHaveToHaveWhatCounts() {
        begin(new TreeMap<>());
        for (String topic : COORDINATORS) {
            SortedMap<String, String> before = image.topic(topic).config();
            assertNull(before.get(MIN));
            grow(Map.of(), topic, List.of(1, 2));
            assertEquals(before, image.topic(topic).config(), "of two both would have to be there");
            grow(Map.of(), topic, List.of(1, 2, 3));
            SortedMap<String, String> after = new TreeMap<>(before);
            after.put(MIN, "2");
            assertEquals(after, image.topic(topic).config());
            assertEquals(1, image.topic(topic).partition(0).enough(2), "as long as the others have nothing yet");
            assertEquals(1, image.topic(topic).partition(1).enough(2), "one that has no others is written to");
        }
    }

    @Test
    void nothingIsSetForTopicsOfUsers() {
        begin(new TreeMap<>());
        grow(Map.of(), ORDERS, List.of(1, 2, 3));
        assertEquals(new TreeMap<>(), image.topic(ORDERS).config());
    }

    @Test
    void whatIsSetForThemStaysAndWhatIsSetForAllIsNotLowered() {
        begin(new TreeMap<>(Map.of(MIN, "1")));
        grow(Map.of(), CoordinatorKeys.TRANSACTION_STATE, List.of(1, 2, 3));
        assertEquals("1", min(CoordinatorKeys.TRANSACTION_STATE));

        image = ClusterImage.EMPTY;
        begin(new TreeMap<>());
        grow(Map.of(MIN, "3"), CoordinatorKeys.TRANSACTION_STATE, List.of(1, 2, 3));
        assertEquals("3", min(CoordinatorKeys.TRANSACTION_STATE));
    }
}
