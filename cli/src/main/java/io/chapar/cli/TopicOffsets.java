package io.chapar.cli;

import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.List;
import java.util.Map;

@Command(
        name = "offsets",
        description = "Show which offsets the partitions of a topic hold, or where a time lies in them.",
        footer = {"", "OFFSETS is END minus START: compaction and the marks that end transactions leave fewer records.",
            "TIME is in ms or s since 1970, a date and time, or as long ago as -90s, -5m, -1h, -2d say.", "",
            "Examples:", "  chapar topic offsets flights", "  chapar topic offsets flights --at -1h"})
final class TopicOffsets extends ListCommand {
    @Parameters(paramLabel = "NAME", description = "The topic's name.")
    String name;

    @Option(names = "--at", paramLabel = "TIME",
        description = "Show the first record of each partition that is not older.")
    @Nullable String at;

    @Override
    void check() {
        if (at != null && OffsetRange.time(at, System.currentTimeMillis()) == null) {
            throw usage("--at is a time, not '" + at + "'.");
        }
    }

    @Override
    Listing list(Cluster cluster) {
        Long timeMs = at == null ? null : OffsetRange.time(at, System.currentTimeMillis());
        List<TopicPartition> all = cluster.topic(name).partitions().stream()
                .map(partition -> new TopicPartition(name, partition.partition())).toList();
        return new Listing(timeMs == null ? edges(cluster, all) : at(cluster, all, timeMs));
    }

    private static Table edges(Cluster cluster, List<TopicPartition> all) {
        Map<TopicPartition, ListedOffset> start = cluster.offsets(all, new OffsetSpec.Earliest(), false);
        Map<TopicPartition, ListedOffset> stable = cluster.offsets(all, new OffsetSpec.Latest(), true);
        Map<TopicPartition, ListedOffset> end = cluster.offsets(all, new OffsetSpec.Latest(), false);
        Table table = new Table("partition", "start", "stable", "end", "offsets");
        for (TopicPartition one : all) {
            Long first = offset(start.get(one));
            Long last = offset(end.get(one));
            table.row(one.partition(), first, offset(stable.get(one)), last,
                    first == null || last == null ? null : last - first);
        }
        return table;
    }

    private static Table at(Cluster cluster, List<TopicPartition> all, long timeMs) {
        Map<TopicPartition, ListedOffset> found = cluster.offsets(all, new OffsetSpec.AtTime(timeMs), false);
        Table table = new Table("partition", "offset", "timestamp");
        for (TopicPartition one : all) {
            ListedOffset listed = found.get(one);
            if (listed == null || listed.offset() < 0) {
                table.row(one.partition(), null, null);
            } else {
                table.row(one.partition(), listed.offset(), listed.timestampMs());
            }
        }
        return table;
    }

    private static @Nullable Long offset(@Nullable ListedOffset listed) {
        return listed == null ? null : listed.offset();
    }
}
