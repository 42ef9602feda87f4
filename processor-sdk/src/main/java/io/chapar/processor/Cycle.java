package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The order in which one thread reads, processes, writes and commits, in each delivery mode; what it does when one
/// of these fails; and what it finishes before partitions are given up. A step function: [#next] says what to do, one
/// of the other methods says how that went. States: [CycleState]. Owned by one thread.
///
/// What holds:
/// - Records are taken in the order read, and polling happens only when all that was read is processed.
/// - `EXACTLY_ONCE`: positions are committed only by the transaction that holds the outputs. After anything but a
///   confirmed commit or abort a new sink decides the transaction first, and reading goes on at the committed
///   positions.
/// - `AT_LEAST_ONCE`: a position is committed only after a flush of all outputs before it.
/// - `AT_MOST_ONCE`: a record is processed only after a confirmed commit of the position behind it.
final class Cycle {
    /// Longest poll with nothing else to do.
    static final long MAX_POLL_MS = 1_000;
    private static final long FIRST_BACKOFF_MS = 50;
    private static final long MAX_BACKOFF_MS = 3_000;
    private static final int MAX_DOUBLINGS = 6;

    /// `named`: the transactional id was given by the user, so somebody else could have taken it.
    record Settings(Delivery delivery, long commitIntervalMs, int commitRecords, long commitBytes,
            long transactionTimeoutMs, boolean named) {
        static Settings of(ProcessorConfig config) {
            return new Settings(config.delivery(), config.commitIntervalMs(), config.commitRecords(),
                    config.commitBytes(), config.transactionTimeoutMs(), config.instanceName() != null);
        }
    }

    private final Settings settings;
    private CycleState state = new CycleState.Opening();
    private final ArrayDeque<SourceRecord> inbox = new ArrayDeque<>();
    /// Positions behind everything processed (`AT_MOST_ONCE`: read) and not committed.
    private final TreeMap<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>();
    /// Positions to take over when the inbox is empty.
    private final TreeMap<TopicPartition, OffsetAndMetadata> ahead = new TreeMap<>();
    private final TreeSet<TopicPartition> owned = new TreeSet<>();
    /// What a commit of unknown outcome had staged; null when no outcome is open.
    private Map<TopicPartition, OffsetAndMetadata> undecided;
    private int uncommittedRecords;
    private long uncommittedBytes;
    private boolean revoking;
    private boolean releaseAnyway;
    private boolean outcast;
    private boolean stopping;
    private long stopDeadlineMs = Long.MAX_VALUE;
    private Throwable endCause;
    private int failures;
    private long waitUntilMs = Long.MIN_VALUE;
    private boolean joined;
    private long recordsIn;
    private long recordsOut;
    private long commits;
    private long aborts;
    private long rebalances;
    private long skipped;
    private Throwable lastError;

    Cycle(Settings settings) {
        this.settings = settings;
    }

