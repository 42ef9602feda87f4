package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// The step a thread waits for. Told of on the runner's loop; asked from any thread.
final class StepWatch {
    /// A step that takes longer is told of.
    static final long LONG_MS = 10_000;

    record Waiting(CycleStep step, long sinceMs) {
    }

    private volatile @Nullable Waiting innermost;

    /// Null: for none.
    void waits(@Nullable Waiting waiting) {
        innermost = waiting;
    }

    /// Null while nothing takes long of which nobody else tells.
    @Nullable Waiting tooLong(long nowMs) {
        Waiting now = innermost;
        return now == null || nowMs - now.sinceMs() < LONG_MS || name(now.step()) == null ? null : now;
    }

    static ProcessorException tell(Waiting waiting, long nowMs, @Nullable Throwable cause) {
        String last = cause == null ? "" : ". Last failure: " + cause.getMessage();
        return new ProcessorException("Has waited for " + (nowMs - waiting.sinceMs()) + " ms for "
                + name(waiting.step()) + last, cause);
    }

    /// Null where a wait is planned, or told of by [PollPace] or [ChangelogReader].
    private static @Nullable String name(CycleStep step) {
        return switch (step) {
            case CycleStep.Open() -> "the transaction coordinator, which ends what its predecessor has left open";
            case CycleStep.Reopen() -> "the transaction coordinator, which ends what is open";
            case CycleStep.Poll poll -> "the end of a poll or of a rebalance";
            case CycleStep.Begin() -> "a transaction to begin";
            case CycleStep.Flush() -> "outputs to be written";
            case CycleStep.CommitPositions(var positions) -> "positions to be committed: " + positions.keySet();
            case CycleStep.CommitTransaction(var positions) ->
                "a transaction to be committed, with positions of " + positions.keySet();
            case CycleStep.Abort() -> "a transaction to be aborted";
            case CycleStep.Rewind() -> "the positions that its group has committed";
            case CycleStep.Close() -> "its producer and its group to let it go";
            case CycleStep.Restore(var states) -> null;
            case CycleStep.Handle(Ticket ticket) -> null;
            case CycleStep.Resume() -> null;
            case CycleStep.Await() -> null;
            case CycleStep.Keep() -> null;
            case CycleStep.Wait(long untilMs) -> null;
        };
    }
}
