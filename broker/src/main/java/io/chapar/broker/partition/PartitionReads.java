package io.chapar.broker.partition;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.TimeSearch;
import io.chapar.broker.partition.ReadOutcome.AbortedTxn;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;

import java.io.IOException;
import java.util.List;

/// What a partition that is online shows of its log: watermarks and slice are taken in one step.
final class PartitionReads {
    private PartitionReads() {}

    static ReadOutcome read(Partition partition, PartitionLog log, ReadRequest request) {
        ErrorCode epochError = checkEpoch(partition, request.currentLeaderEpoch());
        if (epochError != ErrorCode.NONE) {
            return rejected(partition, epochError);
        }
        long from = request.fetchOffset();
        if (from < log.logStart() || from > log.logEnd()) {
            return rejected(partition, ErrorCode.OFFSET_OUT_OF_RANGE);
        }
        if (request.lastFetchedEpoch() >= 0) {
            long[] end = log.endOfEpoch(request.lastFetchedEpoch());
            if (end[0] < 0) {
                return rejected(partition, ErrorCode.OFFSET_OUT_OF_RANGE);
            }
            if (end[0] < request.lastFetchedEpoch() || end[1] < from) {
                return new ReadOutcome.Diverging((int) end[0], end[1], partition.highWatermark(),
                        partition.lastStableOffset(), log.logStart());
            }
        }
        try {
            return slice(partition, log, request);
        } catch (IOException e) {
            partition.readFailed(e);
            return new ReadOutcome.ReadRejected(ErrorCode.KAFKA_STORAGE_ERROR);
        }
    }

    private static ReadOutcome slice(Partition partition, PartitionLog log, ReadRequest request) throws IOException {
        boolean committed = request.isolation() == Isolation.READ_COMMITTED;
        long highWatermark = partition.highWatermark();
        long stable = partition.lastStableOffset();
        long upper = committed ? stable : highWatermark;
        PartitionLog.Slice slice = request.fetchOffset() >= upper
                ? null
                : log.slice(request.fetchOffset(), upper, request.maxBytes(), request.atLeastOneBatch());
        if (slice == null) {
            return new ReadOutcome.Slice(
                    BufferRecords.EMPTY, highWatermark, stable, log.logStart(), committed ? List.of() : null);
        }
        FileRecords records = slice.records();
        try {
            List<AbortedTxn> aborted = null;
            if (committed) {
                aborted = log.aborted(request.fetchOffset(), slice.endOffset()).stream()
                        .map(entry -> new AbortedTxn(entry.producerId(), entry.firstOffset()))
                        .toList();
            }
            return new ReadOutcome.Slice(records, highWatermark, stable, log.logStart(), aborted);
        } catch (IOException e) {
            records.release();
            throw e;
        }
    }

    private static ReadOutcome.ReadRejected rejected(Partition partition, ErrorCode error) {
        return new ReadOutcome.ReadRejected(
                error, partition.highWatermark(), partition.lastStableOffset(), partition.logStartOffset());
    }

    private static ErrorCode checkEpoch(Partition partition, int currentLeaderEpoch) {
        int leaderEpoch = partition.leaderEpoch();
        if (currentLeaderEpoch < 0 || currentLeaderEpoch == leaderEpoch) {
            return ErrorCode.NONE;
        }
        return currentLeaderEpoch < leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
    }

    static OffsetAtTime offsetForTimestamp(
            Partition partition, PartitionLog log, long timestamp, Isolation isolation, int currentLeaderEpoch) {
        ErrorCode epochError = checkEpoch(partition, currentLeaderEpoch);
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
            partition.readFailed(e);
            return new OffsetAtTime.Refused(ErrorCode.KAFKA_STORAGE_ERROR);
        } catch (MalformedMessageException e) {
            return new OffsetAtTime.Refused(ErrorCode.CORRUPT_MESSAGE);
        }
    }

    static EpochEnd endOffsetForEpoch(Partition partition, PartitionLog log, int currentLeaderEpoch, int epoch) {
        ErrorCode epochError = checkEpoch(partition, currentLeaderEpoch);
        if (epochError != ErrorCode.NONE) {
            return EpochEnd.refused(epochError);
        }
        long[] end = log.endOfEpoch(epoch);
        return new EpochEnd(ErrorCode.NONE, (int) end[0], end[1]);
    }
}
