package io.chapar.cli.cluster;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// Decides what a start has to do, from what the folder says, what is asked for, and what the machine has free.
public final class StartPlanCore {
    public static final int DEFAULT_NODES = 3;
    public static final int MOST_NODES = 5;

    private static final int REPLICAS = 3;
    /// Of a cluster that has more brokers: any one may die. The others are told by them.
    private static final int VOTERS = 3;
    private static final String FACTOR = "default.replication.factor";
    private static final String MIN_IN_SYNC = "min.insync.replicas";
    /// Free ports are looked for where the system gives none to connections that go out: such a one could take a port
    /// while its broker is not running.
    private static final int LOWEST_FREE = 10_000;
    private static final int HIGHEST_FREE = 32_000;
    private static final int MOST_TRIES = 1_000;

    /// Each broker has its own, or they are the same for good.
    private static final Set<String> OWN = Set.of("node.id", "broker.id", "listeners", "advertised.listeners",
            "log.dirs", "log.dir", "quorum", "peer.listener", "cluster.secret.file");

    private StartPlanCore() {
    }

    /// What the user asks for.
    ///
    /// @param nodes null for what is there, or [#DEFAULT_NODES]
    /// @param basePort null for what is there, or [ClusterPorts#DEFAULT_BASE]; 0 for any that are free
    /// @param settings for each broker that is started now or later
    public record Wish(@Nullable Integer nodes, @Nullable Integer basePort, Map<String, String> settings) {
    }

    /// The answer.
    sealed interface Plan {
        /// @param file to be kept before anything is started
        /// @param starting ids, in order; empty when all run
        /// @param hindered why others that do not run are not started either, by id: words that follow on a node's name
        record Start(ClusterFile file, List<Integer> starting, SortedMap<Integer, String> hindered) implements Plan {
            Start(ClusterFile file, List<Integer> starting) {
                this(file, starting, new TreeMap<>());
            }
        }

        record Refused(String sentence) implements Plan {
        }
    }

    /// @param known what the folder says; null where there is no cluster yet
    /// @param runs whether the node's process is there
    static Plan plan(Wish wish, @Nullable ClusterFile known, IntPredicate runs, IntPredicate isFree,
            RandomGenerator random) {
        for (String key : wish.settings().keySet()) {
            if (OWN.contains(key)) {
                return new Plan.Refused("'" + key + "' is set for each broker by 'chapar cluster start' itself");
            }
        }
        return known == null ? anew(wish, isFree, random) : again(wish, known, runs, isFree, random);
    }

    private static Plan again(
            Wish wish, ClusterFile known, IntPredicate runs, IntPredicate isFree, RandomGenerator random) {
        int nodes = known.nodes().size();
        if (wish.nodes() != null && wish.nodes() < nodes) {
            return new Plan.Refused("The cluster of this folder has " + nodes + " nodes, and cannot get "
                    + wish.nodes() + ": name another folder with --data, or leave --nodes out");
        }
        if (wish.basePort() != null && wish.basePort() != 0
                && wish.basePort() != known.nodes().firstEntry().getValue().port()) {
            return new Plan.Refused("The cluster of this folder is at " + known.bootstrap()
                    + ", for good: name another folder with --data, or leave --base-port out");
        }
        if (wish.nodes() != null && wish.nodes() > nodes) {
            if (nodes == 1 && runs.test(known.nodes().firstKey())) {
                return new Plan.Refused("node-" + known.nodes().firstKey() + " runs without others: stop it first, with"
                        + " 'chapar cluster stop'. It keeps all that it has");
            }
            return switch (grown(wish.nodes(), known, isFree, random)) {
                case Plan.Refused refused -> refused;
                case Plan.Start(ClusterFile more, _, _) -> starting(wish, more, runs, isFree);
            };
        }
        return starting(wish, known, runs, isFree);
    }

    /// The others may do without one whose port somebody has.
    private static Plan starting(Wish wish, ClusterFile known, IntPredicate runs, IntPredicate isFree) {
        SortedMap<String, String> settings = new TreeMap<>(known.settings());
        settings.putAll(wish.settings());
        ClusterFile file = new ClusterFile(known.nodes(), known.voters(), settings);
        List<Integer> starting = new ArrayList<>();
        SortedMap<Integer, String> hindered = new TreeMap<>();
        for (LocalNode node : known.nodes().values()) {
            if (!runs.test(node.id())) {
                int taken = taken(node.port(), isFree);
                if (taken > 0) {
                    hindered.put(node.id(), "cannot start: its port " + taken
                            + " is taken by another process, and it has no other");
                } else {
                    starting.add(node.id());
                }
            }
        }
        return new Plan.Start(file, starting, hindered);
    }

