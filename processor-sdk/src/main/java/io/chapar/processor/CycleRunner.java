package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.ClientLoop;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import static java.util.Objects.requireNonNull;

/// Does what a [Cycle] asks for, step by step, on a loop of its own: a thread in production, the simulator's scheduler,
/// a [TestDriver]. Nothing blocks but user code. All methods on that loop.
final class CycleRunner {
    /// After so many steps that were done at once others have their turn on the loop.
    private static final int STEPS_IN_A_ROW = 64;
    private static final long TELL_MS = 5;
    /// How long the group is told that this member goes when there is no time left.
    private static final long GRACE_MS = 1_000;
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);
    private static final CompletableFuture<Ending> NOTHING_TO_TELL = CompletableFuture.completedFuture(() -> { });

    /// Tells the cycle, on the loop, how a step went.
    private interface Ending {
        void tell();
    }

    /// One step that has not ended.
    private record UnderWay(CompletableFuture<Ending> end, StepWatch.Waiting waiting) {
    }

    private final Cycle cycle;
    private final RecordSource source;
    private final RecordSink.Factory sinks;
    private final Changelogs changelogs;
    private final Work work;
    private final ClientLoop home;
    private final PollPace pace;
    private final StepClock clock;
    private final RecordSource.Rebalance rebalance = new GiveUpInOrder();
    /// Steps that have not ended; the last one was begun by the one before it, which waits for it.
    private final ArrayDeque<UnderWay> open = new ArrayDeque<>();
    private final StepWatch steps = new StepWatch();
    private @Nullable RecordSink sink;
    private final NextEnd nextEnd = new NextEnd();
    private @Nullable CompletableFuture<Ending> wait;
    private ClientLoop.@Nullable Timer deadline;
    /// A poll is under way that nothing has ended.
    private boolean polling;
    /// What has come of records and waits for [CycleStep.Resume].
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private long stopAtMs;
    private long toldMs = -TELL_MS;
    private boolean overdue;

    CycleRunner(Cycle cycle, RecordSource source, RecordSink.Factory sinks, Work work, ClientLoop home) {
        this(cycle, source, sinks, Changelogs.NONE, work, home, new PollPace(Long.MAX_VALUE, home.nowMs()));
    }

    CycleRunner(Cycle cycle, RecordSource source, RecordSink.Factory sinks, Changelogs changelogs, Work work,
            ClientLoop home, PollPace pace) {
        this(cycle, source, sinks, changelogs, work, home, pace, home::wallClockMs);
    }

    CycleRunner(Cycle cycle, RecordSource source, RecordSink.Factory sinks, Changelogs changelogs, Work work,
            ClientLoop home, PollPace pace, LongSupplier wallClock) {
        clock = new StepClock(home, wallClock);
        this.changelogs = changelogs;
        this.pace = pace;
        this.cycle = cycle;
        this.source = source;
        this.sinks = sinks;
        this.work = work;
        this.home = home;
    }

    /// Goes on until the cycle has closed. `each` runs after each step that has to be waited for, and of those that are
    /// done at once after some, every few milliseconds; `ended` once, with the cycle's cause.
    void run(Runnable each, Consumer<Throwable> ended) {
        clock.interrupted();
        for (int count = 0; count < STEPS_IN_A_ROW; count++) {
            if (cycle.state() instanceof CycleState.Closed(Throwable cause)) {
                ended.accept(cause);
                return;
            }
            CompletableFuture<Void> step = nextStep();
            if (!step.isDone()) {
                // In a task of its own, where a fault is heard.
                var _ = step.thenRun(() -> home.execute(() -> {
                    each.run();
                    run(each, ended);
                }));
                return;
            }
            if (clock.nowMs() - toldMs >= TELL_MS) {
                toldMs = clock.nowMs();
                each.run();
                clock.interrupted();
            }
        }
        home.execute(() -> run(each, ended));
    }

    /// One step. The future ends on the loop when the cycle has been told how it went, and does not fail.
    CompletableFuture<Void> step() {
        clock.interrupted();
        return nextStep();
    }

    /// As [#step], with nothing between it and the last one.
    private CompletableFuture<Void> nextStep() {
        clock.step();
        CycleStep next;
        try {
            next = cycle.next(clock.nowMs(), clock.wallClockMs());
        } catch (StateLostException e) {
            cycle.stateLost(e);
            return DONE;
        }
        return perform(next);
    }

    /// Finish what was begun, and close; what is not finished at `deadlineMs` is given up.
    void stop(long deadlineMs) {
        cycle.stop(deadlineMs);
        source.wakeup();
        if (wait != null) {
            wait.complete(() -> { });
        }
        if (deadline != null && deadlineMs < stopAtMs) {
            deadline.cancel();
            deadline = null;
        }
        if (deadline == null) {
            stopAtMs = deadlineMs;
            deadline = home.schedule(Math.max(0, deadlineMs - home.nowMs()), this::cutOff);
        }
    }

    private void cutOff() {
        overdue = true;
        source.wakeup();
        UnderWay innermost = open.peekLast();
        if (innermost != null) {
            innermost.end.completeExceptionally(new UnknownOutcomeException("The time to stop in good order is over"));
        }
    }

    /// Closes without finishing anything: after a fault of this program.
    void giveUp() {
        changelogs.drop();
        dropSink();
        source.drop();
    }

    private CompletableFuture<Void> perform(CycleStep step) {
        CompletableFuture<Ending> attempt;
        try {
            attempt = attempt(step);
        } catch (ChaparException e) {
            attempt = CompletableFuture.failedFuture(e);
        }
        if (attempt.isDone()) {
            settle(step, attempt);
            return DONE;
        }
        // What ends first counts: the step itself, or the time for it.
        CompletableFuture<Ending> first = attempt.copy();
        CompletableFuture<Void> told = new CompletableFuture<>();
        UnderWay underWay = new UnderWay(first, new StepWatch.Waiting(step, home.nowMs()));
        open.addLast(underWay);
        watchInnermost();
        var _ = first.whenComplete((ending, failure) -> home.execute(() -> {
            open.remove(underWay);
            watchInnermost();
            settle(step, first);
            told.complete(null);
        }));
        return told;
    }

    private void watchInnermost() {
        UnderWay innermost = open.peekLast();
        steps.waits(innermost == null ? null : innermost.waiting);
    }

    StepWatch steps() {
        return steps;
    }

    private void settle(CycleStep step, CompletableFuture<Ending> attempt) {
        if (!attempt.isCompletedExceptionally()) {
            attempt.join().tell();
            return;
        }
        switch (ClientCalls.cause(attempt.exceptionNow())) {
            case ChaparException known when step instanceof CycleStep.Close() -> {
                giveUp();
                cycle.closed();
            }
            case ChaparException known when step instanceof CycleStep.Await || step instanceof CycleStep.Wait -> {
                // Cut off: there is nothing to wait for any more.
            }
            case ChaparException known -> failed(step, known);
            case Error error -> throw error;
            case Throwable fault -> throw new IllegalStateException("A step failed: " + step, fault);
        }
    }

    private void failed(CycleStep step, ChaparException cause) {
        cycle.failed(step, cause, sink == null ? List.of() : sink.takeRefusals(), home.nowMs());
        if (Reaction.isMemberFence(cause)) {
            explain(cause);
        }
    }

    /// Where polls came too late, that is the reason.
    private void explain(@Nullable Throwable cause) {
        ProcessorException late = pace.late(home.nowMs(), cause);
        if (late != null) {
            cycle.explained(late);
        }
    }

    private CompletableFuture<Ending> attempt(CycleStep step) {
        return switch (step) {
            case CycleStep.Open() -> open(cycle::opened);
            case CycleStep.Restore(var states) -> restore(states);
            case CycleStep.Poll(long maxWaitMs, SortedSet<TopicPartition> full) -> poll(maxWaitMs, full)
                    .thenApply(polled -> () -> {
                        pace.polled(home.nowMs());
                        cycle.polled(polled);
                    });
            case CycleStep.Begin() -> then(sink().begin(), () -> cycle.begun(home.nowMs()));
            case CycleStep.Handle(Ticket ticket) -> {
                handle(ticket, clock.nowMs());
                yield NOTHING_TO_TELL;
            }
            case CycleStep.Resume() -> CompletableFuture.completedFuture(this::resume);
            case CycleStep.Await() -> then(nextEnd.await(), () -> { });
            case CycleStep.Flush() -> then(sink().flush(), () -> {
                cycle.wrote(sink().takeWritten());
                cycle.flushed();
            });
            case CycleStep.Keep() -> CompletableFuture.completedFuture(cycle::kept);
            case CycleStep.CommitPositions(var positions) ->
                then(source.commit(positions), () -> cycle.committed(home.nowMs()));
            case CycleStep.CommitTransaction(var positions) -> then(source.group()
                    .thenCompose(group -> sink().commit(positions, group)), () -> cycle.committed(home.nowMs()));
            case CycleStep.Abort() -> then(sink().abort(), cycle::aborted);
            case CycleStep.Reopen() -> {
                // The next one decides what this one has left open.
                dropSink();
                yield open(cycle::reopened);
            }
            case CycleStep.Rewind() -> source.rewind()
                    .thenApply(committed -> () -> cycle.rewound(committed, home.nowMs()));
            case CycleStep.Wait(long untilMs) -> waitUntil(untilMs);
            case CycleStep.Close() -> closed();
        };
    }

    private static CompletableFuture<Ending> then(CompletableFuture<Void> done, Ending ending) {
        return done.thenApply(nothing -> ending);
    }

    private CompletableFuture<Ending> open(Ending ending) {
        CompletableFuture<RecordSink> opening = sinks.open();
        return opening.thenApply(fresh -> {
            if (overdue) {
                fresh.drop();
                return () -> { };
            }
            return () -> {
                sink = fresh;
                ending.tell();
            };
        });
    }

    private CompletableFuture<Ending> restore(List<TaskState> states) {
        TreeMap<TopicPartition, Changelogs.Wanted> wanted = new TreeMap<>();
        states.forEach(state -> state.changelogs().forEach((changelog, store) -> {
            store.open();
            store.rollback();
            wanted.put(changelog, new Changelogs.Wanted(store.standing(),
                    new Filling(store, cycle::restoring)));
        }));
        return then(changelogs.read(wanted), () -> states.forEach(cycle::restored));
    }

    private CompletableFuture<Ending> waitUntil(long untilMs) {
        CompletableFuture<Ending> waiting = new CompletableFuture<>();
        wait = waiting;
        ClientLoop.Timer timer =
                home.schedule(Math.max(1, untilMs - home.nowMs()), () -> waiting.complete(() -> { }));
        var _ = waiting.whenComplete((ending, failure) -> timer.cancel());
        return waiting;
    }

    private CompletableFuture<Ending> closed() {
        if (overdue) {
            dropSink();
            deadline = home.schedule(GRACE_MS, this::cutOff);
        }
        changelogs.drop();
        RecordSink last = sink;
        CompletableFuture<Void> closing = last == null ? CompletableFuture.completedFuture(null) : last.close();
        return then(closing.thenCompose(nothing -> {
            sink = null;
            return source.close(rebalance);
        }), () -> {
            if (deadline != null) {
                deadline.cancel();
            }
            cycle.closed();
        });
    }

    private RecordSink sink() {
        return requireNonNull(sink, "a step that writes comes after the opening");
    }

    private void dropSink() {
        if (sink != null) {
            sink.drop();
            sink = null;
        }
    }

    /// The end of work on a record ends it, since others may be begun then.
    private CompletableFuture<RecordSource.Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full) {
        polling = true;
        return source.poll(maxWaitMs, full, rebalance).whenComplete((polled, failure) -> polling = false);
    }

    // Records.

    /// Work on one record goes on beside the steps; whoever waits for its end is told.
    private void handle(Ticket ticket, long nowMs) {
        pace.begins(ticket.record(), nowMs);
        CompletableFuture<Effect> effect = work.on(ticket.record(), ticket.refused(), ticket.task().state());
        if (effect.isDone()) {
            pace.ends(ticket.record(), clock.worked());
            worked(ticket, effect.join());
        } else {
            ticket.workedOn(effect);
            var _ = effect.whenComplete((late, failure) -> home.execute(() -> {
                pace.ends(ticket.record(), home.nowMs());
                if (failure instanceof CancellationException) {
                    ended();
                    return;
                }
                if (failure != null) {
                    throw new IllegalStateException("User code cannot be run", failure);
                }
                worked(ticket, late);
            }));
        }
    }

    private void worked(Ticket ticket, Effect effect) {
        if (cycle.holds(ticket)) {
            held.add(() -> worked(ticket, effect));
            ended();
            return;
        }
        if (!cycle.accepts(ticket)) {
            ended();
            return;
        }
        switch (effect) {
            case Effect.Outputs outputs -> send(ticket, outputs);
            case Effect.Failed(ProcessorException cause) -> {
                cycle.processingFailed(cause);
                ended();
            }
            case Effect.StateLost(StateLostException cause) -> {
                cycle.stateLost(cause);
                ended();
            }
            case Effect.Interrupted() -> {
                cycle.processingInterrupted(home.nowMs());
                ended();
            }
        }
    }

    private void resume() {
        List<Runnable> ended = List.copyOf(held);
        held.clear();
        cycle.unwritten().resumed();
        ended.forEach(Runnable::run);
    }

    /// All of them or, when one would be refused, what the error policy has in their place.
    private void send(Ticket ticket, Effect.Outputs effect) {
        List<SinkRecord> outputs = effect.records();
        if (effect.changes() != null && !effect.changes().isEmpty()) {
            outputs = new ArrayList<>(2 * outputs.size() + 1);
            outputs.addAll(effect.records());
            ticket.task().state().log(effect.changes(), ticket.record().timestampMs(), outputs);
        }
        for (SinkRecord output : outputs) {
            ChaparException refusal = sink().refusal(output);
            if (refusal != null) {
                ticket.refused(new Refusal(ticket.record(), output, refusal));
                handle(ticket, home.nowMs());
                return;
            }
        }
        CompletableFuture<Void> sent;
        try {
            if (!effect.rows().isEmpty()) {
                sink().rows(ticket.record(), effect.rows());
            }
            sent = sink().send(ticket.record(), outputs);
        } catch (ChaparException e) {
            sent = CompletableFuture.failedFuture(e);
        }
        if (sent.isDone()) {
            sent(ticket, effect, sent);
        } else {
            CompletableFuture<Void> later = sent;
            int begun = cycle.unwritten().sendingBegins();
            var _ = later.whenComplete((nothing, failure) -> home.execute(() -> {
                cycle.unwritten().sendingEnds(begun);
                sent(ticket, effect, later);
            }));
        }
    }

    private void sent(Ticket ticket, Effect.Outputs effect, CompletableFuture<Void> sent) {
        if (cycle.accepts(ticket)) {
            if (!sent.isCompletedExceptionally()) {
                cycle.processed(ticket, effect.records().size(), effect.isGivenUp(), effect.changes());
            } else if (ClientCalls.cause(sent.exceptionNow()) instanceof ChaparException known) {
                failed(new CycleStep.Handle(ticket), known);
            } else {
                throw new IllegalStateException("Sending failed", ClientCalls.cause(sent.exceptionNow()));
            }
        }
        ended();
    }

    private void ended() {
        nextEnd.came();
        if (polling) {
            polling = false;
            source.wakeup();
        }
    }

    /// Before partitions go, the cycle ends what it began with them; its steps are done here, within the poll.
    private final class GiveUpInOrder implements RecordSource.Rebalance {
        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
            cycle.assigned(partitions);
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
            cycle.revoke();
            giveUp(partitions, done);
        }

        private void giveUp(SortedSet<TopicPartition> partitions, Runnable done) {
            while (!cycle.mayRelease()) {
                CompletableFuture<Void> step = step();
                if (!step.isDone()) {
                    var _ = step.thenRun(() -> home.execute(() -> giveUp(partitions, done)));
                    return;
                }
            }
            cycle.released(partitions);
            done.run();
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            cycle.lost(partitions);
            explain(null);
        }

        @Override
        public void warned(ProcessorException what) {
            cycle.explained(what);
        }
    }
}
