package io.chapar.broker.net;

import io.chapar.broker.runtime.Loop;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/// What all connections together may take of one thing. Who finds too little left waits for its turn, which comes in
/// the order of asking. What is small is not worth asking for: see [#SMALL_ELEMENTS]. From any thread.
final class ElementBudget {
    /// Up to so many elements, a request is read, and an answer built, without asking: ordinary clients never wait.
    static final int SMALL_ELEMENTS = 500;
    /// What an element of a message may take of the heap, with the strings and lists in it.
    private static final int BYTES_PER_ELEMENT = 256;

    private final long limit;
    private final AtomicLong taken = new AtomicLong();
    private final ConcurrentLinkedQueue<Waiting> waiting = new ConcurrentLinkedQueue<>();

    private record Waiting(long amount, Loop loop, Runnable then) {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    ElementBudget(long limit) {
        this.limit = limit;
    }

    /// Elements of messages, on a part of the heap.
    static ElementBudget ofElements(long heapBytes) {
        return new ElementBudget(heapBytes / BYTES_PER_ELEMENT);
    }

    long limit() {
        return limit;
    }

    long taken() {
        return taken.get();
    }

    /// Runs `then` on the loop when so much has been taken: now, where nobody waits and enough is left. Nobody can
    /// take more than the limit.
    void take(long amount, Loop loop, Runnable then) {
        if (amount > limit) {
            throw new IllegalArgumentException(amount + " of " + limit);
        }
        if (waiting.isEmpty() && tryTake(amount)) {
            loop.run(then);
            return;
        }
        waiting.add(new Waiting(amount, loop, then));
        serve();
    }

    void giveBack(long amount) {
        taken.addAndGet(-amount);
        serve();
    }

    private boolean tryTake(long amount) {
        if (taken.addAndGet(amount) <= limit) {
            return true;
        }
        taken.addAndGet(-amount);
        return false;
    }

    /// Each waits for a give-back or finds room here: it joined before it looked, as who gives back looks afterwards.
    /// One that was taken for, and served by another thread meanwhile, leaves room for the next.
    private void serve() {
        for (Waiting next = waiting.peek(); next != null && tryTake(next.amount()); next = waiting.peek()) {
            if (waiting.remove(next)) {
                next.loop().execute(next.then());
            } else {
                taken.addAndGet(-next.amount());
            }
        }
    }
}
