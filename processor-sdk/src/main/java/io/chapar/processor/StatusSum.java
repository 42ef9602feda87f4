package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// Adds the reports of several threads up.
final class StatusSum {
    private int partitions;
    private long recordsIn;
    private long recordsOut;
    private long timersFired;
    private long commits;
    private long aborts;
    private long unknownOutcomes;
    private CommitLatency latency = CommitLatency.NONE;
    private long lag;
    private long rebalances;
    private long skipped;
    private long lateRecords;
    private long passedOver;
    private int restoring;
    private long restoredEntries;
    private long stateBytes;
    private int standbys;
    private long standbyLag;
    private @Nullable Throwable lastError;

    void add(CycleReport report) {
        partitions += report.state() instanceof CycleState.Closed ? 0 : report.partitions();
        recordsIn += report.recordsIn();
        recordsOut += report.recordsOut();
        timersFired += report.timersFired();
        commits += report.commits();
        aborts += report.aborts();
        unknownOutcomes += report.unknownOutcomes();
        latency = latency.and(report.latency());
        rebalances += report.rebalances();
        skipped += report.skipped();
        lateRecords += report.lateRecords();
        passedOver += report.passedOver();
        restoring += report.state() instanceof CycleState.Closed ? 0 : report.restoring();
        restoredEntries += report.restoredEntries();
        stateBytes += report.state() instanceof CycleState.Closed ? 0 : report.stateBytes();
        if (report.lastError() != null) {
            lastError = report.lastError();
        }
    }

    void globals(long bytes) {
        stateBytes += bytes;
    }

    void standbys(int copies, long offsets) {
        standbys += copies;
        standbyLag += offsets;
    }

    void lag(long offsets) {
        lag += offsets;
    }

    ProcessorStatus status(ProcessorState state, Delivery delivery, int threads) {
        return new ProcessorStatus(state, delivery, threads, partitions, recordsIn, recordsOut, timersFired,
                commits, aborts, unknownOutcomes, latency, lag, rebalances, skipped, lateRecords, passedOver, restoring,
                restoredEntries, standbys, standbyLag, stateBytes, lastError);
    }
}
