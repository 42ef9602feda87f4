package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/// The records of one partition that were read and are not finished, in the order of their offsets. One that is
/// finished before an earlier one stays in its place until that is finished too, and does not count.
final class Unfinished {
    /// The first one is not finished.
    private final ArrayDeque<Ticket> tickets = new ArrayDeque<>();
    private int count;

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /// In the place of what was there with its offset.
    void add(Ticket ticket) {
        Ticket last = tickets.peekLast();
        if (last == null || last.record().offset() < ticket.record().offset()) {
            tickets.addLast(ticket);
            count++;
        } else {
            insert(ticket);
        }
    }

    private void insert(Ticket ticket) {
        ArrayDeque<Ticket> behind = new ArrayDeque<>();
        Ticket last = tickets.peekLast();
        while (last != null && last.record().offset() >= ticket.record().offset()) {
            tickets.removeLast();
            if (last.record().offset() > ticket.record().offset()) {
                behind.addFirst(last);
            } else {
                count -= last.isFinished() ? 0 : 1;
            }
            last = tickets.peekLast();
        }
        tickets.addLast(ticket);
        tickets.addAll(behind);
        count++;
    }

    /// One of them has been finished.
    void finished() {
        count--;
        Ticket first = tickets.peekFirst();
        while (first != null && first.isFinished()) {
            tickets.removeFirst();
            first = tickets.peekFirst();
        }
    }

    /// The one with the lowest offset; null when there is none.
    @Nullable SourceRecord first() {
        Ticket first = tickets.peekFirst();
        return first == null ? null : first.record();
    }

    /// Takes those out whose offsets are higher, none of which has been begun.
    void dropAbove(long offset, Consumer<Ticket> each) {
        Ticket last = tickets.peekLast();
        while (last != null && last.record().offset() > offset) {
            tickets.removeLast();
            count--;
            each.accept(last);
            last = tickets.peekLast();
        }
    }

    List<Ticket> takeAll() {
        List<Ticket> all = tickets.stream().filter(ticket -> !ticket.isFinished()).toList();
        tickets.clear();
        count = 0;
        return all;
    }
}
