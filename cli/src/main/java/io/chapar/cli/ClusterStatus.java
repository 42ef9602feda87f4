package io.chapar.cli;

import io.chapar.cli.cluster.StatusCore;
import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.cli.cluster.StatusCore.Health;
import io.chapar.cli.cluster.StatusCore.Risk;
import io.chapar.cli.cluster.StatusCore.Status;
import io.chapar.client.metadata.PartitionView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

@Command(name = "status",
        description = "Show who leads what, who is behind, and what is at risk if one more broker dies.",
        footer = {"",
            "BEHIND is in records, of moments that lie some milliseconds apart. Under-replicated partitions have fewer",
            "replicas in sync than replicas; below min.insync.replicas they take no writes with acks=all. Slow",
            "replicas are not in sync, do not answer, or still miss after 50 ms what their leader had.",
            "", "Examples:", "  chapar cluster status", "  chapar cluster status --partitions",
            "  chapar cluster status --bootstrap broker-7:9092 -o json"})
final class ClusterStatus extends LookAtCluster {
    private static final int MOST_NAMES = 5;
    private static final int MOST_SLOW = 10;

    @Option(names = "--partitions", description = "Show every partition too.")
    boolean partitions;

    @Override
    Listing list(Cluster cluster) {
        Facts facts = which.facts(cluster, true);
        Status status = StatusCore.status(facts);
        SlowReplicas slow = SlowReplicas.of(cluster, facts, status.partitions());
        Node controller = facts.cluster().controller();
        String trouble = facts.cluster().trouble();
        Table brokers = brokers(status);
        Table all = partitions(status);
        Listing listing = new Listing(partitions ? all : brokers).whole(object(facts, status, slow))
                .line("Cluster:    " + facts.cluster().clusterId()
                        + (controller == null ? ", no controller" : ", controller " + controller.id()))
                .line("Metadata:   " + (trouble == null ? "fine" : trouble))
                .line("Partitions: " + status.partitions().size() + " of "
                        + Words.count(facts.topics().size(), "topic") + ": " + status.count(Health.LEADERLESS)
                        + " without leader, " + status.count(Health.BELOW_MIN_IN_SYNC)
                        + " below min.insync.replicas, " + status.underReplicated() + " under-replicated")
                .line("").table(brokers);
        if (partitions) {
            listing.line("").table(all);
        }
        if (!slow.all().isEmpty()) {
            listing.line("").line("Slow replicas, by broker:").lines(slow.lines())
                    .line("").table(slow.worst(MOST_SLOW));
            if (slow.all().size() > MOST_SLOW) {
                listing.line("and " + (slow.all().size() - MOST_SLOW) + " more; -o json has up to "
                        + SlowReplicas.MOST);
            }
        }
        listing.line("").line("If one more broker dies:");
        status.risks().forEach(risk -> listing.line("  " + risk.broker() + ": " + words(risk)));
        return listing;
    }

    private Table brokers(Status status) {
        List<String> columns = new ArrayList<>(
                List.of("broker", "address", "state", "controller", "leads", "replicas", "inSync", "behind"));
        if (which.knowsProcesses()) {
            columns.add("process");
        }
        Table table = new Table(columns.toArray(String[]::new));
        for (StatusCore.Broker broker : status.brokers()) {
            List<Object> cells = new ArrayList<>();
            cells.add(broker.id());
            cells.add(address(broker));
            cells.add(state(broker));
            cells.add(broker.controller());
            cells.add(broker.leads());
            cells.add(broker.replicas());
            cells.add(broker.inSync());
            cells.add(broker.behind());
            if (which.knowsProcesses()) {
                cells.add(which.process(broker.id()));
            }
            table.row(cells.toArray());
        }
        return table;
    }

    private static Table partitions(Status status) {
        Table table = new Table("topic", "partition", "leader", "epoch", "replicas", "inSync", "minInSync", "behind",
                "health");
        for (StatusCore.Partition each : status.partitions()) {
            PartitionView view = each.view();
            table.row(each.id().topic(), view.partition(), view.hasLeader() ? view.leaderId() : null,
                    view.leaderEpoch(), view.replicas(), view.inSync(), each.minInSync(),
                    each.behind().entrySet().stream().map(one -> one.getKey() + ":" + one.getValue()).toList(),
                    words(each.health()));
        }
        return table;
    }

    private static String words(Health health) {
        return health.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String words(Risk risk) {
        List<String> parts = new ArrayList<>();
        if (!risk.leaderless().isEmpty()) {
            parts.add(count(risk.leaderless(), "lose", "loses") + " the last replica in sync: "
                    + names(risk.leaderless()));
        }
        if (!risk.unwritable().isEmpty()) {
            parts.add(count(risk.unwritable(), "take", "takes") + " no more writes with acks=all: "
                    + names(risk.unwritable()));
        }
        if (risk.majority()) {
            parts.add("the metadata loses its majority, and nobody chooses new leaders");
        }
        return parts.isEmpty() ? "everything goes on" : String.join("; ", parts);
    }

    private static String count(List<TopicPartition> which, String verb, String verbOfOne) {
        return Words.count(which.size(), "partition") + ' ' + (which.size() == 1 ? verbOfOne : verb);
    }

    private static String names(List<TopicPartition> which) {
        return which.stream().limit(MOST_NAMES).map(PartitionName::of).collect(Collectors.joining(", "))
                + (which.size() > MOST_NAMES ? " and " + (which.size() - MOST_NAMES) + " more" : "");
    }

    private Map<String, Object> object(Facts facts, Status status, SlowReplicas slow) {
        Node controller = facts.cluster().controller();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("clusterId", facts.cluster().clusterId());
        all.put("controller", controller == null ? null : controller.id());
        all.put("metadataTrouble", facts.cluster().trouble());
        all.put("topics", facts.topics().size());
        all.put("partitionCount", status.partitions().size());
        all.put("leaderless", status.count(Health.LEADERLESS));
        all.put("belowMinInSync", status.count(Health.BELOW_MIN_IN_SYNC));
        all.put("underReplicated", status.underReplicated());
        all.put("brokers", brokers(status).objects());
        if (partitions) {
            all.put("partitions", partitions(status).objects());
        }
        all.put("slowReplicaCount", slow.all().size());
        all.put("slowBrokers", slow.brokers().objects());
        all.put("slowReplicas", slow.worst(SlowReplicas.MOST).objects());
        all.put("risks", status.risks().stream().map(ClusterStatus::object).toList());
        return all;
    }

    private static Map<String, Object> object(Risk risk) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("broker", risk.broker());
        one.put("leaderless", risk.leaderless().stream().map(PartitionName::of).toList());
        one.put("unwritable", risk.unwritable().stream().map(PartitionName::of).toList());
        one.put("majorityLost", risk.majority());
        return one;
    }
}
