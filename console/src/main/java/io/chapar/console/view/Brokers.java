package io.chapar.console.view;

import io.chapar.client.ChaparException;
import io.chapar.client.admin.ClusterDescription;
import io.chapar.client.admin.LogFolder;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.console.web.Query;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The brokers, what they have, and the room on their disks.
final class Brokers {
    private static final long REMEMBERED_MS = 3_000;
    private static final int DISKS_MS = 1_000;

    /// @param trouble why topics, settings and the like cannot be changed at present; null while they can
    record Page(String clusterId, @Nullable Integer controller, @Nullable String trouble, List<Row> brokers) {
    }

    /// @param inSession whether the cluster counts on it
    /// @param disks none where the broker does not answer
    record Row(int id, String address, @Nullable String rack, boolean inSession, boolean controller, int leads,
            int replicas, int inSync, List<LogFolder> disks) {
    }

    private static final class Counts {
        private int leads;
        private int replicas;
        private int inSync;
    }

    private final ClusterLink cluster;
    private final TopicFacts topics;
    private final Remembered<Page> all;

    Brokers(ClusterLink cluster, TopicFacts topics) {
        this.cluster = cluster;
        this.topics = topics;
        all = new Remembered<>(REMEMBERED_MS, this::look);
    }

    Page page(Query query) {
        return all.get();
    }

    Page all() {
        return all.get();
    }

    private Page look() {
        ClusterDescription described = cluster.admin().describeCluster();
        Map<Integer, Counts> counts = counts();
        List<Row> rows = new ArrayList<>();
        described.nodes().forEach(one -> rows.add(row(one, true, described, counts)));
        described.fenced().forEach(one -> rows.add(row(one, false, described, counts)));
        Node controller = described.controller();
        return new Page(described.clusterId(), controller == null ? null : controller.id(), described.trouble(), rows);
    }

    /// None where the broker does not answer.
    private List<LogFolder> disks(Node broker) {
        try {
            return cluster.admin().logFolders(broker, DISKS_MS);
        } catch (ChaparException notNow) {
            return List.of();
        }
    }

    private Map<Integer, Counts> counts() {
        Map<Integer, Counts> counts = new TreeMap<>();
        for (TopicView topic : topics.all()) {
            for (PartitionView one : topic.partitions()) {
                one.replicas().forEach(id -> counts.computeIfAbsent(id, _ -> new Counts()).replicas++);
                one.inSync().forEach(id -> counts.computeIfAbsent(id, _ -> new Counts()).inSync++);
                if (one.hasLeader()) {
                    counts.computeIfAbsent(one.leaderId(), _ -> new Counts()).leads++;
                }
            }
        }
        return counts;
    }

    private Row row(Node node, boolean inSession, ClusterDescription described, Map<Integer, Counts> all) {
        Counts counts = all.getOrDefault(node.id(), new Counts());
        Node controller = described.controller();
        return new Row(node.id(), node.host() + ":" + node.port(), node.rack(), inSession,
                controller != null && controller.id() == node.id(), counts.leads, counts.replicas, counts.inSync,
                inSession ? disks(node) : List.of());
    }
}
