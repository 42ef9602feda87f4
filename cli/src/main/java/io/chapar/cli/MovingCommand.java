package io.chapar.cli;

import io.chapar.client.ChaparException;
import io.chapar.client.admin.OngoingReassignment;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A command that moves replicas, or looks at those that move.
abstract class MovingCommand extends ClusterCommand {
    private static final long LOOK_EVERY_MS = 1_000;
    private static final int LOG_ENDS_LIMIT_MS = 2_000;
    private static final List<String> RATES =
            List.of("leader.replication.throttled.rate", "follower.replication.throttled.rate");
    private static final List<String> THROTTLED =
            List.of("leader.replication.throttled.replicas", "follower.replication.throttled.replicas");
    private static final String OFF = "off";
    static final String STILL_LIMITED = "Replicas that are not in sync are slowed down until 'chapar cluster"
            + " reassign --throttle off'.";

    @Mixin
    WhichCluster which = new WhichCluster();

    @Option(names = "--throttle", paramLabel = "BYTES",
        description = "How much each broker sends, and gets, in a second of what those that are not in sync lack; 'off'"
            + " ends that.")
    @Nullable String throttle;

    @Option(names = "--watch", description = "Wait until nothing moves any more, and tell how it gets on.")
    boolean watch;

    @Option(names = "--dry-run",
        description = "Print the plan, in the form of kafka-reassign-partitions, and do nothing.")
    boolean dryRun;

    @Option(names = "--save", paramLabel = "FILE",
        description = "Write where the partitions are now, as a plan that brings them back; what FILE says already of"
            + " any is kept.")
    @Nullable Path save;

    /// Of what moves in several rounds the first one knows where it was.
    private boolean isSavedBefore;
    /// Whether this command slows replicas down, and whether one before it did.
    private boolean limits;
    private boolean wasLimited;

    @Override
    public final Integer call() {
        try (Cluster cluster = which.open(this)) {
            try {
                show(cluster);
            } catch (ChaparException | CommandFailure half) {
                throw limits ? withItsLimit(cluster, half) : half;
            }
        }
        return DONE;
    }

    abstract void show(Cluster cluster);

    /// Does it, or prints it. What is refused ends the command, with the first reason.
    void carryOut(Cluster cluster, SortedMap<TopicPartition, List<Integer>> plan) {
        if (dryRun) {
            out().println(ReassignmentJson.text(plan));
            return;
        }
        if (save != null) {
            int kept = new WayBack(save).add(now(cluster.topicsInTheEnd(), plan));
            if (kept > 0 && !isSavedBefore) {
                said(save + " was there already: what it says of " + Words.count(kept, "partition")
                        + " is kept as the way back.");
            }
            isSavedBefore = true;
        }
        limit(cluster, new TreeSet<>(plan.keySet().stream().map(TopicPartition::topic).toList()));
        Map<TopicPartition, @Nullable List<Integer>> wanted = new TreeMap<>(plan);
        refuse(cluster.move(wanted), plan.size());
    }

    private static NavigableMap<TopicPartition, List<Integer>> now(
            List<TopicView> topics, SortedMap<TopicPartition, List<Integer>> plan) {
        NavigableMap<TopicPartition, List<Integer>> now = new TreeMap<>();
        for (TopicView topic : topics) {
            for (PartitionView partition : topic.partitions()) {
                TopicPartition id = new TopicPartition(topic.name(), partition.partition());
                if (plan.containsKey(id)) {
                    now.put(id, partition.replicas());
                }
            }
        }
        return now;
    }

    void refuse(Map<TopicPartition, String> refused, int of) {
        if (!refused.isEmpty()) {
            TopicPartition first = refused.keySet().iterator().next();
            throw new CommandFailure(refused.size() + " of " + of + " partitions are refused, "
                    + PartitionName.of(first) + " for one: " + refused.get(first));
        }
    }

    // ---- throttles

    boolean endsThrottle() {
        return OFF.equals(throttle);
    }

    /// What this command has set is taken back where nothing moves that it holds for; else it is told of.
    private RuntimeException withItsLimit(Cluster cluster, RuntimeException half) {
        try {
            if (!wasLimited && cluster.reassignments().isEmpty()) {
                unlimit(cluster);
                return half;
            }
        } catch (ChaparException | CommandFailure alsoFailed) {
            half.addSuppressed(alsoFailed);
        }
        return new CommandFailure(Failures.withoutStop(half) + ". " + STILL_LIMITED, half);
    }

