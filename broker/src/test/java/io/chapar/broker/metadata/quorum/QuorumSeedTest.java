package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.Registration;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class QuorumSeedTest {
    private static ClusterImage image(int topics, int configBytes) {
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.ClusterCreated(new UUID(1, 1)));
        records.add(new MetadataRecord.BrokerBegan(Registration.alone(1, new UUID(2, 2))));
        for (int i = 0; i < topics; i++) {
            records.add(new MetadataRecord.TopicCreated(new UUID(3, i), "t" + i, List.of(),
                    new TreeMap<>(Map.of("k", "v".repeat(configBytes)))));
        }
        return ClusterImage.EMPTY.apply(records);
    }

    /// Every beginning that is cut short goes on, by whoever reads the file again.
    @Test
    void theLogAddsUpToTheImageHoweverOftenItIsBegun() throws IOException {
        for (ClusterImage image : List.of(image(0, 0), image(200, 40_000))) {
            QuorumState state = QuorumState.EMPTY;
            int entries = 0;
            for (QuorumEntry next; (next = new QuorumSeed(image).next(state.image())) != null; entries++) {
                QuorumEntry read = QuorumEntry.decode(next.encode());
                assertTrue(next.encode().remaining() < 2 << 20);
                state = state.apply(read).after();
                assertNull(state.apply(read).delta(), "one that comes twice changes nothing");
            }
            assertEquals(image.topicsById(), state.image().topicsById());
            assertEquals(image.brokers(), state.image().brokers());
            assertEquals(image.clusterId(), state.image().clusterId());
            assertTrue(state.image().version() >= image.version());
            assertEquals(image.topics().isEmpty() ? 1 : 8, entries);
            assertNull(new QuorumSeed(image).next(state.image()), "it has gone on since");
        }
    }
}
