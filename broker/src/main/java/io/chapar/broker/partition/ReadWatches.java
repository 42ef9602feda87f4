package io.chapar.broker.partition;

import io.chapar.broker.runtime.Loop;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/// Readers that wait for something to read. Each is woken at most once, in a task of its own, so that a reader finds
/// all that one turn of the loop has appended.
final class ReadWatches {
    /// Per partition. One more is woken at once: its long poll becomes a plain one.
    static final int MAX_WATCHES = 10_000;

    private final Loop loop;
    private final SequencedSet<Waiting> waiting = new LinkedHashSet<>();

    private static final class Waiting {
        private final Isolation isolation;
        private final long fetchOffset;
        private final Runnable wake;

        private Waiting(Isolation isolation, long fetchOffset, Runnable wake) {
            this.isolation = isolation;
            this.fetchOffset = fetchOffset;
            this.wake = wake;
        }
    }

    ReadWatches(Loop loop) {
        this.loop = loop;
    }

    Watch add(Isolation isolation, long fetchOffset, Runnable wake) {
        if (waiting.size() >= MAX_WATCHES) {
            loop.execute(wake);
            return () -> {};
        }
        Waiting one = new Waiting(isolation, fetchOffset, wake);
        waiting.add(one);
        return () -> waiting.remove(one);
    }

    void advanced(long highWatermark, long lastStableOffset) {
        if (waiting.isEmpty()) {
            return;
        }
        for (Iterator<Waiting> it = waiting.iterator(); it.hasNext(); ) {
            Waiting one = it.next();
            long readable = one.isolation == Isolation.READ_COMMITTED ? lastStableOffset : highWatermark;
            if (readable > one.fetchOffset) {
                it.remove();
                loop.execute(one.wake);
            }
        }
    }

    /// Whatever they find: there is no point in waiting any longer.
    void wakeAll() {
        waiting.forEach(one -> loop.execute(one.wake));
        waiting.clear();
    }
}
