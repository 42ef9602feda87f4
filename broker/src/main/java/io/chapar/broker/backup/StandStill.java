package io.chapar.broker.backup;

import io.chapar.broker.runtime.Loop;

import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// One moment of all loops: none goes on with anything before every one has come to it, so that whatever a loop did
/// before its part of the moment was done before everybody's, and what it does afterwards nobody's part can see. The
/// only place where a loop waits for others: for as long as the slowest needs to end what it does, and never longer
/// than it is told.
final class StandStill {
    private final CyclicBarrier all;
    private final AtomicInteger left;
    private final AtomicBoolean stood = new AtomicBoolean(true);
    private final long mostMs;

    private StandStill(int loops, Runnable first, long mostMs) {
        this.all = new CyclicBarrier(loops, first);
        this.left = new AtomicInteger(loops);
        this.mostMs = mostMs;
    }

    /// @param mostMs that a loop waits for the others
    /// @param first runs once, when all have come
    /// @param part of each loop by its number, on that loop; none runs unless all do
    /// @param done on one of the loops, when all are over: whether it came to the moment
    static void of(List<? extends Loop> loops, long mostMs, Runnable first, IntConsumer part, Consumer<Boolean> done) {
        StandStill moment = new StandStill(loops.size(), first, mostMs);
        for (int i = 0; i < loops.size(); i++) {
            int which = i;
            loops.get(i).execute(() -> {
                if (moment.arrive()) {
                    part.accept(which);
                } else {
                    moment.stood.set(false);
                }
                if (moment.left.decrementAndGet() == 0) {
                    done.accept(moment.stood.get());
                }
            });
        }
    }

    private boolean arrive() {
        try {
            all.await(mostMs, TimeUnit.MILLISECONDS);
            return true;
        } catch (BrokenBarrierException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
