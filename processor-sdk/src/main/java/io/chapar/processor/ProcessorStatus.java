package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// An application's account of itself at one moment, summed over its threads. Counts start with the application.
///
/// `recordsIn` counts each time a record was processed, `recordsOut` each record handed over for writing, whether its
/// transaction was committed later or not. `skipped` counts records given up under [ErrorPolicy], dead letters too.
/// `unknownOutcomes` counts commits whose answer was lost: each is found out about, and then counts as one of the
/// `commits` or of the `aborts`. `latency` is of what is committed. `lag` is how many offsets of its partitions the
/// application has not read yet, as of the last poll.
/// `timersFired` counts each time a timer's function was called for, or a window that has closed gave its result.
/// `lateRecords` counts each time a record was processed that was too late for all windows of some step.
/// `passedOver` counts each time that a record was processed with which some step could do nothing, since it had no
/// key, or no value.
/// `restoring` is the number of partitions whose state is not built yet, `restoredEntries` how many entries were read
/// from changelogs since the start, `standbys` of how many partitions copies of others' state are kept here,
/// `standbyLag` how many offsets of changelogs these have not read yet,
/// `stateBytes` what the stores take of `maxStateBytes` at the moment.
/// `lastError` is the latest failure, overcome or not, null when there was none.
public record ProcessorStatus(
        ProcessorState state,
        Delivery delivery,
        int threads,
        int partitions,
        long recordsIn,
        long recordsOut,
        long timersFired,
        long commits,
        long aborts,
        long unknownOutcomes,
        CommitLatency latency,
        long lag,
        long rebalances,
        long skipped,
        long lateRecords,
        long passedOver,
        int restoring,
        long restoredEntries,
        int standbys,
        long standbyLag,
        long stateBytes,
        @Nullable Throwable lastError) {
}