    /// @param topics of which something moves
    void limit(Cluster cluster, Iterable<String> topics) {
        if (throttle == null) {
            return;
        }
        Map<String, String> rates = new TreeMap<>();
        Map<String, String> replicas = new TreeMap<>();
        if (!endsThrottle()) {
            RATES.forEach(name -> rates.put(name, bytes(throttle)));
            THROTTLED.forEach(name -> replicas.put(name, "*"));
        }
        if (!endsThrottle() && !limits) {
            wasLimited = isLimited(cluster);
            limits = true;
        }
        for (String topic : topics) {
            cluster.change(topic, replicas, endsThrottle() ? THROTTLED : List.of());
        }
        cluster.changeBroker(null, rates, endsThrottle() ? RATES : List.of());
        limits &= !endsThrottle();
    }

    private String bytes(String given) {
        if (!given.matches("[1-9]\\d{0,17}")) {
            throw usage("--throttle takes bytes a second, or 'off', not '" + given + "'.");
        }
        return given;
    }

    void unlimit(Cluster cluster) {
        throttle = OFF;
        limit(cluster, cluster.topics().stream().map(TopicView::name).filter(name ->
                cluster.config(name).stream().anyMatch(one -> THROTTLED.contains(one.name())
                        && one.value() != null && !one.value().isEmpty())).toList());
    }

    /// Whether brokers are slowed down by what a command before this one has set.
    boolean isLimited(Cluster cluster) {
        return cluster.brokersConfig().stream().anyMatch(one -> RATES.contains(one.name()) && one.value() != null);
    }

    // ---- how it gets on

    /// How far one replica is that is added.
    ///
    /// @param has records; null where its broker could not be asked, or it waits to be begun
    /// @param of where its leader's log ends; null where that is not known
    record Progress(OngoingReassignment one, int broker, @Nullable Long has, @Nullable Long of) {
    }

    List<Progress> progress(Cluster cluster, List<OngoingReassignment> all) {
        Map<TopicPartition, Integer> leaders = new TreeMap<>();
        cluster.topics().forEach(topic -> topic.partitions().forEach(one ->
                leaders.put(new TopicPartition(topic.name(), one.partition()), one.leaderId())));
        Map<Integer, Map<TopicPartition, Long>> ends = new TreeMap<>();
        for (Node broker : cluster.describe().nodes()) {
            List<TopicPartition> here = all.stream().filter(one -> one.replicas().contains(broker.id()))
                    .map(OngoingReassignment::partition).toList();
            ends.put(broker.id(), here.isEmpty() ? Map.of() : cluster.logEnds(broker, here, LOG_ENDS_LIMIT_MS));
        }
        return all.stream().flatMap(one -> one.adding().stream().map(broker -> new Progress(one, broker,
                ends.getOrDefault(broker, Map.of()).get(one.partition()),
                ends.getOrDefault(leaders.getOrDefault(one.partition(), PartitionView.NO_LEADER), Map.of())
                        .get(one.partition())))).toList();
    }

    /// What somebody has to do about brokers that are to get replicas and are not there.
    private static String waitsFor(SortedSet<Integer> away) {
        return away.isEmpty() ? "" : "; " + Words.notInSession(away) + ": what moves there waits for that, or is put"
                + " back with 'chapar cluster reassign --cancel'";
    }

    /// Until nothing moves any more. A line whenever something has changed, for people alone.
    void await(Cluster cluster) {
        String last = "";
        for (List<OngoingReassignment> left = cluster.reassignments(); !left.isEmpty();
                left = cluster.reassignments()) {
            long behind = progress(cluster, left).stream().filter(one -> one.of() != null)
                    .mapToLong(one -> Math.max(0, one.of() - (one.has() == null ? 0 : one.has()))).sum();
            String line = left.size() + (left.size() == 1 ? " partition moves" : " partitions move") + ", with "
                    + behind + " records to go" + waitsFor(cluster.notInSession(left.stream()
                            .flatMap(one -> one.adding().stream()).toList()));
            if (!line.equals(last)) {
                said(line);
                out().flush();
                last = line;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_EVERY_MS));
            if (Thread.currentThread().isInterrupted()) {
                throw new CommandFailure("Interrupted; what moves goes on");
            }
        }
    }
}
