package io.chapar.console.view;

import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.console.web.Query;
import io.chapar.console.web.Refusal;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

import static java.util.Objects.requireNonNull;

/// Records of a partition: from an offset or a time on, or the last ones, with a key or with any.
final class Records {
    /// Each may have a piece of a log in memory, and one batch of it unpacked.
    private static final int AT_ONCE = 4;
    private static final int MOST_ROWS = 200;
    private static final int USUAL_ROWS = 50;

    private final ClusterLink cluster;
    private final Semaphore turns = new Semaphore(AT_ONCE);

    Records(ClusterLink cluster) {
        this.cluster = cluster;
    }

    RecordPage page(Query query) {
        TopicPartition partition = cluster.partition(
                query.text("topic"), query.count("partition", 0, 0, Integer.MAX_VALUE));
        int limit = query.count("limit", USUAL_ROWS, 1, MOST_ROWS);
        boolean all = query.flag("all");
        String key = query.textOrNull("key");
        long from = from(query, partition, limit, all);
        return reading(() -> new RecordReader(cluster, partition, all, RecordRow.Sizes.PREVIEW).read(
                from, limit, key == null ? null : key.getBytes(StandardCharsets.UTF_8)));
    }

    /// One record, with as much of it as a page can show.
    RecordPage one(Query query) {
        TopicPartition partition = cluster.partition(
                query.text("topic"), query.count("partition", 0, 0, Integer.MAX_VALUE));
        long offset = query.number("offset", -1);
        RecordPage page = reading(() -> new RecordReader(cluster, partition, true, RecordRow.Sizes.WHOLE)
                .read(offset, 1, null));
        if (page.records().isEmpty() || page.records().getFirst().offset() != offset) {
            throw Refusal.notFound("There is no record at offset " + offset + " any more, or yet");
        }
        return page;
    }

    private interface Reading {
        RecordPage read();
    }

    private RecordPage reading(Reading reading) {
        if (!turns.tryAcquire()) {
            throw new Refusal(503, "Too many read records at one time; try again");
        }
        try {
            return reading.read();
        } finally {
            turns.release();
        }
    }

    private long from(Query query, TopicPartition partition, int limit, boolean all) {
        String time = query.textOrNull("time");
        if (time != null) {
            return atTime(partition, query.number("time", 0));
        }
        return switch (query.textOrNull("from")) {
            case null -> last(partition, limit, all);
            case "latest" -> last(partition, limit, all);
            case "earliest" -> edge(partition, new OffsetSpec.Earliest(), false);
            default -> {
                long offset = query.number("from", 0);
                yield Math.max(offset, edge(partition, new OffsetSpec.Earliest(), false));
            }
        };
    }

    private long last(TopicPartition partition, int limit, boolean all) {
        long start = edge(partition, new OffsetSpec.Earliest(), false);
        return Math.max(start, edge(partition, new OffsetSpec.Latest(), !all) - limit);
    }

    private long atTime(TopicPartition partition, long timeMs) {
        if (timeMs < 0) {
            throw Refusal.badRequest("The time is in ms since 1970");
        }
        ListedOffset found = listed(partition, new OffsetSpec.AtTime(timeMs), false);
        return found.offset() >= 0 ? found.offset() : edge(partition, new OffsetSpec.Latest(), false);
    }

    private long edge(TopicPartition partition, OffsetSpec spec, boolean stable) {
        return listed(partition, spec, stable).offset();
    }

    private ListedOffset listed(TopicPartition partition, OffsetSpec spec, boolean stable) {
        Map<TopicPartition, AdminResult<ListedOffset>> results =
                cluster.admin().listOffsets(Map.of(partition, spec), stable);
        return ClusterLink.value(requireNonNull(results.get(partition), "asked for"), "partition",
                partition.toString());
    }

    /// What was read.
    ///
    /// @param next where to go on
    /// @param more whether there is something there, as far as is known
    /// @param scannedBytes of the log, to find these
    record RecordPage(String topic, int partition, long start, long stable, long end, long next, boolean more,
            long scannedBytes, List<RecordRow> records) {
    }
}
