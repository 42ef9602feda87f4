package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// The coordinator of the transactional ids of one partition of `__transaction_state`: a step function.
///
/// Every command is decided against committed state, its record appended, and only when that is committed applied,
/// answered and acted upon. While a record of an id is not committed, further commands of that id wait in order of
/// arrival, each at most until its own deadline. A command that meets markers still on their way waits likewise. One
/// thing is decided ahead: where the next transaction waits for the end of the one before, its beginning is written in
/// one batch with that end, and both are committed or none.
///
/// Single-threaded; owned by the loop of its partition. Life: [#replay] the log, [#start], then the rest.
public final class TxnCoordinator {
    /// Ids that one tick looks at: all that dead producers left open may be due at the same moment.
    static final int DUE_AT_ONCE = 200;
    /// Ids that one call of [#start] looks at.
    static final int STARTED_AT_ONCE = 1000;

    private final ProducerIds ids;
    private final TxnLimits limits;
    private final Transitions transitions;
    private final TxnTable table = new TxnTable();
    private final TxnAdmission admission;
    private final TxnRoom room;
    private final SequencedSet<String> withoutProducerId = new LinkedHashSet<>();
    private boolean started = false;
    /// What was loaded and not looked at yet; null before and after that.
    private @Nullable Iterator<TxnTable.Entry> starting;
    /// The clock when it was last looked at.
    private long latestMs = Long.MIN_VALUE;

    /// @param room for what is kept here; a new id, or more partitions, beyond it are refused with POLICY_VIOLATION
    public TxnCoordinator(ProducerIds ids, TxnLimits limits, TxnRoom room) {
        this.ids = ids;
        this.room = room;
        this.limits = limits;
        this.transitions = new Transitions(ids, limits);
        this.admission = new TxnAdmission(table, limits, room);
    }

    // ---- events

    /// Takes in a committed record of the log, in log order, before [#start]. Never judges it.
    public void replay(TxnRecord record) {
        Check.that(!started, "replay ends before the start", record);
        TxnTable.Entry entry = table.open(record.transactionalId());
        entry.state = record.state();
        table.settle(entry, TxnTable.NEVER);
    }

    /// The whole log is replayed and committed: goes on with what the coordinator before left behind, id by id. What
    /// follows from that may come back meanwhile, but no command.
    ///
    /// @return whether it has to be called again, for more ids
    public boolean start(long nowMs, Consumer<TxnEffect> out) {
        notice(nowMs);
        if (!started) {
            started = true;
            List<TxnTable.Entry> loaded = new ArrayList<>();
            table.forEachEntry(loaded::add);
            starting = loaded.iterator();
        }
        Iterator<TxnTable.Entry> left = requireNonNull(starting, "it starts once");
        for (int i = 0; i < STARTED_AT_ONCE && left.hasNext(); i++) {
            TxnTable.Entry entry = left.next();
            enter(entry, nowMs, out);
            settle(entry);
        }
        starting = left.hasNext() ? left : null;
        room.holds(table.bytes());
        return left.hasNext();
    }

    /// @param request the host's name for this request; comes back in the one [TxnEffect.Reply]
    /// @param deadlineMs until when the command may wait for markers or other commands of its id
    public void submit(long request, TxnCommand command, long deadlineMs, long nowMs, Consumer<TxnEffect> out) {
        notice(nowMs);
        Check.that(started && starting == null, "commands come after the start", command);
        TxnTable.Waiting asked = new TxnTable.Waiting(request, command, deadlineMs);
        TxnReply.Refused invalid = admission.refusal(command);
        if (invalid != null) {
            reply(asked, invalid, out);
            return;
        }
        TxnTable.Entry entry = table.open(command.transactionalId());
        boolean preparing = entry.state instanceof TxnState.Preparing;
        if (isVerification(command) && !preparing) {
            answer(entry, asked, transitions.decide(entry.state, command, nowMs), out);
        } else if (preparing && transitions.decide(entry.state, command, nowMs) instanceof TxnDecision.Refuse refuse) {
            answer(entry, asked, refuse, out);
        } else if (entry.waiting.size() >= limits.maxWaiting()) {
            reply(asked, new TxnReply.Refused(ErrorCode.CONCURRENT_TRANSACTIONS,
                    "more than " + limits.maxWaiting() + " requests wait for this transactional id"), out);
        } else {
            entry.waiting.addLast(asked);
            drain(entry, nowMs, out);
        }
        settle(entry);
        room.holds(table.bytes());
    }

