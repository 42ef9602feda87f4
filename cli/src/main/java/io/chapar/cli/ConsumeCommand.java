package io.chapar.cli;

import io.chapar.cli.OffsetRange.End;
import io.chapar.cli.OffsetRange.Start;
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
            "headers; what is not UTF-8 is given as keyBase64 or valueBase64. -f prints each record as told:",
            RecordFormat.HELP, "",
            "WHERE is earliest, latest, an offset, -N (the last N), +N (beyond the first), or @TIME; FROM:TO ends",
            "before the offset TO, at 'end' as it is now, or at @TIME. A time is in ms or s since 1970, a date and",
            "time, or as long ago as -90s, -5m, -1h, -2d say.", "", "Examples:",
            "  chapar consume greetings --from earliest --exit-at-end",
            "  chapar consume orders --from @-1h:end -f '%%p %%o %%k=%%v\\n'",
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
        description = "Which records, see below (default: earliest). In a group, earliest or latest: where to begin"
            + " when the group has not committed yet.")
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

    @Option(names = {"-f", "--format"}, paramLabel = "FORMAT", description = "How to print a record, see below.")
    @Nullable String template;

    @Option(names = {"-Z", "--null"}, paramLabel = "TEXT", defaultValue = "",
        description = "What to print for a key or value that is null (default: nothing, as for an empty one).")
    String forNull;

    @Option(names = "--keyed", description = "Print key<TAB>value instead of the value alone.")
    boolean keyed;

    private OutputStream stdout = OutputStream.nullOutputStream();
    private long printed;
    private OffsetRange range = new OffsetRange(new Start.Earliest(), null);
    private RecordFormat printing = RecordFormat.parse("%v\\n", "");
    /// Where reading stops, of partitions that have such an end.
    private final Map<TopicPartition, Long> ends = new TreeMap<>();

    @Override
    public Integer call() throws IOException {
        requireLinesOrJson();
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
            if (group == null) {
                starts.putAll(starts(cluster, partitions));
                ends.putAll(ends(cluster, partitions));
            }
        }
        try (Interruption interruption = new Interruption();
                Consumer<byte[], byte[]> consumer = Consumer.open(config(), Serdes.bytes(), Serdes.bytes());
                QuietPartitions quiet = new QuietPartitions(this::connect, err())) {
            if (group != null) {
                consumer.subscribe(List.of(topic));
            } else {
                consumer.assign(partitions);
                partitions.forEach(id -> consumer.seek(id, requireNonNull(starts.get(id), "asked for")));
            }
            read(consumer, partitions, quiet, interruption);
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
        OffsetRange asked = OffsetRange.parse(from, System.currentTimeMillis());
        if (asked == null) {
            throw usage("--from is earliest, latest, an offset, -N, +N, @TIME, or a range of these as FROM:TO, not '"
                    + from + "'.");
        }
        range = asked;
        boolean isEdge = range.start() instanceof Start.Earliest || range.start() instanceof Start.Latest;
        if (group != null && !(isEdge && range.end() == null)) {
            throw usage("With --group, --from is earliest or latest.");
        }
        try {
            printing = RecordFormat.parse(template != null ? template : keyed ? "%k\\t%v\\n" : "%v\\n", forNull);
        } catch (IllegalArgumentException e) {
            throw usage("--format has " + e.getMessage() + ".");
        }
    }

    private ConsumerConfig config() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put(KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrap());
        settings.put(KafkaConfigNames.CLIENT_ID, "chapar-consume");
        settings.put(KafkaConfigNames.ISOLATION_LEVEL, isolation.name());
        settings.put(KafkaConfigNames.AUTO_OFFSET_RESET, range.start() instanceof Start.Latest ? "latest" : "earliest");
        settings.put(KafkaConfigNames.ALLOW_AUTO_CREATE_TOPICS, false);
        settings.put(KafkaConfigNames.FETCH_MAX_WAIT_MS, FETCH_WAIT_MS);
        if (group != null) {
            settings.put(KafkaConfigNames.GROUP_ID, group);
        }
        return ConsumerConfig.from(settings);
    }

    private boolean isCommitted() {
        return isolation == Isolation.read_committed;
    }

    /// Of what can be read.
    private Map<TopicPartition, Long> lasts(Cluster cluster, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> all = new TreeMap<>();
        cluster.offsets(partitions, new OffsetSpec.Latest(), isCommitted())
                .forEach((id, end) -> all.put(id, end.offset()));
        return all;
    }

    private static Map<TopicPartition, Long> firsts(Cluster cluster, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> all = new TreeMap<>();
        cluster.offsets(partitions, new OffsetSpec.Earliest(), false)
                .forEach((id, start) -> all.put(id, start.offset()));
        return all;
    }

    /// Where the first record of that time or later is, or the end where there is none.
    private Map<TopicPartition, Long> since(Cluster cluster, List<TopicPartition> partitions, long timestampMs) {
        Map<TopicPartition, Long> all = lasts(cluster, partitions);
        Map<TopicPartition, ListedOffset> found =
                cluster.offsets(partitions, new OffsetSpec.AtTime(timestampMs), isCommitted());
        PartitionName.requireAll(partitions, found.keySet());
        found.forEach((id, one) -> {
            if (one.offset() >= 0) {
                all.put(id, one.offset());
            }
        });
        return all;
    }

    private Map<TopicPartition, Long> starts(Cluster cluster, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> first = firsts(cluster, partitions);
        Map<TopicPartition, Long> last = lasts(cluster, partitions);
        Map<TopicPartition, Long> starts = switch (range.start()) {
            case Start.Earliest _ -> first;
            case Start.Latest _ -> last;
            case Start.At(long offset) -> nearest(offset, first, last, partitions);
            case Start.Since(long timestampMs) -> since(cluster, partitions, timestampMs);
            case Start.Last(long count) -> {
                Map<TopicPartition, Long> all = new TreeMap<>();
                last.forEach((id, end) -> all.put(id, Math.max(first.getOrDefault(id, 0L), end - count)));
                yield all;
            }
            case Start.Beyond(long count) -> {
                Map<TopicPartition, Long> all = new TreeMap<>();
                first.forEach((id, start) -> all.put(id, Math.min(last.getOrDefault(id, start), start + count)));
                yield all;
            }
        };
        partitions.forEach(id -> starts.putIfAbsent(id, 0L));
        return starts;
    }

    /// The offset, or the nearest one that the partition has, which is said. No partition may lie wholly before it.
    private Map<TopicPartition, Long> nearest(long wanted, Map<TopicPartition, Long> first,
            Map<TopicPartition, Long> last, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> starts = new TreeMap<>();
        List<String> adjusted = new ArrayList<>();
        for (TopicPartition id : partitions) {
            long lowest = first.getOrDefault(id, wanted);
            long highest = last.getOrDefault(id, wanted);
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

    private Map<TopicPartition, Long> ends(Cluster cluster, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> all = new TreeMap<>();
        switch (range.end()) {
            case End.Now _ -> all.putAll(lasts(cluster, partitions));
            case End.Before(long offset) -> partitions.forEach(id -> all.put(id, offset));
            case End.Until(long timestampMs) -> all.putAll(since(cluster, partitions, timestampMs));
            case null -> { }
        }
        return all;
    }

    private void read(Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions, QuietPartitions quiet,
            Interruption interruption) throws IOException {
        if (exitAtEnd) {
            consumer.endOffsets(partitions).forEach((id, end) -> ends.merge(id, end, Math::min));
        }
        boolean hasEnd = exitAtEnd || range.end() != null;
        while (!enough() && !interruption.hasCome() && !(hasEnd && atEnd(consumer, quiet))) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            quiet.polled(records.count(), group == null ? partitions : List.copyOf(consumer.assignment()));
            Map<TopicPartition, OffsetAndMetadata> done = new TreeMap<>();
            long before = printed;
            for (ConsumerRecord<byte[], byte[]> record : records) {
                if (enough() || interruption.hasCome()) {
                    break;
                }
                if (record.offset() < ends.getOrDefault(record.topicPartition(), Long.MAX_VALUE) || group != null) {
                    print(record);
                    printed++;
                }
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
    private boolean atEnd(Consumer<byte[], byte[]> consumer, QuietPartitions quiet) {
        List<TopicPartition> mine = new ArrayList<>(group == null ? ends.keySet() : consumer.assignment());
        return !mine.isEmpty() && mine.stream().allMatch(
                id -> quiet.isOffline(id) || consumer.position(id) >= ends.getOrDefault(id, 0L));
    }

    private void print(ConsumerRecord<byte[], byte[]> record) throws IOException {
        if (format() == OutputFormat.json) {
            stdout.write(Utf8.bytes(Json.text(RecordJson.object(record))));
            stdout.write('\n');
        } else {
            printing.write(record, stdout);
        }
    }
}
