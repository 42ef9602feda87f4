package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.group.GroupRecord;
import io.chapar.broker.group.GroupRecordCodec;

import java.util.Map;
import java.util.TreeMap;

/// When a group that reads for itself commits a position, some member of it was given every record before that
/// position: none is skipped, whoever comes and goes.
final class CommitsFollowReading extends Promise {
    private final Readings readings;
    /// Up to where each group's committed positions are known to skip nothing.
    private final Map<String, Long> rightUpTo = new TreeMap<>();

    CommitsFollowReading(Readings readings) {
        super("Positions are committed behind records that were read (poll skip)");
        this.readings = readings;
    }

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS) || !batch.isData()) {
            return;
        }
        for (SeenBatch.SeenRecord record : batch.records()) {
            if (GroupRecordCodec.read(record.key(), record.value()) instanceof GroupRecord.OffsetCommitted commit) {
                committed(log.cluster(), commit);
            }
        }
    }

    private void committed(SimulatedCluster cluster, GroupRecord.OffsetCommitted commit) {
        Readings.Group group = readings.group(cluster, commit.groupId());
        GhostLog read = group == null ? null : ghosts().log(cluster, commit.partition());
        if (group == null || read == null || ghosts().isLossy()) {
            return;
        }
        String key = cluster.name() + "/" + commit.groupId() + "/" + commit.partition();
        long from = rightUpTo.getOrDefault(key, 0L);
        String missed = Readings.missed(group, read, from, commit.value().offset());
        if (missed != null) {
            breach(commit.groupId() + " committed " + commit.value().offset() + " of " + read.name()
                    + " and nobody was given " + missed);
        }
        rightUpTo.put(key, Math.max(from, commit.value().offset()));
    }
}
