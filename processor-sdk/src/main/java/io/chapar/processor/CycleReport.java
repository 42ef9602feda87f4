package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// One thread's part of [ProcessorStatus].
record CycleReport(CycleState state, boolean joined, int partitions, long recordsIn, long recordsOut,
        long timersFired, long commits, long aborts, long unknownOutcomes, CommitLatency latency, long rebalances,
        long skipped, long lateRecords, long passedOver, int restoring, long restoredEntries, long stateBytes,
        @Nullable Throwable lastError) {
    CycleReport withLastError(Throwable error) {
        return new CycleReport(state, joined, partitions, recordsIn, recordsOut, timersFired, commits, aborts,
                unknownOutcomes, latency, rebalances, skipped, lateRecords, passedOver, restoring, restoredEntries,
                stateBytes, error);
    }
}
