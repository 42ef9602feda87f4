package io.chapar.broker.metrics;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.MetadataQuorum;
import io.prometheus.metrics.model.snapshots.Labels;

import java.util.Locale;
import java.util.Map;

/// What is told of the cluster and of replication.
final class ClusterMetrics {
    private ClusterMetrics() {}

    static void add(Observed seen, Snapshots out) {
        ClusterFigures cluster = seen.cluster();
        Map<Labels, Double> brokers = Snapshots.values();
        for (Standing standing : Standing.values()) {
            brokers.put(Labels.of("state", standing.name().toLowerCase(Locale.ROOT)),
                    (double) cluster.brokers().getOrDefault(standing, 0));
        }
        out.gauges("chapar_brokers", "Brokers of the cluster, as this one knows them.", brokers);
        out.gauge("chapar_controller", "1 where this broker decides on the metadata.",
                cluster.controller() == cluster.node() ? 1 : 0);
        out.gauge("chapar_controller_known", "1 while this broker knows who decides on the metadata.",
                cluster.controller() == MetadataQuorum.NOBODY ? 0 : 1);
        out.gauge("chapar_partitions_led", "Partitions that this broker leads.", cluster.led());
        out.gauge("chapar_partitions_leaderless", "Partitions of the cluster that nobody leads.",
                cluster.leaderless());
        out.gauge("chapar_partitions_under_replicated",
                "Partitions led here with replicas that are not in sync.", cluster.underReplicated());
        Totals totals = seen.totals();
        out.gauge("chapar_partitions_below_min_insync",
                "Partitions led here of which fewer replicas are in sync than min.insync.replicas asks for.",
                totals.belowMinInSync());
        out.counter("chapar_isr_shrinks", "Replicas that left the in-sync set of a partition led here.",
                totals.shrinks());
        out.counter("chapar_isr_expansions", "Replicas that came into the in-sync set of a partition led here.",
                totals.expansions());
        Map<Labels, Double> behind = Snapshots.values();
        totals.behind().forEach((node, records) ->
                behind.put(Labels.of("follower", Integer.toString(node)), (double) records));
        out.gauges("chapar_replica_lag", "Records that a follower misses of the partitions led here.", behind);
        Map<Labels, Double> slow = Snapshots.values();
        totals.slow().forEach(node -> slow.put(Labels.of("follower", Integer.toString(node)), 1.0));
        out.gauges("chapar_replica_slow", "1 for a follower that holds up what is led here: nearly always the last to"
                + " have a record, by more than 50 ms.", slow);
        out.counter("chapar_peer_strangers", "Connections at the port for other brokers that ended without a proof that"
                + " a broker of this cluster made them.", totals.strangers());
        quorum(cluster, out);
    }

    private static void quorum(ClusterFigures cluster, Snapshots out) {
        MetadataQuorum quorum = cluster.quorum();
        Map<Labels, Double> lag = Snapshots.values();
        if (quorum != null && quorum.isLedBy(cluster.node())) {
            for (MetadataQuorum.Voter voter : quorum.voters()) {
                if (voter.logEnd() != MetadataQuorum.NOT_KNOWN) {
                    lag.put(Labels.of("voter", Integer.toString(voter.node())),
                            (double) Math.max(0, quorum.highWatermark() - voter.logEnd()));
                }
            }
        }
        out.gauges("chapar_quorum_voter_lag",
                "Entries of the metadata's log that a voter misses, as the leader of the quorum knows.", lag);
    }
}