    /// The record of an [TxnEffect.Append] is below the high watermark.
    public void committed(TxnRecord record, long nowMs, Consumer<TxnEffect> out) {
        notice(nowMs);
        TxnTable.Entry entry = undecidedEntry(record);
        TxnTable.Waiting author = entry.author;
        TxnReply reply = entry.replyWhenCommitted;
        TxnCommand decideNext = entry.decideNext;
        TxnCommand cause = entry.cause;
        clearUndecided(entry);
        entry.notBeforeMs = TxnTable.AT_ONCE;
        Fencers.note(entry, cause, record, out);
        entry.state = record.state();
        if (author != null && reply != null) {
            reply(author, reply, out);
        }
        if (author != null && decideNext != null) {
            entry.waiting.addFirst(new TxnTable.Waiting(author.request(), decideNext, author.deadlineMs()));
        }
        enter(entry, nowMs, out);
        drain(entry, nowMs, out);
        settle(entry);
        room.holds(table.bytes());
    }

    /// The record of an [TxnEffect.Append] was not written, as far as is known. The state stands as it was, so that
    /// a repeated fence is the same fence and not a second one.
    ///
    /// @param error what the requester is told
    public void failed(TxnRecord record, ErrorCode error, long nowMs, Consumer<TxnEffect> out) {
        notice(nowMs);
        TxnTable.Entry entry = undecidedEntry(record);
        TxnTable.Waiting author = entry.author;
        clearUndecided(entry);
        if (author != null) {
            reply(author, new TxnReply.Refused(error), out);
        } else {
            entry.notBeforeMs = nowMs + limits.retryMs();
        }
        drain(entry, nowMs, out);
        settle(entry);
        room.holds(table.bytes());
    }

    /// An answer to [TxnEffect.SendMarkers]. Answers for another transaction than the current one change nothing.
    public void markerWritten(
            String transactionalId,
            long producerId,
            short producerEpoch,
            TopicPartition partition,
            MarkerResult result,
            long nowMs,
            Consumer<TxnEffect> out) {
        notice(nowMs);
        TxnTable.Entry entry = table.find(transactionalId);
        if (entry == null
                || !(entry.state instanceof TxnState.Preparing preparing)
                || preparing.producerId() != producerId
                || preparing.producerEpoch() != producerEpoch) {
            return;
        }
        entry.markers().answered(partition, result, nowMs + limits.retryMs());
        completeIfDone(entry, nowMs, out);
        settle(entry);
        room.holds(table.bytes());
    }

    /// A block of producer ids arrived at the shared [ProducerIds].
    public void producerIdsArrived(long nowMs, Consumer<TxnEffect> out) {
        notice(nowMs);
        List<String> hungry = new ArrayList<>(withoutProducerId);
        withoutProducerId.clear();
        for (String transactionalId : hungry) {
            TxnTable.Entry entry = table.find(transactionalId);
            if (entry != null) {
                entry.notBeforeMs = TxnTable.AT_ONCE;
                if (entry.undecided == null && stateDeadlineMs(entry) <= nowMs) {
                    ownBusiness(entry, nowMs, out);
                }
                drain(entry, nowMs, out);
                settle(entry);
            }
        }
        room.holds(table.bytes());
    }

    /// To be called at [#nextDeadlineMs] or later, and again while that is not above the time. Earlier is harmless.
    public void tick(long nowMs, Consumer<TxnEffect> out) {
        notice(nowMs);
        table.takeDue(nowMs, DUE_AT_ONCE, entry -> {
            giveUpWaiting(entry, nowMs, out);
            if (entry.undecided == null && !isHeld(entry, nowMs)) {
                ownBusiness(entry, nowMs, out);
            }
            drain(entry, nowMs, out);
            settle(entry);
        });
        room.holds(table.bytes());
    }

