package io.chapar.broker.producer;

import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.Sequences;

import java.util.Arrays;

/// What a partition knows of one producer: its epoch, its last batches of that epoch, and its open transaction.
/// Mutable and without allocation per batch. A change of epoch empties the window.
final class ProducerEntry {
    /// As many batches as an idempotent producer keeps in flight.
    static final int WINDOW = 5;
    static final int NO_COORDINATOR_EPOCH = -1;
    private static final int LONGS = 3;
    static final long NO_OPEN_TXN = -1;

    private final long producerId;
    private short epoch = RecordBatch.NO_PRODUCER_EPOCH;
    private int coordinatorEpoch = NO_COORDINATOR_EPOCH;
    private long lastTimestamp = RecordBatch.NO_TIMESTAMP;
    private long txnFirstOffset = NO_OPEN_TXN;

    /// Oldest first; of each batch its last offset, its timestamp, and last sequence and offset delta in one. No longer
    /// than it has to be: most producers of a crowd write once.
    private long[] window = new long[LONGS];
    private int batches;
    /// So many sequences, up to the last one, stand in the log without a gap, as far as is known; more may.
    private int contiguous;

    /// Something was written, or restored, since [#quietSinceMs] was last asked.
    private boolean written = true;
    private long quietSinceMs;

    ProducerEntry(long producerId) {
        this.producerId = producerId;
    }

    long producerId() {
        return producerId;
    }

    short epoch() {
        return epoch;
    }

    int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    /// Of the last batch or marker.
    long lastTimestamp() {
        return lastTimestamp;
    }

    /// Of the open transaction, or -1.
    long txnFirstOffset() {
        return txnFirstOffset;
    }

    boolean hasOpenTxn() {
        return txnFirstOffset != NO_OPEN_TXN;
    }

    int batches() {
        return batches;
    }

    int lastSequence() {
        return batches == 0 ? RecordBatch.NO_SEQUENCE : lastSequence(batches - 1);
    }

    int lastSequence(int i) {
        return (int) (window[i * LONGS + 2] >>> Integer.SIZE);
    }

    long lastOffset(int i) {
        return window[i * LONGS];
    }

    int offsetDelta(int i) {
        return (int) window[i * LONGS + 2];
    }

    long timestamp(int i) {
        return window[i * LONGS + 1];
    }

    /// Position in the window of the batch with exactly this range of sequences, or -1.
    int find(int firstSequence, int lastSequence) {
        for (int i = 0; i < batches; i++) {
            if (lastSequence(i) == lastSequence
                    && Sequences.previous(lastSequence, offsetDelta(i)) == firstSequence) {
                return i;
            }
        }
        return -1;
    }

    /// Whether a client's batch that begins so is not later than the last one: a copy of it, or of one before.
    boolean isBehind(int firstSequence) {
        if (batches == 0 || firstSequence < 0) {
            return false;
        }
        int ahead = firstSequence - lastSequence() & Integer.MAX_VALUE;
        return ahead == 0 || ahead > Integer.MAX_VALUE / 2;
    }

    /// Whether each of these sequences, of this epoch, is known to stand in the log, be it in other batches or in some
    /// that are not remembered any more.
    boolean hasAll(int firstSequence, int lastSequence) {
        if (batches == 0 || firstSequence < 0) {
            return false;
        }
        int back = lastSequence() - firstSequence & Integer.MAX_VALUE;
        int backOfLast = lastSequence() - lastSequence & Integer.MAX_VALUE;
        return back < contiguous && backOfLast <= back;
    }

    void changeEpoch(short to) {
        if (epoch != to) {
            epoch = to;
            batches = 0;
        }
    }

    void addBatch(int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
        boolean follows = batches > 0
                && Sequences.previous(lastSequence, offsetDelta) == Sequences.next(lastSequence(), 1);
        // Half of all sequences: what lies further back may as well lie ahead.
        contiguous = (int) Math.min(Integer.MAX_VALUE / 2, (follows ? contiguous : 0L) + offsetDelta + 1);
        if (batches == WINDOW) {
            System.arraycopy(window, LONGS, window, 0, (WINDOW - 1) * LONGS);
            batches--;
        } else if (window.length == batches * LONGS) {
            window = Arrays.copyOf(window, Math.min(WINDOW, 2 * batches) * LONGS);
        }
        int at = batches * LONGS;
        window[at] = lastOffset;
        window[at + 1] = timestamp;
        window[at + 2] = (long) lastSequence << Integer.SIZE | Integer.toUnsignedLong(offsetDelta);
        batches++;
        lastTimestamp = timestamp;
        written = true;
    }

    void beginTxn(long firstOffset) {
        txnFirstOffset = firstOffset;
    }

    void forgetTxn() {
        txnFirstOffset = NO_OPEN_TXN;
    }

    void endTxn(short markerEpoch, int markerCoordinatorEpoch, long timestamp) {
        changeEpoch(markerEpoch);
        txnFirstOffset = NO_OPEN_TXN;
        coordinatorEpoch = markerCoordinatorEpoch;
        lastTimestamp = timestamp;
        written = true;
    }

    /// When the producer was first found to have written nothing since the time before, by the broker's clock:
    /// timestamps are the client's, and may be of another year.
    long quietSinceMs(long nowMs) {
        if (written || quietSinceMs > nowMs) {
            written = false;
            quietSinceMs = nowMs;
        }
        return quietSinceMs;
    }

    /// As [#hasAll] counts.
    int contiguous() {
        return contiguous;
    }

    /// More is known to stand in the log than what is remembered one by one.
    boolean isLongerThanItsWindow() {
        long remembered = 0;
        for (int i = 0; i < batches; i++) {
            remembered += offsetDelta(i) + 1L;
        }
        return batches > 0 && contiguous > remembered;
    }

    void restoreContiguous(int sequences) {
        contiguous = sequences;
    }

    /// Sets everything but the window, as a snapshot has it.
    void restore(short toEpoch, int toCoordinatorEpoch, long toTimestamp, long toTxnFirstOffset) {
        epoch = toEpoch;
        coordinatorEpoch = toCoordinatorEpoch;
        lastTimestamp = toTimestamp;
        txnFirstOffset = toTxnFirstOffset;
    }
}
