package io.chapar.compatibility;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whoever brings a configuration of Kafka's is told of each setting what becomes of it here.
class KafkaSettingsTest {
    @Test
    void noSettingOfTheBrokerIsUnknown() {
        ConfigDef kafka = KafkaConfig.configDef();
        List<String> unknown = new ArrayList<>();
        for (String name : new TreeSet<>(kafka.names())) {
            Object byDefault = kafka.configKeys().get(name).defaultValue;
            String problem = BrokerConfig.problem(name, byDefault == null ? "" : byDefault.toString());
            if (problem != null && problem.startsWith("There is no setting")) {
                unknown.add(name);
            }
        }
        assertEquals(List.of(), unknown);
    }

    @Test
    void noSettingOfATopicIsUnknown() {
        List<String> unknown = new ArrayList<>();
        for (String name : new TreeSet<>(LogConfig.configNames())) {
            String problem = TopicConfig.problem(new TreeMap<>(Map.of(name, "")));
            if (problem != null && problem.startsWith("There is no topic setting")) {
                unknown.add(name);
            }
        }
        assertEquals(List.of(), unknown);
    }

    @Test
    void settingsOfItsOwnAreFew() {
        List<String> own = new ArrayList<>();
        BrokerConfig.all().forEach(setting -> own.add(setting.name()));
        own.removeAll(KafkaConfig.configDef().names());
        assertTrue(own.size() <= 26, () -> own.size() + ": " + own);
    }
}
