package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// One thread's part of [ProcessorStatus].
record CycleReport(CycleState state, boolean joined, int partitions, long recordsIn, long recordsOut, long commits,
        long aborts, long rebalances, long skipped, @Nullable Throwable lastError) {
}
