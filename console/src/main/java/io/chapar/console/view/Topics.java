package io.chapar.console.view;

import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.admin.ProducerState;
import io.chapar.client.admin.ReplicaSize;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.console.web.Query;
import io.chapar.console.web.Refusal;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// The list of topics, page by page, and one topic with its partitions.
final class Topics {
    private static final int MOST_ROWS = 200;
    private static final int USUAL_ROWS = 50;
    private static final int MOST_PARTITIONS = 500;

    record Page(int total, int matching, int from, List<TopicFacts.Row> topics) {
    }

    record One(String name, String id, boolean internal, int partitionCount, int from, List<PartitionRow> partitions) {
    }

    /// Offsets and sizes are null where they are not known: nobody leads, or whoever does, does not answer.
    ///
    /// @param trouble why its disk took it offline
    record PartitionRow(int partition, @Nullable Integer leader, int leaderEpoch, List<Integer> replicas,
            List<Integer> inSync, List<Integer> offline, @Nullable Long start, @Nullable Long stable,
            @Nullable Long end, Map<Integer, Long> bytes, @Nullable String trouble) {
    }

    private final ClusterLink cluster;
    private final TopicFacts facts;

    Topics(ClusterLink cluster, TopicFacts facts) {
        this.cluster = cluster;
        this.facts = facts;
    }

    Page page(Query query) {
        String filter = query.textOrNull("filter");
        String wanted = filter == null ? "" : filter.toLowerCase(Locale.ROOT);
        boolean internal = query.flag("internal");
        int from = query.count("from", 0, 0, Integer.MAX_VALUE);
        int limit = query.count("limit", USUAL_ROWS, 1, MOST_ROWS);
        List<TopicFacts.Row> all = facts.rows();
        List<TopicFacts.Row> matching = all.stream()
                .filter(one -> internal || !one.internal())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).contains(wanted))
                .sorted(order(query.textOrNull("sort"))).toList();
        return new Page(all.size(), matching.size(), from, part(matching, from, limit));
    }

    static <T> List<T> part(List<T> all, int from, int limit) {
        int first = Math.min(from, all.size());
        return all.subList(first, Math.min(all.size(), first + limit));
    }

    private static Comparator<TopicFacts.Row> order(@Nullable String by) {
        Comparator<TopicFacts.Row> byName = Comparator.comparing(TopicFacts.Row::name);
        return switch (by) {
            case null -> byName;
            case "name" -> byName;
            case "size" -> Comparator.comparingLong((TopicFacts.Row one) -> -one.bytes()).thenComparing(byName);
            case "growth" -> Comparator.comparingLong(Topics::shrinking).thenComparing(byName);
            case "partitions" ->
                    Comparator.comparingInt((TopicFacts.Row one) -> -one.partitions()).thenComparing(byName);
            default -> throw Refusal.badRequest("Topics are sorted by name, size, growth or partitions");
        };
    }

    static long shrinking(TopicFacts.Row one) {
        Long perSecond = one.perSecond();
        return perSecond == null ? 0 : -perSecond;
    }

    One one(Query query) {
        TopicView topic = cluster.topic(query.text("name"));
        int from = query.count("from", 0, 0, Integer.MAX_VALUE);
        List<PartitionView> shown =
                part(topic.partitions(), from, query.count("limit", USUAL_ROWS, 1, MOST_PARTITIONS));
        List<TopicPartition> ids =
                shown.stream().map(one -> new TopicPartition(topic.name(), one.partition())).toList();
        // The stable ends first: an end that was asked for later is never before them.
        Map<TopicPartition, Long> starts = cluster.offsets(ids, new OffsetSpec.Earliest(), false);
        Map<TopicPartition, Long> stables = cluster.offsets(ids, new OffsetSpec.Latest(), true);
        Map<TopicPartition, Long> ends = cluster.offsets(ids, new OffsetSpec.Latest(), false);
        Map<TopicPartition, Map<Integer, Long>> bytes = new TreeMap<>();
        TopicView part = new TopicView(topic.name(), topic.id(), topic.internal(), shown);
        for (ReplicaSize size : cluster.admin().replicaSizes(List.of(part))) {
            bytes.computeIfAbsent(size.partition(), _ -> new TreeMap<>()).put(size.broker(), size.bytes());
        }
        Map<TopicPartition, String> troubles = troubles(shown, topic.name());
        List<PartitionRow> rows = new ArrayList<>();
        for (PartitionView one : shown) {
            TopicPartition id = new TopicPartition(topic.name(), one.partition());
            rows.add(new PartitionRow(one.partition(), one.hasLeader() ? one.leaderId() : null, one.leaderEpoch(),
                    one.replicas(), one.inSync(), one.offline(), starts.get(id), stables.get(id), ends.get(id),
                    bytes.getOrDefault(id, Map.of()), troubles.get(id)));
        }
        return new One(topic.name(), topic.id().toString(), topic.internal(), topic.partitionCount(), from, rows);
    }

    private Map<TopicPartition, String> troubles(List<PartitionView> partitions, String topic) {
        return troubles(partitions.stream().filter(one -> !one.hasLeader() && !one.offline().isEmpty())
                .map(one -> new TopicPartition(topic, one.partition())).toList());
    }

    /// Why partitions that nobody leads are offline, as far as a broker that has them says so.
    Map<TopicPartition, String> troubles(List<TopicPartition> offline) {
        Map<TopicPartition, String> why = new LinkedHashMap<>();
        if (!offline.isEmpty()) {
            cluster.admin().describeProducers(offline).forEach((id, result) -> {
                if (result instanceof AdminResult.Refused<List<ProducerState>> refused) {
                    why.put(id, String.valueOf(refused.cause().getMessage()));
                }
            });
        }
        return why;
    }
}
