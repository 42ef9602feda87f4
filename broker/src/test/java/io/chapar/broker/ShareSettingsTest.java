package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.OwnedSettings;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.MetadataRecord.Configured;
import io.chapar.broker.share.ShareRules;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

final class ShareSettingsTest {
    private static final String RESET = "share.auto.offset.reset";
    private static final List<String> TOO_LONG =
            List.of("by_duration:P106751991168D", "by_duration:PT9223372036854775807S");

    private static ShareRules.Reset stored(String value) {
        ClusterImage image = ClusterImage.EMPTY.apply(List.of(new Configured(
                new ConfigOwner(ConfigOwner.Kind.GROUP, "g"), new TreeMap<>(Map.of(RESET, value)))));
        return ShareSettings.rules(image, BrokerConfig.defaults(), "g").reset();
    }

    @Test
    void aDurationIsRefusedThatMillisecondsCannotCount() {
        TOO_LONG.forEach(value -> assertNotNull(OwnedSettings.group().problem(Map.of(RESET, value)), value));
        assertNotNull(OwnedSettings.group().problem(Map.of(RESET, "by_duration:PT-1S")));
        assertNull(OwnedSettings.group().problem(Map.of(RESET, "by_duration:P36500D")));
    }

    /// It was accepted once, and is in logs of metadata.
    @Test
    void aDurationThatIsKeptThoughMillisecondsCannotCountItIsAsLongAsTheyCan() {
        TOO_LONG.forEach(value -> assertEquals(Long.MAX_VALUE, stored(value).agoMs(), value));
        assertEquals(86_400_000, stored("by_duration:P1D").agoMs());
    }
}
