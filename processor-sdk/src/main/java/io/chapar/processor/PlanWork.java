package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/// A topology's functions, run on the runner's loop itself, as often as the [ErrorPolicy] says before a record is given
/// up; and what the policy does about outputs that were refused.
final class PlanWork implements Work {
    private final Plan plan;
    private final ErrorPolicy onError;
    private final LongSupplier wallClock;
    private final Pause pause;
    private volatile boolean interrupting;

    /// Waits before another attempt.
    interface Pause {
        /// False when the application has to stop meanwhile.
        boolean isOver(long ms);

        /// On virtual time nobody waits.
        Pause NONE = ms -> true;

        /// On the thread that calls it.
        static boolean sleep(long ms) {
            try {
                Thread.sleep(ms);
                return true;
            } catch (InterruptedException e) {
                // Heard by that.
                return false;
            }
        }
    }

    PlanWork(Plan plan, ErrorPolicy onError, Pause pause, LongSupplier wallClock) {
        this.pause = pause;
        this.wallClock = wallClock;
        this.plan = plan;
        this.onError = onError;
    }

    /// From now on what user code throws is put down to an interrupt. From any thread.
    void interrupting() {
        interrupting = true;
    }

    @Override
    public CompletableFuture<Effect> on(SourceRecord record, @Nullable Refused refused, TaskState state) {
        return CompletableFuture.completedFuture(effect(record, refused, state));
    }

    Effect effect(SourceRecord record, @Nullable Refused refused, TaskState state) {
        if (refused == null || !refused.certain()) {
            return process(record, state);
        }
        if (refused.rowAttempts() == 0 || refused.rowAttempts() > onError.retries()) {
            return afterRefusal(record, refused, state);
        }
        // The database may take them by now.
        boolean waited = pause.isOver(onError.backOff().waitMs(refused.rowAttempts()));
        return !waited && interrupting ? new Effect.Interrupted() : process(record, state);
    }

    private Effect process(SourceRecord record, TaskState state) {
        int attemptsLeft = onError.retries();
        int failures = 0;
        while (true) {
            try {
                Changes changes = new Changes(state, wallClock);
                return new Effect.Outputs(plan.process(record, changes), false, changes);
            } catch (StateLostException lost) {
                return new Effect.StateLost(lost);
            } catch (Throwable failure) {
                if (interrupting) {
                    // Heard; what is left to do shall not be cut off by it as well.
                    Thread.interrupted();
                    return new Effect.Interrupted();
                }
                boolean ofProgram = failure instanceof Error && !(failure instanceof StackOverflowError);
                if (ofProgram || failure instanceof StateFullException) {
                    return failed(record, failure.toString(), failure);
                }
                if (attemptsLeft-- <= 0) {
                    return givenUp(record, failure.toString(), failure, state);
                }
                if (!pause.isOver(onError.backOff().waitMs(++failures)) && interrupting) {
                    return new Effect.Interrupted();
                }
            }
        }
    }

    /// In place. A timer is not tried again later: what it knows may have gone on by then.
    private Effect givenUp(SourceRecord record, String error, Throwable cause, TaskState state) {
        SinkRecord later = plan.isTimer(record) ? null : plan.stages().retries().next(record, error);
        return later != null ? new Effect.Outputs(List.of(later), true, null) : givenUpForGood(record, error, cause,
                state);
    }

    private Effect givenUpForGood(SourceRecord record, String error, Throwable cause, TaskState state) {
        return switch (onError) {
            case ErrorPolicy.Stop stop -> failed(record, error, cause);
            case ErrorPolicy.Skip skip -> new Effect.Outputs(List.of(), true, discarded(record, state));
            case ErrorPolicy.DeadLetter(String topic, int retries, var backOff) ->
                new Effect.Outputs(List.of(new DeadLetters(topic).whole(plan.forPeople(record, state), error)), true,
                        discarded(record, state));
        };
    }

    /// Of a timer that is given up: it shall not be due again. Null for a record.
    private @Nullable Changes discarded(SourceRecord record, TaskState state) {
        if (!plan.isTimer(record)) {
            return null;
        }
        Changes changes = new Changes(state, wallClock);
        plan.discard(record, changes);
        return changes;
    }

    /// Refused are in turn the outputs, the dead letter, and the notice in its place. Functions are not run again for
    /// it: they would give the same.
    private Effect afterRefusal(SourceRecord record, Refused refused, TaskState state) {
        if (onError instanceof ErrorPolicy.Stop && Refusal.isMissingTopic(refused.cause())) {
            // Somebody may create it; nothing is skipped meanwhile.
            return process(record, state);
        }
        boolean letter = onError instanceof ErrorPolicy.DeadLetter(String topic, int retries, var backOff)
                && refused.output().equals(topic) && refused.kind() != DeadLetters.Kind.OUTPUT;
        if (!letter) {
            // Rows may be taken later. What a topic does not take today it does not take tomorrow either.
            return refused.rowAttempts() > 0 ? givenUp(record, refused.error(), refused.cause(), state)
                    : givenUpForGood(record, refused.error(), refused.cause(), state);
        }
        if (refused.kind() == DeadLetters.Kind.NOTICE || Refusal.isAboutTopic(refused.cause())) {
            return failed(record, refused.error() + "; nor can its dead letter be written: " + refused.text(),
                    refused.cause());
        }
        DeadLetters letters = new DeadLetters(refused.output());
        return new Effect.Outputs(List.of(letters.notice(plan.forPeople(record, state), refused.error(),
                refused.text())), true, discarded(record, state));
    }

    private Effect failed(SourceRecord record, String error, Throwable cause) {
        SourceRecord original = plan.stages().retries().original(record);
        return new Effect.Failed(new ProcessorException("Processing failed at offset " + original.offset() + " of "
                + original.partition() + ": " + error, cause));
    }
}
