package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Iterator;

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
    /// Where the position goes when the window is empty: behind markers and aborted records too.
    private @Nullable OffsetAndMetadata ahead;

    Task(Schedule schedule, boolean commitFirst) {
        this.schedule = schedule;
        this.commitFirst = commitFirst;
    }

    void read(SourceRecord record) {
        Ticket ticket = new Ticket(this, record);
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

    boolean hasWaiting() {
        return !schedule.isEmpty();
    }

    /// Null when no record may be begun now.
    @Nullable Ticket start() {
        return start(Long.MAX_VALUE);
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
