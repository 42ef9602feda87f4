package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/// Which of one partition's waiting records may be worked on next, while others of them still are.
interface Schedule {
    /// `atOnce`: how many records of all partitions together are worked on at the same time, at most.
    record Choice(Supplier<Schedule> schedules, int atOnce) {
        static final Choice IN_ORDER = new Choice(InOrder::new, 1);
    }

    /// Comes behind all that were added before.
    void add(Ticket ticket);

    /// Takes a record out whose offset is less than `below`; null when none of these may be begun now.
    @Nullable Ticket take(long below);

    /// The one that waits for longest, which stays; null when none waits.
    @Nullable Ticket peek();

    /// Work on this one, which was taken out, has ended.
    void finished(Ticket ticket);

    boolean isEmpty();

    /// Forgets every record that waits with an offset of `from` or more.
    void dropFrom(long from);

    /// One record after the other, in the order read.
    final class InOrder implements Schedule {
        private final ArrayDeque<Ticket> waiting = new ArrayDeque<>();

        @Override
        public void add(Ticket ticket) {
            waiting.addLast(ticket);
        }

        @Override
        public @Nullable Ticket take(long below) {
            Ticket next = waiting.peekFirst();
            return next != null && next.record().offset() < below ? waiting.removeFirst() : null;
        }

        @Override
        public @Nullable Ticket peek() {
            return waiting.peekFirst();
        }

        @Override
        public void finished(Ticket ticket) {
        }

        @Override
        public boolean isEmpty() {
            return waiting.isEmpty();
        }

        @Override
        public void dropFrom(long from) {
            waiting.removeIf(ticket -> ticket.record().offset() >= from);
        }
    }
}
