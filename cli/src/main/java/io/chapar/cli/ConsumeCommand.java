package io.chapar.cli;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

@Command(
        name = "consume",
        description = "Print the records of a topic, one per line, as they come; ends with Ctrl-C.",
        footer = {"", "-o json prints one JSON object per line: topic, partition, offset, timestamp, key, value,",
            "headers; what is not UTF-8 is given as keyBase64 or valueBase64.", "", "Examples:",
            "  chapar consume greetings --from earliest --exit-at-end",
            "  chapar consume orders --count 10 --isolation read_uncommitted -o json",
            "  chapar consume orders --group billing"})
final class ConsumeCommand extends ClusterCommand {
    private static final Duration POLL = Duration.ofMillis(200);
    /// How long the command may take to end, since a fetch that waits is waited for.
    private static final int FETCH_WAIT_MS = 100;
    private static final int BUFFER_BYTES = 64 * 1024;

    enum Isolation {
        read_committed,
        read_uncommitted
    }

    @Parameters(paramLabel = "TOPIC", description = "What to read.")
    String topic;

    @Option(names = "--from", paramLabel = "WHERE", defaultValue = "earliest",
        description = "earliest, latest, or an offset (default: earliest). In a group: where to begin when the group"
            + " has not committed yet.")
    String from;

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "Stop after so many records.")
    @Nullable Long count;

    @Option(names = {"-e", "--exit-at-end"}, description = "Stop at what was the end when the command began.")
    boolean exitAtEnd;

    @Option(names = "--isolation", paramLabel = "LEVEL", defaultValue = "read_committed",
        description = "${COMPLETION-CANDIDATES} (default: read_committed).")
    Isolation isolation;

    @Option(names = {"-p", "--partition"}, paramLabel = "N", description = "Read this partition alone.")
    @Nullable Integer partition;

    @Option(names = {"-g", "--group"}, paramLabel = "ID",
        description = "Share the partitions with the other members of this group, and commit what was printed.")
    @Nullable String group;

    @Option(names = "--keyed", description = "Print key<TAB>value instead of the value alone.")
    boolean keyed;

    private OutputStream stdout = OutputStream.nullOutputStream();
    private long printed;

    @Override
    public Integer call() throws IOException {
        check();
        stdout = new BufferedOutputStream(chapar().stdout, BUFFER_BYTES);
        List<TopicPartition> partitions;
        Map<TopicPartition, Long> starts = new TreeMap<>();
        try (Cluster cluster = connect()) {
            partitions = cluster.topic(topic).partitions().stream().map(p -> new TopicPartition(topic, p.partition()))
                    .filter(p -> partition == null || p.partition() == partition).toList();
            if (partitions.isEmpty()) {
                throw new CommandFailure("Topic '" + topic + "' has no partition " + partition);
            }
            partitions = online(cluster, partitions);
            if (offset() != null) {
                starts.putAll(starts(cluster, partitions, offset()));
            }
        }
        try (Consumer<byte[], byte[]> consumer = Consumer.open(config(), Serdes.bytes(), Serdes.bytes());
                QuietPartitions quiet = new QuietPartitions(this::connect, err())) {
            if (group != null) {
                consumer.subscribe(List.of(topic));
            } else {
                consumer.assign(partitions);
                seek(consumer, partitions, starts);
            }
            read(consumer, partitions, quiet);
        } finally {
            stdout.flush();
        }
        return DONE;
    }

    /// Says which partitions cannot be read, and why; there must be others.
    private List<TopicPartition> online(Cluster cluster, List<TopicPartition> partitions) {
        List<TopicPartition> left = new ArrayList<>(partitions);
        Map<TopicPartition, String> offline = cluster.whyOffline(partitions);
        left.removeAll(offline.keySet());
        if (left.isEmpty()) {
            throw new CommandFailure(String.join("; ", offline.values()));
        }
        offline.values().forEach(err()::println);
        return left;
    }

    private void check() {
        if (count != null && count < 1) {
            throw usage("--count is at least 1.");
        }
        if (group != null && partition != null) {
            throw usage("--group shares all partitions; it cannot go with --partition.");
        }
        if (offset() == null && !from.equals("earliest") && !from.equals("latest")) {
            throw usage("--from is earliest, latest or an offset, not '" + from + "'.");
        }
        if (group != null && offset() != null) {
            throw usage("With --group, --from is earliest or latest.");
        }
    }

    /// Null when `--from` is not a number.
    private @Nullable Long offset() {
        try {
            long offset = Long.parseLong(from);
            return offset < 0 ? null : offset;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private ConsumerConfig config() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put(KafkaConfigNames.BOOTSTRAP_SERVERS, chapar().bootstrap);
        settings.put(KafkaConfigNames.CLIENT_ID, "chapar-consume");
        settings.put(KafkaConfigNames.ISOLATION_LEVEL, isolation.name());
        settings.put(KafkaConfigNames.AUTO_OFFSET_RESET, offset() == null ? from : "earliest");
        settings.put(KafkaConfigNames.ALLOW_AUTO_CREATE_TOPICS, false);
        settings.put(KafkaConfigNames.FETCH_MAX_WAIT_MS, FETCH_WAIT_MS);
        if (group != null) {
            settings.put(KafkaConfigNames.GROUP_ID, group);
        }
        return ConsumerConfig.from(settings);
    }

    /// Where each partition is read from: the offset, or the nearest one that the partition has, which is said. No
    /// partition may lie wholly before it.
    private Map<TopicPartition, Long> starts(Cluster cluster, List<TopicPartition> partitions, long wanted) {
        Map<TopicPartition, ListedOffset> first = cluster.offsets(partitions, new OffsetSpec.Earliest(), false);
        Map<TopicPartition, ListedOffset> end = cluster.offsets(partitions, new OffsetSpec.Latest(), false);
        Map<TopicPartition, Long> starts = new TreeMap<>();
        List<String> adjusted = new ArrayList<>();
        for (TopicPartition id : partitions) {
            long lowest = first.containsKey(id) ? first.get(id).offset() : wanted;
            long highest = end.containsKey(id) ? end.get(id).offset() : wanted;
            long start = Math.max(lowest, Math.min(highest, wanted));
            starts.put(id, start);
            if (start != wanted) {
                adjusted.add("partition " + id.partition() + (start < wanted ? " ends at " : " begins at ") + start);
            }
        }
        boolean allBefore = starts.values().stream().allMatch(start -> start < wanted);
        if (allBefore) {
            throw new CommandFailure("Offset " + wanted + " is beyond the end of '" + topic + "': "
                    + String.join(", ", adjusted));
        }
        adjusted.forEach(one -> err().println("Instead of offset " + wanted + ": " + one + "."));
        return starts;
    }

    private void seek(
            Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions, Map<TopicPartition, Long> starts) {
        Map<TopicPartition, Long> all = offset() != null ? starts
                : from.equals("latest") ? consumer.endOffsets(partitions) : consumer.beginningOffsets(partitions);
        partitions.forEach(id -> consumer.seek(id, requireNonNull(all.get(id), "asked for")));
    }

    private void read(Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions, QuietPartitions quiet)
            throws IOException {
        Map<TopicPartition, Long> ends = exitAtEnd ? consumer.endOffsets(partitions) : Map.of();
        while (!enough() && !(exitAtEnd && atEnd(consumer, ends, quiet))) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            quiet.polled(records.count(), group == null ? partitions : List.copyOf(consumer.assignment()));
            Map<TopicPartition, OffsetAndMetadata> done = new TreeMap<>();
            long before = printed;
            for (ConsumerRecord<byte[], byte[]> record : records) {
                if (enough()) {
                    break;
                }
                print(record);
                printed++;
                done.put(record.topicPartition(), new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), ""));
            }
            stdout.flush();
            if (group != null) {
                boolean all = printed - before == records.count();
                Map<TopicPartition, OffsetAndMetadata> next = all ? records.nextOffsets() : done;
                if (!next.isEmpty()) {
                    consumer.commit(next);
                }
            }
        }
    }

    private boolean enough() {
        return count != null && printed >= count;
    }

    /// In a group only the partitions that this member was given count, and it must have been given some. One that went
    /// offline was said to be, and is not waited for.
    private boolean atEnd(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, QuietPartitions quiet) {
        List<TopicPartition> mine = new ArrayList<>(group == null ? ends.keySet() : consumer.assignment());
        return !mine.isEmpty() && mine.stream().allMatch(
                id -> quiet.isOffline(id) || consumer.position(id) >= ends.getOrDefault(id, 0L));
    }

    private void print(ConsumerRecord<byte[], byte[]> record) throws IOException {
        if (format() == OutputFormat.json) {
            stdout.write(Utf8.bytes(Json.text(RecordJson.object(record))));
        } else {
            if (keyed) {
                write(record.key());
                stdout.write('\t');
            }
            write(record.value());
        }
        stdout.write('\n');
    }

    private void write(byte @Nullable [] bytes) throws IOException {
        if (bytes != null) {
            stdout.write(bytes);
        }
    }
}
