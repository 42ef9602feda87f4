package io.chapar.broker.net;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/// What all connections together may take of one thing. Who finds too little left waits for its turn, which comes in
/// the order of asking. From any thread.
public final class SharedBudget {
    private final long limit;
    private final AtomicLong taken = new AtomicLong();
    private final ConcurrentLinkedQueue<Wait> waiting = new ConcurrentLinkedQueue<>();

    public SharedBudget(long limit) {
        this.limit = limit;
    }

    long limit() {
        return limit;
    }

    long taken() {
        return taken.get();
    }

    /// Whether somebody waits for more than is there.
    boolean isWaitedFor() {
        return !waiting.isEmpty();
    }

    /// Takes so much if it is there and nobody waits.
    boolean tryTake(long amount) {
        return waiting.isEmpty() && takeIfThere(amount);
    }

    /// Of what is there in any case. It leaves less for others, possibly less than nothing.
    void takeAnyway(long amount) {
        taken.addAndGet(amount);
    }

    /// Runs `then` on the loop when so much has been taken: now, where nobody waits and enough is left. Nobody can
    /// take more than the limit.
    ///
    /// @return null unless it waits
    @Nullable Wait take(long amount, Loop loop, Runnable then) {
        if (tryTake(amount)) {
            loop.run(then);
            return null;
        }
        return await(amount, loop, then);
    }

    /// As [#take], and never inside this call.
    Wait await(long amount, Loop loop, Runnable then) {
        if (amount > limit) {
            throw new IllegalArgumentException(amount + " of " + limit);
        }
        Wait wait = new Wait(amount, loop, then);
        waiting.add(wait);
        serve();
        return wait;
    }

    /// @return false when it was too late: `then` will run
    boolean giveUp(Wait wait) {
        boolean waited = waiting.remove(wait);
        serve();
        return waited;
    }

    void giveBack(long amount) {
        if (amount != 0) {
            taken.addAndGet(-amount);
            serve();
        }
    }

    private boolean takeIfThere(long amount) {
        if (taken.addAndGet(amount) <= limit) {
            return true;
        }
        taken.addAndGet(-amount);
        return false;
    }

    /// Each waits for a give-back or finds room here: it joined before it looked, as who gives back looks afterwards.
    /// One that was taken for, and served by another thread meanwhile, leaves room for the next.
    private void serve() {
        for (Wait next = waiting.peek(); next != null && takeIfThere(next.amount); next = waiting.peek()) {
            if (waiting.remove(next)) {
                next.loop.execute(next.then);
            } else {
                taken.addAndGet(-next.amount);
            }
        }
    }

    /// Somebody in the line.
    static final class Wait {
        private final long amount;
        private final Loop loop;
        private final Runnable then;

        private Wait(long amount, Loop loop, Runnable then) {
            this.amount = amount;
            this.loop = loop;
            this.then = then;
        }
    }
}
