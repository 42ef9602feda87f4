package io.chapar.broker.producer;

import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.Sequences;

/// What a partition knows of one producer: its epoch, its last batches of that epoch, and its open transaction.
/// Mutable and without allocation per batch. A change of epoch empties the window.
final class ProducerEntry {
    /// As many batches as an idempotent producer keeps in flight.
    static final int WINDOW = 5;
    static final int NO_COORDINATOR_EPOCH = -1;
    static final long NO_OPEN_TXN = -1;

    private final long producerId;
    private short epoch = RecordBatch.NO_PRODUCER_EPOCH;
    private int coordinatorEpoch = NO_COORDINATOR_EPOCH;
    private long lastTimestamp = RecordBatch.NO_TIMESTAMP;
    private long txnFirstOffset = NO_OPEN_TXN;

    /// Oldest first; the first `batches` of each array count.
    private final int[] lastSequences = new int[WINDOW];
    private final int[] offsetDeltas = new int[WINDOW];
    private final long[] lastOffsets = new long[WINDOW];
    private final long[] timestamps = new long[WINDOW];
    private int batches;

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
        return batches == 0 ? RecordBatch.NO_SEQUENCE : lastSequences[batches - 1];
    }

    int lastSequence(int i) {
        return lastSequences[i];
    }

    long lastOffset(int i) {
        return lastOffsets[i];
    }

    int offsetDelta(int i) {
        return offsetDeltas[i];
    }

    long timestamp(int i) {
        return timestamps[i];
    }

    /// Position in the window of the batch with exactly this range of sequences, or -1.
    int find(int firstSequence, int lastSequence) {
        for (int i = 0; i < batches; i++) {
            if (lastSequences[i] == lastSequence
                    && Sequences.previous(lastSequences[i], offsetDeltas[i]) == firstSequence) {
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

    void changeEpoch(short to) {
        if (epoch != to) {
            epoch = to;
            batches = 0;
        }
    }

    void addBatch(int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
        if (batches == WINDOW) {
            System.arraycopy(lastSequences, 1, lastSequences, 0, WINDOW - 1);
            System.arraycopy(offsetDeltas, 1, offsetDeltas, 0, WINDOW - 1);
            System.arraycopy(lastOffsets, 1, lastOffsets, 0, WINDOW - 1);
            System.arraycopy(timestamps, 1, timestamps, 0, WINDOW - 1);
            batches--;
        }
        lastSequences[batches] = lastSequence;
        offsetDeltas[batches] = offsetDelta;
        lastOffsets[batches] = lastOffset;
        timestamps[batches] = timestamp;
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

    /// Sets everything but the window, as a snapshot has it.
    void restore(short toEpoch, int toCoordinatorEpoch, long toTimestamp, long toTxnFirstOffset) {
        epoch = toEpoch;
        coordinatorEpoch = toCoordinatorEpoch;
        lastTimestamp = toTimestamp;
        txnFirstOffset = toTxnFirstOffset;
    }
}
