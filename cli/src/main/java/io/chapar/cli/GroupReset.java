package io.chapar.cli;

import io.chapar.cli.OffsetRange.Start;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

@Command(
        name = "reset",
        description = "Show where a group would go on, and with --execute make it so.",
        footer = {"", "WHERE is earliest, latest, an offset, -N (the last N), +N (beyond the first), or @TIME, which",
            "is in ms or s since 1970, a date and time, or as long ago as -90s, -5m, -1h, -2d say. No offset is set",
            "that the partition does not have: the nearest is taken, which is said. The group must have no",
            "members. Without TOPIC, all partitions that it has committed. FILE has lines TOPIC,PARTITION,OFFSET, as",
            "--export prints them. Share groups commit no offsets: Kafka's kafka-share-groups.sh sets their start.",
            "", "Examples:",
            "  chapar group reset billing --to @-1h",
            "  chapar group reset billing orders/3 --shift -10 --execute"})
final class GroupReset extends ClusterCommand {
    private static final int MOST_LINES = 1_000_000;

    @Parameters(index = "0", paramLabel = "ID", description = "The group's id.")
    String id;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "TOPIC[/PARTITION]", description = "What to go back in.")
    List<String> names = new ArrayList<>();

    @Option(names = "--to", paramLabel = "WHERE", description = "Where to go on.")
    @Nullable String to;

    @Option(names = "--shift", paramLabel = "N", description = "So many offsets on, or back where it is negative.")
    @Nullable Long shift;

    @Option(names = "--from-file", paramLabel = "FILE", description = "Where to go on in each partition.")
    @Nullable Path file;

    @Option(names = "--export", description = "Print the offsets as lines for --from-file.")
    boolean export;

    @Option(names = "--execute", description = "Set them; else they are shown alone.")
    boolean execute;

    private Start start = new Start.Earliest();

    @Override
    public Integer call() {
        check();
        try (Cluster cluster = connect()) {
            cluster.requireCommits(id);
            Map<TopicPartition, OffsetAndMetadata> committed = cluster.committed(id);
            Map<TopicPartition, Long> wanted = wanted(cluster, committed);
            Map<TopicPartition, Long> chosen = inside(cluster, wanted);
            if (execute) {
                cluster.requireNoMembers(id);
                cluster.commit(id, chosen);
            }
            print(committed, chosen);
        }
        return DONE;
    }

    private void check() {
        int ways = (to == null ? 0 : 1) + (shift == null ? 0 : 1) + (file == null ? 0 : 1);
        if (ways != 1) {
            throw usage("Say where to go on by one of --to, --shift and --from-file.");
        }
        if (file != null && !names.isEmpty()) {
            throw usage("--from-file names the partitions itself.");
        }
        for (String name : names) {
            try {
                var _ = name.indexOf('/') < 0 ? null : new PartitionName().convert(name);
            } catch (TypeConversionException e) {
                throw usage(e.getMessage() + ".");
            }
        }
        if (to != null) {
            OffsetRange range = OffsetRange.parse(to, System.currentTimeMillis());
            if (range == null || range.end() != null) {
                throw usage("--to is earliest, latest, an offset, -N, +N or @TIME, not '" + to + "'.");
            }
            start = range.start();
        }
    }

    private Map<TopicPartition, Long> wanted(Cluster cluster, Map<TopicPartition, OffsetAndMetadata> committed) {
        if (file != null) {
            return fromFile(file);
        }
        TreeSet<TopicPartition> partitions = new TreeSet<>();
        names.forEach(name -> partitions.addAll(partitions(cluster, name)));
        if (names.isEmpty()) {
            partitions.addAll(committed.keySet());
        }
        if (partitions.isEmpty()) {
            throw new CommandFailure("Group '" + id + "' has committed nothing; name the topics");
        }
        Map<TopicPartition, Long> wanted = new TreeMap<>();
        if (shift != null) {
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata done = committed.get(partition);
                if (done == null) {
                    throw new CommandFailure("Group '" + id + "' has committed nothing of "
                            + PartitionName.of(partition) + ", so that there is nothing to shift");
                }
                // No partition ends so far on that any more would make a difference.
                wanted.put(partition, Math.max(0, done.offset() + Math.min(shift, Long.MAX_VALUE - done.offset())));
            }
            return wanted;
        }
        Map<TopicPartition, Long> first = offsets(cluster, partitions, new OffsetSpec.Earliest());
        Map<TopicPartition, Long> last = offsets(cluster, partitions, new OffsetSpec.Latest());
        switch (start) {
            case Start.Earliest _ -> wanted.putAll(first);
            case Start.Latest _ -> wanted.putAll(last);
            case Start.At(long offset) -> partitions.forEach(one -> wanted.put(one, offset));
            case Start.Last(long count) -> last.forEach((one, end) -> wanted.put(one, end - count));
            case Start.Beyond(long count) -> first.forEach((one, begin) -> wanted.put(one, begin + count));
            case Start.Since(long timestampMs) -> {
                wanted.putAll(last);
                offsets(cluster, partitions, new OffsetSpec.AtTime(timestampMs)).forEach((one, offset) -> {
                    if (offset >= 0) {
                        wanted.put(one, offset);
                    }
                });
            }
        }
        return wanted;
    }

    private static List<TopicPartition> partitions(Cluster cluster, String name) {
        if (name.indexOf('/') < 0) {
            return cluster.topic(name).partitions().stream()
                    .map(one -> new TopicPartition(name, one.partition())).toList();
        }
        TopicPartition one = new PartitionName().convert(name);
        cluster.requirePartition(one);
        return List.of(one);
    }

    private static Map<TopicPartition, Long> offsets(
            Cluster cluster, Collection<TopicPartition> partitions, OffsetSpec spec) {
        Map<TopicPartition, Long> all = new TreeMap<>();
        cluster.offsets(partitions, spec, false).forEach((id, found) -> all.put(id, found.offset()));
        PartitionName.requireAll(partitions, all.keySet());
        return all;
    }

    private static Map<TopicPartition, Long> fromFile(Path file) {
        Map<TopicPartition, Long> wanted = new TreeMap<>();
        try (var lines = Files.lines(file)) {
            int[] number = {0};
            lines.limit(MOST_LINES).map(String::strip).forEach(line -> {
                number[0]++;
                String[] cells = line.split(",", -1);
                if (line.isEmpty()) {
                    return;
                }
                if (cells.length != 3 || !cells[1].strip().matches("\\d{1,9}")
                        || !cells[2].strip().matches("\\d{1,18}")) {
                    throw new CommandFailure(file + ", line " + number[0] + " is not TOPIC,PARTITION,OFFSET: " + line);
                }
                wanted.put(new TopicPartition(cells[0].strip().replace("\"", ""), Integer.parseInt(cells[1].strip())),
                        Long.valueOf(cells[2].strip()));
            });
        } catch (IOException e) {
            throw new CommandFailure("Cannot read " + file, e);
        }
        return wanted;
    }

    /// What lies outside of a partition is moved to its nearer end.
    private Map<TopicPartition, Long> inside(Cluster cluster, Map<TopicPartition, Long> wanted) {
        TreeSet<TopicPartition> partitions = new TreeSet<>(wanted.keySet());
        Map<TopicPartition, Long> first = offsets(cluster, partitions, new OffsetSpec.Earliest());
        Map<TopicPartition, Long> last = offsets(cluster, partitions, new OffsetSpec.Latest());
        Map<TopicPartition, Long> chosen = new TreeMap<>();
        wanted.forEach((partition, offset) -> {
            long begin = requireNonNull(first.get(partition), "all were asked");
            long end = requireNonNull(last.get(partition), "all were asked");
            long nearest = Math.clamp(offset, begin, end);
            if (nearest != offset) {
                err().println(PartitionName.of(partition) + (nearest == begin ? " begins at " : " ends at ") + nearest
                        + ": that is taken in place of " + offset + ".");
            }
            chosen.put(partition, nearest);
        });
        return chosen;
    }

    private void print(Map<TopicPartition, OffsetAndMetadata> committed, Map<TopicPartition, Long> chosen) {
        if (export) {
            chosen.forEach((one, offset) -> out().println(one.topic() + "," + one.partition() + "," + offset));
            return;
        }
        Table table = new Table("topic", "partition", "committed", "newOffset");
        chosen.forEach((one, offset) -> {
            OffsetAndMetadata before = committed.get(one);
            table.row(one.topic(), one.partition(), before == null ? null : before.offset(), offset);
        });
        table.print(format(), out());
        said(execute ? "Group " + Words.shown(id) + " goes on there."
                : "Nothing is changed; --execute makes it so.");
    }
}
