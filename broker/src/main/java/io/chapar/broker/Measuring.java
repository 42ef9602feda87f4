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
    private final List<NettyLoop> all;
    private final BrokerCore core;

    /// @param loops those of shards, in their order
    /// @param all these, and behind them others, of which nothing is known but how late their timers are
    Measuring(List<NettyLoop> loops, List<NettyLoop> all, BrokerCore core) {
        this.loops = loops;
        this.all = all;
        this.core = core;
    }

    /// Begins to look how late timers of the loops are.
    void watchDelays() {
        all.forEach(loop -> loop.execute(loop::watchDelay));
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
        if (index == all.size()) {
            done.complete(totals);
            return;
        }
        NettyLoop loop = all.get(index);
        loop.execute(() -> {
            try {
                if (index >= loops.size()) {
                    totals.votersLoopDelay(loop.delay());
                    lookFrom(index + 1, totals, done);
                    return;
                }
                totals.add(loop.traffic());
                totals.loopDelay(loop.delay());
                core.measure(core.shards().all().get(index), totals, () -> lookFrom(index + 1, totals, done));
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
    }
}
