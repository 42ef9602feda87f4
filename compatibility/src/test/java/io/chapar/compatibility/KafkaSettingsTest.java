package io.chapar.compatibility;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.DynamicSettings;
import io.chapar.broker.config.OwnedSettings;
import io.chapar.broker.config.TopicConfig;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /// What Kafka can change while it runs can be changed here, but for these.
    @Test
    void settingsThatKafkaCanChangeWhileItRuns() {
        Set<String> fixed = new TreeSet<>(Set.of("config.providers",
                "errors.deadletterqueue.auto.create.topics.enable", "listener.security.protocol.map", "listeners",
                "log.cleaner.dedupe.buffer.size", "log.cleaner.io.max.bytes.per.second", "max.connections",
                "max.connections.per.ip", "num.network.threads", "principal.builder.class"));
        Set<String> refused = new TreeSet<>();
        for (String name : DynamicBrokerConfig.dynamicConfigUpdateModes().keySet()) {
            boolean ofSecurity = DynamicBrokerConfig.DYNAMIC_SECURITY_CONFIGS.contains(name)
                    || name.startsWith("sasl.") || name.startsWith("ssl.");
            if (!ofSecurity && !DynamicSettings.isKnown(name)) {
                refused.add(name);
                String problem = DynamicSettings.problem(Map.of(name, "1"), true);
                assertTrue(problem != null && !problem.startsWith("There is no setting"), problem);
            }
        }
        assertEquals(fixed, refused);
    }

    @Test
    void groupsAndSubscriptionsHaveKafkasSettings() {
        Set<String> ofGroups = new TreeSet<>();
        OwnedSettings.group().all().forEach(setting -> ofGroups.add(setting.name()));
        assertEquals(new TreeSet<>(GroupConfig.configNames()), ofGroups);
        Set<String> ofMetrics = new TreeSet<>();
        OwnedSettings.clientMetrics().all().forEach(setting -> ofMetrics.add(setting.name()));
        assertEquals(new TreeSet<>(ClientMetricsConfigs.configDef().names()), ofMetrics);
    }

    /// What is said of one listener has Kafka's name, behind that of the listener. Six are of the log, for which Kafka
    /// has the file of a library; one is of a proposal for Kafka (KIP-578).
    @Test
    void settingsOfItsOwnAreFew() {
        List<String> own = new ArrayList<>();
        BrokerConfig.all().forEach(setting -> own.add(setting.name()));
        own.removeIf(name -> KafkaConfig.configDef().names().contains(name.replace("listener.name.peer.", "")));
        assertTrue(own.size() <= 38, () -> own.size() + ": " + own);
    }
}
