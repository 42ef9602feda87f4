package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.protocol.ErrorCode;

/// What the cycle does about a step that failed.
sealed interface Reaction {
    /// After a pause, the same step.
    record Again() implements Reaction {
    }

    /// After a pause, a poll, in which the member joins its group anew.
    record Rejoin() implements Reaction {
    }

    /// After a pause, as if the commit had not been due yet: the positions stay true.
    record Postpone() implements Reaction {
    }

    /// What the step was for is lost, and nothing else.
    record PassOver() implements Reaction {
    }

    record Abandon(CycleState.Way way) implements Reaction {
    }

    /// The open transaction is aborted, then the application ends with the cause.
    record AbortAndEnd() implements Reaction {
    }

    /// The application ends with the cause.
    record End() implements Reaction {
    }

    /// It was ending anyway.
    record Close() implements Reaction {
    }

    /// How things stood when the step failed. `named`: the transactional id was given by the user. `overdue`: the
    /// transaction is older than the broker lets any become.
    record Situation(Delivery delivery, boolean named, boolean overdue, boolean ending) {
    }

    static Reaction to(CycleStep step, ChaparException cause, Situation now) {
        return switch (step) {
            case CycleStep.Open() -> againOrEnd(cause);
            case CycleStep.Restore(var states) -> againOrEnd(cause);
            case CycleStep.Poll poll -> againOrEnd(cause);
            case CycleStep.Begin() -> toBegin(cause, now);
            case CycleStep.Handle(Ticket ticket) -> toOutput(cause, now);
            case CycleStep.Flush() -> toOutput(cause, now);
            case CycleStep.CommitPositions(var staged) -> toPositions(cause, now);
            case CycleStep.CommitTransaction(var staged) -> toTransaction(cause, now);
            case CycleStep.Abort() -> toAbort(cause, now);
            case CycleStep.Reopen() -> now.ending() ? new Close() : againOrEnd(cause);
            case CycleStep.Rewind() -> isMemberFence(cause) ? new Rejoin() : againOrEnd(cause);
            case CycleStep.Wait(long untilMs) -> throw new IllegalStateException("Waiting does not fail", cause);
            case CycleStep.Resume() -> throw new IllegalStateException("Taking does not fail", cause);
            case CycleStep.Keep() -> throw new IllegalStateException("That is told in another way", cause);
            case CycleStep.Await() -> throw new IllegalStateException("Waiting does not fail", cause);
            case CycleStep.Close() -> throw new IllegalStateException("Closing does not fail", cause);
        };
    }

    /// Whether nothing more can be done about what was begun but to leave it to time, so that partitions need not be
    /// kept for it.
    static boolean leavesItToTime(CycleStep step, Delivery delivery) {
        return switch (step) {
            case CycleStep.Reopen() -> true;
            case CycleStep.CommitPositions(var staged) -> true;
            case CycleStep.Handle(Ticket ticket) -> delivery == Delivery.AT_LEAST_ONCE;
            case CycleStep.Flush() -> delivery == Delivery.AT_LEAST_ONCE;
            default -> false;
        };
    }

    private static Reaction againOrEnd(ChaparException cause) {
        return switch (cause) {
            case RetriableException again -> new Again();
            case AbortableException again -> new Again();
            case UnknownOutcomeException again -> new Again();
            case FencedException fenced -> new End();
            case FatalException fatal -> new End();
            case UsageException usage -> new End();
        };
    }

    private static Reaction toOutput(ChaparException cause, Situation now) {
        return switch (now.delivery()) {
            case EXACTLY_ONCE -> toTransaction(cause, now);
            // Which outputs are missing is not known: all since the last commit are made again.
            case AT_LEAST_ONCE -> isFinal(cause) ? new End() : new Abandon(CycleState.Way.REWIND);
            case AT_MOST_ONCE -> isFinal(cause) ? new End() : new PassOver();
        };
    }

    private static Reaction toPositions(ChaparException cause, Situation now) {
        if (isFinal(cause)) {
            return new End();
        }
        if (now.delivery() == Delivery.AT_MOST_ONCE || isExpelled(cause)) {
            // Whether these may be processed is not known, or known to be forbidden.
            return new Abandon(CycleState.Way.REWIND);
        }
        return now.ending() ? new Close() : new Postpone();
    }

    /// Nothing was begun that could be aborted: the producer may still be asking for what it needs to begin.
    private static Reaction toBegin(ChaparException cause, Situation now) {
        return switch (cause) {
            case AbortableException again -> new Abandon(CycleState.Way.REOPEN);
            case RetriableException again -> new Abandon(CycleState.Way.REOPEN);
            case UnknownOutcomeException again -> new Abandon(CycleState.Way.REOPEN);
            case FencedException fenced -> toFence(fenced, now);
            case FatalException fatal -> new AbortAndEnd();
            case UsageException usage -> new AbortAndEnd();
        };
    }

    private static Reaction toTransaction(ChaparException cause, Situation now) {
        return switch (cause) {
            case AbortableException abortable -> new Abandon(CycleState.Way.ABORT);
            case RetriableException notDone -> new Abandon(CycleState.Way.ABORT);
            case UnknownOutcomeException unknown -> new Abandon(CycleState.Way.REOPEN);
            case FencedException fenced -> toFence(fenced, now);
            case FatalException fatal -> new AbortAndEnd();
            case UsageException usage -> new AbortAndEnd();
        };
    }

    private static Reaction toAbort(ChaparException cause, Situation now) {
        return switch (cause) {
            case FencedException fenced -> toFence(fenced, now);
            case AbortableException again -> new Abandon(CycleState.Way.REOPEN);
            case RetriableException again -> new Abandon(CycleState.Way.REOPEN);
            case UnknownOutcomeException again -> new Abandon(CycleState.Way.REOPEN);
            case FatalException fatal -> new End();
            case UsageException usage -> new End();
        };
    }

    /// A member's fence ends the transaction, and the next poll joins again. A producer's fence is the broker's, if
    /// the transaction was open too long; else somebody uses the same name, and of two that would fence each other
    /// for ever one must stop.
    private static Reaction toFence(FencedException cause, Situation now) {
        if (isMemberFence(cause)) {
            return new Abandon(CycleState.Way.ABORT);
        }
        boolean taken = cause.errorCode() == ErrorCode.FENCED_INSTANCE_ID || (now.named() && !now.overdue());
        return taken ? new End() : new Abandon(CycleState.Way.REOPEN);
    }

    /// Whether the group goes on without this member. One that is refused for an older generation, and goes on in the
    /// newer one, is told to try again: what it was not asked to give up is still its own.
    private static boolean isExpelled(ChaparException cause) {
        return isMemberFence(cause) && !(cause instanceof RetriableException);
    }

    static boolean isMemberFence(ChaparException cause) {
        return switch (cause.errorCode()) {
            case ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, STALE_MEMBER_EPOCH -> true;
            default -> false;
        };
    }

    private static boolean isFinal(ChaparException cause) {
        return switch (cause) {
            case RetriableException again -> false;
            case AbortableException again -> false;
            case UnknownOutcomeException again -> false;
            case FencedException fenced -> !isMemberFence(fenced);
            case FatalException fatal -> true;
            case UsageException usage -> true;
        };
    }
}
