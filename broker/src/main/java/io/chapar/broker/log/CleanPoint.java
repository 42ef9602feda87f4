package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;

import java.io.IOException;
import java.util.List;

/// How far compaction has come in one partition. In the format of Kafka's `cleaner-offset-checkpoint`, which holds
/// `topic partition offset`; here each partition has its own, in its folder, with a second entry for the next horizon.
/// A file that is missing or cannot be read means that nothing was compacted yet, which costs a walk and nothing else.
final class CleanPoint {
    /// No topic can have this name.
    private static final String HORIZON = "delete/horizon";

    private final TopicPartition id;
    private final Disk disk;
    private final String path;
    private long offset;
    /// When compaction will find something to drop though nothing was appended; `Long.MAX_VALUE` for never.
    private long nextHorizonMs = Long.MAX_VALUE;

    CleanPoint(TopicPartition id, Disk disk) {
        this.id = id;
        this.disk = disk;
        this.path = id + "/" + PartitionFiles.CLEANER_OFFSET;
    }

    void load() throws IOException {
        long horizonMs = 0;
        try {
            for (String[] entry : CheckpointText.read(disk.read(path), 3)) {
                if (entry[0].equals(HORIZON)) {
                    horizonMs = CheckpointText.number(entry[2]);
                } else if (entry[0].equals(id.topic()) && CheckpointText.number(entry[1]) == id.partition()) {
                    offset = Math.max(0, CheckpointText.number(entry[2]));
                }
            }
            nextHorizonMs = offset > 0 ? horizonMs : Long.MAX_VALUE;
        } catch (MalformedMessageException e) {
            offset = 0;
        }
    }

    /// Below it every key has one record at most, together with what lies above.
    long offset() {
        return offset;
    }

    long nextHorizonMs() {
        return nextHorizonMs;
    }

    void moveTo(long to, long horizonMs) throws IOException {
        if (to != offset || horizonMs != nextHorizonMs) {
            disk.replace(path, CheckpointText.write(List.of(
                    id.topic() + " " + id.partition() + " " + to, HORIZON + " 0 " + horizonMs)));
            offset = to;
            nextHorizonMs = horizonMs;
        }
    }

    /// What lay at and behind the offset is gone, and other records will come in its place.
    void truncateTo(long to) throws IOException {
        if (offset > to) {
            moveTo(to, nextHorizonMs);
        }
    }
}
