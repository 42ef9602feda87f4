package io.chapar.broker.partition;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Who waits for the high watermark to pass an offset. Each is answered exactly once.
final class CommitWaits {
    private final Loop loop;
    private final NavigableMap<Long, List<Wait>> byOffset = new TreeMap<>();

    private static final class Wait {
        private final Consumer<ErrorCode> done;
        private Loop.@Nullable Timer timer;

        private Wait(Consumer<ErrorCode> done) {
            this.done = done;
        }
    }

    CommitWaits(Loop loop) {
        this.loop = loop;
    }

    void add(long lastOffset, long deadlineMs, Consumer<ErrorCode> done) {
        Wait wait = new Wait(done);
        byOffset.computeIfAbsent(lastOffset, _ -> new ArrayList<>(1)).add(wait);
        if (deadlineMs != Long.MAX_VALUE) {
            wait.timer = loop.schedule(Math.max(0, deadlineMs - loop.nowMs()), () -> timeOut(lastOffset, wait));
        }
    }

    private void timeOut(long lastOffset, Wait wait) {
        List<Wait> waits = byOffset.get(lastOffset);
        if (waits != null && waits.remove(wait)) {
            if (waits.isEmpty()) {
                byOffset.remove(lastOffset);
            }
            wait.done.accept(ErrorCode.REQUEST_TIMED_OUT);
        }
    }

    /// In the order of the offsets, and of their asking.
    void release(long highWatermark) {
        while (!byOffset.isEmpty() && byOffset.firstKey() < highWatermark) {
            answer(byOffset.pollFirstEntry().getValue(), ErrorCode.NONE);
        }
    }

    /// Those who do not wait for ever.
    void failTimed(ErrorCode error) {
        List<Wait> timed = new ArrayList<>();
        byOffset.values().forEach(waits -> waits.removeIf(wait -> wait.timer != null && timed.add(wait)));
        byOffset.values().removeIf(List::isEmpty);
        answer(timed, error);
    }

    void failAll(ErrorCode error) {
        while (!byOffset.isEmpty()) {
            answer(byOffset.pollFirstEntry().getValue(), error);
        }
    }

    private static void answer(List<Wait> waits, ErrorCode error) {
        for (Wait wait : waits) {
            if (wait.timer != null) {
                wait.timer.cancel();
            }
            wait.done.accept(error);
        }
    }
}
