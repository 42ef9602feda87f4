package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// A copy of one store that another member owns, filled from its changelog. Read and changed by the thread that reads,
/// until the store is handed over: then nothing more comes into it.
final class StandbyCopy {
    /// So often at least a copy that has everything says so: see [Standing#MAX_AGE_MS].
    private static final long TOUCH_MS = Standing.MAX_AGE_MS / 12;

    private final Store store;
    private final StateBudget budget;
    /// Null before its place in the changelog is known.
    private Standing.@Nullable Log log;
    /// What it has is not to be trusted.
    private boolean doubted;
    private volatile OffsetAndMetadata next = new OffsetAndMetadata(0);
    /// As [Standing#atMs].
    private long sinceMs;
    /// An end of the log, which the copy had everything of at `targetMs` once it has come there; -1: none is known.
    private long target = -1;
    private long targetMs;
    private volatile long lag = Long.MAX_VALUE;

    StandbyCopy(StateBudget budget, CommittedRows rows) {
        this.budget = budget;
        store = new Store(budget, rows);
    }

    boolean isPlaced() {
        return log != null;
    }

    /// Reading begins at its position, as far as it has come already. Nothing when it was handed over meanwhile.
    ///
    /// @param found the changelog as it is
    /// @param askedMs when it was so
    void place(Standing.Log found, long askedMs) {
        if (!store.openIfWanted()) {
            return;
        }
        Standing from = store.standing();
        if (doubted || from == null || !from.isIn(found, askedMs)) {
            store.forget();
            doubted = false;
            next = new OffsetAndMetadata(found.start());
            sinceMs = askedMs;
        } else {
            next = from.next();
            sinceMs = from.atMs();
            if (from.isAtEnd(found)) {
                sinceMs = askedMs;
                store.reached(found.at(next, sinceMs));
            }
        }
        log = found;
        target = found.end();
        targetMs = askedMs;
    }

    /// What is in the changelog has to be asked for again.
    void displace() {
        log = null;
        lag = Long.MAX_VALUE;
        target = -1;
    }

    /// When it is placed again, that is at the beginning.
    void doubt() {
        doubted = true;
        store.forget();
    }

    /// Committed entries, in their order, and the position behind them with the epoch of the last: both are kept in one
    /// step, or nothing is. False when there is no room for them: the copy is of no use then. [RetriableException] when
    /// it has been behind for so long that what removed keys may be gone by now: it is to be placed anew.
    boolean take(List<ConsumerRecord<byte[], byte[]>> records, OffsetAndMetadata behind, long wallClockMs) {
        Standing.Log here = log;
        if (here != null && wallClockMs - sinceMs > Standing.MAX_AGE_MS) {
            throw new RetriableException(ErrorCode.NONE, "A copy has not had everything for "
                    + (wallClockMs - sinceMs) + " ms, and begins anew");
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
            byte[] key = record.key();
            byte[] value = record.value();
            if (key == null) {
                continue;
            }
            if (!budget.hasRoomForCopies(value == null ? 0 : StateBudget.sizeOf(key, value))) {
                return false;
            }
            try {
                store.restore(key, value);
            } catch (StateFullException full) {
                return false;
            }
        }
        next = behind;
        compare();
        if (here != null) {
            store.reached(here.at(behind, sinceMs));
        }
        return true;
    }

    private void compare() {
        if (target >= 0 && next.offset() >= target) {
            sinceMs = targetMs;
            target = -1;
        }
    }

    /// `end`: behind the last entry that was decided when it was asked for.
    void measure(long end, long askedMs) {
        lag = Math.max(0, end - next.offset());
        if (target < 0) {
            target = end;
            targetMs = askedMs;
            compare();
        }
        Standing standing = store.standing();
        if (log != null && standing != null && sinceMs - standing.atMs() > TOUCH_MS) {
            store.reached(log.at(next, sinceMs));
        }
    }

    /// Where reading goes on.
    OffsetAndMetadata position() {
        return next;
    }

    /// In offsets; [Long#MAX_VALUE] as long as it is not known.
    long lag() {
        return lag;
    }

    /// What it has come to; nothing comes into it any more.
    CommittedRows handOver() {
        return store.handOver();
    }

    void close() {
        store.close();
    }
}
