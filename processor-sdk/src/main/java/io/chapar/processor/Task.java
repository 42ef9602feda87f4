package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

import java.util.TreeMap;

/// One input partition's work: what was read of it, what is being worked on, and the position below which all is done.
/// The position never passes a record that is unfinished, in whatever order records finish; which are finished above it
/// goes along as its metadata ([FinishedAbove]). Where the position goes ahead of the work, only what was finished
/// above it before it came here does, until it has passed that.
final class Task {
    /// So much is read and not finished, then no more is read.
    private static final int MAX_UNFINISHED = 2_000;
    private static final long MAX_UNFINISHED_BYTES = 8L * 1024 * 1024;

    private final Schedule schedule;
    /// The position goes ahead of the work.
    private final boolean commitFirst;
    /// What is finished above the position is committed as well, though the position may stay.
    private final boolean early;
    private final TaskState state;
    /// Other topics of its stage may have records that are to be worked on before its own.
    private final boolean meetsOthers;
    private final Unfinished window = new Unfinished();
    private long unfinishedBytes;
    private long lastStarted = -1;
    private long lastRead = -1;
    /// To be committed; null when it has not moved.
    private @Nullable OffsetAndMetadata position;
    /// Null before anything is known of the partition.
    private @Nullable FinishedAbove finished;
    /// Behind the last record that is finished.
    private @Nullable OffsetAndMetadata done;
    /// Records have been finished since the last commit.
    private boolean dirty;
    /// By offset: records of which outputs were refused, until they are committed. Each is worked on alone.
    private final TreeMap<Long, Refused> refused = new TreeMap<>();
    /// Where the position goes when the window is empty: behind markers and aborted records too.
    private @Nullable OffsetAndMetadata ahead;
    /// Where the group stands, as far as is known here: as told, or last committed from here.
    private @Nullable OffsetAndMetadata place;
    private boolean located;

    Task(Schedule schedule, boolean commitFirst, boolean early, TaskState state) {
        this(schedule, commitFirst, early, state, false);
    }

    Task(Schedule schedule, boolean commitFirst, boolean early, TaskState state, boolean meetsOthers) {
        this.meetsOthers = meetsOthers;
        this.schedule = schedule;
        this.commitFirst = commitFirst;
        this.early = early;
        this.state = state;
    }

    TaskState state() {
        return state;
    }

    boolean meetsOthers() {
        return meetsOthers;
    }

    /// Reading has begun where the group stood.
    void began(OffsetAndMetadata committed) {
        if (!located) {
            located(committed);
        }
    }

    void read(SourceRecord record) {
        // What is finished and not committed may be refused once more.
        if (window.isEmpty() && !dirty && !commitFirst) {
            refused.headMap(record.offset()).clear();
        }
        if (finishedFrom(record.offset()).contains(record.offset())) {
            lastRead = Math.max(lastRead, record.offset());
            finishedTo(record);
            return;
        }
        add(record);
    }

    private void add(SourceRecord record) {
        lastRead = Math.max(lastRead, record.offset());
        Ticket ticket = new Ticket(this, record, refused.isEmpty() ? null : refused.get(record.offset()));
        window.add(ticket);
        unfinishedBytes += record.sizeInBytes();
        schedule.add(ticket);
    }

    /// Where reading has gone back, to the beginning of a topic that was made anew, it is of other records.
    private FinishedAbove finishedFrom(long offset) {
        if (finished == null || offset < finished.base()) {
            finished = new FinishedAbove(offset);
        }
        return finished;
    }

