package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own consumer groups, look-ups and topic administration against one real broker.
class StockGroupsIT extends SharedBroker {
    private void fill(String topic, int partitions, int each) {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int i = 0; i < each; i++) {
                for (int p = 0; p < partitions; p++) {
                    var _ = producer.send(new ProducerRecord<>(topic, p, 1_000L * (i + 1), "k" + p, p + ":" + i));
                }
            }
        }
    }

    @Test
    void twoMembersShareAndTakeOver() throws Exception {
        create("shared", 4);
        try (KafkaConsumer<String, String> first = stock.consumer("group.id=shared-group");
                KafkaConsumer<String, String> second = stock.consumer("group.id=shared-group")) {
            first.subscribe(List.of("shared"));
            second.subscribe(List.of("shared"));
            Awaitility.await().until(() -> {
                first.poll(Duration.ofMillis(50));
                second.poll(Duration.ofMillis(50));
                return first.assignment().size() == 2 && second.assignment().size() == 2;
            });
            Set<TopicPartition> both = new HashSet<>(first.assignment());
            both.addAll(second.assignment());
            assertEquals(4, both.size());

            fill("shared", 4, 25);
            Set<String> seen = new HashSet<>();
            Awaitility.await().until(() -> {
                first.poll(Duration.ofMillis(50)).forEach(each -> seen.add(each.value()));
                second.poll(Duration.ofMillis(50)).forEach(each -> seen.add(each.value()));
                return seen.size() == 100;
            });
            first.commitSync();
            second.commitSync();
            second.unsubscribe(); // leaves the group
            Awaitility.await().until(() -> {
                assertEquals(0, first.poll(Duration.ofMillis(50)).count(), "read again");
                return first.assignment().size() == 4;
            });
        }
    }

    @Test
    void committedOffsetsAndMetadataComeBack() throws Exception {
        create("commits", 1);
        fill("commits", 1, 10);
        TopicPartition partition = new TopicPartition("commits", 0);
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=commits-group")) {
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(6, "half way")));
        }
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=commits-group")) {
            assertEquals(new OffsetAndMetadata(6, "half way"), consumer.committed(Set.of(partition)).get(partition));
            consumer.assign(List.of(partition));
            List<String> values = new ArrayList<>();
            Awaitility.await().until(() -> {
                consumer.poll(Duration.ofMillis(50)).forEach(each -> values.add(each.value()));
                return values.size() >= 4;
            });
            assertEquals(List.of("0:6", "0:7", "0:8", "0:9"), values);
        }
    }

    @Test
    void readersRewindByOffsetAndByTime() throws Exception {
        create("rewind", 1);
        fill("rewind", 1, 50);
        TopicPartition partition = new TopicPartition("rewind", 0);
        try (KafkaConsumer<String, String> consumer = stock.consumer()) {
            consumer.assign(List.of(partition));
            assertEquals(0L, consumer.beginningOffsets(Set.of(partition)).get(partition));
            assertEquals(50L, consumer.endOffsets(Set.of(partition)).get(partition));
            OffsetAndTimestamp at = consumer.offsetsForTimes(Map.of(partition, 17_500L)).get(partition);
            assertEquals(17, at.offset());
            assertEquals(18_000L, at.timestamp());
            assertEquals(null, consumer.offsetsForTimes(Map.of(partition, 51_000L)).get(partition));
            for (long offset : new long[] {49, 0, 33}) {
                consumer.seek(partition, offset);
                List<ConsumerRecord<String, String>> read = new ArrayList<>();
                Awaitility.await().until(() -> {
                    consumer.poll(Duration.ofMillis(50)).forEach(read::add);
                    return !read.isEmpty();
                });
                assertEquals(offset, read.getFirst().offset());
                assertEquals("0:" + offset, read.getFirst().value());
            }
        }
    }

    @Test
    void topicsAreCreatedDescribedAndDeleted() throws Exception {
        try (Admin admin = stock.admin()) {
            admin.createTopics(List.of(new NewTopic("managed", 3, (short) 1)
                    .configs(Map.of("retention.ms", "60000")))).all().get();
            ExecutionException twice = assertThrows(ExecutionException.class, () ->
                    admin.createTopics(List.of(new NewTopic("managed", 3, (short) 1))).all().get());
            assertTrue(twice.getCause() instanceof TopicExistsException, twice::toString);
            TopicDescription described = admin.describeTopics(List.of("managed")).allTopicNames().get().get("managed");
            assertEquals(3, described.partitions().size());
            assertTrue(admin.listTopics().names().get().contains("managed"));
            assertFalse(admin.describeCluster().nodes().get().isEmpty());

            admin.deleteTopics(List.of("managed")).all().get();
            assertFalse(admin.listTopics().names().get().contains("managed"));
            ExecutionException gone = assertThrows(ExecutionException.class, () ->
                    admin.describeTopics(List.of("managed")).allTopicNames().get());
            assertTrue(gone.getCause() instanceof UnknownTopicOrPartitionException, gone::toString);

            admin.createTopics(List.of(new NewTopic("managed", 1, (short) 1))).all().get();
            TopicDescription again = admin.describeTopics(List.of("managed")).allTopicNames().get().get("managed");
            assertFalse(described.topicId().equals(again.topicId()), "a topic made anew has an id of its own");
        }
    }

    @Test
    void groupsAreListedAndDescribed() throws Exception {
        create("described", 2);
        try (KafkaConsumer<String, String> consumer = stock.consumer("group.id=described-group");
                Admin admin = stock.admin()) {
            consumer.subscribe(List.of("described"));
            Awaitility.await().until(() -> {
                consumer.poll(Duration.ofMillis(50));
                return consumer.assignment().size() == 2;
            });
            assertTrue(admin.listGroups().all().get().stream()
                    .anyMatch(each -> each.groupId().equals("described-group")));
            var group = admin.describeConsumerGroups(List.of("described-group")).all().get().get("described-group");
            assertEquals(1, group.members().size());
            assertEquals(2, group.members().iterator().next().assignment().topicPartitions().size());
        }
    }
}
