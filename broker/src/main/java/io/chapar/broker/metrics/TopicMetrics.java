package io.chapar.broker.metrics;

import io.prometheus.metrics.model.snapshots.Labels;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/// What is told of topics and partitions by name.
final class TopicMetrics {
    private static final class Topic {
        private int partitions;
        private long bytes;
        private long bytesIn;
        private long bytesOut;

        void add(PartitionFigures one) {
            partitions++;
            bytes += one.bytes();
            bytesIn += one.bytesIn();
            bytesOut += one.bytesOut();
        }
    }

    private TopicMetrics() {}

    static void add(Totals totals, int most, LeftOut leftOut, Snapshots out) {
        Map<String, Topic> topics = new TreeMap<>();
        totals.figures().forEach(one -> topics.computeIfAbsent(one.id().topic(), _ -> new Topic()).add(one));
        leftOut.count("topics", topics.size() - most);
        Map<Labels, Topic> named = Snapshots.of(
                topics.entrySet().stream().limit(most).toList(), one -> Labels.of("topic", one.getKey()),
                Map.Entry::getValue);
        out.gauges("chapar_topic_partitions", "Partitions of the topic that are kept here.",
                Snapshots.map(named, one -> one.partitions));
        out.gauges("chapar_topic_size_bytes", "What the topic takes on this broker's disk.",
                Snapshots.map(named, one -> one.bytes));
        out.counters("chapar_topic_received_bytes", "Bytes of batches that clients wrote to the topic here.",
                Snapshots.map(named, one -> one.bytesIn));
        out.counters("chapar_topic_sent_bytes", "Bytes of records that readers of the topic were given here.",
                Snapshots.map(named, one -> one.bytesOut));
        partitions(totals, most, leftOut, out);
    }

    private static void partitions(Totals totals, int most, LeftOut leftOut, Snapshots out) {
        List<PartitionFigures> all = totals.figures().stream()
                .sorted((a, b) -> a.id().compareTo(b.id())).toList();
        leftOut.count("partitions", all.size() - most);
        Map<Labels, PartitionFigures> named = Snapshots.of(
                all.stream().limit(most).toList(), one -> Snapshots.labels(one.id()), one -> one);
        gauge("chapar_partition_start_offset", "The first offset that the partition has.", named,
                PartitionFigures::logStart, out);
        gauge("chapar_partition_end_offset", "The offset that the partition's next record gets.", named,
                PartitionFigures::logEnd, out);
        gauge("chapar_partition_high_watermark", "The first offset that is not committed.", named,
                PartitionFigures::highWatermark, out);
        gauge("chapar_partition_stable_offset",
                "The first offset that readers of committed data do not get yet; -1 where there is no log.", named,
                PartitionFigures::stable, out);
        gauge("chapar_partition_size_bytes", "What the partition takes on this broker's disk.", named,
                PartitionFigures::bytes, out);
        out.counters("chapar_partition_received_bytes", "Bytes of batches that clients wrote to the partition here.",
                Snapshots.map(named, PartitionFigures::bytesIn));
        out.counters("chapar_partition_sent_bytes",
                "Bytes of records that readers of the partition were given here.",
                Snapshots.map(named, PartitionFigures::bytesOut));
    }

    private static void gauge(String name, String help, Map<Labels, PartitionFigures> named,
            ToLongFunction<PartitionFigures> figure, Snapshots out) {
        out.gauges(name, help, Snapshots.map(named, figure));
    }
}
