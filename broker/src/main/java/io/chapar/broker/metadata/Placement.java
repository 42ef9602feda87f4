package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.Replicas;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/// Where the replicas of new partitions go: leaders to whoever leads least, the others to who keeps least, each in a
/// rack of its own as far as there are racks. Who is equal comes in turn, from a start that is drawn. Fenced brokers
/// lead nothing, and keep a replica where there are too few others, out of sync until they are back. Those that are
/// drained get none but what they are named for. Those that keep as many as they may get one where no other of the rack
/// can: [#tooMany] says so then.
final class Placement {
    /// One that may keep replicas, and what it has so far.
    private static final class Host {
        private final BrokerImage broker;
        private final int turn;
        private final boolean isDrained;
        private final long most;
        private int leads;
        private int keeps;
        /// Those that it may keep [#most] of: without the coordinators' own topics.
        private long bounded;

        Host(BrokerImage broker, int turn, boolean isDrained, long most) {
            this.broker = broker;
            this.turn = turn;
            this.isDrained = isDrained;
            this.most = most;
        }

        boolean isFull() {
            return bounded >= most;
        }

        boolean isActive() {
            return broker.isActive();
        }

        void keep(int more, boolean isBounded) {
            keeps += more;
            bounded += isBounded ? more : 0;
        }
    }

    private static final Comparator<Host> LEADS_LEAST =
            Comparator.<Host>comparingInt(host -> host.leads).thenComparingInt(host -> host.keeps)
                    .thenComparingInt(host -> host.turn);
    private static final Comparator<Host> KEEPS_LEAST =
            Comparator.<Host>comparingInt(host -> host.keeps).thenComparingInt(host -> host.turn);

    private final List<Host> hosts = new ArrayList<>();

    private Placement() {}

    /// Beside all that the image has, with no bound.
    static Placement beside(ClusterImage image, RandomGenerator random) {
        return beside(image, random, Integer.MAX_VALUE);
    }

    /// Beside all that the image has.
    ///
    /// @param most replicas that each broker may keep, those of the coordinators' own topics aside
    static Placement beside(ClusterImage image, RandomGenerator random, long most) {
        List<BrokerImage> brokers = List.copyOf(image.brokers().values());
        Placement placement = new Placement();
        int start = brokers.size() > 1 ? random.nextInt(brokers.size()) : 0;
        for (int i = 0; i < brokers.size(); i++) {
            BrokerImage broker = brokers.get(i);
            placement.hosts.add(new Host(broker, Math.floorMod(i - start, brokers.size()),
                    image.settings().isDrained(broker.id()), most));
        }
        for (TopicImage topic : image.topics().values()) {
            boolean isBounded = !topic.isInternal();
            if (brokers.size() > 1) {
                topic.all().forEach(partition -> placement.count(partition, isBounded, 1));
            } else {
                placement.hosts.forEach(host -> host.keep(topic.partitions(), isBounded));
            }
        }
        return placement;
    }

    /// Why brokers keep too many with these, as a sentence; null when none does.
    ///
    /// @param placed here, and bounded
    @Nullable String tooMany(List<PartitionImage> placed) {
        Set<Integer> got = new TreeSet<>();
        placed.forEach(partition -> got.addAll(partition.replicas()));
        for (Host host : hosts) {
            if (host.bounded > host.most && got.contains(host.broker.id())) {
                return tooMany(host.broker.id(), host.bounded, host.most);
            }
        }
        return null;
    }

    static String tooMany(int broker, long would, long most) {
        return "A broker keeps at most " + most + " partitions (max.broker.partitions), and broker " + broker
                + " would keep " + would + ".";
    }

    /// They are not placed after all.
    ///
    /// @param placed here, and bounded
    void takeBack(List<PartitionImage> placed) {
        placed.forEach(partition -> count(partition, true, -1));
    }

    /// Why partitions cannot be placed so, as a sentence; null when they can.
    @Nullable String problem(int partitions, Replicas replicas) {
        if (hosts.stream().noneMatch(Host::isActive)) {
            return "No broker is active that could lead a partition.";
        }
        return switch (replicas) {
            case Replicas.Factor wanted -> problem(wanted.factor());
            case Replicas.Assigned assigned -> problem(partitions, assigned.byPartition());
        };
    }

