package io.chapar.simulator;

import org.jspecify.annotations.Nullable;

import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// One seed's world: its time, what is going to happen, its randomness, and what happened. Everything in it runs in the
/// thread that calls [#step], and nothing in it knows another time. Two worlds of one seed go the same way.
///
/// Each concern draws from a source of its own, so that one more draw in one place does not shift all others.
public final class World {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long seed;
    private final Trace trace = new Trace();
    private final RandomGenerator order;
    private final PriorityQueue<Event> future = new PriorityQueue<>();
    private long nowUs;
    private long events;
    private @Nullable String broken;

    /// Something that is going to happen, unless it is called off.
    static final class Event implements Comparable<Event> {
        private final long atUs;
        private final int tie;
        private final long number;
        /// Null once it has happened or is called off.
        private @Nullable Runnable task;

        Event(long atUs, int tie, long number, Runnable task) {
            this.atUs = atUs;
            this.tie = tie;
            this.number = number;
            this.task = task;
        }

        /// By time; those of one time in an order that the seed draws.
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atUs, other.atUs);
            int byTie = byTime != 0 ? byTime : Integer.compare(tie, other.tie);
            return byTie != 0 ? byTie : Long.compare(number, other.number);
        }

        /// Without effect once it has happened.
        void callOff() {
            task = null;
        }
    }

    public World(long seed) {
        this.seed = seed;
        this.order = random("order of events");
    }

    public long seed() {
        return seed;
    }

    /// A source of its own for each name; the same for the same seed and name.
    public RandomGenerator random(String concern) {
        long mixed = seed * GOLDEN;
        for (int i = 0; i < concern.length(); i++) {
            mixed = (mixed ^ concern.charAt(i)) * 0xBF58476D1CE4E5B9L;
            mixed ^= mixed >>> 29;
        }
        return new SplittableRandom(mixed);
    }

    /// Microseconds since the world began.
    public long nowUs() {
        return nowUs;
    }

    public long events() {
        return events;
    }

    public Trace trace() {
        return trace;
    }

    Event in(long delayUs, Runnable task) {
        Event event = new Event(nowUs + Math.max(0, delayUs), order.nextInt(), events++, task);
        future.add(event);
        return event;
    }

    /// Lets the next event happen; false when nothing will ever happen again, or when that lies beyond `untilUs`: then
    /// the time is `untilUs`.
    boolean step(long untilUs) {
        while (true) {
            Event next = future.peek();
            if (next == null || next.atUs > untilUs) {
                nowUs = Math.max(nowUs, untilUs);
                return false;
            }
            future.poll();
            nowUs = next.atUs;
            if (next.task != null) {
                Runnable task = next.task;
                next.task = null;
                task.run();
                return true;
            }
        }
    }

    /// A promise does not hold. The first one counts.
    void broken(String promise, String how) {
        if (broken == null) {
            broken = promise + ": " + how;
            trace.add(nowUs, "simulator", "BROKEN " + broken, 0);
        }
    }

    /// Null while everything promised holds.
    @Nullable String broken() {
        return broken;
    }

    void note(String who, String what, long number) {
        trace.add(nowUs, who, what, number);
    }
}