    CycleStep next(long nowMs) {
        if (stopping && nowMs >= stopDeadlineMs && !isEnding()) {
            close();
        }
        if (nowMs < waitUntilMs && !stopping && !revoking && !isEnding()) {
            return new CycleStep.Wait(waitUntilMs);
        }
        return switch (state) {
            case CycleState.Opening() -> stopping ? close() : new CycleStep.Open();
            case CycleState.Idle() -> idle(nowMs);
            case CycleState.Processing(long sinceMs) -> processing(sinceMs, nowMs);
            case CycleState.Flushing(long sinceMs) -> new CycleStep.Flush();
            case CycleState.Committing(long sinceMs) -> transactional()
                    ? new CycleStep.CommitTransaction(new TreeMap<>(positions))
                    : new CycleStep.CommitPositions(new TreeMap<>(positions));
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
        if (ending()) {
            return close();
        }
        if (inbox.isEmpty()) {
            return new CycleStep.Poll(MAX_POLL_MS);
        }
        if (transactional()) {
            return new CycleStep.Begin();
        }
        state = new CycleState.Processing(nowMs);
        return processing(nowMs, nowMs);
    }

    private CycleStep processing(long sinceMs, long nowMs) {
        if (settings.delivery() == Delivery.AT_MOST_ONCE) {
            return inbox.isEmpty() ? flush(sinceMs) : new CycleStep.Handle(inbox.peek());
        }
        if (ending()) {
            inbox.clear();
            ahead.clear();
        }
        long dueMs = sinceMs + settings.commitIntervalMs();
        if (ending() || revoking || nowMs >= dueMs || uncommittedRecords >= settings.commitRecords()
                || uncommittedBytes >= settings.commitBytes()) {
            return flush(sinceMs);
        }
        return inbox.isEmpty() ? new CycleStep.Poll(Math.min(MAX_POLL_MS, dueMs - nowMs))
                : new CycleStep.Handle(inbox.peek());
    }

    private CycleStep flush(long sinceMs) {
        state = new CycleState.Flushing(sinceMs);
        return new CycleStep.Flush();
    }

    private CycleStep close() {
        state = new CycleState.Closing(endCause);
        return new CycleStep.Close();
    }

    // How a step went.

    void opened() {
        failures = 0;
        state = new CycleState.Idle();
    }

    void polled(RecordSource.Polled polled) {
        outcast = false;
        if (!(state instanceof CycleState.Idle || state instanceof CycleState.Processing)) {
            return;
        }
        inbox.addAll(polled.records());
        if (inbox.isEmpty()) {
            positions.putAll(polled.next());
        } else if (settings.delivery() == Delivery.AT_MOST_ONCE) {
            positions.putAll(polled.next());
            state = new CycleState.Committing(0);
        } else {
            ahead.putAll(polled.next());
        }
    }

    void begun(long nowMs) {
        state = new CycleState.Processing(nowMs);
    }

    /// `wasSkipped`: given up under the error policy, with or without a dead letter.
    void processed(int outputs, boolean wasSkipped) {
        SourceRecord record = inbox.remove();
        recordsIn++;
        recordsOut += outputs;
        skipped += wasSkipped ? 1 : 0;
        if (settings.delivery() == Delivery.AT_MOST_ONCE) {
            return;
        }
        uncommittedRecords++;
        uncommittedBytes += record.sizeInBytes();
        positions.put(record.partition(), new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), ""));
        if (inbox.isEmpty()) {
            positions.putAll(ahead);
            ahead.clear();
        }
    }

    /// User code failed for good on the record handed out.
    void processingFailed(Throwable cause) {
        lastError = cause;
        endCause = cause;
        inbox.clear();
        ahead.clear();
        state = switch (settings.delivery()) {
            case EXACTLY_ONCE -> new CycleState.Aborting(CycleState.Way.ABORT);
            case AT_LEAST_ONCE, AT_MOST_ONCE -> new CycleState.Flushing(0);
        };
    }

    /// The host was told to stop while user code ran: the record counts as not processed.
    void processingInterrupted(long nowMs) {
        inbox.clear();
        ahead.clear();
        stop(nowMs);
        if (transactional()) {
            state = new CycleState.Aborting(CycleState.Way.ABORT);
        }
    }

    void flushed() {
        CycleState.Flushing flushing = (CycleState.Flushing) state;
        if (positions.isEmpty()) {
            forgetUncommitted();
        }
        state = settings.delivery() == Delivery.AT_MOST_ONCE || (positions.isEmpty() && !transactional())
                ? new CycleState.Idle() : new CycleState.Committing(flushing.sinceMs());
    }

    void committed(long nowMs) {
        commits++;
        failures = 0;
        forgetUncommitted();
        state = settings.delivery() == Delivery.AT_MOST_ONCE ? new CycleState.Processing(nowMs)
                : new CycleState.Idle();
    }

    void aborted() {
        aborts++;
        state = new CycleState.Aborting(CycleState.Way.REWIND);
    }

    void reopened() {
        aborts += undecided == null ? 1 : 0;
        state = new CycleState.Aborting(CycleState.Way.REWIND);
    }

    void rewound(Map<TopicPartition, OffsetAndMetadata> committed, long nowMs) {
        if (undecided != null) {
            if (covers(committed, undecided)) {
                commits++;
                failures = 0;
            } else {
                aborts++;
            }
            undecided = null;
        }
        dropAll();
        state = new CycleState.Idle();
        if (failures > 1) {
            backOff(nowMs);
        }
    }

    private static boolean covers(Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, OffsetAndMetadata> staged) {
        for (Map.Entry<TopicPartition, OffsetAndMetadata> one : staged.entrySet()) {
            OffsetAndMetadata there = committed.get(one.getKey());
            if (there == null || there.offset() < one.getValue().offset()) {
                return false;
            }
        }
        return true;
    }

    void closed() {
        state = new CycleState.Closed(((CycleState.Closing) state).cause());
    }

    // How a step failed.

    void failed(CycleStep step, ChaparException cause, long nowMs) {
        lastError = cause;
        failures++;
        switch (step) {
            case CycleStep.Open() -> retryOrEnd(cause, nowMs);
            case CycleStep.Poll(long maxWaitMs) -> retryOrEnd(cause, nowMs);
            case CycleStep.Begin() -> transactionFailed(cause, nowMs);
            case CycleStep.Handle(SourceRecord record) -> outputFailed(cause, nowMs);
            case CycleStep.Flush() -> outputFailed(cause, nowMs);
            case CycleStep.CommitPositions(var staged) -> positionsFailed(cause, nowMs);
            case CycleStep.CommitTransaction(var staged) -> {
                undecided = cause instanceof UnknownOutcomeException ? staged : null;
                transactionFailed(cause, nowMs);
            }
            case CycleStep.Abort() -> abortFailed(cause, nowMs);
            case CycleStep.Reopen() -> {
                releaseAnyway = true;
                if (ending()) {
                    close();
                } else {
                    retryOrEnd(cause, nowMs);
                }
            }
            case CycleStep.Rewind() -> {
                if (isMemberFence(cause)) {
                    outcast = true;
                    backOff(nowMs);
                } else {
                    retryOrEnd(cause, nowMs);
                }
            }
            case CycleStep.Wait(long untilMs) -> throw new IllegalStateException("Waiting does not fail", cause);
            case CycleStep.Close() -> throw new IllegalStateException("Closing does not fail", cause);
        }
    }

    private void retryOrEnd(ChaparException cause, long nowMs) {
        switch (cause) {
            case RetriableException again -> backOff(nowMs);
            case AbortableException again -> backOff(nowMs);
            case UnknownOutcomeException again -> backOff(nowMs);
            case FencedException fenced -> end(cause);
            case FatalException fatal -> end(cause);
            case UsageException usage -> end(cause);
        }
    }

    private void outputFailed(ChaparException cause, long nowMs) {
        switch (settings.delivery()) {
            case EXACTLY_ONCE -> transactionFailed(cause, nowMs);
            case AT_LEAST_ONCE -> {
                if (isFinal(cause)) {
                    end(cause);
                } else {
                    // Which outputs are missing is not known: all since the last commit are made again.
                    releaseAnyway = true;
                    abandon(CycleState.Way.REWIND);
                }
            }
            case AT_MOST_ONCE -> {
                if (isFinal(cause)) {
                    end(cause);
                } else if (state instanceof CycleState.Processing) {
                    processed(0, false);
                } else {
                    state = new CycleState.Idle();
                }
            }
        }
    }

    private void positionsFailed(ChaparException cause, long nowMs) {
        releaseAnyway = true;
        if (isFinal(cause)) {
            end(cause);
        } else if (settings.delivery() == Delivery.AT_MOST_ONCE || isExpelled(cause)) {
            // Whether these may be processed is not known, or known to be forbidden.
            abandon(CycleState.Way.REWIND);
        } else if (ending()) {
            close();
        } else {
            // The positions stay true; they are committed with the next ones.
            state = new CycleState.Processing(nowMs);
            backOff(nowMs);
        }
    }

    private void transactionFailed(ChaparException cause, long nowMs) {
        switch (cause) {
            case AbortableException abortable -> abandon(CycleState.Way.ABORT);
            case RetriableException notDone -> abandon(CycleState.Way.ABORT);
            case UnknownOutcomeException unknown -> abandon(CycleState.Way.REOPEN);
            case FencedException fenced -> fenced(fenced, nowMs);
            case FatalException fatal -> endTransaction(cause);
            case UsageException usage -> endTransaction(cause);
        }
    }

    private void abortFailed(ChaparException cause, long nowMs) {
        switch (cause) {
            case FencedException fenced -> fenced(fenced, nowMs);
            case AbortableException again -> abandon(CycleState.Way.REOPEN);
            case RetriableException again -> abandon(CycleState.Way.REOPEN);
            case UnknownOutcomeException again -> abandon(CycleState.Way.REOPEN);
            case FatalException fatal -> end(cause);
            case UsageException usage -> end(cause);
        }
    }

    /// A member's fence ends the transaction, and the next poll joins again. A producer's fence is the broker's, if
    /// the transaction was open too long; else somebody uses the same name, and of two that would fence each other
    /// for ever one must stop.
    private void fenced(FencedException cause, long nowMs) {
        if (isMemberFence(cause)) {
            abandon(CycleState.Way.ABORT);
        } else if (cause.errorCode() == ErrorCode.FENCED_INSTANCE_ID
                || (settings.named() && !isOverdue(nowMs))) {
            end(cause);
        } else {
            abandon(CycleState.Way.REOPEN);
        }
    }

    private boolean isOverdue(long nowMs) {
        return switch (state) {
            case CycleState.Processing(long sinceMs) -> nowMs - sinceMs >= settings.transactionTimeoutMs();
            case CycleState.Flushing(long sinceMs) -> nowMs - sinceMs >= settings.transactionTimeoutMs();
            case CycleState.Committing(long sinceMs) -> nowMs - sinceMs >= settings.transactionTimeoutMs();
            case CycleState.Aborting(CycleState.Way way) -> true;
            case CycleState.Opening() -> false;
            case CycleState.Idle() -> false;
            case CycleState.Closing(Throwable cause) -> false;
            case CycleState.Closed(Throwable cause) -> false;
        };
    }

    private void abandon(CycleState.Way way) {
        dropAll();
        state = new CycleState.Aborting(way);
    }

    private void endTransaction(ChaparException cause) {
        endCause = cause;
        abandon(CycleState.Way.ABORT);
    }

    private void end(Throwable cause) {
        if (endCause == null) {
            endCause = cause;
        }
        dropAll();
        close();
    }

    private void dropAll() {
        inbox.clear();
        ahead.clear();
        forgetUncommitted();
    }

    private void forgetUncommitted() {
        positions.clear();
        uncommittedRecords = 0;
        uncommittedBytes = 0;
    }

    private void backOff(long nowMs) {
        waitUntilMs = nowMs + Math.min(MAX_BACKOFF_MS,
                FIRST_BACKOFF_MS << Math.min(MAX_DOUBLINGS, Math.max(0, failures - 1)));
    }

    /// Whether the group goes on without this member. One that is refused for an older generation, and goes on in the
    /// newer one, is told to try again: what it was not asked to give up is still its own.
    private static boolean isExpelled(ChaparException cause) {
        return isMemberFence(cause) && !(cause instanceof RetriableException);
    }

    private static boolean isMemberFence(ChaparException cause) {
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

    // Partitions come and go; only while a poll or the close is under way.

    void assigned(Set<TopicPartition> partitions) {
        joined = true;
        rebalances++;
        owned.addAll(partitions);
    }

    /// These shall be given up: what was begun is finished or aborted first. The host does steps until [#mayRelease].
    void revoke() {
        revoking = true;
        releaseAnyway = false;
    }

    /// Nothing is under way whose end the next owner would have to wait for; or ending it has failed, and only time
    /// will do it.
    boolean mayRelease() {
        return releaseAnyway || switch (state) {
            case CycleState.Processing(long sinceMs) -> false;
            case CycleState.Flushing(long sinceMs) -> false;
            case CycleState.Committing(long sinceMs) -> false;
            case CycleState.Aborting(CycleState.Way way) -> way == CycleState.Way.REWIND;
            case CycleState.Opening() -> true;
            case CycleState.Idle() -> true;
            case CycleState.Closing(Throwable cause) -> true;
            case CycleState.Closed(Throwable cause) -> true;
        };
    }

    void released(Set<TopicPartition> partitions) {
        revoking = false;
        releaseAnyway = false;
        forget(partitions);
    }

    /// These are others' already. A transaction that holds some of them cannot be committed.
    void lost(Set<TopicPartition> partitions) {
        forget(partitions);
        if (transactional() && (state instanceof CycleState.Processing || state instanceof CycleState.Flushing
                || state instanceof CycleState.Committing)) {
            abandon(CycleState.Way.ABORT);
        }
    }

    private void forget(Set<TopicPartition> partitions) {
        for (TopicPartition gone : partitions) {
            owned.remove(gone);
            positions.remove(gone);
            ahead.remove(gone);
        }
        inbox.removeIf(record -> partitions.contains(record.partition()));
    }

    // From outside.

    /// Finish what was begun, and close; from `deadlineMs` on, close at once.
    void stop(long deadlineMs) {
        stopping = true;
        stopDeadlineMs = Math.min(stopDeadlineMs, deadlineMs);
    }

    CycleState state() {
        return state;
    }

    CycleReport report() {
        return new CycleReport(state, joined, owned.size(), recordsIn, recordsOut, commits, aborts, rebalances, skipped,
                lastError);
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
