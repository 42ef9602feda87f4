package io.chapar.simulator;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/// Which records were given to some member of each group that reads for itself. Kept outside of the simulated
/// processes.
final class Readings {
    /// @param committedOnly how its members read
    record Group(SimulatedCluster cluster, String id, boolean committedOnly, Map<TopicPartition, BitSet> given) {}

    private final Map<String, Group> groups = new TreeMap<>();

    /// The same one for the same cluster and id.
    Group join(SimulatedCluster cluster, String id, boolean committedOnly) {
        return groups.computeIfAbsent(cluster.name() + "/" + id,
                _ -> new Group(cluster, id, committedOnly, new TreeMap<>()));
    }

    /// Null for a group whose members do something else.
    @Nullable Group group(SimulatedCluster cluster, String id) {
        return groups.get(cluster.name() + "/" + id);
    }

    Iterable<Group> all() {
        return groups.values();
    }

    static void given(Group group, TopicPartition partition, long offset) {
        group.given().computeIfAbsent(partition, _ -> new BitSet()).set((int) offset);
    }

    /// The first record from `from` on and before `to` that the group should have been given and was not; null when
    /// there is none. The log decides what it should.
    static @Nullable String missed(Group group, GhostLog log, long from, long to) {
        BitSet given = group.given().getOrDefault(log.id(), new BitSet());
        Long first = log.batches().floorKey(from);
        for (SeenBatch batch : log.batches().subMap(first == null ? from : first, to).values()) {
            GhostLog.Fate fate = log.fate(batch);
            boolean shown = batch.isData() && (!group.committedOnly() || fate != GhostLog.Fate.ABORTED);
            for (SeenBatch.SeenRecord record : batch.records()) {
                if (shown && record.offset() >= from && record.offset() < to && !given.get((int) record.offset())) {
                    return log.name() + "@" + record.offset() + " (" + fate + ")";
                }
            }
        }
        return null;
    }
}
