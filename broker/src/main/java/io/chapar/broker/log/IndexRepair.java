package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Builds indexes anew that are missing or contradict the log. That reads whole segments: at once while the log is
/// opened or cut, where nobody waits for a loop; and else away from the loop of the log.
///
/// ```
/// damaged --asked for: IndexBeingBuilt--> being built --> in place; who waits asks again
///                                              +--failed--> who asks within RETRY_MS is told why
/// ```
/// Owned by whoever owns the log.
final class IndexRepair {
    /// What could not be built is not tried again before, however often it is asked for.
    static final long RETRY_MS = 10_000;

    private final Disk disk;
    private @Nullable Loop loop;
    private @Nullable PartitionLog log;
    private final Map<Segment, Rebuild> underWay = new LinkedHashMap<>();
    private final Map<Segment, Failure> failures = new LinkedHashMap<>();
    private final Set<Wait> waits = new LinkedHashSet<>();

    private record Failure(IOException cause, long untilMs) {}

    /// Somebody who asks again.
    static final class Wait {
        private final Runnable wake;

        private Wait(Runnable wake) {
            this.wake = wake;
        }
    }

    /// An index in the making.
    interface Rebuild {
        /// What to do next away from the loop, null when there is nothing left. On the loop, and so it opens what the
        /// work reads: a file that has gone meanwhile would come to be again by being opened.
        Disk.@Nullable Work next() throws IOException;

        /// Puts it into its place. On the loop.
        void adopt() throws IOException;
    }

    IndexRepair(Disk disk) {
        this.disk = disk;
    }

    /// From now on away from this loop, by which the log is owned.
    void awayFrom(Loop owner, PartitionLog owned) {
        loop = owner;
        log = owned;
    }

    /// From now on where it is asked for. What is being built counts for nothing any more: segments will change.
    ///
    /// @return makes it again as it was
    Runnable atOnce() {
        Loop before = loop;
        loop = null;
        underWay.clear();
        return () -> loop = before;
    }

    boolean isAtOnce() {
        return loop == null;
    }

    /// Returns when it is built, or throws [IndexBeingBuilt].
    void build(Segment segment, Rebuild rebuild) throws IOException {
        if (loop == null || log == null) {
            for (Disk.Work work = rebuild.next(); work != null; work = rebuild.next()) {
                work.run();
            }
            rebuild.adopt();
            return;
        }
        Failure before = failures.get(segment);
        if (before != null && loop.nowMs() < before.untilMs()) {
            throw new IOException(before.cause().getMessage(), before.cause());
        }
        log.rolling.endWithout(segment);
        if (underWay.putIfAbsent(segment, rebuild) == null) {
            step(segment, rebuild, loop, log);
        }
        throw new IndexBeingBuilt(segment.path(PartitionFiles.LOG));
    }

    private void step(Segment segment, Rebuild rebuild, Loop on, PartitionLog of) {
        IOException failure = null;
        try {
            if (rebuild.equals(underWay.get(segment)) && !of.isClosed() && of.holds(segment)) {
                Disk.Work work = rebuild.next();
                if (work != null) {
                    disk.runLater(work, on, wrong -> {
                        if (wrong == null) {
                            step(segment, rebuild, on, of);
                        } else {
                            ended(segment, rebuild, wrong, on, of);
                        }
                    });
                    return;
                }
                rebuild.adopt();
            }
        } catch (IOException e) {
            failure = e;
        }
        ended(segment, rebuild, failure, on, of);
    }

    private void ended(Segment segment, Rebuild rebuild, @Nullable IOException failure, Loop on, PartitionLog of) {
        if (underWay.remove(segment, rebuild)) {
            failures.keySet().removeIf(each -> each == segment || !of.holds(each));
            if (failure != null) {
                failures.put(segment, new Failure(failure, on.nowMs() + RETRY_MS));
            }
        }
        wakeAll(on);
    }

    private void wakeAll(Loop on) {
        List<Wait> all = new ArrayList<>(waits);
        waits.clear();
        all.forEach(wait -> on.execute(wait.wake));
    }

    /// As [PartitionLog#onIndexed].
    Runnable onIndexed(Loop on, Runnable wake) {
        if (underWay.isEmpty()) {
            on.execute(wake);
            return () -> { };
        }
        Wait wait = new Wait(wake);
        waits.add(wait);
        return () -> waits.remove(wait);
    }
}
