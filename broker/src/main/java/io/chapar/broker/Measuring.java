package io.chapar.broker;

import io.chapar.broker.metrics.Totals;
import io.chapar.broker.net.NettyLoop;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Looks at every loop of a broker for whoever measures it, one after the other with one object in hand. No loop is
/// held for longer than [io.chapar.broker.runtime.Slices] lets anybody, however much there is.
final class Measuring {
    private static final long MOST_SECONDS = 10;

    private final List<NettyLoop> loops;
    private final BrokerCore core;

    Measuring(List<NettyLoop> loops, BrokerCore core) {
        this.loops = loops;
        this.core = core;
    }

    /// Begins to look how late timers of the loops are.
    void watchDelays() {
        loops.forEach(loop -> loop.execute(loop::watchDelay));
    }

    /// Blocks. A fault in here is no reason to stop a loop.
    Totals look() {
        CompletableFuture<Totals> done = new CompletableFuture<>();
        lookFrom(0, new Totals(), done);
        Totals totals = done.orTimeout(MOST_SECONDS, TimeUnit.SECONDS).join();
        CompletableFuture<Void> all = new CompletableFuture<>();
        core.measure(totals, () -> all.complete(null));
        all.orTimeout(MOST_SECONDS, TimeUnit.SECONDS).join();
        return totals;
    }

    private void lookFrom(int index, Totals totals, CompletableFuture<Totals> done) {
        if (index == loops.size()) {
            done.complete(totals);
            return;
        }
        NettyLoop loop = loops.get(index);
        loop.execute(() -> {
            try {
                totals.add(loop.traffic());
                totals.loopDelay(loop.delay());
                core.measure(core.shards().all().get(index), totals, () -> lookFrom(index + 1, totals, done));
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
    }
}