    /// When [#tick] has something to do next; `Long.MAX_VALUE` for never.
    public long nextDeadlineMs() {
        return table.nextDueMs();
    }

    // ---- questions

    /// The committed state of an id, or null.
    public @Nullable TxnState state(String transactionalId) {
        TxnTable.Entry entry = table.find(transactionalId);
        return entry == null ? null : entry.state;
    }

    /// The partitions whose part in the id's transaction is not over: all of an open one, and those of a decided one
    /// that have not answered for their marker yet.
    public SequencedSet<TopicPartition> unfinished(String transactionalId) {
        TxnTable.Entry entry = table.find(transactionalId);
        if (entry == null) {
            return new LinkedHashSet<>();
        }
        return switch (entry.state) {
            case TxnState.Ongoing open -> new LinkedHashSet<>(open.partitions());
            case TxnState.Preparing _ -> entry.markers().owing();
            case null -> new LinkedHashSet<>();
            case TxnState.Empty _, TxnState.Completed _ -> new LinkedHashSet<>();
        };
    }

    /// Every known id with its committed state, in the order of the ids.
    public void forEach(BiConsumer<String, TxnState> visitor) {
        table.forEachState(visitor);
    }

    /// A copy of what [#forEach] shows.
    public SequencedMap<String, TxnState> states() {
        return table.states();
    }

    // ---- steps

    /// When the clock has gone back, the coordinator's own pauses and open transactions end as if it had not: what was
    /// to be tried again in a moment would else be tried again that much later.
    private void notice(long nowMs) {
        if (nowMs < latestMs) {
            long latest = nowMs + limits.retryMs();
            table.forEachEntry(entry -> {
                entry.notBeforeMs = Math.min(entry.notBeforeMs, latest);
                if (entry.state instanceof TxnState.Ongoing) {
                    entry.openSeenMs = Math.min(entry.openSeenMs, nowMs);
                }
                if (entry.fanout != null) {
                    entry.fanout.repeatNoLaterThan(latest);
                }
                settle(entry);
            });
        }
        latestMs = nowMs;
    }

    /// Whether a write of the coordinator's own pauses after a failure.
    private static boolean isHeld(TxnTable.Entry entry, long nowMs) {
        return entry.notBeforeMs > nowMs;
    }

    private static boolean isVerification(TxnCommand command) {
        return command instanceof TxnCommand.AddPartitions add && add.mode() == AddMode.VERIFY;
    }

    /// What a state asks of the coordinator as soon as it is committed.
    private void enter(TxnTable.Entry entry, long nowMs, Consumer<TxnEffect> out) {
        entry.openSeenMs = entry.state instanceof TxnState.Ongoing ? Math.min(entry.openSeenMs, nowMs) : TxnTable.NEVER;
        if (!(entry.state instanceof TxnState.Preparing preparing)) {
            entry.fanout = null;
            return;
        }
        entry.fanout = new MarkerFanout(preparing.partitions());
        if (!preparing.partitions().isEmpty()) {
            out.accept(markers(entry.transactionalId, preparing, List.copyOf(preparing.partitions())));
        }
        completeIfDone(entry, nowMs, out);
    }

    private void completeIfDone(TxnTable.Entry entry, long nowMs, Consumer<TxnEffect> out) {
        if (entry.markers().isDone() && entry.undecided == null && !isHeld(entry, nowMs)) {
            decideOwn(entry, new TxnCommand.Complete(entry.transactionalId), nowMs, out);
        }
    }

    /// The state's own deadline came.
    private void ownBusiness(TxnTable.Entry entry, long nowMs, Consumer<TxnEffect> out) {
        switch (entry.state) {
            case null -> {}
            case TxnState.Preparing preparing -> {
                if (entry.markers().repeatAtMs() <= nowMs) {
                    out.accept(markers(entry.transactionalId, preparing, entry.markers().takeRepeats()));
                }
                completeIfDone(entry, nowMs, out);
            }
            case TxnState.Ongoing _ -> decideOwn(
                    entry, new TxnCommand.TimeOut(entry.transactionalId, entry.openSeenMs), nowMs, out);
            case TxnState.Empty _ -> decideOwn(entry, new TxnCommand.Expire(entry.transactionalId), nowMs, out);
            case TxnState.Completed _ -> decideOwn(entry, new TxnCommand.Expire(entry.transactionalId), nowMs, out);
        }
    }

