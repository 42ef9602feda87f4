package io.chapar.broker.cluster;

import io.chapar.broker.handler.Features;
import io.chapar.broker.metadata.FeatureRange;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.UpdateFeaturesRequest;
import io.chapar.protocol.message.UpdateFeaturesRequest.FeatureUpdateKey;
import io.chapar.protocol.message.UpdateFeaturesResponse;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Brokers of an older release, which can do less, are rolled to a newer one: levels rise when all can do them, and not
/// before.
class FeatureLevelScenarios {
    private static final String FEATURE = "metadata.version";
    private static final byte UPGRADE = 1;
    private static final byte SAFE_DOWNGRADE = 2;

    private final ClusterFixture cluster = new ClusterFixture(3, 1, 5, Map.of());

    private static Map<String, FeatureRange> older() {
        Map<String, FeatureRange> ranges = new TreeMap<>(Features.ranges());
        ranges.put(FEATURE, FeatureRange.of(7, 29));
        return ranges;
    }

    private void restart(int id, Map<String, FeatureRange> ranges) {
        cluster.kill(id);
        cluster.fence(id);
        cluster.canDo(id, ranges);
        cluster.start(id);
        cluster.settle();
    }

    private UpdateFeaturesResponse update(int at, int level, byte how) {
        return (UpdateFeaturesResponse) cluster.ask(at, UpdateFeaturesRequest.builder().timeoutMs(5_000)
                .featureUpdates(List.of(new FeatureUpdateKey(FEATURE, (short) level, false, how))).build(), 2);
    }

    private int level(int at) {
        ApiVersionsResponse told = (ApiVersionsResponse) cluster.ask(at,
                ApiVersionsRequest.builder().clientSoftwareName("test").clientSoftwareVersion("1").build(), 4);
        return told.finalizedFeatures().stream().filter(one -> one.name().equals(FEATURE)).findFirst().orElseThrow()
                .maxVersionLevel();
    }

    @Test
    void levelsRiseWhenTheLastBrokerIsRolledAndNotBefore() {
        assertEquals(ErrorCode.NONE.code(), update(1, 29, SAFE_DOWNGRADE).errorCode());
        for (int id = 1; id <= 3; id++) {
            restart(id, older());
        }
        for (int id = 1; id <= 3; id++) {
            UpdateFeaturesResponse refused = update(id % 3 + 1, 30, UPGRADE);
            assertEquals(ErrorCode.INVALID_UPDATE_VERSION.code(), refused.errorCode());
            for (int other = 1; other <= 3; other++) {
                boolean named = refused.errorMessage().contains("broker " + other + " can do levels 7 to 29");
                assertEquals(other >= id, named, refused.errorMessage());
            }
            assertEquals(29, level(id));
            restart(id, Features.ranges());
        }
        assertEquals(ErrorCode.NONE.code(), update(2, 30, UPGRADE).errorCode());
        cluster.settle();
        for (int id = 1; id <= 3; id++) {
            assertEquals(30, level(id));
        }
    }

    /// It may come back as it is.
    @Test
    void aBrokerOutOfSessionCounts() {
        assertEquals(ErrorCode.NONE.code(), update(1, 29, SAFE_DOWNGRADE).errorCode());
        restart(3, older());
        cluster.kill(3);
        cluster.fence(3);
        UpdateFeaturesResponse refused = update(1, 30, UPGRADE);
        assertEquals(ErrorCode.INVALID_UPDATE_VERSION.code(), refused.errorCode());
        assertTrue(refused.errorMessage().contains("broker 3"), refused.errorMessage());
    }
}
