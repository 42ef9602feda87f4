package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.settings.BrokerSettings;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ClusterRulesTest {
    private static final String LEAST = "min.compaction.lag.ms";
    private static final String MOST = "max.compaction.lag.ms";

    private ClusterImage image = ClusterImage.EMPTY.apply(List.of(new MetadataRecord.TopicCreated(
            new UUID(7, 7), "t", List.of(PartitionImage.born(List.of(1))), new TreeMap<>())));

    private ErrorCode set(Map<String, String> started, Map<String, String> topic) {
        return new ControllerCore(new Random(1), new ClusterRules(BrokerConfig.of(started)))
                .decide(new ConfigureTopic("t", new TreeMap<>(topic), true, false), image).result().error();
    }

    /// What a topic does not say is what its broker goes by, as it is with Kafka.
    @Test
    void lagsOfCompactionThatContradictEachOtherAreRefusedWhoeverSaysThem() {
        Map<String, String> nothing = new TreeMap<>();
        assertEquals(ErrorCode.NONE, set(nothing, Map.of(LEAST, "3600000")));
        assertEquals(ErrorCode.INVALID_CONFIG, set(nothing, Map.of(LEAST, "3600000", MOST, "1000")));
        Map<String, String> most = new TreeMap<>(Map.of("log.cleaner.max.compaction.lag.ms", "1000"));
        assertEquals(ErrorCode.INVALID_CONFIG, set(most, Map.of(LEAST, "3600000")));
        assertEquals(ErrorCode.NONE, set(most, Map.of(LEAST, "3600000", MOST, "3600000")));
        Map<String, String> least = new TreeMap<>(Map.of("log.cleaner.min.compaction.lag.ms", "1000"));
        assertEquals(ErrorCode.INVALID_CONFIG, set(least, Map.of(MOST, "999")));

        image = image.apply(List.of(new MetadataRecord.Configured(ConfigOwner.allBrokers(), most(500))));
        assertEquals(ErrorCode.INVALID_CONFIG, set(nothing, Map.of(LEAST, "501")));
        assertEquals(ErrorCode.NONE, set(most, Map.of(LEAST, "500")));
    }

    private static final String INTERVAL = "group.consumer.assignment.interval.ms";

    private ErrorCode setForAll(Map<String, String> started, Map<String, String> settings) {
        return new ControllerCore(new Random(1), new ClusterRules(BrokerConfig.of(started)))
                .decide(new Configure(ConfigOwner.allBrokers(), new TreeMap<>(settings), true, false), image)
                .result().error();
    }

    @Test
    void whatIsSetForAllMustNotContradictWhatBrokersAreStartedWith() {
        assertEquals(ErrorCode.NONE, setForAll(Map.of(), Map.of(INTERVAL, "15000")));
        assertEquals(ErrorCode.INVALID_CONFIG, setForAll(Map.of(), Map.of(INTERVAL, "15001")));
        assertEquals(ErrorCode.NONE, setForAll(
                Map.of("group.consumer.max.assignment.interval.ms", "20000"), Map.of(INTERVAL, "15001")));
    }

    /// The bounds of a broker may be others than those of the controller that accepted it.
    @Test
    void oneThatDoesNotHoldTakesNoOtherWithIt() {
        image = image.apply(List.of(new MetadataRecord.Configured(ConfigOwner.allBrokers(), new TreeMap<>(Map.of(
                INTERVAL, "15001", "min.insync.replicas", "2", "group.share.assignment.interval.ms", "7")))));
        assertEquals(2, new ClusterRules(BrokerConfig.defaults()).minIsr(new TreeMap<>(), image.settings()));
        BrokerConfig inForce = new BrokerSettings.OfAll(BrokerConfig.defaults()).in(image.settings());
        assertEquals(7, inForce.number("group.share.assignment.interval.ms"));
        assertEquals(1_000, inForce.number(INTERVAL));
    }

    private static TreeMap<String, String> most(long ms) {
        return new TreeMap<>(Map.of("log.cleaner.max.compaction.lag.ms", Long.toString(ms)));
    }
}
