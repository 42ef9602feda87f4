package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UsageException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.ConfigEntry;
import io.chapar.client.admin.CreatedTopic;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.metadata.TopicView;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// The topics that an application makes for itself, at its start.
///
/// | topic | partitions | `cleanup.policy` | `retention.ms` |
/// |---|---|---|---|
/// | `APPLICATION-STEP-repartition` | of its stage, else as the widest above | `delete` | none ([RepartitionPurge]) |
/// | `APPLICATION-TOPIC-retry-NUMBER` ([RetryTopics]) | of TOPIC | `delete` | none ([RepartitionPurge]) |
/// | `APPLICATION-STEP-changelog` | of its stage | `compact` | |
/// | `APPLICATION-layouts` ([LayoutTopic]) | 1 | `delete` | none |
final class InternalTopics {
    private static final String CLEANUP_POLICY = "cleanup.policy";
    private static final String TIMESTAMP_TYPE = "message.timestamp.type";
    private static final Map<String, String> COMPACTED = Map.of(CLEANUP_POLICY, "compact", TIMESTAMP_TYPE,
            "CreateTime", "delete.retention.ms", String.valueOf(2 * Standing.MAX_AGE_MS));
    private static final Map<String, String> KEPT = Map.of(CLEANUP_POLICY, "delete", TIMESTAMP_TYPE, "CreateTime",
            "retention.ms", "-1", "retention.bytes", "-1");

    private final Admin admin;
    private final Stages stages;
    private final ConsumerConfig reading;
    private final ProducerConfig writing;
    /// Partitions of each input topic that is known to be there.
    private final TreeMap<String, Integer> counts = new TreeMap<>();

    /// `reading` and `writing`: of the topic of layouts.
    InternalTopics(Admin admin, Stages stages, ConsumerConfig reading, ProducerConfig writing) {
        this.reading = reading;
        this.writing = writing;
        this.admin = admin;
        this.stages = stages;
    }

    /// Makes what is missing; [UsageException] when something is there that does not fit. Blocks.
    void prepare() {
        for (Map.Entry<String, SortedSet<String>> repartition : stages.repartitions().entrySet()) {
            String topic = repartition.getKey();
            counts.put(topic, existing(topic, wanted(topic, repartition.getValue()), KEPT));
            requirePolicy(topic, "delete", "what has not been processed yet would be lost");
        }
        stages.retries().inputs().forEach(this::retry);
        stages.stepsByStage().forEach((lead, steps) -> {
            int partitions = partitionsOf(lead);
            steps.forEach(step -> changelog(stages.names().changelog(step), lead, partitions));
        });
        if (stages.isStateful()) {
            requireLayouts();
        }
    }

    /// Of topics of delays that the application had once: how many records wait there, which nobody reads any more, in
    /// round figures. Blocks.
    SortedMap<String, Long> leftOver() {
        TreeMap<String, Long> waiting = new TreeMap<>();
        TreeMap<TopicPartition, OffsetSpec> asked = new TreeMap<>();
        admin.describeTopics(stages.retries().unused(stages.topics())).forEach((topic, result) -> {
            if (result instanceof AdminResult.Done<TopicView>(TopicView view)) {
                view.partitions().forEach(one ->
                        asked.put(new TopicPartition(topic, one.partition()), new OffsetSpec.Earliest()));
            }
        });
        if (asked.isEmpty()) {
            return waiting;
        }
        Map<TopicPartition, OffsetAndMetadata> done = admin.committedOffsets(stages.names().applicationId());
        Map<TopicPartition, AdminResult<ListedOffset>> starts = admin.listOffsets(asked, false);
        asked.replaceAll((partition, earliest) -> new OffsetSpec.Latest());
        admin.listOffsets(asked, false).forEach((partition, end) -> {
            OffsetAndMetadata committed = done.get(partition);
            long from = Math.max(answer(starts, partition).get().offset(), committed == null ? 0 : committed.offset());
            if (end.get().offset() > from) {
                waiting.merge(partition.topic(), end.get().offset() - from, Long::sum);
            }
        });
        return waiting;
    }

    private void requireLayouts() {
        LayoutTopic recorded = new LayoutTopic(stages.names().layouts(), admin, reading, writing);
        TreeSet<String> used = new TreeSet<>();
        stages.stepsByStage().forEach((lead, steps) -> steps.stream()
                .filter(step -> recorded.isUsed(stages.names().changelog(step), partitionsOf(lead)))
                .forEach(used::add));
        existing(recorded.topic(), 1, KEPT);
        requirePolicy(recorded.topic(), "delete", "what is recorded first would not be known");
        Layouts layouts = new Layouts(stages.layouts(), stages.names());
        SortedMap<String, String> missing = layouts.missing(recorded.read(stages.layouts().keySet()), used);
        if (!missing.isEmpty()) {
            recorded.record(missing);
            // Another application may have been first.
            layouts.missing(recorded.read(stages.layouts().keySet()), used);
        }
    }

