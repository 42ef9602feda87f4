package io.chapar.cli;

import io.chapar.client.ChaparException;
import io.chapar.client.admin.LogFolder;
import io.chapar.protocol.ErrorCode;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// What brokers did lately, and what is left of their disks.
///
/// @param said by broker, what [LastMinutes] has
/// @param disks by broker, the folder of which least is left; without those that do not tell
record BrokersLately(List<Node> brokers, Map<Integer, Map<?, ?>> said, Map<Integer, LogFolder> disks) {
    private static final int TIMEOUT_MS = 5_000;
    private static final double SECONDS_PER_HOUR = 3_600;
    /// So often in a minute no group rebalances whose members only start or stop once.
    private static final int FLAPS = 3;

    static BrokersLately of(Cluster cluster, String clusterId, List<Node> brokers) {
        Map<Integer, LogFolder> disks = new TreeMap<>();
        for (Node broker : brokers) {
            folders(cluster, broker).stream()
                    .filter(folder -> folder.error() == ErrorCode.NONE && folder.usableBytes() >= 0)
                    .min(Comparator.comparingLong(LogFolder::usableBytes))
                    .ifPresent(folder -> disks.put(broker.id(), folder));
        }
        return new BrokersLately(brokers, LastMinutes.of(cluster, clusterId, brokers), disks);
    }

    /// None of a broker that does not answer, which the table of brokers tells of.
    private static List<LogFolder> folders(Cluster cluster, Node broker) {
        try {
            return cluster.folders(broker, TIMEOUT_MS);
        } catch (ChaparException noAnswer) {
            return List.of();
        }
    }

    Table table() {
        Table table = new Table("broker", "requestsPerSecond", "p99Ms", "diskLeft", "diskSize", "diskFullHours");
        for (Node broker : brokers) {
            Map<?, ?> lately = said.getOrDefault(broker.id(), Map.of());
            LogFolder disk = disks.get(broker.id());
            table.row(broker.id(), rounded(lately.get("requestsPerSecond"), 1),
                    rounded(lately.get("p99Seconds"), 1_000),
                    disk == null ? null : Words.bytes(disk.usableBytes()),
                    disk == null ? null : Words.bytes(disk.totalBytes()),
                    rounded(lately.get("diskFullSeconds"), 1 / SECONDS_PER_HOUR));
        }
        return table;
    }

    /// Topics that are written to, the busiest first.
    Table growing(int most) {
        Map<String, Double> perSecond = new TreeMap<>();
        each("topics", topic -> perSecond.merge(
                String.valueOf(topic.get("topic")), number(topic.get("bytesPerSecond")), Double::sum));
        Table table = new Table("topic", "bytesPerSecond");
        perSecond.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(most)
                .forEach(one -> table.row(one.getKey(), Math.round(one.getValue())));
        return table;
    }

    /// Producers that were shut out, the last one first.
    Table fenced(int most) {
        List<Map<?, ?>> all = new ArrayList<>();
        each("fenced", all::add);
        all.sort(Comparator.comparingDouble(one -> number(one.get("secondsAgo"))));
        Table table = new Table("transactionalId", "producerId", "epoch", "secondsAgo", "by");
        all.stream().limit(most).forEach(one -> table.row(one.get("transactionalId"), one.get("producerId"),
                one.get("epoch"), one.get("secondsAgo"), one.get("by")));
        return table;
    }

    /// Groups whose members come and go, the worst first.
    Table flapping(int most) {
        List<Map<?, ?>> all = new ArrayList<>();
        each("rebalances", one -> {
            if (number(one.get("count")) >= FLAPS) {
                all.add(one);
            }
        });
        all.sort(Comparator.comparingDouble(one -> -number(one.get("count"))));
        Table table = new Table("group", "rebalancesLastMinute", "members");
        all.stream().limit(most).forEach(one -> table.row(one.get("group"), one.get("count"), one.get("members")));
        return table;
    }

    /// Partitions of which a disk did not give records to a reader, and which file it was.
    Table damaged(int most) {
        List<Map<?, ?>> all = new ArrayList<>();
        each("unreadable", all::add);
        Table table = new Table("partition", "why");
        all.stream().limit(most).forEach(one -> table.row(one.get("partition"), one.get("why")));
        return table;
    }

    /// Brokers that refuse records since their disk is full.
    List<Integer> full() {
        return said.entrySet().stream().filter(one -> Boolean.TRUE.equals(one.getValue().get("diskRefusing")))
                .map(Map.Entry::getKey).toList();
    }

    /// Null where all tell.
    @Nullable String whoIsSilent() {
        List<String> silent = brokers.stream().filter(broker -> !said.containsKey(broker.id()))
                .map(broker -> Integer.toString(broker.id())).toList();
        return silent.isEmpty() ? null : "Requests, growth and fenced producers are not told by broker "
                + String.join(", ", silent) + ": that takes --metrics HOST:PORT, within reach from here";
    }

    private void each(String list, Consumer<Map<?, ?>> to) {
        said.values().forEach(one -> {
            if (one.get(list) instanceof List<?> items) {
                items.forEach(item -> {
                    if (item instanceof Map<?, ?> map) {
                        to.accept(map);
                    }
                });
            }
        });
    }

    private static double number(@Nullable Object value) {
        return value instanceof Number number ? number.doubleValue() : 0;
    }

    /// To a tenth; null where it is not told.
    private static @Nullable Double rounded(@Nullable Object value, double times) {
        return value instanceof Number number ? Math.round(number.doubleValue() * times * 10) / 10.0 : null;
    }
}
