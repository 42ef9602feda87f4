package io.chapar.broker.net;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/// What all connections together may take of one thing. Who finds too little left waits for its turn. From any thread.
///
///     0 ---- whoever comes ---- free ---- who waited for it ---- limit
public final class SharedBudget {
    private final long limit;
    /// From here on only those who wait in the line are served.
    private final long free;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong joined = new AtomicLong();
    private final ConcurrentSkipListMap<Wait, Wait> waiting;

    private SharedBudget(long limit, long free, Comparator<Wait> order) {
        this.limit = limit;
        this.free = free;
        this.waiting = new ConcurrentSkipListMap<>(order.thenComparingLong(wait -> wait.number));
    }

    /// Turns come in the order of asking.
    public SharedBudget(long limit) {
        this(limit, limit, (_, _) -> 0);
    }

    /// Half of it is for those who waited, and whoever asks for least has the next turn: so a small one passes however
    /// many wait for more, and where that half is asked for by those alone who never wait again, the line gets on.
    public static SharedBudget halfForTheLine(long limit) {
        return new SharedBudget(limit, limit / 2, Comparator.comparingLong(wait -> wait.amount));
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

    /// Whether who comes now has to wait.
    boolean isTight() {
        return taken.get() >= free || isWaitedFor();
    }

    /// Takes so much if it is there and nobody waits.
    boolean tryTake(long amount) {
        return waiting.isEmpty() && takeIfThere(amount, free);
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
        Wait wait = new Wait(amount, joined.getAndIncrement(), loop, then);
        waiting.put(wait, wait);
        serve();
        return wait;
    }

    /// @return false when it was too late: `then` will run
    boolean giveUp(Wait wait) {
        boolean waited = waiting.remove(wait) != null;
        serve();
        return waited;
    }

    void giveBack(long amount) {
        if (amount != 0) {
            taken.addAndGet(-amount);
            serve();
        }
    }

    private boolean takeIfThere(long amount, long most) {
        if (taken.addAndGet(amount) <= most) {
            return true;
        }
        taken.addAndGet(-amount);
        return false;
    }

    private @Nullable Wait next() {
        Map.Entry<Wait, Wait> first = waiting.firstEntry();
        return first == null ? null : first.getKey();
    }

    /// Each waits for a give-back or finds room here: it joined before it looked, as who gives back looks afterwards.
    /// One that was taken for, and served by another thread meanwhile, leaves room for the next.
    private void serve() {
        for (Wait next = next(); next != null && takeIfThere(next.amount, limit); next = next()) {
            if (waiting.remove(next) != null) {
                next.loop.execute(next.then);
            } else {
                taken.addAndGet(-next.amount);
            }
        }
    }

    /// Somebody in the line.
    static final class Wait {
        private final long amount;
        private final long number;
        private final Loop loop;
        private final Runnable then;

        private Wait(long amount, long number, Loop loop, Runnable then) {
            this.amount = amount;
            this.number = number;
            this.loop = loop;
            this.then = then;
        }
    }
}
