package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The committer over the [Tasks] of one thread of an application: the order in which it reads, has records worked on,
/// writes and commits, in each delivery mode; what it does when one of these fails; and what it finishes before
/// partitions are given up. A step function: [#next] says what to do, one of the other methods says how that went.
/// States: [CycleState]. Owned by one thread.
///
/// What holds:
/// - Which records are worked on at the same time is the [Schedule]'s choice; polling happens only when all that was
///   read is processed.
/// - Nothing is flushed or committed while a record is worked on, or while one waits that a later one has overtaken.
/// - `EXACTLY_ONCE`: positions are committed only by the transaction that holds the outputs. After anything but a
///   confirmed commit or abort a new sink decides the transaction first, and reading goes on at the committed
///   positions.
/// - `AT_LEAST_ONCE`: a position is committed only after a flush of all outputs before it.
/// - `AT_MOST_ONCE`: a record is processed only after a confirmed commit of the position behind it.
final class Cycle {
    /// Longest poll with nothing else to do.
    static final long MAX_POLL_MS = 1_000;

    private final CycleSettings settings;
    private CycleState state = new CycleState.Opening();
    private final Tasks tasks;
    private final NextWork nextWork;
    private final Unwritten unwritten = new Unwritten();
    private final StateBudget stateBudget;
    private final TreeSet<TopicPartition> owned = new TreeSet<>();
    /// What a commit of unknown outcome had staged; null when no outcome is open.
    private @Nullable Map<TopicPartition, OffsetAndMetadata> undecided;
    private boolean revoking;
    private boolean releaseAnyway;
    private boolean outcast;
    private boolean stopping;
    private long stopDeadlineMs = Long.MAX_VALUE;
    private @Nullable Throwable endCause;
    private final Pauses pauses = new Pauses();
    private long nowMs;
    private long wallClockMs;
    /// Since the last commit or rewind. Timers alone would go on without a poll, in which the group is heard.
    private boolean heard;
    private boolean joined;
    private final CycleCounts counts = new CycleCounts();

    Cycle(CycleSettings settings) {
        this(settings, States.none());
    }

    Cycle(CycleSettings settings, States states) {
        this.settings = settings;
        stateBudget = states.budget();
        tasks = new Tasks(settings, states);
        nextWork = new NextWork(settings, tasks, new CommitPace(transactional(), settings.commitIntervalMs()));
    }

    /// For steps without timers.
    CycleStep next(long nowMs) {
        return next(nowMs, nowMs);
    }

    /// `nowMs` is of a clock that never goes back; `wallClockMs` since 1970.
    CycleStep next(long nowMs, long wallClockMs) {
        this.nowMs = nowMs;
        this.wallClockMs = wallClockMs;
        tasks.at(nowMs);
        if (stopping && nowMs >= stopDeadlineMs && !isEnding()) {
            close();
        }
        if (!pauses.isOver(nowMs) && !stopping && !revoking && !isEnding()) {
            return new CycleStep.Wait(pauses.untilMs());
        }
        if (state.mayRestore(ending(), settings.delivery()) && !tasks.areRestored()) {
            return new CycleStep.Restore(tasks.unrestored());
        }
        return switch (state) {
            case CycleState.Opening() -> stopping ? close() : new CycleStep.Open();
            case CycleState.Idle() -> idle(nowMs);
            case CycleState.Processing(long sinceMs) -> processing(sinceMs, nowMs);
            case CycleState.Flushing(long sinceMs) -> new CycleStep.Flush();
            case CycleState.Committing(long sinceMs) -> transactional()
                    ? new CycleStep.CommitTransaction(tasks.positions())
                    : new CycleStep.CommitPositions(tasks.positions());
            case CycleState.Keeping() -> new CycleStep.Keep();
            case CycleState.Aborting(CycleState.Way way) -> switch (way) {
                case ABORT -> new CycleStep.Abort();
                case REOPEN -> new CycleStep.Reopen();
                case REWIND -> ending() ? close() : outcast ? new CycleStep.Poll(0) : new CycleStep.Rewind();
            };
            case CycleState.Closing(Throwable cause) -> new CycleStep.Close();
            case CycleState.Closed(Throwable cause) -> throw new IllegalStateException("The cycle is closed");
        };
    }