    private @Nullable String problem(int partitions, List<List<Integer>> assigned) {
        if (assigned.size() != partitions) {
            return partitions + " partitions are wanted, and the replicas of " + assigned.size() + " are named.";
        }
        Set<Integer> known = new TreeSet<>();
        hosts.forEach(host -> known.add(host.broker.id()));
        for (List<Integer> replicas : assigned) {
            if (replicas.isEmpty() || !known.containsAll(replicas)) {
                return (known.size() == 1
                        ? "The only broker is " + known.iterator().next() : "The brokers are " + known)
                        + ", the partition is assigned to " + replicas + ".";
            }
            if (inSync(replicas).isEmpty()) {
                return "All brokers that the partition is assigned to are fenced: " + replicas + ".";
            }
            if (Set.copyOf(replicas).size() != replicas.size()) {
                return "A broker is named twice in " + replicas + ".";
            }
            if (replicas.size() != assigned.getFirst().size()) {
                return "Partitions of one topic have the same number of replicas, not " + assigned.getFirst().size()
                        + " and " + replicas.size() + ".";
            }
        }
        return null;
    }

    private @Nullable String problem(int factor) {
        if (factor < 1) {
            return "Replication factor must be larger than 0, or -1 to use the default value.";
        }
        long drained = hosts.stream().filter(host -> host.isDrained).count();
        if (factor > hosts.size() - drained) {
            return "Replication factor " + factor + " cannot be reached because the cluster has " + hosts.size()
                    + " broker" + (hosts.size() == 1 ? "" : "s")
                    + (drained == 0 ? "." : ", of which " + drained + (drained == 1 ? " is" : " are") + " drained.");
        }
        return hosts.stream().anyMatch(host -> host.isActive() && !host.isDrained) ? null
                : "All brokers that are active are drained: none could lead a partition.";
    }

    private void count(PartitionImage partition, boolean isBounded, int by) {
        for (Host host : hosts) {
            if (partition.replicas().contains(host.broker.id())) {
                host.keep(by, isBounded);
                host.leads += partition.leader() == host.broker.id() ? by : 0;
            }
        }
    }

    List<PartitionImage> place(int partitions, Replicas replicas) {
        return place(partitions, replicas, true);
    }

    /// Places partitions, and counts them from then on.
    ///
    /// @param replicas with which there is no [#problem]
    /// @param isBounded whether they are among those of which a broker keeps a bounded number
    List<PartitionImage> place(int partitions, Replicas replicas, boolean isBounded) {
        List<PartitionImage> placed = new ArrayList<>(partitions);
        for (int i = 0; i < partitions; i++) {
            switch (replicas) {
                case Replicas.Factor wanted -> placed.add(born(place(wanted.factor(), isBounded)));
                case Replicas.Assigned assigned -> {
                    PartitionImage born = born(assigned.byPartition().get(i));
                    count(born, isBounded, 1);
                    placed.add(born);
                }
            }
        }
        return placed;
    }

    private PartitionImage born(List<Integer> replicas) {
        return PartitionImage.born(replicas, inSync(replicas));
    }

    private List<Integer> inSync(List<Integer> replicas) {
        Set<Integer> fenced = new TreeSet<>();
        hosts.stream().filter(host -> !host.isActive()).forEach(host -> fenced.add(host.broker.id()));
        return replicas.stream().filter(node -> !fenced.contains(node)).toList();
    }

    /// The first one leads, and so is active. Whoever is fenced keeps a replica only where all others do: it is out of
    /// sync until it is back.
    private List<Integer> place(int factor, boolean isBounded) {
        List<Host> left = new ArrayList<>(hosts);
        left.removeIf(host -> host.isDrained);
        Set<String> racks = new HashSet<>();
        List<Integer> replicas = new ArrayList<>(factor);
        Comparator<Host> order = LEADS_LEAST;
        for (int i = 0; i < factor; i++) {
            Comparator<Host> wanted = Comparator.<Host, Boolean>comparing(host -> !host.isActive())
                    .thenComparing(host -> racks.contains(rack(host)))
                    .thenComparing(host -> isBounded && host.isFull()).thenComparing(order);
            Host host = left.stream().min(wanted).orElseThrow();
            left.remove(host);
            racks.add(rack(host));
            host.keep(1, isBounded);
            host.leads += i == 0 ? 1 : 0;
            replicas.add(host.broker.id());
            order = KEEPS_LEAST;
        }
        return List.copyOf(replicas);
    }

    /// A broker that nobody gave a rack stands alone.
    private static String rack(Host host) {
        String rack = host.broker.registration().rack();
        return rack == null ? "broker " + host.broker.id() : "rack " + rack;
    }
}