    /// With more brokers. Those of a cluster that has others already do not vote: the list of voters stays as it is.
    private static Plan grown(int nodes, ClusterFile known, IntPredicate isFree, RandomGenerator random) {
        SortedMap<Integer, LocalNode> all = new TreeMap<>(known.nodes());
        boolean isSpaced = all.values().stream().allMatch(node -> node.port()
                == known.nodes().firstEntry().getValue().port() + (node.id() - 1) * ClusterPorts.STEP);
        for (int id = all.size() + 1; id <= nodes; id++) {
            int next = all.lastEntry().getValue().port() + ClusterPorts.STEP;
            boolean isNext = isSpaced && next + LocalNode.PORTS - 1 <= ClusterPorts.HIGHEST && taken(next, isFree) == 0;
            int port = isNext ? next : free(all, isFree, random);
            if (port == 0) {
                return new Plan.Refused("No " + LocalNode.PORTS + " free ports in a row were found");
            }
            isSpaced &= isNext;
            all.put(id, new LocalNode(id, port, null));
        }
        int before = known.nodes().size();
        SortedMap<String, String> settings = new TreeMap<>(known.settings());
        replicas(nodes).forEach((key, value) -> settings.replace(key, replicas(before).getOrDefault(key, ""), value));
        return new Plan.Start(new ClusterFile(all, before == 1 ? voters(nodes) : known.voters(), settings),
                List.of());
    }

    private static SortedSet<Integer> voters(int nodes) {
        SortedSet<Integer> voters = new TreeSet<>();
        for (int id = 1; id <= Math.min(nodes, VOTERS); id++) {
            voters.add(id);
        }
        return voters;
    }

    private static Map<String, String> replicas(int nodes) {
        return Map.of(FACTOR, Integer.toString(Math.min(REPLICAS, nodes)), MIN_IN_SYNC, nodes < REPLICAS ? "1" : "2");
    }

    private static Plan anew(Wish wish, IntPredicate isFree, RandomGenerator random) {
        int nodes = wish.nodes() == null ? DEFAULT_NODES : wish.nodes();
        int base = wish.basePort() == null ? ClusterPorts.DEFAULT_BASE : wish.basePort();
        if (base != 0 && base + (nodes - 1) * ClusterPorts.STEP + LocalNode.PORTS - 1 > ClusterPorts.HIGHEST) {
            return new Plan.Refused("From " + base + " on there are too few ports for " + nodes
                    + " nodes, which are " + ClusterPorts.STEP + " apart");
        }
        SortedMap<Integer, LocalNode> all = new TreeMap<>();
        for (int id = 1; id <= nodes; id++) {
            int port = base == 0 ? free(all, isFree, random) : base + (id - 1) * ClusterPorts.STEP;
            int taken = port == 0 ? 0 : taken(port, isFree);
            if (port == 0 || taken > 0) {
                return new Plan.Refused(port == 0 ? "No " + LocalNode.PORTS + " free ports in a row were found"
                        : "Port " + taken + ", for node-" + id + ", is taken by another process: choose others with"
                                + " --base-port, 0 for any that are free");
            }
            all.put(id, new LocalNode(id, port, null));
        }
        SortedMap<String, String> settings = new TreeMap<>(replicas(nodes));
        settings.putAll(wish.settings());
        return new Plan.Start(new ClusterFile(all, voters(nodes), settings), List.copyOf(all.keySet()));
    }

    /// The first port of some in a row; 0 when none were found.
    private static int free(SortedMap<Integer, LocalNode> others, IntPredicate isFree, RandomGenerator random) {
        for (int i = 0; i < MOST_TRIES; i++) {
            int port = random.nextInt(LOWEST_FREE, HIGHEST_FREE - LocalNode.PORTS);
            boolean apart = others.values().stream().allMatch(
                    other -> Math.abs(other.port() - port) >= LocalNode.PORTS);
            if (apart && taken(port, isFree) == 0) {
                return port;
            }
        }
        return 0;
    }

    /// The first of the ports in a row that somebody has; 0 for none.
    private static int taken(int first, IntPredicate isFree) {
        for (int port = first; port < first + LocalNode.PORTS; port++) {
            if (!isFree.test(port)) {
                return port;
            }
        }
        return 0;
    }
}
