package io.chapar.simulator;

import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// Which group a world has whose coordinator shares out what there is to do: one in eight has one, of one kind. From a
/// source of its own, so that all other worlds are what they were.
///
/// @param members client processes that come and go
/// @param isStatic whether some of them have instances' names
/// @param byExpression whether they subscribe by a regular expression
/// @param committedOnly how they read
/// @param assignmentMs least time between two assignments
/// @param standbys copies of the state of each task
record ModernGroup(
        Kind kind, int members, boolean isStatic, boolean byExpression, boolean committedOnly, int assignmentMs,
        int standbys) {
    enum Kind { NONE, CONSUMERS, SHARE, STREAMS }

    static final String ID = "modern";
    /// How often a record of a share group is delivered at the most.
    static final int DELIVERIES = 3;
    /// For how long it is locked.
    static final int LOCK_MS = 2_000;
    private static final int NUMBERS = 48;
    private static final int MOST_MEMBERS = 4;

    static ModernGroup drawn(World world) {
        RandomGenerator random = world.random("modern group");
        // Six numbers that no seed draws by which a planted bug is known: those worlds stay as they were.
        Kind kind = switch (random.nextInt(NUMBERS)) {
            case 3, 5 -> Kind.CONSUMERS;
            case 8, 13 -> Kind.SHARE;
            case 19, 20 -> Kind.STREAMS;
            default -> Kind.NONE;
        };
        return new ModernGroup(kind, 1 + random.nextInt(MOST_MEMBERS), random.nextBoolean(), random.nextInt(3) == 0,
                random.nextBoolean(), random.nextInt(3) * random.nextInt(1_000), random.nextInt(2));
    }

    boolean isThere() {
        return kind != Kind.NONE;
    }

    /// Whether its members commit offsets.
    boolean commits() {
        return kind == Kind.CONSUMERS || kind == Kind.STREAMS;
    }

    /// Of the broker, beyond what its swarm says.
    Map<String, String> brokerSettings(Swarm swarm) {
        Map<String, String> all = new TreeMap<>();
        if (!isThere()) {
            return all;
        }
        String of = switch (kind) {
            case CONSUMERS, NONE -> "group.consumer.";
            case SHARE -> "group.share.";
            case STREAMS -> "group.streams.";
        };
        put(all, of, "session.timeout.ms", swarm.sessionTimeoutMs());
        put(all, of, "heartbeat.interval.ms", heartbeatMs(swarm));
        put(all, of, "assignment.interval.ms", assignmentMs);
        if (kind == Kind.SHARE) {
            put(all, of, "record.lock.duration.ms", LOCK_MS);
            put(all, of, "delivery.count.limit", DELIVERIES);
            all.put("share.coordinator.state.topic.num.partitions", "2");
            all.put("share.coordinator.snapshot.update.records.per.snapshot", "10");
            if (!swarm.replicated()) {
                all.put("share.coordinator.state.topic.replication.factor", "1");
            }
        } else if (kind == Kind.STREAMS) {
            all.put(of + "initial.rebalance.delay.ms", Integer.toString(assignmentMs));
            all.put(of + "num.standby.replicas", Integer.toString(standbys));
        }
        return all;
    }

    private static void put(Map<String, String> all, String of, String name, int value) {
        all.put(of + name, Integer.toString(value));
        all.put(of + "min." + name, Integer.toString(value));
    }

    static int heartbeatMs(Swarm swarm) {
        return swarm.sessionTimeoutMs() / 4;
    }

    /// What the group has that is not so by itself; null when there is nothing.
    @Nullable Configure settings() {
        if (kind != Kind.SHARE) {
            return null;
        }
        SortedMap<String, String> changes = new TreeMap<>();
        changes.put("share.auto.offset.reset", "earliest");
        changes.put("share.isolation.level", committedOnly ? "read_committed" : "read_uncommitted");
        return new Configure(new ConfigOwner(ConfigOwner.Kind.GROUP, ID), changes, false, false);
    }
}
