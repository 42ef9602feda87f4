package io.chapar.cli;

import io.chapar.client.admin.CreatedTopic;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

@Command(
        name = "topic",
        description = "Create, list, describe, alter and delete topics.")
final class TopicCommand extends NounCommand {
    @Command(
            name = "create",
            description = "Create a topic.",
            footer = {"", "Examples:", "  chapar topic create flights --partitions 4",
                "  chapar topic create prices --config cleanup.policy=compact"})
    static final class Create extends ClusterCommand {
        @Parameters(paramLabel = "NAME", description = "The topic's name.")
        String name;

        @Option(names = {"-p", "--partitions"}, paramLabel = "N", description = "Partitions (default: the broker's).")
        @Nullable Integer partitions;

        @Option(names = {"-r", "--replication-factor"}, paramLabel = "N",
            description = "Copies of each partition (default: the broker's).")
        @Nullable Integer replicationFactor;

        @Option(names = "--config", paramLabel = "KEY=VALUE",
            description = "A setting of the topic, by Kafka's name; repeatable.")
        Map<String, String> configs = new LinkedHashMap<>();

        @Override
        public Integer call() {
            if (partitions != null && partitions < 1) {
                throw usage("A topic has at least one partition.");
            }
            if (replicationFactor != null && replicationFactor < 1) {
                throw usage("A partition has at least one copy.");
            }
            try (Cluster cluster = connect()) {
                CreatedTopic made = cluster.create(new NewTopic(
                        name, orDefault(partitions), orDefault(replicationFactor), configs));
                int count = made.partitions() > 0 ? made.partitions() : cluster.topic(name).partitionCount();
                if (structured()) {
                    Map<String, Object> object = new LinkedHashMap<>();
                    object.put("name", name);
                    object.put("id", made.id());
                    object.put("partitions", count);
                    show(object);
                } else {
                    out().println("Created topic " + name + " with " + count
                            + (count == 1 ? " partition." : " partitions."));
                }
            }
            return DONE;
        }

        private static int orDefault(@Nullable Integer given) {
            return given == null ? NewTopic.BROKER_DEFAULT : given;
        }
    }

    @Command(name = "list", description = "List topics.", footer = {"", "Example:", "  chapar topic list -o json"})
    static final class ListAll extends ListCommand {
        @Option(names = "--internal", description = "Show the internal topics too.")
        boolean internal;

        @Override
        Listing list(Cluster cluster) {
            Table table = new Table("name", "partitions", "replicationFactor");
            for (TopicView topic : cluster.topics()) {
                if (internal || !topic.internal()) {
                    table.row(topic.name(), topic.partitionCount(), replicationFactor(topic));
                }
            }
            return new Listing(table);
        }
    }

    @Command(
            name = "describe",
            description = "Show a topic's partitions: who leads them, and which offsets they hold.",
            footer = {"", "START is the first offset, END the next one to be written, STABLE the end of what",
                "read_committed readers see: it stays behind END while a transaction is open. A partition that its",
                "disk took offline has no leader and no offsets; the reason is given below the table, and so it is for",
                "a replica that follows.",
                "", "Example:", "  chapar topic describe flights"})
    static final class Describe extends ListCommand {
        @Parameters(paramLabel = "NAME", description = "The topic's name.")
        String name;

        @Override
        Listing list(Cluster cluster) {
            TopicView topic = cluster.topic(name);
            List<TopicPartition> all = topic.partitions().stream()
                    .map(partition -> new TopicPartition(name, partition.partition())).toList();
            Map<TopicPartition, ListedOffset> start = cluster.offsets(all, new OffsetSpec.Earliest(), false);
            Map<TopicPartition, ListedOffset> end = cluster.offsets(all, new OffsetSpec.Latest(), false);
            Map<TopicPartition, ListedOffset> stable = cluster.offsets(all, new OffsetSpec.Latest(), true);
            Table table = new Table("partition", "leader", "replicas", "inSync", "start", "end", "stable");
            for (PartitionView partition : topic.partitions()) {
                TopicPartition id = new TopicPartition(name, partition.partition());
                table.row(partition.partition(), partition.hasLeader() ? partition.leaderId() : null,
                        partition.replicas(), partition.inSync(), offset(start.get(id)), offset(end.get(id)),
                        offset(stable.get(id)));
            }
            List<String> offline = new ArrayList<>(cluster.whyOffline(
                    topic.partitions().stream().filter(partition -> !partition.hasLeader())
                            .map(partition -> new TopicPartition(name, partition.partition())).toList()).values());
            offline.addAll(cluster.whyFollowersAreOffline(topic));
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", topic.name());
            object.put("id", topic.hasId() ? topic.id() : null);
            object.put("internal", topic.internal());
            object.put("partitions", table.objects());
            object.put("offline", offline);
            return new Listing(table).whole(object)
                    .line("Topic " + topic.name() + (topic.hasId() ? ", id " + topic.id() : "")
                            + (topic.internal() ? ", internal" : ""))
                    .table(table).lines(offline);
        }

        private static @Nullable Long offset(@Nullable ListedOffset listed) {
            return listed == null ? null : listed.offset();
        }
    }

    @Command(name = "alter", description = "Give a topic more partitions, and settings of its own.",
            footer = {"", "Records of a key go to another partition than before once there are more.", "",
                "Example:", "  chapar topic alter flights --partitions 8 --config retention.ms=3600000"})
    static final class Alter extends ClusterCommand {
        @Parameters(paramLabel = "NAME", description = "The topic's name.")
        String name;

        @Option(names = {"-p", "--partitions"}, paramLabel = "N", description = "How many it is to have.")
        @Nullable Integer partitions;

        @Option(names = "--config", paramLabel = "KEY=VALUE", description = "A setting, by Kafka's name; repeatable.")
        Map<String, String> configs = new LinkedHashMap<>();

        @Option(names = "--delete-config", paramLabel = "KEY", description = "A setting to take away; repeatable.")
        List<String> unset = new ArrayList<>();

        @Override
        public Integer call() {
            if (partitions == null && configs.isEmpty() && unset.isEmpty()) {
                throw usage("Say what to alter: --partitions, --config, --delete-config.");
            }
            try (Cluster cluster = connect()) {
                if (!configs.isEmpty() || !unset.isEmpty()) {
                    cluster.change(name, configs, unset);
                }
                if (partitions != null) {
                    cluster.addPartitions(name, partitions);
                }
                said("Altered topic " + name + ".");
            }
            return DONE;
        }
    }

    @Command(name = "delete", description = "Delete topics and every record in them.",
            footer = {"", "Example:", "  chapar topic delete flights"})
    static final class Delete extends ClusterCommand {
        @Parameters(paramLabel = "NAME", arity = "1..*", description = "The topics to delete.")
        List<String> names;

        @Option(names = "--internal", description = "Also those in which the brokers keep offsets and transactions.")
        boolean internal;

        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                OneByOne.each(names, name -> delete(cluster, name));
            }
            return DONE;
        }

        private void delete(Cluster cluster, String name) {
            if (!internal && cluster.topic(name).internal()) {
                throw new CommandFailure("In " + name + " the brokers keep what all groups have committed, or"
                        + " all transactions; --internal deletes it nevertheless");
            }
            cluster.delete(name);
            if (structured()) {
                show(Map.of("deleted", name));
            } else {
                out().println("Deleted topic " + name + ".");
            }
        }
    }

    private static int replicationFactor(TopicView topic) {
        return topic.partitions().stream().mapToInt(partition -> partition.replicas().size()).max().orElse(0);
    }
}
