package io.chapar.simulator;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// What one seed draws for its world before anything happens: how large it is, its limits, and which faults it knows.
/// Most worlds know few kinds of faults, so that each kind is met alone and together with others.
record Swarm(
        int brokers,
        int loopsPerBroker,
        long latencyUs,
        int latePercent,
        int duplicatesPerMille,
        SortedMap<String, String> brokerSettings,
        int partitions,
        int transactionTimeoutMs,
        int requestTimeoutMs,
        int sessionTimeoutMs,
        boolean mixedVersions,
        boolean nearExhaustion,
        boolean breaksConnections,
        boolean cutsLinks,
        boolean killsBrokers,
        boolean stopsBetweenFileOperations,
        boolean losesPower,
        boolean breaksDisks,
        boolean slowSyncs,
        boolean durable,
        boolean killsClients,
        boolean pauses,
        boolean jumpsClocks,
        long faultEveryMs,
        int followerDelayMs,
        boolean refusesWrites,
        boolean removesMembers,
        boolean cluster,
        int replicas,
        int brokerSessionMs,
        boolean balancesLeaders) {

    private static final int BROKERS_OF_A_CLUSTER = 3;
    private static final int BROKERS_OF_A_LARGE_ONE = 5;

    static Swarm drawn(World world) {
        RandomGenerator random = world.random("swarm");
        SortedMap<String, String> settings = new TreeMap<>();
        put(settings, "transaction.state.log.num.partitions", 1 + random.nextInt(3));
        put(settings, "offsets.topic.num.partitions", 1 + random.nextInt(3));
        put(settings, "log.segment.bytes", pick(random, 1024, 4096, 65_536, 1 << 20));
        put(settings, "log.index.interval.bytes", pick(random, 0, 256, 4096));
        put(settings, "log.retention.check.interval.ms", pick(random, 500, 2_000, 10_000));
        put(settings, "max.incremental.fetch.session.cache.slots", pick(random, 0, 2, 1_000));
        put(settings, "group.initial.rebalance.delay.ms", pick(random, 0, 300, 3_000));
        put(settings, "group.min.session.timeout.ms", 100);
        if (random.nextInt(3) == 0) {
            put(settings, "log.flush.interval.messages", pick(random, 1, 7, 100));
        }
        if (random.nextInt(3) == 0) {
            put(settings, "log.flush.interval.ms", pick(random, 0, 50, 1_000));
        }
        int partitions = 1 + random.nextInt(4);
        put(settings, "num.partitions", partitions);
        boolean durable = random.nextInt(4) == 0;
        if (durable) {
            settings.put("log.flush.acks", "true");
        }
        boolean quiet = random.nextInt(8) == 0;
        int alone = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
        boolean cluster = world.random("brokers of one cluster").nextInt(3) == 0;
        int replicas = cluster ? replicas(world.random("replicas"), settings) : 1;
        int together = world.random("size of the cluster").nextInt(5) == 0
                ? BROKERS_OF_A_LARGE_ONE : BROKERS_OF_A_CLUSTER;
        return new Swarm(
                cluster ? together : alone,
                1 + random.nextInt(3),
                pick(random, 100, 500, 2_000, 20_000),
                quiet ? 0 : pick(random, 0, 20, 80),
                quiet ? 0 : pick(random, 0, 0, 5, 50),
                settings,
                partitions,
                pick(random, 1_000, 5_000, 20_000),
                pick(random, 500, 3_000, 10_000),
                pick(random, 1_000, 6_000),
                random.nextBoolean(),
                random.nextInt(4) == 0,
                !quiet && random.nextBoolean(),
                !quiet && random.nextBoolean(),
                !quiet && random.nextBoolean(),
                !quiet && random.nextInt(3) == 0,
                (!quiet && random.nextInt(durable ? 2 : 8) == 0)
                        || (replicas > 1 && world.random("power of replicas").nextInt(3) == 0),
                !quiet && random.nextInt(8) == 0,
                !quiet && random.nextInt(3) == 0,
                durable,
                !quiet && random.nextBoolean(),
                !quiet && random.nextInt(3) == 0,
                !quiet && random.nextInt(4) == 0,
                pick(random, 300, 1_500, 5_000),
                followerDelay(world.random("follower")),
                !quiet && world.random("refused writes").nextInt(3) == 0,
                !quiet && world.random("removed members").nextInt(3) == 0,
                cluster,
                replicas,
                pick(world.random("sessions of brokers"), 500, 2_000, 2_000),
                world.random("balance of leaders").nextBoolean());
    }

    /// How many each partition has that nobody says more about.
    private static int replicas(RandomGenerator random, SortedMap<String, String> settings) {
        if (random.nextInt(2) == 0) {
            return 1;
        }
        int replicas = pick(random, 2, 3, 3, 3);
        put(settings, "default.replication.factor", replicas);
        put(settings, "min.insync.replicas", pick(random, 1, 2));
        put(settings, "replica.lag.time.max.ms", pick(random, 300, 2_000, 10_000));
        settings.put("replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector");
        return replicas;
    }

    /// Negative where nobody follows; a stream of random numbers of its own keeps all else of a seed as it is.
    private static int followerDelay(RandomGenerator random) {
        return random.nextInt(3) == 0 ? pick(random, 0, 5, 100) : -1;
    }

    private static void put(SortedMap<String, String> settings, String name, int value) {
        settings.put(name, Integer.toString(value));
        if (io.chapar.broker.config.BrokerConfig.setting(name) == null) {
            // Not a setting of the whole broker any more: its default holds.
            settings.remove(name);
        }
    }

    private static int pick(RandomGenerator random, int... among) {
        return among[random.nextInt(among.length)];
    }

    int count(String brokerSetting) {
        return Integer.parseInt(brokerSettings.get(brokerSetting));
    }

    /// What is appended waits for no disk and no follower.
    boolean commitsAtOnce() {
        return !durable && followerDelayMs < 0 && !replicated();
    }

    /// Whether partitions have several replicas, and those of the coordinators three.
    boolean replicated() {
        return replicas > 1;
    }

    /// Disks of this world may refuse to work.
    boolean hasDiskFaults() {
        return breaksDisks;
    }

    /// Partitions may not be there for a while, each with its reason.
    boolean mayGoOffline() {
        return breaksDisks || refusesWrites;
    }
}
