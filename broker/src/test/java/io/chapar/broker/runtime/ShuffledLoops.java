package io.chapar.broker.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/// Several loops in one thread, on one virtual clock: which of them runs its next task is chosen from outside, by a
/// seed or by a search, so that messages between loops meet in every order that real threads could produce.
public final class ShuffledLoops {
    /// From the number of loops with something to do, if there is more than one, to the one that goes on.
    private final IntUnaryOperator choose;
    private final List<ShuffledLoop> loops = new ArrayList<>();
    private final PriorityQueue<Armed> timers =
            new PriorityQueue<>(Comparator.comparingLong(Armed::atMs).thenComparingLong(Armed::order));
    private ShuffledLoop current;
    private long nowMs;
    private long wallClockAheadMs;
    private long armed = 0;

    public ShuffledLoops(int count, long nowMs, Random random) {
        this(count, nowMs, random::nextInt);
    }

    public ShuffledLoops(int count, long nowMs, IntUnaryOperator choose) {
        this.nowMs = nowMs;
        this.choose = choose;
        for (int i = 0; i < count; i++) {
            loops.add(new ShuffledLoop());
        }
    }

    public Loop loop(int index) {
        return loops.get(index);
    }

    /// One more.
    public Loop add() {
        ShuffledLoop loop = new ShuffledLoop();
        loops.add(loop);
        return loop;
    }

    /// What it had to do is not done any more, nor what it is given.
    public void kill(Loop loop) {
        ShuffledLoop dead = (ShuffledLoop) loop;
        dead.isDead = true;
        dead.tasks.clear();
        timers.removeIf(timer -> timer.loop() == dead);
        loops.remove(dead);
    }

    /// Its process stands still: it does nothing until it goes on ([#goOn]).
    public void hold(Loop loop) {
        ((ShuffledLoop) loop).isHeld = true;
    }

    public void goOn(Loop loop) {
        ((ShuffledLoop) loop).isHeld = false;
    }

    public int count() {
        return loops.size();
    }

    public long nowMs() {
        return nowMs;
    }

    /// Whether a task of a loop runs.
    public boolean inTask() {
        return current != null;
    }

    /// Runs one task of one loop; false when there is none.
    public boolean step() {
        List<ShuffledLoop> busy = new ArrayList<>();
        for (ShuffledLoop loop : loops) {
            if (!loop.tasks.isEmpty() && !loop.isHeld) {
                busy.add(loop);
            }
        }
        if (busy.isEmpty()) {
            return false;
        }
        busy.get(busy.size() == 1 ? 0 : choose.applyAsInt(busy.size())).runNext();
        return true;
    }

    /// Runs until nothing is left to do now.
    public void settle() {
        while (step()) {
            // each step is one task
        }
    }

    /// Moves to the next timer within `ms`, or by `ms`, and settles; repeats until the time is over.
    public void advance(long ms) {
        long until = nowMs + ms;
        settle();
        while (!timers.isEmpty() && timers.peek().atMs() <= until) {
            Armed next = timers.poll();
            nowMs = Math.max(nowMs, next.atMs());
            next.loop().execute(next.task());
            settle();
        }
        nowMs = until;
    }

    /// The wall clock of all loops jumps; time goes on as it did.
    public void stepWallClock(long ms) {
        wallClockAheadMs += ms;
    }

    private record Armed(long atMs, long order, ShuffledLoop loop, Runnable task) {}

    private final class ShuffledLoop implements Loop {
        private final Deque<Runnable> tasks = new ArrayDeque<>();
        private boolean isDead;
        private boolean isHeld;

        private void runNext() {
            current = this;
            try {
                tasks.removeFirst().run();
            } finally {
                current = null;
            }
        }

        @Override
        public void execute(Runnable task) {
            if (!isDead) {
                tasks.addLast(task);
            }
        }

        @Override
        public boolean inLoop() {
            return current == this;
        }

        @Override
        public Timer schedule(long delayMs, Runnable task) {
            Armed timer = new Armed(nowMs + Math.max(0, delayMs), armed++, this, task);
            if (!isDead) {
                timers.add(timer);
            }
            return () -> timers.remove(timer);
        }

        @Override
        public long nowMs() {
            return nowMs;
        }

        @Override
        public long wallClockMs() {
            return nowMs + wallClockAheadMs;
        }
    }
}