    private CycleStep idle(long nowMs) {
        boolean unfinished = nextWork.early() && (tasks.isUnderWay() || unwritten.held() > 0);
        if (ending() && !unfinished) {
            return close();
        }
        if (tasks.needPlaces(wallClockMs) && !outcast && !unfinished) {
            return new CycleStep.Rewind();
        }
        if (!ending() && nextWork.isNothingToBegin(now(nowMs), heard)) {
            return tasks.haveDue(wallClockMs) ? new CycleStep.Poll(0) : nextWork.poll(MAX_POLL_MS, now(nowMs));
        }
        if (transactional()) {
            return new CycleStep.Begin();
        }
        state = new CycleState.Processing(nowMs);
        return processing(nowMs, nowMs);
    }

    private CycleStep processing(long sinceMs, long nowMs) {
        CycleStep work = nextWork.next(sinceMs, now(nowMs));
        if (work == null) {
            state = new CycleState.Flushing(sinceMs);
        }
        return work != null ? work : new CycleStep.Flush();
    }

    private NextWork.Now now(long nowMs) {
        return new NextWork.Now(nowMs, wallClockMs, ending(), revoking, unwritten.held(), unwritten.sending());
    }

    private CycleStep close() {
        state = new CycleState.Closing(endCause);
        return new CycleStep.Close();
    }

    // How a step went.

    void opened() {
        pauses.succeeded();
        state = new CycleState.Idle();
    }

    void polled(RecordSource.Polled polled) {
        outcast = false;
        heard = true;
        boolean keeping = state instanceof CycleState.Keeping;
        if (!(keeping || state instanceof CycleState.Idle || state instanceof CycleState.Processing)) {
            return;
        }
        tasks.read(polled.records(), polled.next(), polled.began());
        nextWork.pace().polled(polled.records().isEmpty());
        if (!keeping && settings.delivery() == Delivery.AT_MOST_ONCE && !tasks.areDone()) {
            state = new CycleState.Committing(0);
        }
    }

    void begun(long nowMs) {
        state = new CycleState.Processing(nowMs);
    }

    /// Whether what came of this record may be written: false once it is read again, here or elsewhere.
    boolean accepts(Ticket ticket) {
        return ticket.isUnderWay() && state instanceof CycleState.Processing;
    }

    /// Whether what came of this record is to wait until [CycleStep.Resume]: it is written in the next transaction.
    boolean holds(Ticket ticket) {
        boolean holds = nextWork.early() && ticket.isUnderWay() && state.isBetweenTransactions();
        if (holds) {
            unwritten.hold();
        }
        return holds;
    }

    Unwritten unwritten() {
        return unwritten;
    }

    /// All that came of an accepted record is handed over. `wasSkipped`: given up under the error policy, with or
    /// without a dead letter.
    void processed(Ticket ticket, int outputs, boolean wasSkipped) {
        processed(ticket, outputs, wasSkipped, null);
    }

    /// `changes` of state, whose changelog records are handed over as well; null for none.
    void processed(Ticket ticket, int outputs, boolean wasSkipped, @Nullable Changes changes) {
        counts.processed(tasks.isTimer(ticket), ticket.record().timestampMs(), outputs, wasSkipped);
        tasks.finish(ticket, changes);
    }

    /// An entry came from a changelog.
    void restoring() {
        counts.restoredEntries++;
    }

    void restored(TaskState state) {
        pauses.restored();
        state.restored();
    }

    /// User code failed for good on an accepted record.
    void processingFailed(Throwable cause) {
        counts.lastError = cause;
        endCause = cause;
        tasks.callIn();
        state = switch (settings.delivery()) {
            case EXACTLY_ONCE -> new CycleState.Aborting(CycleState.Way.ABORT);
            case AT_LEAST_ONCE, AT_MOST_ONCE -> new CycleState.Flushing(0);
        };
    }

    /// The host was told to stop while user code ran: the accepted record counts as not processed.
    void processingInterrupted(long nowMs) {
        tasks.callIn();
        stop(nowMs);
        if (transactional()) {
            state = new CycleState.Aborting(CycleState.Way.ABORT);
        }
    }

