package io.chapar.cli;

import io.chapar.cli.cluster.ClusterFailure;
import io.chapar.cli.cluster.PlanCore;
import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
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
            "", "It gets no new replicas from then on but those that are assigned to it by name, also after it was",
            "started anew; --undo ends that, and moves nothing. Where a move fails that stays so, and what was begun",
            "goes on: the same command goes on from there.",
            "", "Examples:", "  chapar cluster drain 2 --save before.json", "  chapar cluster drain 4 --move --watch",
            "  chapar cluster drain 2 --undo"})
final class ClusterDrain extends MovingCommand {
    private static final int ROUNDS = 5;
    private static final int LOOKS = 20;
    private static final long LOOK_AGAIN_MS = 100;
    private static final String CORDONED = "cordoned.log.dirs";

    @Parameters(paramLabel = "NODE", description = "The node id of the broker.")
    int node;

    @Option(names = "--move", description = "Move all its replicas to other brokers.")
    boolean move;

    @Option(names = "--undo", description = "Let it get new replicas again.")
    boolean undo;

    @Override
    void show(Cluster cluster) {
        if (undo) {
            if (move || watch || dryRun || save != null || throttle != null) {
                throw usage("--undo goes with no other option: it moves nothing.");
            }
            cluster.changeBroker(node, Map.of(), List.of(CORDONED));
            said("Broker " + node + " gets new replicas again.");
            return;
        }
        requirePlan(cluster);
        if (dryRun) {
            drain(cluster);
            return;
        }
        String problem = cordon(cluster);
        if (problem == null) {
            said("Broker " + node + " gets no new replicas until 'chapar cluster drain " + node + " --undo'.");
        } else {
            err().println("Broker " + node + " may still get new replicas: " + problem);
        }
        try {
            drain(cluster);
        } catch (ChaparException | CommandFailure half) {
            throw problem == null ? new CommandFailure(Failures.withoutStop(half)
                    + "; it gets no new replicas meanwhile, and what moves goes on: the same command goes on from"
                    + " there, 'chapar cluster drain " + node + " --undo' ends that", half) : half;
        }
    }

    /// Before anything is changed: what has nowhere to go would fail half-way.
    private void requirePlan(Cluster cluster) {
        if (move) {
            try {
                PlanCore.away(cluster.topicsInTheEnd(), cluster.takers(), node);
            } catch (ClusterFailure e) {
                throw new CommandFailure(Failures.withoutStop(e) + "; nothing was changed", e);
            }
        }
    }

    /// Why it cannot be; null when it is. Apache Kafka knows that from 4.3 on.
    private @Nullable String cordon(Cluster cluster) {
        try {
            cluster.changeBroker(node, Map.of(CORDONED, "*"), List.of());
            return null;
        } catch (ChaparException | CommandFailure refused) {
            return refused.getMessage();
        }
    }

    private void drain(Cluster cluster) {
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
        for (int round = 0;; round++) {
            SortedMap<TopicPartition, List<Integer>> plan = plan(cluster);
            List<TopicPartition> here = kept(cluster);
            if (plan.isEmpty() && here.isEmpty()) {
                said("Broker " + node + " has no replicas any more.");
                break;
            }
            if (round == ROUNDS) {
                throw new CommandFailure("Broker " + node + " has replicas of " + Words.count(here.size(), "partition")
                        + " still, after " + ROUNDS + " rounds of moves");
            }
            if (dryRun || !plan.isEmpty()) {
                carryOut(cluster, plan);
            } else if (throttle != null) {
                limitAgain(cluster, here);
            }
            if (dryRun) {
                return;
            }
            int leaving = Math.max(plan.size(), here.size());
            said(leaving + (leaving == 1 ? " partition leaves broker " : " partitions leave broker ") + node + ".");
            if (!watch) {
                said("'chapar cluster reassign --watch' tells how it gets on.");
                return;
            }
            await(cluster);
            awaitGone(cluster);
        }
        if (throttle != null && !endsThrottle()) {
            unlimit(cluster);
        }
    }

    /// Whoever is asked may not know yet what has ended: a plan would take replicas that are no more for those to keep.
    private void awaitGone(Cluster cluster) {
        for (int look = 0; look < LOOKS && !kept(cluster).isEmpty() && cluster.reassignments().isEmpty(); look++) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_AGAIN_MS));
        }
    }

    /// Of which it has a replica, be it one that leaves.
    private List<TopicPartition> kept(Cluster cluster) {
        return cluster.topics().stream().flatMap(topic -> topic.partitions().stream()
                .filter(one -> one.replicas().contains(node))
                .map(one -> new TopicPartition(topic.name(), one.partition()))).toList();
    }

    /// What was begun before moves as this command says.
    private void limitAgain(Cluster cluster, List<TopicPartition> leaving) {
        if (endsThrottle()) {
            unlimit(cluster);
        } else {
            limit(cluster, leaving.stream().map(TopicPartition::topic).distinct().toList());
        }
    }

    private SortedMap<TopicPartition, List<Integer>> plan(Cluster cluster) {
        try {
            return PlanCore.away(cluster.topicsInTheEnd(), cluster.takers(), node);
        } catch (ClusterFailure e) {
            throw new CommandFailure(e);
        }
    }

    private void handOver(Cluster cluster) {
        SortedMap<TopicPartition, List<Integer>> plan =
                PlanCore.ledByOthers(cluster.topicsInTheEnd(), cluster.takers(), node);
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
            throw new CommandFailure("Broker " + node + " still leads " + Words.count(left.size(), "partition") + ", "
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
