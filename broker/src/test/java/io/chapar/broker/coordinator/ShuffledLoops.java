package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Loop;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/// Several loops in one thread, on one virtual clock: which of them runs its next task is the seed's choice, so that
/// messages between loops meet in every order that real threads could produce.
final class ShuffledLoops {
    private final Random random;
    private final List<ShuffledLoop> loops = new ArrayList<>();
    private final PriorityQueue<Armed> timers =
            new PriorityQueue<>(Comparator.comparingLong(Armed::atMs).thenComparingLong(Armed::order));
    private ShuffledLoop current;
    private long nowMs;
    private long armed = 0;

    ShuffledLoops(int count, long nowMs, Random random) {
        this.nowMs = nowMs;
        this.random = random;
        for (int i = 0; i < count; i++) {
            loops.add(new ShuffledLoop());
        }
    }

    Loop loop(int index) {
        return loops.get(index);
    }

    int count() {
        return loops.size();
    }

    long nowMs() {
        return nowMs;
    }

    /// Runs one task of one loop; false when there is none.
    boolean step() {
        List<ShuffledLoop> busy = new ArrayList<>();
        for (ShuffledLoop loop : loops) {
            if (!loop.tasks.isEmpty()) {
                busy.add(loop);
            }
        }
        if (busy.isEmpty()) {
            return false;
        }
        busy.get(random.nextInt(busy.size())).runNext();
        return true;
    }

    /// Runs until nothing is left to do now.
    void settle() {
        while (step()) {
            // each step is one task
        }
    }

    /// Moves to the next timer within `ms`, or by `ms`, and settles; repeats until the time is over.
    void advance(long ms) {
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

    private record Armed(long atMs, long order, ShuffledLoop loop, Runnable task) {}

    private final class ShuffledLoop implements Loop {
        private final Deque<Runnable> tasks = new ArrayDeque<>();

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
            tasks.addLast(task);
        }

        @Override
        public boolean inLoop() {
            return current == this;
        }

        @Override
        public Timer schedule(long delayMs, Runnable task) {
            Armed timer = new Armed(nowMs + Math.max(0, delayMs), armed++, this, task);
            timers.add(timer);
            return () -> timers.remove(timer);
        }

        @Override
        public long nowMs() {
            return nowMs;
        }
    }
}
