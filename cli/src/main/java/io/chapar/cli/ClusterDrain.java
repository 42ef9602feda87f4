package io.chapar.cli;

import io.chapar.cli.cluster.ClusterFailure;
import io.chapar.cli.cluster.PlanCore;
import io.chapar.protocol.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

@Command(name = "drain", description = "Let other brokers lead what a broker leads, or have all its replicas.",
        footer = {"",
            "The broker becomes the last of the replicas of what it led, so that the leaders stay where they are when",
            "it comes back; --save writes a plan for 'chapar cluster reassign --plan' that undoes it. With --move all",
            "its replicas go to others: when that is done it can be stopped for good, and unregistered.",
            "", "Examples:", "  chapar cluster drain 2 --save before.json", "  chapar cluster drain 4 --move --watch"})
final class ClusterDrain extends MovingCommand {
    private static final int ROUNDS = 5;
    private static final int LOOKS = 20;
    private static final long LOOK_AGAIN_MS = 100;

    @Parameters(paramLabel = "NODE", description = "The node id of the broker.")
    int node;

    @Option(names = "--move", description = "Move all its replicas to other brokers.")
    boolean move;

    @Override
    void show(Cluster cluster) {
        if (cluster.topics().stream().flatMap(topic -> topic.partitions().stream())
                .noneMatch(one -> one.replicas().contains(node))) {
            said("Broker " + node + " has no replicas.");
        } else if (move) {
            moveAll(cluster);
        } else {
            handOver(cluster);
        }
    }

    /// New topics may have come to it meanwhile.
    private void moveAll(Cluster cluster) {
        for (int round = 0; round < ROUNDS; round++) {
            SortedMap<TopicPartition, List<Integer>> plan = plan(cluster);
            if (plan.isEmpty()) {
                said("Broker " + node + " has no replicas any more.");
                break;
            }
            carryOut(cluster, plan);
            if (dryRun) {
                return;
            }
            said(plan.size() + (plan.size() == 1 ? " partition leaves broker " : " partitions leave broker ") + node
                    + ".");
            if (!watch) {
                said("'chapar cluster reassign --watch' tells how it gets on.");
                return;
            }
            await(cluster);
        }
        if (throttle != null && !endsThrottle()) {
            unlimit(cluster);
        }
    }

    private SortedMap<TopicPartition, List<Integer>> plan(Cluster cluster) {
        try {
            return PlanCore.away(cluster.topics(), cluster.describe().nodes(), node);
        } catch (ClusterFailure e) {
            throw new CommandFailure(e);
        }
    }

    private void handOver(Cluster cluster) {
        SortedMap<TopicPartition, List<Integer>> plan =
                PlanCore.ledByOthers(cluster.topics(), cluster.describe().nodes(), node);
        if (!plan.isEmpty()) {
            carryOut(cluster, plan);
        }
        if (dryRun) {
            return;
        }
        Map<TopicPartition, String> refused = cluster.electPreferred(plan.keySet());
        if (!refused.isEmpty()) {
            refuse(refused, plan.size());
        }
        List<String> left = ledHere(cluster);
        if (!left.isEmpty()) {
            throw new CommandFailure("Broker " + node + " still leads " + left.size() + " partitions, "
                    + left.getFirst() + " for one: no other replica of them is in sync. --move gives them to others");
        }
        said("Broker " + node + " leads nothing any more, and follows " + plan.size()
                + (plan.size() == 1 ? " partition" : " partitions") + " that it led.");
    }

    /// Whoever is asked may not know yet who was elected.
    private List<String> ledHere(Cluster cluster) {
        List<String> left = List.of();
        for (int look = 0; look < LOOKS; look++) {
            left = cluster.topics().stream().flatMap(topic -> topic.partitions().stream()
                    .filter(one -> one.leaderId() == node)
                    .map(one -> PartitionName.of(new TopicPartition(topic.name(), one.partition())))).toList();
            if (left.isEmpty()) {
                return left;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_AGAIN_MS));
        }
        return left;
    }
}
