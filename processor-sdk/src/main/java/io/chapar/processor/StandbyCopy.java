package io.chapar.processor;

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
    private volatile long position;
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
    void place(Standing.Log found, long wallClockMs) {
        if (!store.openIfWanted()) {
            return;
        }
        Standing from = store.standing();
        if (doubted || from == null || !from.isIn(found, wallClockMs)) {
            store.forget();
            doubted = false;
            position = found.start();
        } else {
            position = from.offset();
            if (found.end() <= position + 1) {
                store.reached(found.at(position, wallClockMs));
            }
        }
        log = found;
    }

    /// What is in the changelog has to be asked for again.
    void displace() {
        log = null;
        lag = Long.MAX_VALUE;
    }

    /// When it is placed again, that is at the beginning.
    void doubt() {
        doubted = true;
        store.forget();
    }

    /// Committed entries, in their order, and the position behind them: both are kept in one step, or nothing is. False
    /// when there is no room for them: the copy is of no use then. [RetriableException] when it has stood still for so
    /// long that what removed keys may be gone by now: it is to be placed anew.
    boolean take(List<ConsumerRecord<byte[], byte[]>> records, long next, long wallClockMs) {
        Standing stood = store.standing();
        if (log != null && stood != null && !stood.isIn(new Standing.Log(log.topic(), log.start(), next),
                wallClockMs)) {
            throw new RetriableException(ErrorCode.NONE, "A copy has read nothing for " + (wallClockMs - stood.atMs())
                    + " ms, and begins anew");
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
        if (log != null) {
            store.reached(log.at(next, wallClockMs));
        }
        position = next;
        return true;
    }

    /// `end`: behind the last entry that is decided.
    void measure(long end, long wallClockMs) {
        lag = Math.max(0, end - position);
        Standing standing = store.standing();
        if (lag == 0 && log != null && standing != null && wallClockMs - standing.atMs() > TOUCH_MS) {
            store.reached(log.at(position, wallClockMs));
        }
    }

    long position() {
        return position;
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