    private void decideOwn(TxnTable.Entry entry, TxnCommand command, long nowMs, Consumer<TxnEffect> out) {
        switch (transitions.decide(entry.state, command, nowMs)) {
            case TxnDecision.Persist persist -> {
                TxnEffect.Append own = append(entry, persist.record(), command, null, null, null);
                TxnEffect.Append next = appendBehind(entry, persist.record().state(), nowMs);
                out.accept(next == null ? own : new TxnEffect.AppendBoth(own, next));
            }
            case TxnDecision.AwaitProducerId _ -> {
                entry.notBeforeMs = nowMs + limits.retryMs();
                withoutProducerId.add(entry.transactionalId);
            }
            case TxnDecision.Ignore _ -> {}
            case TxnDecision.Refuse unfit -> throw misplaced(command, unfit);
            case TxnDecision.Answer unfit -> throw misplaced(command, unfit);
            case TxnDecision.AwaitMarkers unfit -> throw misplaced(command, unfit);
            case TxnDecision.PersistThenDecide unfit -> throw misplaced(command, unfit);
        }
        fetchProducerIds(out);
    }

    /// Decides waiting commands in order of arrival, up to the first that has to go on waiting.
    private void drain(TxnTable.Entry entry, long nowMs, Consumer<TxnEffect> out) {
        while (entry.undecided == null && !entry.waiting.isEmpty()) {
            TxnTable.Waiting head = entry.waiting.getFirst();
            TxnDecision decision = transitions.decide(entry.state, head.command(), nowMs);
            if (decision instanceof TxnDecision.AwaitMarkers) {
                return;
            }
            if (decision instanceof TxnDecision.AwaitProducerId) {
                withoutProducerId.add(entry.transactionalId);
                fetchProducerIds(out);
                return;
            }
            entry.waiting.removeFirst();
            switch (decision) {
                case TxnDecision.Persist persist when admission.isOneTooMany(entry, persist) ->
                    reply(head, admission.tooManyOpen(), out);
                case TxnDecision.Persist persist ->
                    out.accept(append(entry, persist.record(), head.command(), head, persist.whenCommitted(), null));
                case TxnDecision.PersistThenDecide persist ->
                    out.accept(append(entry, persist.record(), head.command(), head, null, persist.next()));
                default -> answer(entry, head, decision, out);
            }
            fetchProducerIds(out);
        }
    }

    private static void answer(
            TxnTable.Entry entry, TxnTable.Waiting asked, TxnDecision decision, Consumer<TxnEffect> out) {
        switch (decision) {
            case TxnDecision.Refuse refuse ->
                reply(asked, new TxnReply.Refused(refuse.error(), Fencers.reason(entry, refuse)), out);
            case TxnDecision.Answer answer -> reply(asked, answer.reply(), out);
            case TxnDecision.Ignore unfit -> throw misplaced(asked.command(), unfit);
            case TxnDecision.AwaitMarkers unfit -> throw misplaced(asked.command(), unfit);
            case TxnDecision.AwaitProducerId unfit -> throw misplaced(asked.command(), unfit);
            case TxnDecision.Persist unfit -> throw misplaced(asked.command(), unfit);
            case TxnDecision.PersistThenDecide unfit -> throw misplaced(asked.command(), unfit);
        }
    }

    private void giveUpWaiting(TxnTable.Entry entry, long nowMs, Consumer<TxnEffect> out) {
        boolean starved = withoutProducerId.contains(entry.transactionalId);
        for (Iterator<TxnTable.Waiting> each = entry.waitingInOrder(); each.hasNext(); ) {
            TxnTable.Waiting one = each.next();
            if (one.deadlineMs() <= nowMs) {
                each.remove();
                ErrorCode error = starved ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.CONCURRENT_TRANSACTIONS;
                reply(one, new TxnReply.Refused(error), out);
            }
        }
    }

