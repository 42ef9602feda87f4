package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.UnknownOutcomeException;
import org.jspecify.annotations.Nullable;

/// What a [Cycle] has seen since it began. Owned by its thread.
final class CycleCounts {
    long recordsIn;
    long recordsOut;
    long timersFired;
    long commits;
    long aborts;
    long unknownOutcomes;
    long rebalances;
    long skipped;
    long restoredEntries;
    @Nullable Throwable lastError;
    final CommitTimes times = new CommitTimes();

    /// One record or timer has been worked on.
    void processed(boolean timer, long timestampMs, int outputs, boolean wasSkipped) {
        if (!timer) {
            times.processed(timestampMs);
        }
        recordsIn += timer ? 0 : 1;
        timersFired += timer ? 1 : 0;
        recordsOut += outputs;
        skipped += wasSkipped ? 1 : 0;
    }

    void committed(long wallClockMs) {
        commits++;
        times.committed(wallClockMs);
    }

    /// What became of a commit of unknown outcome.
    void decided(boolean committed, long wallClockMs) {
        commits += committed ? 1 : 0;
        aborts += committed ? 0 : 1;
        times.decided(committed, wallClockMs);
    }

    /// `done`: nothing is to be committed behind it.
    void flushed(boolean done, long wallClockMs) {
        if (done) {
            times.committed(wallClockMs);
        }
    }

    void failed(CycleStep step, ChaparException cause) {
        lastError = cause;
        boolean transaction = step instanceof CycleStep.CommitTransaction;
        if (cause instanceof UnknownOutcomeException && (transaction || step instanceof CycleStep.CommitPositions)) {
            unknownOutcomes++;
            if (transaction) {
                times.undecided();
            }
        }
    }

    CycleReport report(CycleState state, boolean joined, int partitions, Tasks tasks, long stateBytes) {
        return new CycleReport(state, joined, partitions, recordsIn, recordsOut, timersFired, commits, aborts,
                unknownOutcomes, times.measured(), rebalances, skipped, tasks.lateRecords(),
                tasks.passedOver(), tasks.countUnrestored(), restoredEntries, stateBytes, lastError);
    }
}
