package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/// Which of one partition's waiting records may be worked on next, while others of them still are.
interface Schedule {
    /// @param schedules for the topics of one stage
    /// @param atOnce how many records of all partitions together are worked on at the same time, at most
    /// @param early a commit does not wait for records that later ones have overtaken
    record Choice(Kinds schedules, int atOnce, boolean early) {
        static final Choice IN_ORDER = new Choice(independent -> new InOrder(), 1, false);

        /// So many records of different keys at the same time, where what a step knows of one hangs on no other.
        static Choice byKey(int atOnce) {
            return atOnce == 1 ? IN_ORDER
                    : new Choice(independent -> independent ? new ByKey() : new InOrder(), atOnce, true);
        }
    }

    /// `independent`: [Stages#keysAreIndependent].
    @FunctionalInterface
    interface Kinds {
        Schedule of(boolean independent);
    }

    /// Comes behind all that were added before.
    void add(Ticket ticket);

    /// Takes a record out whose offset is less than `below`; null when none of these may be begun now.
    @Nullable Ticket take(long below);

    /// Whether [#take] would give one.
    boolean mayTake(long below);

    /// While work on a record of its stage goes on no other is begun.
    default boolean isOneAtATime() {
        return false;
    }

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
            return mayTake(below) ? waiting.removeFirst() : null;
        }

        @Override
        public boolean mayTake(long below) {
            Ticket next = waiting.peekFirst();
            return next != null && next.record().offset() < below;
        }

        @Override
        public boolean isOneAtATime() {
            return true;
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
