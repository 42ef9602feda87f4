package io.chapar.broker.partition;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.IndexBeingBuilt;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.TimeSearch;
import io.chapar.broker.partition.ReadOutcome.AbortedTxn;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Records;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

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

    @Nullable String failedLately() {
        return faults.metLately();
    }

    ReadOutcome read(PartitionLog log, ReadRequest request) {
        ErrorCode epochError = checkEpoch(request.currentLeaderEpoch());
        if (epochError != ErrorCode.NONE) {
            return rejected(epochError);
        }
        long from = request.fetchOffset();
        if (from < log.logStart()) {
            return rejected(ErrorCode.OFFSET_OUT_OF_RANGE);
        }
        if (from > log.logEnd()) {
            return beyond(log, request.proof());
        }
        if (request.lastFetchedEpoch() >= 0 && partition.canCompare(from)) {
            long[] end = log.endOfEpoch(request.lastFetchedEpoch());
            if (end[0] < 0) {
                return beyond(log, request.proof());
            }
            if (end[0] < request.lastFetchedEpoch() || end[1] < from) {
                return new ReadOutcome.Diverging((int) end[0], end[1], partition.highWatermark(),
                        partition.lastStableOffset(), log.logStart());
            }
        }
        try {
            return slice(log, request);
        } catch (IndexBeingBuilt e) {
            return new ReadOutcome.Indexing(
                    partition.highWatermark(), partition.lastStableOffset(), log.logStart());
        } catch (IOException e) {
            faults.met(e);
            return rejected(ErrorCode.KAFKA_STORAGE_ERROR);
        }
    }

    /// A leader that others have replaced and that has not heard of it has less than they, too. Who follows sends
    /// readers to its leader by the same error.
    private ReadOutcome beyond(PartitionLog log, long proof) {
        Leadership leadership = partition.leadership();
        if (leadership == null || (proof > 0 && leadership.isProven(proof))) {
            return rejected(ErrorCode.OFFSET_OUT_OF_RANGE);
        }
        return new ReadOutcome.Unproven(proof > 0 ? proof : leadership.nextProof(),
                partition.highWatermark(), partition.lastStableOffset(), log.logStart());
    }

    ReadOutcome elsewhere(PartitionLog log, int node, int currentLeaderEpoch) {
        ErrorCode epochError = checkEpoch(currentLeaderEpoch);
        return epochError != ErrorCode.NONE ? rejected(epochError) : new ReadOutcome.Elsewhere(
                node, partition.highWatermark(), partition.lastStableOffset(), log.logStart());
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
        partition.traffic().out(records.sizeInBytes());
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
            return load(requireNonNull(log.slice(from, upper, 0, true), "what was there a moment ago").records());
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

    /// At once where [#known] says it, else in as many turns as the search takes. `done` runs on the loop, now or
    /// later.
    void offsetForTimestamp(
            PartitionLog log,
            long timestamp,
            Isolation isolation,
            int currentLeaderEpoch,
            Loop loop,
            Consumer<OffsetAtTime> done) {
        OffsetAtTime known = known(log, timestamp, isolation, currentLeaderEpoch);
        if (known != null) {
            done.accept(known);
            return;
        }
        lookOn(log, timestamp == Partition.MAX_TIMESTAMP ? log.searchLargestTime() : log.searchTime(timestamp),
                isolation, loop, done);
    }

    private void lookOn(
            PartitionLog log, TimeSearch search, Isolation isolation, Loop loop, Consumer<OffsetAtTime> done) {
        ErrorCode gone = partition.whyNotReadable(log);
        if (gone != ErrorCode.NONE) {
            search.abandon();
            done.accept(new OffsetAtTime.Refused(gone));
            return;
        }
        try {
            if (search.step()) {
                TimeSearch.Hit hit = search.found();
                done.accept(hit == null || hit.offset() >= upper(isolation)
                        ? none()
                        : new OffsetAtTime.Found(hit.offset(), hit.timestamp(), hit.leaderEpoch()));
                return;
            }
        } catch (IndexBeingBuilt e) {
            log.onIndexed(loop, () -> lookOn(log, search, isolation, loop, done));
            return;
        } catch (IOException e) {
            faults.met(e);
            done.accept(new OffsetAtTime.Refused(ErrorCode.KAFKA_STORAGE_ERROR));
            return;
        } catch (MalformedMessageException e) {
            done.accept(new OffsetAtTime.Refused(ErrorCode.CORRUPT_MESSAGE));
            return;
        }
        Runnable next = () -> lookOn(log, search, isolation, loop, done);
        if (search.needsFinish()) {
            loop.aside(search::finishBatch, next);
        } else {
            loop.later(next);
        }
    }

    /// What would be there for who is told of more is not known to be there yet.
    private OffsetAtTime none() {
        return partition.isAtItsBeginning()
                ? new OffsetAtTime.Refused(ErrorCode.OFFSET_NOT_AVAILABLE) : new OffsetAtTime.None();
    }

    private long upper(Isolation isolation) {
        return isolation == Isolation.READ_COMMITTED ? partition.lastStableOffset() : partition.highWatermark();
    }

    /// What needs no search; null where one does.
    private @Nullable OffsetAtTime known(PartitionLog log, long timestamp, Isolation isolation,
            int currentLeaderEpoch) {
        ErrorCode epochError = checkEpoch(currentLeaderEpoch);
        if (epochError != ErrorCode.NONE) {
            return new OffsetAtTime.Refused(epochError);
        }
        if (timestamp == Partition.LATEST) {
            return partition.isAtItsBeginning() ? new OffsetAtTime.Refused(ErrorCode.OFFSET_NOT_AVAILABLE)
                    : new OffsetAtTime.Found(upper(isolation), -1, partition.leaderEpoch());
        }
        if (timestamp == Partition.EARLIEST) {
            return new OffsetAtTime.Found(log.logStart(), -1, log.epochAt(log.logStart()));
        }
        return timestamp < Partition.MAX_TIMESTAMP ? new OffsetAtTime.None() : null;
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
