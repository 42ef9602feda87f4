package io.chapar.cli;

import io.chapar.cli.cluster.SlowReplicasCore;
import io.chapar.cli.cluster.SlowReplicasCore.Slow;
import io.chapar.cli.cluster.SlowReplicasCore.Sum;
import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.cli.cluster.StatusCore.Partition;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// The replicas that do not keep up, and how many bytes they are behind. Where all do, nobody is asked anything.
///
/// @param all worst first
/// @param sizes by broker, of the logs of those that are listed and of their leaders, as far as brokers answer
record SlowReplicas(List<Slow> all, Map<Integer, Map<TopicPartition, Long>> sizes) {
    /// Of so many at the most a second question is asked, sizes are, and rows come out.
    static final int MOST = 1_000;
    /// A follower misses for so long what its leader had, at least, before it counts as slow: as for the brokers' own
    /// `chapar_replica_slow`.
    private static final long LATE_MS = 50;
    private static final int LIMIT_MS = 2_000;

    static SlowReplicas of(Cluster cluster, Facts facts, List<Partition> partitions) {
        Map<Integer, List<TopicPartition>> suspects = SlowReplicasCore.suspects(partitions, MOST);
        Map<Integer, Map<TopicPartition, Long>> later = new TreeMap<>();
        if (!suspects.isEmpty()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LATE_MS));
        }
        for (Node broker : facts.cluster().nodes()) {
            List<TopicPartition> again = suspects.getOrDefault(broker.id(), List.of());
            if (!again.isEmpty()) {
                later.put(broker.id(), cluster.logEnds(broker, again, LIMIT_MS));
            }
        }
        List<Slow> all = SlowReplicasCore.slow(facts, partitions, later);
        return new SlowReplicas(all, sizes(cluster, facts, all));
    }

    /// Of those whose records are known to be missing: who does not say its end does not say its size either.
    private static Map<Integer, Map<TopicPartition, Long>> sizes(Cluster cluster, Facts facts, List<Slow> all) {
        Map<Integer, Set<TopicPartition>> wanted = new TreeMap<>();
        all.stream().limit(MOST).filter(one -> one.records() != null && one.records() > 0).forEach(one -> {
            wanted.computeIfAbsent(one.broker(), _ -> new HashSet<>()).add(one.id());
            wanted.computeIfAbsent(one.leader(), _ -> new HashSet<>()).add(one.id());
        });
        Map<Integer, Map<TopicPartition, Long>> sizes = new TreeMap<>();
        for (Node broker : facts.cluster().nodes()) {
            Set<TopicPartition> here = wanted.getOrDefault(broker.id(), Set.of());
            if (!here.isEmpty()) {
                sizes.put(broker.id(), cluster.sizes(broker, here, LIMIT_MS));
            }
        }
        return sizes;
    }

    /// One line for each broker that has any.
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Sum one : sums()) {
            lines.add("  " + one.broker() + ": " + Words.count(one.replicas(), "replica") + ", "
                    + (one.records() == null ? "nobody knows how far behind"
                            : Words.count(one.records(), "record") + " behind"
                            + (one.bytes() == null ? "" : ", " + Words.bytes(one.bytes()))));
        }
        return lines;
    }

    private List<Sum> sums() {
        return SlowReplicasCore.sums(all, sizes);
    }

    Table brokers() {
        Table table = new Table("broker", "replicas", "recordsBehind", "bytesBehind");
        sums().forEach(one -> table.row(one.broker(), one.replicas(), one.records(), one.bytes()));
        return table;
    }

    Table worst(int most) {
        Table table = new Table("topic", "partition", "broker", "leader", "inSync", "recordsBehind", "bytesBehind");
        all.stream().limit(Math.min(most, MOST)).forEach(one -> table.row(one.id().topic(), one.id().partition(),
                one.broker(), one.leader(), one.inSync(), one.records(), SlowReplicasCore.bytes(one, sizes)));
        return table;
    }
}
