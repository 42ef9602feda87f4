package io.chapar.broker.partition;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.TimeSearch;
import io.chapar.broker.partition.ReadOutcome.AbortedTxn;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Records;

import java.io.IOException;
import java.util.List;

/// What a partition that is online shows of its log: watermarks and slice are taken in one step.
final class PartitionReads {
    /// At a time, where records are read before they are answered with.
    private static final int IN_MEMORY_BYTES = 1 << 20;

    private final Partition partition;
    private final ReadFaults faults;

    PartitionReads(Partition partition, ReadFaults faults) {
        this.partition = partition;
        this.faults = faults;
    }

    boolean failedLately() {
        return faults.metLately();
    }

    ReadOutcome read(PartitionLog log, ReadRequest request) {
        ErrorCode epochError = checkEpoch(request.currentLeaderEpoch());
        if (epochError != ErrorCode.NONE) {
            return rejected(epochError);
        }
        long from = request.fetchOffset();
        if (from < log.logStart() || from > log.logEnd()) {
            return rejected(ErrorCode.OFFSET_OUT_OF_RANGE);
        }
        if (request.lastFetchedEpoch() >= 0) {
            long[] end = log.endOfEpoch(request.lastFetchedEpoch());
            if (end[0] < 0) {
                return rejected(ErrorCode.OFFSET_OUT_OF_RANGE);
            }
            if (end[0] < request.lastFetchedEpoch() || end[1] < from) {
                return new ReadOutcome.Diverging((int) end[0], end[1], partition.highWatermark(),
                        partition.lastStableOffset(), log.logStart());
            }
        }
        try {
            return slice(log, request);
        } catch (IOException e) {
            faults.met(e);
            return rejected(ErrorCode.KAFKA_STORAGE_ERROR);
        }
    }

    private ReadOutcome slice(PartitionLog log, ReadRequest request) throws IOException {
        boolean committed = request.isolation() == Isolation.READ_COMMITTED;
        long highWatermark = partition.highWatermark();
        long stable = partition.lastStableOffset();
        long upper = committed ? stable : highWatermark;
        PartitionLog.Slice slice = request.fetchOffset() >= upper
                ? null
                : log.slice(request.fetchOffset(), upper,
                        faults.inMemory() ? Math.min(IN_MEMORY_BYTES, request.maxBytes()) : request.maxBytes(),
                        request.atLeastOneBatch());
        if (slice == null) {
            return new ReadOutcome.Slice(
                    BufferRecords.EMPTY, highWatermark, stable, log.logStart(), committed ? List.of() : null);
        }
        List<AbortedTxn> aborted = null;
        try {
            if (committed) {
                aborted = log.aborted(request.fetchOffset(), slice.endOffset()).stream()
                        .map(entry -> new AbortedTxn(entry.producerId(), entry.firstOffset()))
                        .toList();
            }
        } catch (IOException e) {
            slice.records().release();
            throw e;
        }
        Records records = faults.inMemory()
                ? inMemory(log, request.fetchOffset(), upper, slice.records())
                : forTransfer(slice.records());
        return new ReadOutcome.Slice(records, highWatermark, stable, log.logStart(), aborted);
    }

    private FileRecords forTransfer(FileRecords records) {
        records.onUnreadable(faults::metByTransfer);
        return records;
    }

    /// All of the slice if the disk gives it, else its first batch.
    private Records inMemory(PartitionLog log, long from, long upper, FileRecords all) throws IOException {
        try {
            return load(all);
        } catch (IOException e) {
            faults.metByTransfer(e);
            return load(log.slice(from, upper, 0, true).records());
        }
    }

    private static Records load(FileRecords records) throws IOException {
        try {
            return new BufferRecords(records.load());
        } finally {
            records.release();
        }
    }

    private ReadOutcome.ReadRejected rejected(ErrorCode error) {
        return new ReadOutcome.ReadRejected(
                error, partition.highWatermark(), partition.lastStableOffset(), partition.logStartOffset());
    }

    private ErrorCode checkEpoch(int currentLeaderEpoch) {
        int leaderEpoch = partition.leaderEpoch();
        if (currentLeaderEpoch < 0 || currentLeaderEpoch == leaderEpoch) {
            return ErrorCode.NONE;
        }
        return currentLeaderEpoch < leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
    }

    OffsetAtTime offsetForTimestamp(
            PartitionLog log, long timestamp, Isolation isolation, int currentLeaderEpoch) {
        ErrorCode epochError = checkEpoch(currentLeaderEpoch);
        if (epochError != ErrorCode.NONE) {
            return new OffsetAtTime.Refused(epochError);
        }
        long upper = isolation == Isolation.READ_COMMITTED ? partition.lastStableOffset() : partition.highWatermark();
        if (timestamp == Partition.LATEST) {
            return new OffsetAtTime.Found(upper, -1, partition.leaderEpoch());
        }
        if (timestamp == Partition.EARLIEST) {
            return new OffsetAtTime.Found(log.logStart(), -1, log.epochAt(log.logStart()));
        }
        if (timestamp < Partition.MAX_TIMESTAMP) {
            return new OffsetAtTime.None();
        }
        try {
            TimeSearch search = log.timeSearch();
            TimeSearch.Hit hit = timestamp == Partition.MAX_TIMESTAMP
                    ? search.ofLargestTimestamp()
                    : search.firstAtOrAfter(timestamp);
            return hit == null || hit.offset() >= upper
                    ? new OffsetAtTime.None()
                    : new OffsetAtTime.Found(hit.offset(), hit.timestamp(), hit.leaderEpoch());
        } catch (IOException e) {
            faults.met(e);
            return new OffsetAtTime.Refused(ErrorCode.KAFKA_STORAGE_ERROR);
        } catch (MalformedMessageException e) {
            return new OffsetAtTime.Refused(ErrorCode.CORRUPT_MESSAGE);
        }
    }

    EpochEnd endOffsetForEpoch(PartitionLog log, int currentLeaderEpoch, int epoch) {
        ErrorCode epochError = checkEpoch(currentLeaderEpoch);
        if (epochError != ErrorCode.NONE) {
            return EpochEnd.refused(epochError);
        }
        long[] end = log.endOfEpoch(epoch);
        return new EpochEnd(ErrorCode.NONE, (int) end[0], end[1]);
    }
}
