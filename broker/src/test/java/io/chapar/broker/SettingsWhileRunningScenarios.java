package io.chapar.broker;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterConfigsRequest;
import io.chapar.protocol.message.AlterConfigsResponse;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeConfigsRequest.DescribeConfigsResource;
import io.chapar.protocol.message.DescribeConfigsResponse;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResourceResult;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsSynonym;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse.AlterConfigsResourceResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Settings of brokers, groups and subscriptions to clients' metrics that are made while the broker runs.
final class SettingsWhileRunningScenarios {
    private static final byte TOPIC = 2;
    private static final byte BROKER = 4;
    private static final byte LOGGER = 8;
    private static final byte CLIENT_METRICS = 16;
    private static final byte GROUP = 32;
    private static final byte SET = 0;
    private static final byte DELETE = 1;
    private static final byte APPEND = 2;
    private static final byte SUBTRACT = 3;

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of("log.retention.ms", "1000000"));

    private AlterConfigsResourceResponse alter(byte type, String name, AlterableConfig... changes) {
        return ((IncrementalAlterConfigsResponse) broker.ask(IncrementalAlterConfigsRequest.builder()
                .resources(List.of(new AlterConfigsResource(type, name, List.of(changes)))).build(), 1))
                .responses().getFirst();
    }

    private void set(byte type, String name, String key, String value) {
        AlterConfigsResourceResponse altered = alter(type, name, new AlterableConfig(key, SET, value));
        assertEquals(ErrorCode.NONE.code(), altered.errorCode(), altered.errorMessage());
    }

    private String refusal(byte type, String name, ErrorCode error, AlterableConfig... changes) {
        AlterConfigsResourceResponse altered = alter(type, name, changes);
        assertEquals(error.code(), altered.errorCode(), altered.errorMessage());
        return altered.errorMessage();
    }

    private DescribeConfigsResponse.DescribeConfigsResult describe(byte type, String name) {
        return ((DescribeConfigsResponse) broker.ask(DescribeConfigsRequest.builder()
                .resources(List.of(new DescribeConfigsResource(type, name, null)))
                .includeSynonyms(true).includeDocumentation(true).build(), 4)).results().getFirst();
    }

    private void requireRoomForAll(byte type, String name) {
        BrokerFixture.Asked asked = broker.later(DescribeConfigsRequest.builder()
                .resources(List.of(new DescribeConfigsResource(type, name, null))).includeSynonyms(true).build(), 4);
        List<DescribeConfigsResourceResult> configs =
                ((DescribeConfigsResponse) asked.answer()).results().getFirst().configs();
        long elements = 1 + configs.stream().mapToLong(one -> 1 + one.synonyms().size()).sum();
        assertTrue(elements <= asked.afforded(), elements + " elements, room for " + asked.afforded());
        DescribeConfigsResourceResult longest = configs.stream()
                .max(Comparator.comparingInt(one -> one.synonyms().size())).orElseThrow();
        BrokerFixture.Asked one = broker.later(DescribeConfigsRequest.builder().resources(List.of(
                new DescribeConfigsResource(type, name, List.of(longest.name())))).includeSynonyms(true).build(), 4);
        assertTrue(2 + longest.synonyms().size() <= one.afforded(), longest.toString());
        BrokerFixture.Asked plain = broker.later(DescribeConfigsRequest.builder()
                .resources(List.of(new DescribeConfigsResource(type, name, null))).build(), 4);
        assertTrue(1 + configs.size() <= plain.afforded(), configs.size() + ", room for " + plain.afforded());
    }

    /// Memory for an answer is asked for before it is made.
    @Test
    void noAnswerIsLargerThanWhatRoomWasAskedFor() {
        broker.createTopic("t", 1);
        set(BROKER, "", "log.retention.ms", "2000000");
        set(BROKER, "", "leader.replication.throttled.rate", "2000000");
        set(BROKER, "1", "log.retention.ms", "3000000");
        set(BROKER, "1", "follower.replication.throttled.rate", "2000000");
        set(TOPIC, "t", "retention.ms", "4000000");
        requireRoomForAll(TOPIC, "t");
        requireRoomForAll(BROKER, "1");
        requireRoomForAll(BROKER, "");
        requireRoomForAll(LOGGER, "1");
        requireRoomForAll(GROUP, "g");
        requireRoomForAll(CLIENT_METRICS, "c");
    }

    private @Nullable DescribeConfigsResourceResult described(byte type, String name, String key) {
        return describe(type, name).configs().stream().filter(one -> one.name().equals(key)).findFirst().orElse(null);
    }

    private String valueAndSource(byte type, String name, String key) {
        DescribeConfigsResourceResult one = described(type, name, key);
        return one == null ? "none" : one.value() + " from " + one.configSource();
    }

    private long retentionMs() {
        return broker.partition("t", 0).config().retentionMs();
    }

    @Test
    void whatIsSetForABrokerHidesWhatIsSetForAllAndThatWhatItWasStartedWith() {
        broker.createTopic("t", 1);
        assertEquals(1_000_000, retentionMs());
        assertEquals("1000000 from 4", valueAndSource(BROKER, "1", "log.retention.ms"));
        set(BROKER, "", "log.retention.ms", "2000000");
        assertEquals(2_000_000, retentionMs());
        assertEquals("2000000 from 3", valueAndSource(TOPIC, "t", "retention.ms"));
        set(BROKER, "1", "log.retention.ms", "3000000");
        assertEquals(3_000_000, retentionMs());
        assertEquals("3000000 from 2", valueAndSource(TOPIC, "t", "retention.ms"));
        assertEquals("3000000 from 2", valueAndSource(BROKER, "1", "log.retention.ms"));
        assertEquals("2000000 from 3", valueAndSource(BROKER, "", "log.retention.ms"));
        set(TOPIC, "t", "retention.ms", "4000000");
        assertEquals(4_000_000, retentionMs());
        List<String> synonyms = new ArrayList<>();
        for (DescribeConfigsSynonym one : described(TOPIC, "t", "retention.ms").synonyms()) {
            synonyms.add(one.name() + "=" + one.value() + " from " + one.source());
        }
        assertEquals(List.of("retention.ms=4000000 from 1", "log.retention.ms=3000000 from 2",
                "log.retention.ms=2000000 from 3", "log.retention.ms=1000000 from 4",
                "log.retention.ms=604800000 from 5"), synonyms);

        alter(TOPIC, "t", new AlterableConfig("retention.ms", DELETE, null));
        alter(BROKER, "1", new AlterableConfig("log.retention.ms", DELETE, null));
        assertEquals(2_000_000, retentionMs());
        broker.crashAndRestart();
        assertEquals(2_000_000, retentionMs());
        alter(BROKER, "", new AlterableConfig("log.retention.ms", DELETE, null));
        assertEquals(1_000_000, retentionMs());
        assertEquals("none", valueAndSource(BROKER, "", "log.retention.ms"));
    }

    @Test
    void listsGrowAndShrinkAndAllCanBeReplaced() {
        broker.createTopic("t", 1);
        assertEquals(ErrorCode.NONE.code(), alter(
                BROKER, "", new AlterableConfig("log.cleanup.policy", APPEND, "compact")).errorCode());
        assertEquals("delete,compact from 3", valueAndSource(TOPIC, "t", "cleanup.policy"));
        alter(BROKER, "", new AlterableConfig("log.cleanup.policy", SUBTRACT, "delete"));
        assertEquals("compact from 3", valueAndSource(TOPIC, "t", "cleanup.policy"));
        AlterConfigsResponse replaced = (AlterConfigsResponse) broker.ask(AlterConfigsRequest.builder()
                .resources(List.of(new AlterConfigsRequest.AlterConfigsResource(BROKER, "", List.of(
                        new AlterConfigsRequest.AlterableConfig("log.segment.bytes", "2048"))))).build(), 2);
        assertEquals(ErrorCode.NONE.code(), replaced.responses().getFirst().errorCode());
        assertEquals("delete from 5", valueAndSource(TOPIC, "t", "cleanup.policy"));
        assertEquals("2048 from 3", valueAndSource(TOPIC, "t", "segment.bytes"));
    }

    @Test
    void whatCannotChangeWhileABrokerRunsIsRefusedWithTheReason() {
        assertTrue(refusal(BROKER, "1", ErrorCode.INVALID_REQUEST, new AlterableConfig("node.id", SET, "2"))
                .contains("cannot change while a broker runs"));
        assertTrue(described(BROKER, "1", "node.id").readOnly());
        assertTrue(refusal(BROKER, "", ErrorCode.INVALID_REQUEST, new AlterableConfig("log.retention.hours", SET, "2"))
                .contains("say it as log.retention.ms"));
        assertTrue(refusal(BROKER, "", ErrorCode.INVALID_REQUEST, new AlterableConfig("log.retentoin.ms", SET, "2"))
                .contains("did you mean 'log.retention.ms'"));
        assertTrue(refusal(BROKER, "", ErrorCode.INVALID_REQUEST, new AlterableConfig("log.retention.ms", SET, "x"))
                .contains("must be a whole number"));
        assertTrue(refusal(BROKER, "1", ErrorCode.INVALID_REQUEST,
                new AlterableConfig("min.insync.replicas", SET, "2")).contains("for all of them alone"));
        assertTrue(refusal(BROKER, "7", ErrorCode.INVALID_REQUEST, new AlterableConfig("log.retention.ms", SET, "2"))
                .contains("no broker '7'"));
        assertTrue(refusal(LOGGER, "1", ErrorCode.INVALID_REQUEST, new AlterableConfig("root", SET, "DEBUG"))
                .contains("where the program is started"));
        set(BROKER, "", "num.io.threads", "16");
        assertEquals("16 from 3", valueAndSource(BROKER, "1", "num.io.threads"));
        assertNull(described(BROKER, "1", "background.threads"));
    }

    @Test
    void loggersAreShown() {
        assertEquals("root", describe(LOGGER, "1").configs().getFirst().name());
        assertEquals(6, describe(LOGGER, "1").configs().getFirst().configSource());
        assertEquals(ErrorCode.INVALID_REQUEST.code(), describe(LOGGER, "2").errorCode());
    }

    @Test
    void groupsAndSubscriptionsHaveSettings() {
        set(GROUP, "g", "consumer.session.timeout.ms", "50000");
        assertEquals("50000 from 8", valueAndSource(GROUP, "g", "consumer.session.timeout.ms"));
        assertEquals("45000 from 5", valueAndSource(GROUP, "other", "consumer.session.timeout.ms"));
        assertTrue(refusal(GROUP, "g", ErrorCode.INVALID_CONFIG, new AlterableConfig("share.renew", SET, "2"))
                .contains("no setting 'share.renew' of groups"));
        refusal(GROUP, "", ErrorCode.INVALID_REQUEST, new AlterableConfig("consumer.session.timeout.ms", SET, "2"));
        set(CLIENT_METRICS, "m", "match", "client_id=app-.*,client_software_name=x");
        assertEquals("client_id=app-.*,client_software_name=x from 7", valueAndSource(CLIENT_METRICS, "m", "match"));
        assertTrue(refusal(CLIENT_METRICS, "m", ErrorCode.INVALID_CONFIG, new AlterableConfig("match", SET, "who=x"))
                .contains("client_source_address"));
        refusal(CLIENT_METRICS, "m", ErrorCode.INVALID_CONFIG, new AlterableConfig("match", SET, "client_id=("));
        refusal(CLIENT_METRICS, "m", ErrorCode.INVALID_REQUEST, new AlterableConfig("interval.ms", SET, "99"));
        refusal(CLIENT_METRICS, "m", ErrorCode.INVALID_CONFIG, new AlterableConfig("interval.ms", SET, "often"));
        refusal(CLIENT_METRICS, "m", ErrorCode.INVALID_REQUEST, new AlterableConfig("metric", SET, "*"));
    }

    @Test
    void whatABrokerDoesNotAllowAGroupIsRefused() {
        for (String wrong : List.of("consumer.session.timeout.ms=5", "consumer.session.timeout.ms=60001",
                "consumer.heartbeat.interval.ms=4999", "consumer.assignment.interval.ms=15001",
                "share.session.timeout.ms=5", "share.heartbeat.interval.ms=15001", "share.assignment.interval.ms=15001",
                "share.record.lock.duration.ms=14999", "share.delivery.count.limit=11",
                "share.partition.max.record.locks=4001", "streams.session.timeout.ms=5",
                "streams.heartbeat.interval.ms=1", "streams.assignment.interval.ms=15001",
                "streams.num.standby.replicas=3", "streams.num.warmup.replicas=21",
                "streams.task.offset.interval.ms=14999", "streams.assignor.name=best",
                "streams.rack.aware.assignment.tags=a,b,a", "errors.deadletterqueue.topic.name=__x")) {
            String name = wrong.substring(0, wrong.indexOf('='));
            String why = refusal(GROUP, "g", ErrorCode.INVALID_CONFIG,
                    new AlterableConfig(name, SET, wrong.substring(name.length() + 1)));
            assertTrue(why.startsWith(name), wrong + ": " + why);
            assertEquals(5, requireNonNull(described(GROUP, "g", name)).configSource(), wrong);
        }
        set(GROUP, "g", "streams.num.standby.replicas", "2");
        set(GROUP, "g", "streams.assignor.name", "sticky");
        set(GROUP, "g", "share.record.lock.duration.ms", "15000");
    }

    /// Two bounds that allow both do not allow them together.
    @Test
    void membersOfAGroupHaveToShowUpWithinTheirSession() {
        BrokerFixture wide = BrokerFixture.onOneLoop(Map.of("group.consumer.min.session.timeout.ms", "6000"));
        IncrementalAlterConfigsResponse altered = (IncrementalAlterConfigsResponse) wide.ask(
                IncrementalAlterConfigsRequest.builder().resources(List.of(new AlterConfigsResource(GROUP, "g", List.of(
                        new AlterableConfig("consumer.session.timeout.ms", SET, "9000"),
                        new AlterableConfig("consumer.heartbeat.interval.ms", SET, "9000"))))).build(), 1);
        assertEquals(ErrorCode.INVALID_CONFIG.code(), altered.responses().getFirst().errorCode());
        altered = (IncrementalAlterConfigsResponse) wide.ask(
                IncrementalAlterConfigsRequest.builder().resources(List.of(new AlterConfigsResource(GROUP, "g", List.of(
                        new AlterableConfig("consumer.session.timeout.ms", SET, "9000"))))).build(), 1);
        assertEquals(ErrorCode.NONE.code(), altered.responses().getFirst().errorCode());
    }

    /// As at Kafka: what is not set is unset already.
    @Test
    void whatIsUnsetNeedNotBeKnown() {
        broker.createTopic("t", 1);
        Map<Byte, String> all = Map.of(TOPIC, "t", BROKER, "1", GROUP, "g", CLIENT_METRICS, "m");
        for (Map.Entry<Byte, String> one : all.entrySet()) {
            AlterConfigsResourceResponse altered =
                    alter(one.getKey(), one.getValue(), new AlterableConfig("no.such.setting", DELETE, null));
            assertEquals(ErrorCode.NONE.code(), altered.errorCode(), altered.errorMessage());
        }
    }

    @Test
    void aThousandSettingsOfOneThingAreEnough() {
        AlterableConfig[] many = new AlterableConfig[1_001];
        for (int i = 0; i < many.length; i++) {
            many[i] = new AlterableConfig("k" + i, SET, "v");
        }
        assertTrue(refusal(BROKER, "", ErrorCode.INVALID_REQUEST, many).contains("At most 1000"));
        String longest = "x".repeat(30_000);
        assertTrue(refusal(BROKER, "", ErrorCode.INVALID_REQUEST, new AlterableConfig(longest, SET, "v"))
                .contains("There is no setting"));
        assertNotEquals(0, describe(BROKER, "1").configs().size());
    }

    @Test
    void aTopicSaysWhatItsRecordsMayDecompressTo() {
        broker.createTopic("t", 1);
        assertEquals("2147483639 from 5", valueAndSource(TOPIC, "t", "max.decompressed.message.bytes"));
        set(TOPIC, "t", "max.decompressed.message.bytes", "1000");
        assertEquals(1000, broker.partition("t", 0).config().maxDecompressedRecordBytes());
        refusal(TOPIC, "t", ErrorCode.INVALID_CONFIG, new AlterableConfig("max.decompressed.message.bytes", SET, "0"));
    }

    private String builtIn(byte type, String name, String key) {
        return requireNonNull(described(type, name, key)).synonyms().stream().filter(one -> one.source() == 5)
                .map(one -> one.name() + "=" + one.value()).findFirst().orElse("none");
    }

    /// As at Kafka.
    @Test
    void whatHoldsOfAGroupByDefaultHasTheNameOfABrokersSetting() {
        assertEquals("group.consumer.session.timeout.ms=45000", builtIn(GROUP, "g", "consumer.session.timeout.ms"));
        assertEquals("none", builtIn(GROUP, "g", "share.isolation.level"));
        assertEquals("interval.ms=300000", builtIn(CLIENT_METRICS, "m", "interval.ms"));
    }
}
