package io.chapar.broker.config;

import org.junit.jupiter.api.Test;

import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BrokerConfigTest {
    private static String refusal(String key, String value) {
        return assertThrows(BrokerStartException.BadConfig.class, () -> BrokerConfig.of(Map.of(key, value)))
                .getMessage();
    }

    @Test
    void defaultsAreValidAndStatedOnce() {
        for (BrokerConfig.Setting setting : BrokerConfig.all()) {
            assertNull(setting.check().problem(setting.byDefault()), setting.name());
        }
        for (TopicConfig.Setting setting : TopicConfig.all()) {
            assertNull(setting.check().problem(setting.byDefault()), setting.name());
            if (setting.brokerKey() != null) {
                assertEquals(setting.byDefault(), BrokerConfig.defaults().value(setting.brokerKey()), setting.name());
            }
        }
    }

    @Test
    void aMistypedNameIsAnsweredWithTheRightOne() {
        assertEquals("There is no setting 'log.retention.hour'; did you mean 'log.retention.hours'?",
                refusal("log.retention.hour", "1"));
        assertEquals("There is no setting 'num.partition'; did you mean 'num.partitions'?",
                refusal("num.partition", "1"));
    }

    @Test
    void valuesAreChecked() {
        assertEquals("num.partitions must be a whole number, not 'many'.", refusal("num.partitions", "many"));
        assertEquals("num.partitions must be at least 1, not 0.", refusal("num.partitions", "0"));
        assertEquals("auto.create.topics.enable must be true or false, not 'yes'.",
                refusal("auto.create.topics.enable", "yes"));
        assertEquals("listeners must be host:port, not 'nowhere'.", refusal("listeners", "nowhere"));
        assertTrue(refusal("listeners", "SSL://a:1").contains("PLAINTEXT"));
        assertTrue(refusal("group.min.session.timeout.ms", "99999999").contains("group.max.session.timeout.ms"));
    }

    @Test
    void addressesAreParsed() {
        assertEquals(new HostPort("::1", 9092), HostPort.parse("PLAINTEXT://[::1]:9092"));
        assertEquals("[::1]:9092", new HostPort("::1", 9092).toString());
        assertEquals(new HostPort("", 9092), HostPort.parse("PLAINTEXT://:9092"));
        assertNull(BrokerConfig.defaults().advertised());
        for (String address : new String[] {"0.0.0.0:9092", ":9092", "[::1]:9092"}) {
            assertNull(BrokerConfig.of(Map.of("listeners", address)).advertised(), address);
        }
        assertEquals(new HostPort("localhost", 9092),
                BrokerConfig.of(Map.of("listeners", "localhost:9092")).advertised());
        assertEquals(new HostPort("example.org", 1),
                BrokerConfig.of(Map.of("listeners", "localhost:9092", "advertised.listeners", "example.org:1"))
                        .advertised());
    }

    @Test
    void aTopicsOwnValueComesBeforeTheBrokersDefault() {
        BrokerConfig broker = BrokerConfig.of(Map.of("log.retention.ms", "11", "log.segment.bytes", "4096"));
        TopicConfig topic = new TopicConfig(new TreeMap<>(Map.of("retention.ms", "22")), broker);
        assertEquals(22, topic.logConfig().retentionMs());
        assertEquals(4096, topic.logConfig().segmentBytes());
        assertTrue(topic.isGiven(TopicConfig.setting("retention.ms")));
    }
}
