package io.chapar.cli.cluster;

import io.chapar.client.admin.ClusterDescription;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a cluster's answers come to: who leads what, who is behind, and what would happen if one more broker died.
public final class StatusCore {
    private static final int MIN_IN_SYNC_WHERE_UNKNOWN = 1;

    private StatusCore() {
    }

    /// What was asked of the cluster; not all at one moment.
    ///
    /// @param minInSync `min.insync.replicas` by topic, as far as it is known
    /// @param ends where each replica's log ends, by broker, as far as the broker could be asked
    /// @param voters of the metadata; empty where nobody told them
    /// @param drained brokers that say that they get no new replicas
    public record Facts(ClusterDescription cluster, List<TopicView> topics, Map<String, Integer> minInSync,
            Map<TopicPartition, Map<Integer, Long>> ends, Set<Integer> voters, Set<Integer> drained) {
    }

    /// What the cluster says of a broker.
    public enum BrokerState {
        ACTIVE,
        /// Active, and it gets no new replicas.
        DRAINING,
        /// Registered and out of session: it leads nothing and is in no in-sync set.
        FENCED,
        /// Nothing but that it has replicas.
        UNKNOWN
    }

    /// @param at null where nobody said
    /// @param behind records that the leaders have and this broker has not, of all partitions that it follows; null
    ///     where it cannot be told
    public record Broker(int id, @Nullable Node at, BrokerState state, boolean controller, int leads, int replicas,
            int inSync, @Nullable Long behind) {
    }

    /// How a partition fares, best first.
    public enum Health {
        FINE, UNDER_REPLICATED, BELOW_MIN_IN_SYNC, LEADERLESS
    }

    /// @param minInSync as many as have to be in sync for a write with acks=all; never more than there are replicas
    /// @param behind records that the leader has and the follower has not, by follower, as far as it can be told
    public record Partition(TopicPartition id, PartitionView view, int minInSync, SortedMap<Integer, Long> behind,
            Health health) {
    }

    /// What one more death would do, beyond what is so already.
    ///
    /// @param leaderless partitions whose last replica in sync it is
    /// @param unwritable partitions that would take no writes with acks=all
    /// @param majority whether the metadata would lose its majority, and with it the choice of new leaders
    public record Risk(int broker, List<TopicPartition> leaderless, List<TopicPartition> unwritable,
            boolean majority) {
        public boolean isNone() {
            return leaderless.isEmpty() && unwritable.isEmpty() && !majority;
        }
    }

    /// Brokers, partitions and risks, in order; risks of brokers in session alone.
    public record Status(List<Broker> brokers, List<Partition> partitions, List<Risk> risks) {
        public long count(Health health) {
            return partitions.stream().filter(each -> each.health() == health).count();
        }

        /// Fewer in sync than there should be, for whatever reason.
        public long underReplicated() {
            return partitions.stream()
                    .filter(each -> each.view().inSync().size() < each.view().replicas().size()).count();
        }
    }

    public static Status status(Facts facts) {
        List<Partition> partitions = new ArrayList<>();
        for (TopicView topic : facts.topics()) {
            for (PartitionView view : topic.partitions()) {
                partitions.add(partition(new TopicPartition(topic.name(), view.partition()), view, facts));
            }
        }
        SortedMap<Integer, Node> active = byId(facts.cluster().nodes());
        List<Risk> risks = active.keySet().stream().map(id -> risk(id, partitions, active.keySet(), facts.voters()))
                .toList();
        return new Status(brokers(facts, active, partitions), List.copyOf(partitions), risks);
    }

    private static SortedMap<Integer, Node> byId(List<Node> nodes) {
        SortedMap<Integer, Node> byId = new TreeMap<>();
        nodes.forEach(node -> byId.put(node.id(), node));
        return byId;
    }

    private static Partition partition(TopicPartition id, PartitionView view, Facts facts) {
        int minInSync = Math.min(view.replicas().size(),
                facts.minInSync().getOrDefault(id.topic(), MIN_IN_SYNC_WHERE_UNKNOWN));
        Map<Integer, Long> ends = facts.ends().getOrDefault(id, Map.of());
        SortedMap<Integer, Long> behind = new TreeMap<>();
        Long end = ends.get(view.leaderId());
        if (end != null) {
            view.replicas().forEach(replica -> {
                Long own = ends.get(replica);
                if (replica != view.leaderId() && own != null) {
                    behind.put(replica, Math.max(0, end - own)); // it was asked later than its leader, and got more
                }
            });
        }
        return new Partition(id, view, minInSync, behind, health(view, minInSync));
    }

    private static Health health(PartitionView view, int minInSync) {
        int inSync = view.inSync().size();
        return !view.hasLeader() ? Health.LEADERLESS
                : inSync < minInSync ? Health.BELOW_MIN_IN_SYNC
                : inSync < view.replicas().size() ? Health.UNDER_REPLICATED : Health.FINE;
    }

    private static BrokerState state(int id, boolean active, boolean fenced, Facts facts) {
        return active ? facts.drained().contains(id) ? BrokerState.DRAINING : BrokerState.ACTIVE
                : fenced ? BrokerState.FENCED : BrokerState.UNKNOWN;
    }

    private static List<Broker> brokers(Facts facts, SortedMap<Integer, Node> active, List<Partition> partitions) {
        ClusterDescription cluster = facts.cluster();
        SortedMap<Integer, Node> fenced = byId(cluster.fenced());
        SortedSet<Integer> ids = new TreeSet<>(active.keySet());
        ids.addAll(fenced.keySet());
        partitions.forEach(each -> ids.addAll(each.view().replicas()));
        List<Broker> brokers = new ArrayList<>();
        for (int id : ids) {
            int leads = 0;
            int replicas = 0;
            int inSync = 0;
            int told = 0;
            long behind = 0;
            for (Partition each : partitions) {
                leads += each.view().leaderId() == id ? 1 : 0;
                replicas += each.view().replicas().contains(id) ? 1 : 0;
                inSync += each.view().inSync().contains(id) ? 1 : 0;
                Long records = each.behind().get(id);
                told += records == null ? 0 : 1;
                behind += records == null ? 0 : records;
            }
            Node at = active.getOrDefault(id, fenced.get(id));
            BrokerState state = state(id, active.containsKey(id), fenced.containsKey(id), facts);
            boolean controller = cluster.controller() != null && cluster.controller().id() == id;
            brokers.add(new Broker(id, at, state, controller, leads, replicas, inSync,
                    told == 0 && replicas > leads ? null : (Long) behind));
        }
        return brokers;
    }

    private static Risk risk(int broker, List<Partition> partitions, Set<Integer> active, Set<Integer> voters) {
        List<TopicPartition> leaderless = new ArrayList<>();
        List<TopicPartition> unwritable = new ArrayList<>();
        for (Partition each : partitions) {
            List<Integer> inSync = each.view().inSync();
            if (each.health() == Health.LEADERLESS || !inSync.contains(broker)) {
                continue;
            }
            if (inSync.size() == 1) {
                leaderless.add(each.id());
            } else if (inSync.size() == each.minInSync()) {
                unwritable.add(each.id());
            }
        }
        long alive = voters.stream().filter(active::contains).count();
        boolean isMajority = alive > voters.size() / 2;
        boolean staysMajority = alive - 1 > voters.size() / 2;
        return new Risk(broker, leaderless, unwritable,
                voters.contains(broker) && isMajority && !staysMajority);
    }
}