    private void finishedTo(SourceRecord record) {
        if (done == null || done.offset() <= record.offset()) {
            done = new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), "");
        }
    }

    /// Everything before `next` has been read.
    void readTo(OffsetAndMetadata next) {
        if (commitFirst || window.isEmpty()) {
            finishedFrom(next.offset()).advanceTo(next.offset());
            position = next;
        } else {
            ahead = next;
        }
    }

    /// Nothing more is to be read for now.
    boolean isFull() {
        SourceRecord first = window.first();
        return window.count() >= MAX_UNFINISHED || unfinishedBytes >= MAX_UNFINISHED_BYTES
                || (first != null && lastRead - first.offset() >= FinishedAbove.SPAN);
    }

    boolean isEmpty() {
        return window.isEmpty();
    }

    /// The time of the record that waits for longest.
    long waitingSinceMs() {
        Ticket ticket = schedule.peek();
        return ticket == null ? Long.MAX_VALUE : ticket.record().timestampMs();
    }

    @Nullable OffsetAndMetadata place() {
        return place;
    }

    boolean isLocated() {
        return located;
    }

    /// `committed` null: nothing has been, so far.
    void located(@Nullable OffsetAndMetadata committed) {
        place = committed;
        located = true;
        finished = committed == null ? null
                : FinishedAbove.read(committed.offset(), String.valueOf(committed.metadata()));
    }

    boolean hasWaiting() {
        return !schedule.isEmpty();
    }

    boolean hasRefused() {
        return !refused.isEmpty();
    }

    /// Whether [#start] would give one.
    boolean mayStart(boolean alone) {
        return mayBegin() && schedule.mayTake(limit(alone));
    }

    /// Null when no record may be begun now. `alone`: nothing else is under way or uncommitted.
    @Nullable Ticket start(boolean alone) {
        return mayBegin() ? start(limit(alone)) : null;
    }

    private boolean mayBegin() {
        return !schedule.isOneAtATime() || !state.isAtWork();
    }

    private long limit(boolean alone) {
        if (commitFirst) {
            return Long.MAX_VALUE;
        }
        SourceRecord first = window.first();
        long reach = first == null ? Long.MAX_VALUE : first.offset() + FinishedAbove.SPAN;
        return refused.isEmpty() ? reach : Math.min(reach, alone ? refused.firstKey() + 1 : refused.firstKey());
    }

    /// `certain`: the refusal was the record's own doing.
    void refused(Refusal refusal, boolean certain) {
        long offset = refusal.input().offset();
        Refused known = refused.get(offset);
        if (certain || known == null) {
            refused.put(offset, Refused.of(refusal, certain).after(known));
        }
    }

    /// What was committed first is not read again: what was refused of it is worked on once more here.
    void again(Refusal refusal) {
        refused(refusal, true);
        add(refusal.input());
    }

    /// Only what a later record than it has been begun: until it is finished the position stays before it.
    @Nullable Ticket startGap() {
        return mayBegin() ? start(lastStarted) : null;
    }

    private @Nullable Ticket start(long below) {
        Ticket ticket = schedule.take(below);
        if (ticket != null) {
            ticket.start();
            state.beginWork();
            lastStarted = Math.max(lastStarted, ticket.record().offset());
        }
        return ticket;
    }

    void finish(Ticket ticket) {
        ticket.finish();
        state.endWork();
        schedule.finished(ticket);
        SourceRecord record = ticket.record();
        window.finished();
        unfinishedBytes -= record.sizeInBytes();
        if (commitFirst) {
            refused.remove(record.offset());
            return;
        }
        dirty = true;
        finishedTo(record);
        OffsetAndMetadata reached = reached();
        FinishedAbove above = finishedFrom(reached.offset());
        above.advanceTo(reached.offset());
        if (record.offset() >= reached.offset()) {
            above.add(record.offset());
        }
        if (position != null || record.offset() < reached.offset()) {
            position = reached;
        }
    }

    /// Everything below is done. With the epoch of a record that is there, or of the last one before it.
    private OffsetAndMetadata reached() {
        SourceRecord first = window.first();
        if (first != null) {
            return new OffsetAndMetadata(first.offset(), first.leaderEpoch(), "");
        }
        OffsetAndMetadata next = ahead != null ? ahead : done;
        ahead = null;
        if (next == null) {
            throw new IllegalStateException("Nothing is done");
        }
        return next;
    }

    /// Null when nothing is to be committed.
    @Nullable OffsetAndMetadata position() {
        boolean moved = position != null || (early && dirty);
        if (finished == null || !moved) {
            return position;
        }
        OffsetAndMetadata at = position != null ? position : window.isEmpty()
                ? new OffsetAndMetadata(finished.base()) : reached();
        return new OffsetAndMetadata(at.offset(), at.leaderEpoch(), finished.metadata());
    }

    void committed() {
        OffsetAndMetadata committed = position();
        if (committed != null && !commitFirst) {
            FinishedAbove above = finishedFrom(committed.offset());
            refused.keySet().removeIf(offset -> offset < committed.offset() || above.contains(offset));
            place = committed;
        }
        dropPosition();
    }

    void forgetRefusal(long offset) {
        refused.remove(offset);
    }

    void dropPosition() {
        position = null;
        dirty = false;
    }

    /// What waits behind all that was begun is not begun any more.
    void dropTail() {
        ahead = null;
        schedule.dropFrom(lastStarted + 1);
        window.dropAbove(lastStarted, this::callIn);
    }

    /// Nothing that waits or is under way counts any more. How many were under way.
    int callIn() {
        ahead = null;
        lastStarted = -1;
        lastRead = -1;
        done = null;
        schedule.dropFrom(0);
        int underWay = 0;
        for (Ticket ticket : window.takeAll()) {
            if (ticket.isUnderWay()) {
                underWay++;
                state.endWork();
                schedule.finished(ticket);
            }
            callIn(ticket);
        }
        return underWay;
    }

    private void callIn(Ticket ticket) {
        unfinishedBytes -= ticket.record().sizeInBytes();
        ticket.callIn();
    }
}
