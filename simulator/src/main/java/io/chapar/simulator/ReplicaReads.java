package io.chapar.simulator;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.IndexBeingBuilt;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Records;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Reads what a replica holds: of a leader as any client would, of a follower, whom no client can ask, from its log.
final class ReplicaReads {
    private static final int READ_BYTES = 1 << 20;

    private ReplicaReads() {}

    /// Null, or why not all could be read. Nothing of it counts while an index is being built anew.
    ///
    /// @param name for what is told
    static @Nullable String read(
            String name, boolean isCompacted, SeenReplica replica, long from, List<SeenBatch> found) {
        long next = from;
        replica.isBeingIndexed(false);
        while (next < end(replica)) {
            Records records = replica.isLeading() ? fetched(replica, next) : followed(replica, next);
            if (records == null) {
                break;
            }
            long before = next;
            try {
                for (RecordBatch batch : RecordBatches.of(bytes(records))) {
                    if (batch.fault() != null || !batch.isCrcValid()) {
                        return name + " holds a damaged batch at " + batch.baseOffset();
                    }
                    if (batch.lastOffset() >= next) {
                        found.add(SeenBatch.of(batch));
                        next = batch.nextOffset();
                    }
                }
            } catch (MalformedMessageException e) {
                return name + " from " + before + " on: " + e;
            }
            if (next == before && isCompacted) {
                // What comes next lies behind the high watermark.
                return null;
            }
            if (next == before) {
                return name + " gives nothing at " + next + " below its end";
            }
        }
        return null;
    }

    /// What stands behind, also what does not count as committed yet; null when that cannot be read, as when its broker
    /// has died.
    static @Nullable List<SeenBatch> uncommitted(SeenReplica replica, TopicPartition id, long from) {
        Partition partition = replica.partition();
        if (replica.broker().cluster().partition(replica.broker().nodeId(), id) != partition) {
            return null;
        }
        List<SeenBatch> found = new ArrayList<>();
        long next = from;
        while (next < partition.logEndOffset()) {
            long before = next;
            try {
                Records records = copied(partition, next);
                if (records == null) {
                    return null;
                }
                for (RecordBatch batch : RecordBatches.of(bytes(records))) {
                    if (batch.fault() != null || !batch.isCrcValid()) {
                        return null;
                    }
                    found.add(SeenBatch.of(batch));
                    next = batch.nextOffset();
                }
            } catch (MalformedMessageException | IndexBeingBuilt e) {
                return null;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (next == before) {
                return null;
            }
        }
        return found;
    }

    /// Who follows may have what it does not know to be committed.
    private static long end(SeenReplica replica) {
        Partition partition = replica.partition();
        return replica.isLeading() ? partition.highWatermark() : partition.logEndOffset();
    }

    private static @Nullable Records fetched(SeenReplica replica, long from) {
        ReadOutcome outcome = replica.partition().read(
                new ReadRequest(from, READ_BYTES, Isolation.READ_UNCOMMITTED, -1, -1, true));
        replica.isBeingIndexed(outcome instanceof ReadOutcome.Indexing);
        return outcome instanceof ReadOutcome.Slice slice ? slice.records() : null;
    }

    private static @Nullable Records followed(SeenReplica replica, long from) {
        try {
            return copied(replica.partition(), from);
        } catch (IndexBeingBuilt e) {
            replica.isBeingIndexed(true);
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable Records copied(Partition partition, long from) throws IOException {
        PartitionLog log = partition.logToClose();
        if (log == null) {
            return null;
        }
        PartitionLog.Slice slice = log.slice(from, partition.logEndOffset(), READ_BYTES, true);
        return slice == null ? null : slice.records();
    }

    private static ByteBuffer bytes(Records records) {
        return switch (records) {
            case BufferRecords buffer -> buffer.bytes();
            case FileRecords file -> {
                try {
                    yield file.load();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } finally {
                    file.release();
                }
            }
            default -> throw new IllegalStateException("records of an unknown kind");
        };
    }
}
