package io.chapar.cli;

import io.chapar.cli.cluster.GrowPlanCore;
import io.chapar.cli.cluster.PlanCore;
import io.chapar.client.admin.OngoingReassignment;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Collectors;

@Command(name = "grow", description = "Give partitions more replicas, after a cluster got more brokers.",
        footer = {"",
            "Replicas that there are stay where they are, and so do leaders. Partitions that have enough are left",
            "alone. Brokers take over the new replicas by themselves, also when this command is ended while it waits.",
            "", "Examples:", "  chapar cluster grow --replication 3", "  chapar cluster grow --replication 3 orders",
            "  chapar cluster grow --replication 3 --dry-run"})
final class ClusterGrow extends ClusterCommand {
    private static final int MOST_REPLICAS = 100;
    /// One request has a bound.
    private static final int AT_ONCE = 1_000;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    @Option(names = "--replication", paramLabel = "N", required = true,
        description = "Replicas that each partition is to have at least.")
    int replication;

    @Option(names = "--dry-run", description = "Only show what would be done.")
    boolean dryRun;

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "3600",
        description = "How long to wait until all of them are in sync; 0 does not (default: 3600).")
    int waitSeconds;

    @Parameters(paramLabel = "TOPIC", description = "Topics (default: all, those of transactions and groups too).")
    List<String> names = List.of();

    @Override
    public Integer call() throws InterruptedException {
        if (replication < 1 || replication > MOST_REPLICAS) {
            throw usage("--replication is between 1 and " + MOST_REPLICAS + ".");
        }
        if (waitSeconds < 0) {
            throw usage("--wait is 0 seconds or more.");
        }
        try (Cluster cluster = connect()) {
            List<Node> brokers = cluster.takers();
            if (brokers.size() < replication) {
                List<Integer> fenced = cluster.describe().fenced().stream().map(Node::id).toList();
                throw new CommandFailure("There are " + brokers.size() + " brokers in session that are not drained, and"
                        + " a partition has at most one replica at each"
                        + (fenced.isEmpty() ? "" : "; " + Words.notInSession(fenced)));
            }
            SequencedMap<TopicPartition, List<Integer>> plan =
                    GrowPlanCore.plan(cluster.inTheEnd(() -> topics(cluster)), brokers, replication);
            show(plan);
            if (!dryRun) {
                grow(cluster, plan);
            }
        }
        return DONE;
    }

    private List<TopicView> topics(Cluster cluster) {
        return names.isEmpty() ? cluster.topics() : names.stream().map(cluster::topic).toList();
    }

    private void show(Map<TopicPartition, List<Integer>> plan) {
        Table table = new Table("partition", "replicas");
        plan.forEach((partition, replicas) -> table.row(partition.topic() + "/" + partition.partition(),
                replicas.stream().map(String::valueOf).collect(Collectors.joining(","))));
        if (plan.isEmpty()) {
            said("All partitions have " + replication + " replicas.");
        } else if (dryRun || structured()) {
            table.print(format(), out());
        }
    }

    private void grow(Cluster cluster, SequencedMap<TopicPartition, List<Integer>> plan) throws InterruptedException {
        List<TopicPartition> all = new ArrayList<>(plan.keySet());
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            cluster.reassign(all.subList(from, Math.min(all.size(), from + AT_ONCE)).stream()
                    .collect(Collectors.toMap(each -> each, plan::get)));
        }
        if (waitSeconds > 0) {
            Map<TopicPartition, List<Integer>> awaited = begunBefore(cluster);
            awaited.putAll(plan);
            await(cluster, awaited);
        }
    }

    /// What an earlier saying of the same has begun, with the replicas that it is to have in the end.
    private Map<TopicPartition, List<Integer>> begunBefore(Cluster cluster) {
        Map<TopicPartition, List<Integer>> begun = new LinkedHashMap<>();
        for (OngoingReassignment one : cluster.reassignments()) {
            if (!one.adding().isEmpty() && (names.isEmpty() || names.contains(one.partition().topic()))) {
                begun.put(one.partition(), PlanCore.inTheEnd(one));
            }
        }
        return begun;
    }

    private void await(Cluster cluster, Map<TopicPartition, List<Integer>> plan) throws InterruptedException {
        Set<TopicPartition> all = plan.keySet();
        if (all.isEmpty()) {
            return;
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(waitSeconds).toNanos();
        int said = -1;
        while (true) {
            int left = left(cluster, plan);
            if (left != said) {
                said = left;
                said((all.size() - left) + " of " + all.size() + " partitions have all replicas in sync.");
                out().flush();
            }
            if (left == 0) {
                return;
            }
            if (System.nanoTime() - deadline >= 0) {
                SortedSet<Integer> away = cluster.notInSession(
                        plan.values().stream().flatMap(List::stream).toList());
                throw new CommandFailure(Words.count(left, "partition") + " without all replicas in sync after "
                        + waitSeconds + " s; " + (away.isEmpty() ? "" : Words.notInSession(away) + "; ")
                        + "the brokers go on by themselves");
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }

    private int left(Cluster cluster, Map<TopicPartition, List<Integer>> plan) {
        Map<String, TopicView> topics = topics(cluster).stream()
                .collect(Collectors.toMap(TopicView::name, each -> each));
        int left = 0;
        for (Map.Entry<TopicPartition, List<Integer>> each : plan.entrySet()) {
            TopicView topic = topics.get(each.getKey().topic());
            PartitionView partition = topic == null ? null : topic.partition(each.getKey().partition());
            if (partition != null && !(Set.copyOf(partition.replicas()).equals(Set.copyOf(each.getValue()))
                    && partition.inSync().containsAll(each.getValue()))) {
                left++;
            }
        }
        return left;
    }
}