    void flushed() {
        CycleState.Flushing flushing = (CycleState.Flushing) state;
        boolean nothing = tasks.positions().isEmpty();
        boolean done = settings.delivery() == Delivery.AT_MOST_ONCE || (nothing && !transactional());
        state = done ? keep(new CycleState.Idle()) : new CycleState.Committing(flushing.sinceMs());
        if (nothing) {
            tasks.committed();
        }
        counts.flushed(done, wallClockMs);
    }

    void committed(long nowMs) {
        counts.committed(wallClockMs + nowMs - this.nowMs);
        pauses.committed();
        nextWork.pace().ended(nowMs);
        heard = false;
        tasks.committed();
        state = settings.delivery() == Delivery.AT_MOST_ONCE ? new CycleState.Processing(nowMs)
                : keep(new CycleState.Idle());
    }

    /// By changelog, what is known to be written there. Told before the flush that it was written in.
    void wrote(Map<TopicPartition, Written> written) {
        tasks.wrote(written);
    }

    /// What is committed goes into the stores. While they cannot keep it, nothing else is begun.
    private CycleState keep(CycleState then) {
        ChaparException notNow = tasks.keepState(wallClockMs);
        if (notNow == null) {
            return then;
        }
        counts.lastError = notNow;
        pauses.failed();
        pauses.begin(nowMs);
        return ending() ? new CycleState.Closing(endCause) : new CycleState.Keeping();
    }

    /// What a poll has brought meanwhile is committed first where that is the mode.
    void kept() {
        state = keep(settings.delivery() == Delivery.AT_MOST_ONCE && !tasks.areDone() ? new CycleState.Committing(0)
                : new CycleState.Idle());
        if (!(state instanceof CycleState.Keeping)) {
            pauses.succeeded();
        }
    }

    /// A store cannot be read: nothing counts of what was not committed. It is built anew after a pause.
    void stateLost(StateLostException cause) {
        counts.lastError = cause;
        pauses.stateLost(nowMs);
        if (settings.delivery() == Delivery.AT_MOST_ONCE) {
            // What was read is not read again.
            processingFailed(cause);
        } else {
            abandon(transactional() && !state.isFree() ? CycleState.Way.ABORT : CycleState.Way.REWIND);
        }
        tasks.restoreAnew();
    }

    void closeStores() {
        tasks.close();
    }

    void aborted() {
        counts.aborts++;
        state = new CycleState.Aborting(CycleState.Way.REWIND);
    }

    void reopened() {
        counts.aborts += undecided == null ? 1 : 0;
        tasks.restoreAnew();
        state = new CycleState.Aborting(CycleState.Way.REWIND);
    }

    void rewound(Map<TopicPartition, OffsetAndMetadata> committed, long nowMs) {
        if (undecided != null) {
            if (Tasks.covers(committed, undecided)) {
                counts.decided(true, wallClockMs);
                pauses.succeeded();
            } else {
                counts.decided(false, wallClockMs);
            }
            undecided = null;
            tasks.restoreAnew();
        }
        heard = false;
        dropAll();
        tasks.located(committed);
        state = new CycleState.Idle();
        if (pauses.isFailingAgain()) {
            pauses.begin(nowMs);
        }
    }

    /// A fault of this program, or an error that nothing comes after.
    void broken(Throwable cause) {
        counts.lastError = cause;
        tasks.callIn();
        state = new CycleState.Closed(cause);
    }

    void closed() {
        state = new CycleState.Closed(((CycleState.Closing) state).cause());
    }

    // How a step failed.

    /// `refusals`: outputs that were refused in this step or before it.
    void failed(CycleStep step, ChaparException cause, List<Refusal> refusals, long nowMs) {
        counts.failed(step, cause);
        pauses.failed();
        if (!refusals.isEmpty()) {
            tasks.refused(refusals);
            if (refused(step, cause, nowMs)) {
                return;
            }
        }
        releaseAnyway |= Reaction.leavesItToTime(step, settings.delivery());
        if (step instanceof CycleStep.CommitTransaction(var staged)) {
            undecided = cause instanceof UnknownOutcomeException ? staged : null;
        }
        switch (Reaction.to(step, cause,
                new Reaction.Situation(settings.delivery(), settings.named(), isOverdue(nowMs), ending()))) {
            case Reaction.Again() -> pauses.begin(nowMs);
            case Reaction.Rejoin() -> {
                outcast = true;
                pauses.begin(nowMs);
            }
            case Reaction.Postpone() -> {
                state = new CycleState.Processing(nowMs);
                pauses.begin(nowMs);
            }
            case Reaction.PassOver() -> passOver(step);
            case Reaction.Abandon(CycleState.Way way) -> abandon(way);
            case Reaction.AbortAndEnd() -> {
                endCause = cause;
                abandon(CycleState.Way.ABORT);
            }
            case Reaction.End() -> end(cause);
            case Reaction.Close() -> close();
        }
    }

