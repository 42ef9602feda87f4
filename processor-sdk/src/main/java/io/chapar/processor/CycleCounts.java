package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What a [Cycle] has seen since it began. Owned by its thread.
final class CycleCounts {
    long recordsIn;
    long recordsOut;
    long timersFired;
    long commits;
    long aborts;
    long rebalances;
    long skipped;
    long restoredEntries;
    @Nullable Throwable lastError;

    /// One record or timer has been worked on.
    void processed(boolean timer, int outputs, boolean wasSkipped) {
        recordsIn += timer ? 0 : 1;
        timersFired += timer ? 1 : 0;
        recordsOut += outputs;
        skipped += wasSkipped ? 1 : 0;
    }

    CycleReport report(CycleState state, boolean joined, int partitions, Tasks tasks, long stateBytes) {
        return new CycleReport(state, joined, partitions, recordsIn, recordsOut, timersFired, commits, aborts,
                rebalances, skipped, tasks.lateRecords(), tasks.passedOver(), tasks.countUnrestored(), restoredEntries,
                stateBytes, lastError);
    }
}
