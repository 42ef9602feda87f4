package io.chapar.broker.metadata;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// Lets what came from another broker begin once this one knows as much of the cluster as that one did. Else a
/// coordinator would take the topic that a leader writes to for an older one of that name, and send the end of the
/// transaction there. From any thread.
///
/// Who waits is bounded where questions are let in ([io.chapar.broker.peer.AdmittedLinkCore]), and in time.
public final class ImageWaits {
    private final LongSupplier version;
    private final ReentrantLock lock = new ReentrantLock();
    /// By the version that they wait for.
    private final TreeMap<Long, List<Waiting>> waiting = new TreeMap<>();

    /// What is run of it, on its loop, is decided once.
    public static final class Waiting {
        private final long wanted;
        private final Loop loop;
        private final Runnable reached;
        private Loop.@Nullable Timer timer;
        private boolean over;

        private Waiting(long wanted, Loop loop, Runnable reached) {
            this.wanted = wanted;
            this.loop = loop;
            this.reached = reached;
        }

        private boolean end() {
            boolean first = !over;
            over = true;
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
            return first;
        }
    }

    /// @param version of the image here, from any thread
    public ImageWaits(LongSupplier version) {
        this.version = version;
    }

    /// The image here has come to that version, and whoever follows it has been told.
    public void reached(long now) {
        due(now).forEach(this::run);
    }

    /// Runs `reached` when the image here is of that version or a later one, at once where it is; `late` instead where
    /// it is not by the deadline. On the loop, on which this is called.
    ///
    /// @param deadlineMs by [Loop#nowMs]
    /// @return for [#giveUp]; null where nothing is waited for
    public @Nullable Waiting await(long wanted, Loop loop, long deadlineMs, Runnable reached, Runnable late) {
        if (version.getAsLong() >= wanted) {
            reached.run();
            return null;
        }
        Waiting one = new Waiting(wanted, loop, reached);
        lock.lock();
        try {
            waiting.computeIfAbsent(wanted, _ -> new ArrayList<>()).add(one);
        } finally {
            lock.unlock();
        }
        one.timer = loop.schedule(Math.max(0, deadlineMs - loop.nowMs()), () -> {
            if (one.end()) {
                remove(one);
                late.run();
            }
        });
        // It may have come between the two looks.
        reached(version.getAsLong());
        return one;
    }

    /// Nothing of it is run any more. On its loop.
    public void giveUp(Waiting one) {
        if (one.end()) {
            remove(one);
        }
    }

    private List<Waiting> due(long now) {
        lock.lock();
        try {
            var reached = waiting.headMap(now, true);
            List<Waiting> due = new ArrayList<>();
            reached.values().forEach(due::addAll);
            reached.clear();
            return due;
        } finally {
            lock.unlock();
        }
    }

    private void run(Waiting one) {
        one.loop.execute(() -> {
            if (one.end()) {
                one.reached.run();
            }
        });
    }

    private void remove(Waiting one) {
        lock.lock();
        try {
            List<Waiting> all = waiting.get(one.wanted);
            if (all != null && all.remove(one) && all.isEmpty()) {
                waiting.remove(one.wanted);
            }
        } finally {
            lock.unlock();
        }
    }
}