    /// The partition count for a topic that is cut at, if it is not there yet.
    private int wanted(String topic, SortedSet<String> above) {
        for (String other : stages.inputsOf(topic)) {
            if (!stages.repartitions().containsKey(other)) {
                return count(other);
            }
        }
        return above.stream().mapToInt(this::count).max().orElseThrow();
    }

    private int count(String topic) {
        Integer known = counts.get(topic);
        if (known != null) {
            return known;
        }
        TopicView view = describe(topic);
        if (view == null) {
            throw new UsageException(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "Topic " + topic + " does not exist: a topic"
                    + " whose records change state, or are tried again later, has to be there before the application"
                    + " starts");
        }
        counts.put(topic, view.partitionCount());
        return view.partitionCount();
    }

    /// The same in each of the stage's topics.
    private int partitionsOf(String lead) {
        SortedSet<String> topics = stages.topicsOf(lead);
        TreeSet<Integer> found = new TreeSet<>();
        TreeMap<String, Integer> each = new TreeMap<>();
        topics.forEach(topic -> {
            found.add(count(topic));
            each.put(topic, count(topic));
        });
        if (found.size() > 1) {
            throw new UsageException("Topics whose records meet in one step have different numbers of partitions ("
                    + each + "), so records of one key would not meet: give them the same number, or send one of them"
                    + " through repartition(name, keySerde, valueSerde) before the step. A topic of the application's"
                    + " own among them can be deleted while all its instances are stopped and nothing waits in it");
        }
        return found.first();
    }

    private void retry(String topic, String input) {
        int partitions = count(input);
        int there = existing(topic, partitions, KEPT);
        if (there != partitions) {
            throw new UsageException("Topic " + topic + " has " + there + " partitions and topic " + input
                    + ", whose failed records wait there, has " + partitions + ": a record would not stay with the"
                    + " state of its key. Delete it while all instances are stopped and nothing waits in it");
        }
        counts.put(topic, there);
        requirePolicy(topic, "delete", "records that wait to be tried again would be lost");
    }

    private void changelog(String changelog, String input, int partitions) {
        int there = existing(changelog, partitions, COMPACTED);
        if (there != partitions) {
            throw new UsageException("Topic " + changelog + " has " + there + " partitions and topic "
                    + input + ", whose state it keeps, has " + partitions + ": a key's state would be looked for in"
                    + " another partition than it lies in. Give the step another name, or the application another id,"
                    + " and let it process everything anew");
        }
        requirePolicy(changelog, "compact", "state that has not changed for a while would be deleted");
    }

    /// How many partitions the topic has, which is made if it is missing.
    private int existing(String topic, int partitions, Map<String, String> settings) {
        TopicView known = describe(topic);
        if (known == null) {
            create(topic, partitions, settings);
            known = describe(topic);
        }
        return known == null ? partitions : known.partitionCount();
    }

    /// Null when there is no such topic.
    private @Nullable TopicView describe(String topic) {
        AdminResult<TopicView> result = answer(admin.describeTopics(List.of(topic)), topic);
        if (result instanceof AdminResult.Refused<TopicView> refused
                && refused.error() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
            return null;
        }
        return result.get();
    }

    private void create(String topic, int partitions, Map<String, String> settings) {
        AdminResult<CreatedTopic> result = answer(admin.createTopics(List.of(new NewTopic(topic, partitions,
                NewTopic.BROKER_DEFAULT, settings))), topic);
        boolean others = result instanceof AdminResult.Refused<CreatedTopic> refused
                && refused.error() == ErrorCode.TOPIC_ALREADY_EXISTS;
        if (!others) {
            result.get();
        }
    }

    private static <K, T> AdminResult<T> answer(Map<K, AdminResult<T>> answers, K topic) {
        return requireNonNull(answers.get(topic), "each topic that was asked about is answered for");
    }

    private void requirePolicy(String topic, String policy, String why) {
        for (ConfigEntry entry : admin.describeTopicConfig(topic).get()) {
            if (entry.name().equals(CLEANUP_POLICY) && !policy.equals(entry.value())) {
                throw new UsageException("Topic " + topic + " has " + CLEANUP_POLICY + "=" + entry.value() + ": " + why
                        + ". Set it to " + policy);
            }
        }
    }
}
