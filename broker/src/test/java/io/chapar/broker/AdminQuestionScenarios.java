package io.chapar.broker;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.DescribeTopicPartitionsRequest;
import io.chapar.protocol.message.DescribeTopicPartitionsRequest.Cursor;
import io.chapar.protocol.message.DescribeTopicPartitionsRequest.TopicRequest;
import io.chapar.protocol.message.DescribeTopicPartitionsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.ListConfigResourcesRequest;
import io.chapar.protocol.message.ListConfigResourcesResponse;
import io.chapar.protocol.message.UpdateFeaturesRequest;
import io.chapar.protocol.message.UpdateFeaturesRequest.FeatureUpdateKey;
import io.chapar.protocol.message.UpdateFeaturesResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What administrators ask the broker, beside topics and groups.
final class AdminQuestionScenarios {
    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());

    private DescribeTopicPartitionsResponse page(List<String> topics, int limit, @Nullable Cursor cursor) {
        return (DescribeTopicPartitionsResponse) broker.ask(new DescribeTopicPartitionsRequest(
                topics.stream().map(TopicRequest::new).toList(), limit, cursor), 0);
    }

    private static List<String> told(DescribeTopicPartitionsResponse page) {
        List<String> all = new ArrayList<>();
        page.topics().forEach(topic -> {
            if (topic.errorCode() != 0) {
                all.add(topic.name() + " " + ErrorCode.of(topic.errorCode()));
            }
            topic.partitions().forEach(one -> all.add(topic.name() + "-" + one.partitionIndex()));
        });
        return all;
    }

    @Test
    void partitionsComeAPageAtATime() {
        broker.createTopic("b", 3);
        broker.createTopic("a", 2);
        broker.createTopic("c", 1);
        List<String> all = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        Cursor cursor = null;
        do {
            DescribeTopicPartitionsResponse page = page(List.of(), 2, cursor);
            all.addAll(told(page));
            sizes.add(told(page).size());
            cursor = page.nextCursor() == null ? null
                    : new Cursor(page.nextCursor().topicName(), page.nextCursor().partitionIndex());
        } while (cursor != null);
        assertEquals(List.of("a-0", "a-1", "b-0", "b-1", "b-2", "c-0"), all);
        assertEquals(List.of(2, 2, 2), sizes);
        assertEquals(6, told(page(List.of(), 2000, null)).size());
        assertEquals(List.of("a-0"), told(page(List.of(), -5, null)));
        assertEquals(List.of("b-0", "b-1", "b-2", "none UNKNOWN_TOPIC_OR_PARTITION", "x/y INVALID_TOPIC_EXCEPTION"),
                told(page(List.of("x/y", "none", "b", "b"), 3, null)));
        assertNull(page(List.of("b"), 3, null).nextCursor());
        assertEquals(List.of("c-0"), told(page(List.of(), 9, new Cursor("bb", 7))));
        assertEquals(List.of("c-0"), told(page(List.of("b", "c"), 9, new Cursor("b", 3))));
        assertEquals(List.of("b INVALID_REQUEST"), told(page(List.of("b"), 9, new Cursor("b", -1))));
        DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition one =
                page(List.of("c"), 9, null).topics().getFirst().partitions().getFirst();
        assertEquals(List.of(), one.eligibleLeaderReplicas());
        assertEquals(List.of(), one.lastKnownElr());
        assertEquals(List.of(1), one.isrNodes());
    }

    @Test
    void whatHasSettingsIsListed() {
        broker.createTopic("t", 1);
        for (AlterConfigsResource resource : List.of(
                new AlterConfigsResource((byte) 16, "m", List.of(new AlterableConfig("metrics", (byte) 0, "*"))),
                new AlterConfigsResource((byte) 32, "g", List.of(
                        new AlterableConfig("consumer.session.timeout.ms", (byte) 0, "50000"))))) {
            broker.ask(IncrementalAlterConfigsRequest.builder().resources(List.of(resource)).build(), 1);
        }
        assertEquals(List.of("m"), listed(0));
        assertEquals(List.of("2 t", "4 1", "8 1", "16 m", "32 g"), listed(1));
        assertEquals(List.of("32 g", "2 t"), listed(1, 32, 2));
        assertEquals(List.of("UNSUPPORTED_VERSION"), listed(1, 64));
    }

    private List<String> listed(int version, int... types) {
        List<Byte> asked = new ArrayList<>();
        for (int type : types) {
            asked.add((byte) type);
        }
        ListConfigResourcesResponse listed = (ListConfigResourcesResponse) broker.ask(
                new ListConfigResourcesRequest(asked), version);
        return listed.errorCode() != 0 ? List.of(ErrorCode.of(listed.errorCode()).name())
                : listed.configResources().stream()
                        .map(one -> (version == 0 ? "" : one.resourceType() + " ") + one.resourceName()).toList();
    }

    private String update(int version, String feature, int level, int type) {
        UpdateFeaturesResponse updated = (UpdateFeaturesResponse) broker.ask(UpdateFeaturesRequest.builder()
                .featureUpdates(List.of(new FeatureUpdateKey(
                        feature, (short) level, version == 0 && type > 1, version == 0 ? 1 : (byte) type))).build(),
                version);
        short error = version < 2 && !updated.results().isEmpty()
                ? updated.results().getFirst().errorCode() : updated.errorCode();
        return error == 0 ? "done" : ErrorCode.of(error).name();
    }

    private int transactionVersion() {
        ApiVersionsResponse versions = (ApiVersionsResponse) broker.ask(
                new ApiVersionsRequest("test", "1", null, -1), 4);
        return versions.finalizedFeatures().stream().filter(one -> one.name().equals("transaction.version"))
                .mapToInt(ApiVersionsResponse.FinalizedFeatureKey::maxVersionLevel).findFirst().orElse(0);
    }

    @Test
    void featuresGoUpAndWhereThatIsSaidDown() {
        assertEquals(2, transactionVersion());
        assertEquals("INVALID_UPDATE_VERSION", update(2, "transaction.version", 1, 1));
        assertEquals("done", update(2, "transaction.version", 1, 2));
        assertEquals(1, transactionVersion());
        assertEquals("INVALID_UPDATE_VERSION", update(2, "transaction.version", 2, 2));
        assertEquals("INVALID_UPDATE_VERSION", update(0, "transaction.version", 2, 2));
        broker.crashAndRestart();
        assertEquals(1, transactionVersion());
        assertEquals("done", update(1, "transaction.version", 2, 1));
        assertEquals("done", update(0, "transaction.version", 0, 2));
        assertEquals(0, transactionVersion());
        assertEquals("INVALID_UPDATE_VERSION", update(2, "transaction.version", 3, 1));
        assertEquals("INVALID_UPDATE_VERSION", update(1, "transaction.verison", 1, 1));
        assertEquals("INVALID_UPDATE_VERSION", update(2, "metadata.version", 6, 3));
        UpdateFeaturesResponse both = (UpdateFeaturesResponse) broker.ask(UpdateFeaturesRequest.builder()
                .featureUpdates(List.of(new FeatureUpdateKey("transaction.version", (short) 2, false, (byte) 1),
                        new FeatureUpdateKey("metadata.version", (short) 7, false, (byte) 1))).build(), 1);
        assertEquals(2, both.results().size());
        both.results().forEach(result -> assertTrue(result.errorCode() != 0));
        assertEquals(0, transactionVersion());
    }
}