    private static TxnEffect.Append append(
            TxnTable.Entry entry,
            TxnRecord record,
            TxnCommand cause,
            TxnTable.@Nullable Waiting author,
            @Nullable TxnReply whenCommitted,
            @Nullable TxnCommand decideNext) {
        Check.that(TxnInvariants.isLegal(entry.state, record.state()), "a legal step", new Step(entry.state, record));
        entry.undecided = record;
        entry.cause = cause;
        entry.author = author;
        entry.replyWhenCommitted = whenCommitted;
        entry.decideNext = decideNext;
        return new TxnEffect.Append(record, cause);
    }

    /// The beginning of the next transaction, where that is what waits for the state that is being written.
    private TxnEffect.@Nullable Append appendBehind(
            TxnTable.Entry entry, @Nullable TxnState written, long nowMs) {
        TxnTable.Waiting head = entry.waiting.peekFirst();
        if (!(written instanceof TxnState.Completed end) || head == null
                || !(head.command() instanceof TxnCommand.AddPartitions)
                || !(transitions.decide(end, head.command(), nowMs) instanceof TxnDecision.Persist persist)
                || admission.isOneTooMany(entry, persist)) {
            return null;
        }
        entry.waiting.removeFirst();
        Check.that(TxnInvariants.isLegal(end, persist.record().state()), "a legal step behind another",
                new Step(end, persist.record()));
        entry.behind = new TxnTable.Behind(persist.record(), head, persist.whenCommitted());
        return new TxnEffect.Append(persist.record(), head.command());
    }

    /// For the message of a check, whose words cost more than the step that it looks at.
    private record Step(@Nullable TxnState from, TxnRecord to) {}

    private void fetchProducerIds(Consumer<TxnEffect> out) {
        if (ids.startFetch()) {
            out.accept(new TxnEffect.FetchProducerIds());
        }
    }

    private TxnTable.Entry undecidedEntry(TxnRecord record) {
        TxnTable.Entry entry = table.find(record.transactionalId());
        if (entry == null || !record.equals(entry.undecided)) {
            throw new IllegalStateException("the answer is not to the undecided record: " + record);
        }
        return entry;
    }

    /// What was appended behind it is the undecided one from now on.
    private static void clearUndecided(TxnTable.Entry entry) {
        TxnTable.Behind next = entry.behind;
        entry.undecided = next == null ? null : next.record();
        entry.cause = next == null ? null : next.author().command();
        entry.author = next == null ? null : next.author();
        entry.replyWhenCommitted = next == null ? null : next.whenCommitted();
        entry.decideNext = null;
        entry.behind = null;
    }

    private void settle(TxnTable.Entry entry) {
        if (entry.state == null && entry.waiting.isEmpty()) {
            withoutProducerId.remove(entry.transactionalId);
        }
        long own = entry.undecided != null ? TxnTable.NEVER : Math.max(stateDeadlineMs(entry), entry.notBeforeMs);
        table.settle(entry, Math.min(own, entry.firstDeadlineMs()));
    }

    private long stateDeadlineMs(TxnTable.Entry entry) {
        return switch (entry.state) {
            case null -> TxnTable.NEVER;
            case TxnState.Ongoing open -> open.deadlineMs(entry.openSeenMs);
            case TxnState.Preparing _ -> entry.markers().isDone() ? TxnTable.AT_ONCE : entry.markers().repeatAtMs();
            case TxnState.Empty s -> s.updatedMs() + limits.idExpirationMs();
            case TxnState.Completed s -> s.updatedMs() + limits.idExpirationMs();
        };
    }

    private static TxnEffect markers(
            String transactionalId, TxnState.Preparing preparing, List<TopicPartition> partitions) {
        return new TxnEffect.SendMarkers(
                transactionalId,
                preparing.producerId(),
                preparing.producerEpoch(),
                preparing.outcome(),
                preparing.version(),
                partitions);
    }

    private static void reply(TxnTable.Waiting asked, TxnReply reply, Consumer<TxnEffect> out) {
        out.accept(new TxnEffect.Reply(asked.request(), reply));
    }

    private static IllegalStateException misplaced(TxnCommand command, TxnDecision decision) {
        return new IllegalStateException("no such decision for " + command + ": " + decision);
    }
}
