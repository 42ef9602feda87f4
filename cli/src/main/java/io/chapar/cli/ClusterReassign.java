package io.chapar.cli;

import io.chapar.cli.cluster.ClusterFailure;
import io.chapar.cli.cluster.PlanCore;
import io.chapar.client.admin.OngoingReassignment;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

@Command(name = "reassign", description = "Move replicas to other brokers; without a plan, show those that move.",
        footer = {"",
            "A plan is a file in the form of kafka-reassign-partitions (--plan), or is made: over the brokers that",
            "are named (--brokers, otherwise all in session), with as many replicas as wished (--replication), of all",
            "topics or of some (--topic). It moves no more than it has to. At most 20 partitions of a broker move at",
            "once, the others wait. --cancel puts back whatever moves.",
            "", "Examples:",
            "  chapar cluster reassign --brokers 1,2,3,4 --dry-run",
            "  chapar cluster reassign --replication 3 --topic orders --throttle 10000000 --watch",
            "  chapar cluster reassign --plan plan.json --save before.json",
            "  chapar cluster reassign --watch",
            "  chapar cluster reassign --cancel"})
final class ClusterReassign extends MovingCommand {
    @Option(names = "--plan", paramLabel = "FILE", description = "Partitions and their replicas, as JSON.")
    @Nullable Path plan;

    @Option(names = "--brokers", paramLabel = "NODES", split = ",",
        description = "The brokers to spread over (default: all in session but those that are drained).")
    @Nullable List<Integer> brokers;

    @Option(names = "--replication", paramLabel = "N", description = "How many replicas each partition gets.")
    @Nullable Integer replication;

    @Option(names = "--topic", paramLabel = "TOPIC", description = "This topic alone; may be given several times.")
    @Nullable List<String> topics;

    @Option(names = "--cancel", description = "Put back all that moves, or what moves of the topics named.")
    boolean cancel;

    @Override
    void show(Cluster cluster) {
        boolean makes = brokers != null || replication != null;
        if ((plan != null ? 1 : 0) + (makes ? 1 : 0) + (cancel ? 1 : 0) > 1) {
            throw usage("One of --plan, --brokers or --replication, and --cancel.");
        }
        if (cancel) {
            cancel(cluster);
        } else if (plan != null || makes) {
            begin(cluster, plan != null ? read(plan) : made(cluster));
        } else if (throttle != null) {
            limitWhatMoves(cluster);
        } else if (!watch) {
            print(cluster);
        }
        if (watch && !dryRun) {
            await(cluster);
            if (throttle != null && !endsThrottle()) {
                unlimit(cluster);
            }
            said("Nothing moves.");
            if (throttle == null && isLimited(cluster)) {
                said(STILL_LIMITED);
            }
        }
    }

    private void begin(Cluster cluster, SortedMap<TopicPartition, List<Integer>> wanted) {
        if (wanted.isEmpty()) {
            said("All is where it should be.");
            return;
        }
        carryOut(cluster, wanted);
        if (!dryRun) {
            said(wanted.size() + (wanted.size() == 1 ? " partition moves." : " partitions move."));
            if (throttle != null && !watch && !endsThrottle()) {
                said(STILL_LIMITED);
            }
        }
    }

    private static SortedMap<TopicPartition, List<Integer>> read(Path file) {
        try {
            return ReassignmentJson.read(Files.readString(file));
        } catch (IOException e) {
            throw new CommandFailure("Cannot read " + file + ": " + e, e);
        }
    }

    private SortedMap<TopicPartition, List<Integer>> made(Cluster cluster) {
        if (replication != null && replication < 1) {
            throw usage("--replication is at least 1.");
        }
        List<Integer> over = brokers;
        List<Node> active = over == null ? cluster.takers() : cluster.describe().nodes();
        if (over != null) {
            over.stream().filter(id -> active.stream().noneMatch(node -> node.id() == id)).findFirst()
                    .ifPresent(id -> {
                        throw new CommandFailure("Broker " + id + " is not in session");
                    });
        }
        List<TopicView> all = cluster.topicsInTheEnd();
        try {
            return PlanCore.over(all, chosen(cluster, all),
                    active.stream().filter(node -> over == null || over.contains(node.id())).toList(), replication);
        } catch (ClusterFailure e) {
            throw new CommandFailure(e);
        }
    }

    private List<TopicView> chosen(Cluster cluster, List<TopicView> all) {
        return topics == null ? all : topics.stream().distinct().map(name -> all.stream()
                .filter(one -> one.name().equals(name)).findFirst().orElseGet(() -> cluster.topic(name))).toList();
    }

    private List<OngoingReassignment> moving(Cluster cluster) {
        List<String> some = topics;
        return cluster.reassignments().stream()
                .filter(one -> some == null || some.contains(one.partition().topic())).toList();
    }

    private void cancel(Cluster cluster) {
        Map<TopicPartition, @Nullable List<Integer>> all = new TreeMap<>();
        moving(cluster).forEach(one -> all.put(one.partition(), null));
        if (dryRun) {
            said(all.size() + " partitions would be put back.");
            return;
        }
        Cancelled cancelled = cluster.cancel(all);
        refuse(cancelled.refused(), all.size());
        int back = all.size() - cancelled.ended();
        said(all.isEmpty() ? "Nothing moves." : back + " partitions are where they were before"
                + (cancelled.ended() == 0 ? "." : ", " + cancelled.ended() + " had arrived already."));
        if (isLimited(cluster)) {
            if (all.isEmpty() || !cluster.reassignments().isEmpty()) {
                said(STILL_LIMITED);
            } else {
                unlimit(cluster);
                said("Nothing is slowed down any more.");
            }
        }
    }

    private void limitWhatMoves(Cluster cluster) {
        if (endsThrottle()) {
            unlimit(cluster);
            said("Nothing is slowed down any more.");
            return;
        }
        List<String> names = moving(cluster).stream().map(one -> one.partition().topic()).distinct().toList();
        limit(cluster, names);
        said(names.isEmpty() ? "Nothing moves." : "What moves is sent at " + throttle + " bytes a second at most.");
    }

    private void print(Cluster cluster) {
        Table table = new Table("partition", "replicas", "adds", "removes", "broker", "records", "of");
        List<OngoingReassignment> all = moving(cluster);
        progress(cluster, all).forEach(one -> table.row(PartitionName.of(one.one().partition()),
                words(one.one().replicas()), words(one.one().adding()), words(one.one().removing()), one.broker(),
                one.has(), one.of()));
        all.stream().filter(one -> one.adding().isEmpty()).forEach(one -> table.row(
                PartitionName.of(one.partition()), words(one.replicas()), "", words(one.removing()), null, null, null));
        table.print(format(), out());
    }

    private static String words(List<Integer> brokers) {
        return String.join(",", brokers.stream().map(String::valueOf).toList());
    }
}
