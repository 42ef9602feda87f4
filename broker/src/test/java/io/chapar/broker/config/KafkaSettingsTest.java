package io.chapar.broker.config;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A configuration that was made for Kafka.
class KafkaSettingsTest {
    private static BrokerConfig config(String properties) throws IOException {
        return BrokerConfig.of(settings(properties));
    }

    private static Map<String, String> settings(String properties) throws IOException {
        Properties read = new Properties();
        read.load(new StringReader(properties));
        Map<String, String> settings = new TreeMap<>();
        read.forEach((name, value) -> settings.put(name.toString(), value.toString()));
        return settings;
    }

    private static String refusal(String properties) {
        return assertThrows(BrokerStartException.BadConfig.class, () -> config(properties)).getMessage();
    }

    @Test
    void oneThatCombinesBrokerAndControllerIsTaken() throws IOException {
        String file = """
                process.roles=broker,controller
                node.id=7
                controller.quorum.bootstrap.servers=localhost:9093
                listeners=CLIENTS://:9092, CONTROLLER://:9093
                advertised.listeners=CLIENTS://example.org:9092,CONTROLLER://localhost:9093
                inter.broker.listener.name=CLIENTS
                controller.listener.names=CONTROLLER
                listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT,SSL:SSL
                num.io.threads=8
                socket.send.buffer.bytes=102400
                log.dir=/tmp/somewhere
                num.recovery.threads.per.data.dir=2
                offsets.topic.replication.factor=3
                transaction.state.log.min.isr=2
                log.retention.hours=168
                log.cleaner.backoff.ms=1000
                """;
        BrokerConfig config = config(file);
        assertEquals(7, config.nodeId());
        assertEquals(9092, config.listen().getPort());
        assertTrue(config.listensEverywhere());
        assertEquals(new HostPort("example.org", 9092), config.advertised());
        assertEquals("/tmp/somewhere", config.value("log.dirs"));
        assertEquals(604_800_000, config.number("log.retention.ms"));
        Map<String, List<String>> idle = KafkaSettings.withoutEffect(settings(file).keySet());
        assertTrue(idle.values().stream().anyMatch(names -> names.contains("transaction.state.log.min.isr")));
        assertTrue(idle.values().stream().noneMatch(names ->
                names.contains("log.retention.hours") || names.contains("offsets.topic.replication.factor")));
        assertEquals(3, config.count("offsets.topic.replication.factor"));
    }

    @Test
    void theFinerUnitWins() throws IOException {
        assertEquals(3_600_000, config("log.retention.hours=1").number("log.retention.ms"));
        assertEquals(120_000, config("log.retention.hours=1\nlog.retention.minutes=2").number("log.retention.ms"));
        assertEquals(3, config("log.retention.hours=1\nlog.retention.minutes=2\nlog.retention.ms=3")
                .number("log.retention.ms"));
        assertEquals(-1, config("log.retention.hours=-1").number("log.retention.ms"));
        assertEquals(7_200_000, config("log.roll.hours=2").number("log.roll.ms"));
        assertEquals(4, config("broker.id=4").nodeId());
        assertEquals(5, config("broker.id=4\nnode.id=5").nodeId());
        assertTrue(refusal("log.retention.hours=soon").startsWith("log.retention.hours must be"));
    }

    @Test
    void theUpperLayerWinsWhateverItsUnit() throws IOException {
        Map<String, String> both = KafkaSettings.over(
                settings("log.retention.ms=3\nnum.partitions=2"), settings("log.retention.hours=1"));
        assertEquals(3_600_000, BrokerConfig.of(both).number("log.retention.ms"));
        assertEquals(2, BrokerConfig.of(both).number("num.partitions"));
    }

    @Test
    void whatWouldBreakAPromiseIsRefused() throws IOException {
        assertEquals("delete.topic.enable is not served: topics can be deleted, and nothing here forbids it."
                + " Leave it out, or say true.", refusal("delete.topic.enable=false"));
        assertTrue(refusal("listeners=SSL://:9093").contains("not encrypted"));
        assertTrue(refusal("listeners=A://:9092\nlistener.security.protocol.map=A:SASL_PLAINTEXT")
                .contains("SASL_PLAINTEXT"));
        assertTrue(refusal("listeners=PLAINTEXT://:9092,OTHER://:9093").contains("one address"));
        assertTrue(refusal("authorizer.class.name=org.apache.kafka.Authorizer").contains("no authorizer"));
        assertTrue(refusal("ssl.keystore.location=/etc/keys").contains("not encrypted"));
        assertTrue(refusal("controller.quorum.voters=1@a:1,2@b:1").contains("one of several"));
        assertTrue(refusal("process.roles=controller").contains("always a broker"));
        assertTrue(refusal("log.dirs=/a,/b").contains("one folder"));
        assertEquals("true", config("delete.topic.enable=true\nauto.create.topics.enable=true")
                .value("auto.create.topics.enable"));
    }

    @Test
    void whatNobodyHasIsUnknown() {
        assertTrue(refusal("log.retention.day=1").startsWith("There is no setting 'log.retention.day'"));
        assertNull(BrokerConfig.problem("log.cleaner.backoff.ms", "15000"));
    }

    @Test
    void levelsOfCompressionHaveKafkasRanges() {
        for (String fine : List.of("gzip=-1", "gzip=1", "gzip=9", "lz4=1", "lz4=17", "zstd=-131072", "zstd=22")) {
            assertNull(levelProblem(fine), fine);
        }
        for (String wrong : List.of("gzip=0", "gzip=10", "gzip=-2", "lz4=0", "lz4=18", "zstd=-131073", "zstd=23")) {
            assertTrue(levelProblem(wrong).matches("compression\\.\\w+\\.level must be between .*"), wrong);
            String broker = "compression." + wrong.replace("=", ".level=");
            assertTrue(refusal(broker).startsWith("compression."), refusal(broker));
        }
    }

    private static String levelProblem(String codecAndLevel) {
        String[] words = codecAndLevel.split("=", -1);
        return TopicConfig.problem(new TreeMap<>(Map.of("compression." + words[0] + ".level", words[1])));
    }

    @Test
    void aTopicsLevelIsItsOwnOrTheBrokers() throws IOException {
        BrokerConfig broker = config("compression.type=zstd\ncompression.zstd.level=7");
        assertEquals(7, new TopicConfig(new TreeMap<>(), broker).logConfig().compressionLevel());
        assertEquals(12, new TopicConfig(new TreeMap<>(Map.of("compression.zstd.level", "12")), broker)
                .logConfig().compressionLevel());
        assertEquals(-1, new TopicConfig(new TreeMap<>(Map.of("compression.type", "gzip")), broker)
                .logConfig().compressionLevel());
    }

    @Test
    void topicsTakeWhatTheyMayIgnore() {
        assertNull(TopicConfig.problem(new TreeMap<>(Map.of(
                "leader.replication.throttled.replicas", "*", "local.retention.ms", "-2",
                "remote.storage.enable", "false"))));
        assertTrue(TopicConfig.problem(new TreeMap<>(Map.of("remote.storage.enable", "true")))
                .contains("no tiered storage"));
    }
}
