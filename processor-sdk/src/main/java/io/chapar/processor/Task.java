package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.TreeMap;

/// One input partition's work: what was read of it, what is being worked on, and the position below which all is done.
/// The position never passes a record that is unfinished, in whatever order records finish.
final class Task {
    private final Schedule schedule;
    /// The position goes ahead of the work.
    private final boolean commitFirst;
    /// Everything read and not below the position, by offset.
    private final ArrayDeque<Ticket> window = new ArrayDeque<>();
    private long lastStarted = -1;
    /// To be committed; null when nothing is new.
    private @Nullable OffsetAndMetadata position;
    /// By offset: records of which outputs were refused, until they are committed. Each is worked on alone.
    private final TreeMap<Long, Refused> refused = new TreeMap<>();
    /// Where the position goes when the window is empty: behind markers and aborted records too.
    private @Nullable OffsetAndMetadata ahead;
    /// Where the group stands, as far as is known here: as told, or last committed from here.
    private @Nullable OffsetAndMetadata place;
    private boolean located;

    private final TaskState state;

    Task(Schedule schedule, boolean commitFirst, TaskState state) {
        this.state = state;
        this.schedule = schedule;
        this.commitFirst = commitFirst;
    }

    TaskState state() {
        return state;
    }

    void read(SourceRecord record) {
        if (window.isEmpty() && !commitFirst) {
            refused.headMap(record.offset()).clear();
        }
        Ticket ticket = new Ticket(this, record, refused.get(record.offset()));
        window.addLast(ticket);
        schedule.add(ticket);
    }

    /// Everything before `next` has been read.
    void readTo(OffsetAndMetadata next) {
        if (commitFirst) {
            position = next;
        } else {
            ahead = next;
            advance();
        }
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
    }

    boolean hasWaiting() {
        return !schedule.isEmpty();
    }

    /// Null when no record may be begun now. `alone`: nothing else is under way or uncommitted.
    @Nullable Ticket start(boolean alone) {
        if (commitFirst || refused.isEmpty()) {
            return start(Long.MAX_VALUE);
        }
        long first = refused.firstKey();
        return start(alone ? first + 1 : first);
    }

    /// `certain`: the refusal was the record's own doing.
    void refused(Refusal refusal, boolean certain) {
        long offset = refusal.input().offset();
        Refused known = refused.get(offset);
        if (certain || known == null) {
            refused.put(offset, Refused.of(refusal, certain));
        }
    }

    /// What was committed first is not read again: what was refused of it is worked on once more here.
    void again(Refusal refusal) {
        refused(refusal, true);
        read(refusal.input());
    }

    /// Only what a later record than it has been begun: until it is finished the position stays before it.
    @Nullable Ticket startGap() {
        return start(lastStarted);
    }

    private @Nullable Ticket start(long below) {
        Ticket ticket = schedule.take(below);
        if (ticket != null) {
            ticket.start();
            lastStarted = Math.max(lastStarted, ticket.record().offset());
        }
        return ticket;
    }

    void finish(Ticket ticket) {
        ticket.finish();
        if (commitFirst) {
            refused.remove(ticket.record().offset());
        }
        schedule.finished(ticket);
        advance();
    }

    private void advance() {
        while (!window.isEmpty() && window.peekFirst().isFinished()) {
            SourceRecord done = window.removeFirst().record();
            if (!commitFirst) {
                position = new OffsetAndMetadata(done.offset() + 1, done.leaderEpoch(), "");
            }
        }
        if (window.isEmpty() && ahead != null) {
            position = ahead;
            ahead = null;
        }
    }

    /// Null when nothing is to be committed.
    @Nullable OffsetAndMetadata position() {
        return position;
    }

    void committed() {
        if (position != null && !commitFirst) {
            refused.headMap(position.offset()).clear();
            place = position;
        }
        dropPosition();
    }

    void forgetRefusal(long offset) {
        refused.remove(offset);
    }

    void dropPosition() {
        position = null;
    }

    /// What waits behind all that was begun is not begun any more.
    void dropTail() {
        ahead = null;
        schedule.dropFrom(lastStarted + 1);
        while (!window.isEmpty() && window.peekLast().record().offset() > lastStarted) {
            window.removeLast().callIn();
        }
    }

    /// Nothing that waits or is under way counts any more. How many were under way.
    int callIn() {
        ahead = null;
        lastStarted = -1;
        schedule.dropFrom(0);
        int underWay = 0;
        for (Iterator<Ticket> left = window.iterator(); left.hasNext();) {
            Ticket ticket = left.next();
            if (ticket.isUnderWay()) {
                underWay++;
                schedule.finished(ticket);
            }
            ticket.callIn();
            left.remove();
        }
        return underWay;
    }
}
