package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;

import java.io.IOException;
import java.util.List;

/// How far compaction has come in one partition. In the format of Kafka's `cleaner-offset-checkpoint`, which holds
/// `topic partition offset`; here each partition has its own, in its folder. A file that is missing or cannot be read
/// means that nothing was compacted yet, which costs a walk and nothing else.
final class CleanPoint {
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
        try {
            for (String[] entry : CheckpointText.read(disk.read(path), 3)) {
                if (entry[0].equals(id.topic()) && CheckpointText.number(entry[1]) == id.partition()) {
                    offset = Math.max(0, CheckpointText.number(entry[2]));
                }
            }
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
        nextHorizonMs = horizonMs;
        if (to != offset) {
            disk.replace(path, CheckpointText.write(List.of(id.topic() + " " + id.partition() + " " + to)));
            offset = to;
        }
    }

    /// What lay at and behind the offset is gone, and other records will come in its place.
    void truncateTo(long to) throws IOException {
        if (offset > to) {
            moveTo(to, nextHorizonMs);
        }
    }
}
