package io.chapar.broker.shard;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/// Appends of clients that wait while what a loop leads is handed over, so that nothing is written that the next leader
/// may not have: afterwards they are refused without having been written, and their clients go to that leader. As many
/// as the connections have under way at the most.
///
/// ```
/// open --hold--> held --release, or so many ms have passed--> letting go, one a turn --none left--> open
/// ```
/// They keep their order, and nobody overtakes them. On the loop.
public final class HeldAppends {
    private final Loop loop;
    /// Null while nothing is held.
    private @Nullable ArrayDeque<Runnable> held;
    private boolean isLettingGo;
    /// How often something was held.
    private long times;

    HeldAppends(Loop loop) {
        this.loop = loop;
    }

    /// @param mostMs after which they go on as if nothing had been
    public void hold(long mostMs) {
        if (held == null) {
            held = new ArrayDeque<>();
            long of = ++times;
            loop.schedule(mostMs, () -> {
                if (of == times) {
                    release();
                }
            });
        }
    }

    public void release() {
        if (held != null && !isLettingGo) {
            isLettingGo = true;
            letGo();
        }
    }

    private void letGo() {
        Runnable next = held == null ? null : held.poll();
        if (next == null) {
            held = null;
            isLettingGo = false;
            return;
        }
        next.run();
        loop.execute(this::letGo);
    }

    /// Runs it at once, or when it is let go.
    public void take(Runnable append) {
        if (held == null) {
            append.run();
        } else {
            held.add(append);
        }
    }
}
