package io.chapar.cli;

import io.chapar.client.admin.ReplicaSize;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

@Command(
        name = "size",
        description = "Show how much topics take on the brokers' disks, the largest first.",
        footer = {"", "BYTES are those of one replica of each partition, the largest; ON DISKS those of all.", "",
            "Examples:", "  chapar topic size", "  chapar topic size flights --partitions"})
final class TopicSize extends ListCommand {
    @Parameters(paramLabel = "NAME", arity = "0..*", description = "The topics (default: all).")
    List<String> names = new ArrayList<>();

    @Option(names = "--partitions", description = "Show each replica.")
    boolean partitions;

    @Override
    Listing list(Cluster cluster) {
        List<TopicView> topics = names.isEmpty() ? cluster.topics() : names.stream().map(cluster::topic).toList();
        List<ReplicaSize> sizes = cluster.sizes(topics);
        return new Listing(partitions ? replicas(sizes) : topics(topics, sizes));
    }

    private static Table replicas(List<ReplicaSize> sizes) {
        Table table = new Table("topic", "partition", "broker", "bytes");
        sizes.stream().sorted(Comparator.comparing(ReplicaSize::partition).thenComparingInt(ReplicaSize::broker))
                .forEach(one -> table.row(one.partition().topic(), one.partition().partition(), one.broker(),
                        one.bytes()));
        return table;
    }

    private static Table topics(List<TopicView> topics, List<ReplicaSize> sizes) {
        Map<TopicPartition, Long> largest = new TreeMap<>();
        Map<String, Long> onDisks = new TreeMap<>();
        for (ReplicaSize one : sizes) {
            largest.merge(one.partition(), one.bytes(), Math::max);
            onDisks.merge(one.partition().topic(), one.bytes(), Long::sum);
        }
        Map<String, Long> bytes = new TreeMap<>();
        largest.forEach((partition, size) -> bytes.merge(partition.topic(), size, Long::sum));
        Table table = new Table("topic", "partitions", "bytes", "onDisks");
        Comparator<TopicView> byBytes =
                Comparator.comparingLong(topic -> -onDisks.getOrDefault(topic.name(), 0L));
        topics.stream().sorted(byBytes.thenComparing(TopicView::name))
                .forEach(topic -> table.row(topic.name(), topic.partitionCount(),
                        bytes.getOrDefault(topic.name(), 0L), onDisks.getOrDefault(topic.name(), 0L)));
        return table;
    }
}
