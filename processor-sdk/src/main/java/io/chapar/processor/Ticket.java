package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/// One record on its way through the application, from being read until its effects are handed over. Whoever works on
/// it holds its ticket; a ticket that has been called in is worth nothing any more: what comes of the work on it is
/// thrown away, since the record is read again, here or by another instance.
final class Ticket {
    private final Task task;
    private final SourceRecord record;
    private @Nullable Refused refused;
    private State state = State.WAITING;
    /// What is being made of it.
    private @Nullable CompletableFuture<Effect> work;

    private enum State { WAITING, UNDER_WAY, FINISHED, CALLED_IN }

    Ticket(Task task, SourceRecord record, @Nullable Refused refused) {
        this.task = task;
        this.record = record;
        this.refused = refused;
    }

    Task task() {
        return task;
    }

    SourceRecord record() {
        return record;
    }

    /// Null when no output of it was refused.
    @Nullable Refused refused() {
        return refused;
    }

    /// Its outputs were refused before they were sent.
    void refused(Refusal refusal) {
        refused = Refused.of(refusal, true);
    }

    boolean isWaiting() {
        return state == State.WAITING;
    }

    boolean isUnderWay() {
        return state == State.UNDER_WAY;
    }

    boolean isFinished() {
        return state == State.FINISHED;
    }

    void start() {
        require(State.WAITING);
        state = State.UNDER_WAY;
    }

    void finish() {
        require(State.UNDER_WAY);
        state = State.FINISHED;
    }

    /// Work on it goes on until `effect` ends, which is cancelled when the ticket is called in.
    void workedOn(CompletableFuture<Effect> effect) {
        work = effect;
    }

    void callIn() {
        state = State.CALLED_IN;
        if (work != null) {
            work.cancel(false);
        }
    }

    private void require(State expected) {
        if (state != expected) {
            throw new IllegalStateException("The ticket of offset " + record.offset() + " of " + record.partition()
                    + " is " + state + ", not " + expected);
        }
    }
}
