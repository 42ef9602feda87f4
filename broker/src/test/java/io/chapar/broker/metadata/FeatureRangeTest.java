package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FeatureRangeTest {
    private static final String FEATURE = "chapar.version";

    private static Registration broker(int node, int lowest, int highest) {
        return new Registration(node, new UUID(node, 1), null, null, "r",
                new TreeMap<>(Map.of(FEATURE, FeatureRange.of(lowest, highest))));
    }

    private static TreeMap<String, Short> at(int level) {
        return new TreeMap<>(Map.of(FEATURE, (short) level));
    }

    @Test
    void aBrokerFitsWhereItCanDoAllLevels() {
        assertNull(FeatureRange.misfit(broker(1, 1, 2), at(2)));
        assertEquals("chapar.version of this cluster is at level 3, and broker 1 can do levels 1 to 2: it needs another"
                + " release.", FeatureRange.misfit(broker(1, 1, 2), at(3)));
        assertNotNull(FeatureRange.misfit(broker(1, 2, 3), at(1)));
        assertNotNull(FeatureRange.misfit(broker(1, 1, 1), new TreeMap<>(Map.of("another", (short) 1))));
        assertNull(FeatureRange.misfit(broker(1, 1, 1), new TreeMap<>(Map.of("another", (short) 0))));
    }

    /// One that does not say what it can do is of before such words.
    @Test
    void whoDoesNotSayCanDoWhatWasThereThen() {
        Registration old = new Registration(1, new UUID(1, 1), null, null, null);
        assertNull(FeatureRange.misfit(old, at(1)));
        assertTrue(FeatureRange.misfit(old, at(2)).contains("level 1 alone"));
        assertNull(FeatureRange.misfit(old, new TreeMap<>(Map.of("metadata.version", (short) 30))));
    }

    @Test
    void aNewFeatureWaitsForBrokersThatDoNotKnowIt() {
        ControllerCore core = new ControllerCore(new SplittableRandom(1), _ -> null);
        ClusterImage one = register(core, ClusterImage.EMPTY, 1, 1, 1);
        ClusterImage two = register(core, one, 2, 1, 2);
        assertEquals((short) 1, two.features().get(FEATURE));
        TreeMap<String, Short> more = at(1);
        more.put("later", (short) 1);
        Registration newer = new Registration(2, new UUID(2, 2), null, null, "r", new TreeMap<>(Map.of(
                FEATURE, FeatureRange.of(1, 2), "later", FeatureRange.of(0, 1))));
        ClusterImage rolled = two.apply(core.decide(new RegisterBroker(newer, more, true), two).records());
        assertNull(rolled.features().get("later"), "broker 1 does not know it");
    }

    private static ClusterImage register(ControllerCore core, ClusterImage image, int node, int low, int high) {
        return image.apply(core.decide(new RegisterBroker(broker(node, low, high), at(low), true), image).records());
    }

    @Test
    void rangesAreWrittenDown() throws IOException {
        for (Registration one : List.of(broker(3, 1, 2), new Registration(3, new UUID(3, 1), null, null, null))) {
            List<MetadataRecord> records = List.of(new MetadataRecord.BrokerRegistered(one),
                    new MetadataRecord.BrokerBegan(one),
                    new MetadataRecord.BrokerKept(new BrokerImage(one, 7, BrokerImage.Standing.ACTIVE)));
            assertEquals(records, MetadataCodec.decode(ByteBuffer.wrap(MetadataCodec.encode(records))));
        }
    }
}