    /// The application goes on after a refused output: with the same records, of which the refused ones are known.
    /// False: something else failed besides.
    private boolean refused(CycleStep step, ChaparException cause, long nowMs) {
        if (!Refusal.isOne(cause) && !(cause instanceof AbortableException)) {
            return false;
        }
        switch (settings.delivery()) {
            case EXACTLY_ONCE -> abandon(CycleState.Way.ABORT);
            case AT_LEAST_ONCE -> abandon(CycleState.Way.REWIND);
            case AT_MOST_ONCE -> {
                passOver(step);
                state = new CycleState.Processing(nowMs);
            }
        }
        return true;
    }

    /// What was behind the last failure, or behind the loss of partitions.
    void explained(ProcessorException reason) {
        counts.lastError = reason;
    }

    private void passOver(CycleStep step) {
        if (step instanceof CycleStep.Handle(Ticket ticket)) {
            processed(ticket, 0, false);
        } else {
            state = new CycleState.Idle();
        }
    }

    private boolean isOverdue(long nowMs) {
        return state instanceof CycleState.Aborting || nowMs - state.begunMs(nowMs) >= settings.transactionTimeoutMs();
    }

    private void dropAll() {
        tasks.dropAll();
        unwritten.dropped();
        counts.times.dropped();
    }

    private void abandon(CycleState.Way way) {
        dropAll();
        state = new CycleState.Aborting(way);
    }

    private void end(Throwable cause) {
        endCause = endCause == null ? cause : endCause;
        dropAll();
        close();
    }

    // Partitions come and go; only while a poll or the close is under way.

    void assigned(Set<TopicPartition> partitions) {
        joined = true;
        counts.rebalances++;
        owned.addAll(partitions);
        tasks.add(partitions);
        UsageException torn = tasks.torn();
        if (endCause == null && torn != null) {
            endCause = torn;
            counts.lastError = torn;
        }
    }

    /// These shall be given up: what was begun is finished or aborted first. The host does steps until [#mayRelease].
    void revoke() {
        revoking = true;
        releaseAnyway = false;
    }

    /// Nothing is under way whose end the next owner would have to wait for; or ending it has failed, and only time
    /// will do it.
    boolean mayRelease() {
        return releaseAnyway || state.isFree();
    }

    void released(Set<TopicPartition> partitions) {
        revoking = false;
        releaseAnyway = false;
        forget(partitions);
    }

    /// These are others' already. A transaction that holds some of them cannot be committed.
    void lost(Set<TopicPartition> partitions) {
        forget(partitions);
        if (transactional() && state.isBegun()) {
            abandon(CycleState.Way.ABORT);
        }
    }

    private void forget(Set<TopicPartition> partitions) {
        owned.removeAll(partitions);
        tasks.forget(partitions);
    }

    // From outside.

    /// Finish what was begun, and close; from `deadlineMs` on, close at once.
    void stop(long deadlineMs) {
        stopping = true;
        stopDeadlineMs = Math.min(stopDeadlineMs, deadlineMs);
    }

    /// Nothing is begun, and nothing has to be before records come.
    boolean isAtRest() {
        return state instanceof CycleState.Idle && !ending() && tasks.areRestored()
                && !(nextWork.early() && (tasks.isUnderWay() || unwritten.held() > 0))
                && !tasks.needPlaces(wallClockMs) && !tasks.haveDue(wallClockMs);
    }

    CycleState state() {
        return state;
    }

    CycleReport report() {
        return counts.report(state, joined, owned.size(), tasks, stateBudget.usedBytes());
    }

    private boolean transactional() {
        return settings.delivery() == Delivery.EXACTLY_ONCE;
    }

    private boolean ending() {
        return stopping || endCause != null;
    }

    private boolean isEnding() {
        return state instanceof CycleState.Closing || state instanceof CycleState.Closed;
    }
}
