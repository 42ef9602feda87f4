package io.chapar.broker.log.compact;

import io.chapar.broker.producer.LiveProducers;
import io.chapar.protocol.record.BatchRewrite;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordWalk;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/// The second walk of a compaction, from the beginning of the log: what becomes of each batch.
///
/// | what | becomes |
/// |---|---|
/// | a record with a newer one of its key | gone |
/// | a record without a key | gone |
/// | a tombstone, the newest of its key | kept, its batch stamped with the time until when; gone after it |
/// | a record of an aborted transaction | gone |
/// | a marker | kept while a batch of its transaction is left, then stamped, then gone |
/// | a batch that a live producer is known by | kept, if only as a header |
/// | the last batch of a segment | kept, if only as a header: a segment ends where the next one begins |
///
/// Offsets, timestamps and the range that a batch covers do not change. What lies above [KeyOffsets#latest()] stays.
///
/// A batch that would grow by much when it is written anew stays as it is.
public final class BatchCleaner {
    /// More than any batch that was admitted can decompress to. It bounds time: memory is taken by the piece.
    static final int MAX_DECOMPRESSED_BYTES = Integer.MAX_VALUE;

    private final KeyOffsets keys;
    private final TxnTrail txns;
    private final LiveProducers live;
    private final long nowMs;
    private final long deleteRetentionMs;
    private long nextHorizonMs = Long.MAX_VALUE;
    private boolean tombstones;

    /// @param deleteRetentionMs how long a tombstone, or the marker of a transaction without data, can still be read
    public BatchCleaner(KeyOffsets keys, TxnTrail txns, LiveProducers live, long nowMs, long deleteRetentionMs) {
        this.keys = keys;
        this.txns = txns;
        this.live = live;
        this.nowMs = nowMs;
        this.deleteRetentionMs = deleteRetentionMs;
    }

    /// What stays of the batch; null for nothing. It may be the batch's own bytes.
    ///
    /// @param last the batch ends its segment
    public @Nullable ByteBuffer clean(RecordBatch given, boolean last) {
        boolean stays = last || live.needs(given);
        if (given.isControl()) {
            return cleanMarker(given, stays);
        }
        ByteBuffer left = cleanData(given, stays);
        if (left != null) {
            txns.isLeft(given);
        }
        return left;
    }

    private @Nullable ByteBuffer cleanData(RecordBatch given, boolean stays) {
        if (txns.isAborted(given)) {
            return stays ? BatchRewrite.emptied(given) : null;
        }
        tombstones = false;
        ByteBuffer left = BatchRewrite.retain(given, MAX_DECOMPRESSED_BYTES, keys, record -> keeps(given, record));
        if (RecordBatch.at(left, left.position()).recordCount() == 0) {
            return stays ? left : null;
        }
        if (tombstones && given.lastOffset() <= keys.latest()) {
            return stamped(RecordBatch.at(left, left.position()), left);
        }
        return left;
    }

    private @Nullable ByteBuffer cleanMarker(RecordBatch given, boolean stays) {
        EndTxnMarker marker = EndTxnMarker.of(given);
        if (marker == null) {
            return given.recordCount() > 0 || stays ? given.bytes() : null;
        }
        boolean dataLeft = txns.ends(given, marker.commit());
        if (dataLeft || given.lastOffset() > keys.latest()) {
            return given.bytes();
        }
        if (given.hasDeleteHorizon() && given.baseTimestamp() <= nowMs) {
            return stays ? given.bytes() : null;
        }
        return stamped(given, given.bytes());
    }

    private boolean keeps(RecordBatch batch, RecordWalk record) {
        if (record.offset() > keys.latest()) {
            return true;
        }
        if (!record.hasKey() || keys.newest() > record.offset()) {
            return false;
        }
        if (record.hasValue()) {
            return true;
        }
        boolean over = batch.hasDeleteHorizon() && batch.baseTimestamp() <= nowMs;
        tombstones |= !over;
        return !over;
    }

    /// With the time at which the next compaction may drop what the batch has to drop.
    private ByteBuffer stamped(RecordBatch of, ByteBuffer bytes) {
        long horizonMs = of.hasDeleteHorizon() ? of.baseTimestamp() : after(nowMs, deleteRetentionMs);
        nextHorizonMs = Math.min(nextHorizonMs, horizonMs);
        return of.hasDeleteHorizon() ? bytes : BatchRewrite.withDeleteHorizon(of, MAX_DECOMPRESSED_BYTES, horizonMs);
    }

    private static long after(long ms, long moreMs) {
        return moreMs > Long.MAX_VALUE - ms ? Long.MAX_VALUE : ms + moreMs;
    }

    /// When another walk will find something to drop, though nothing was appended; `Long.MAX_VALUE` for never.
    public long nextHorizonMs() {
        return nextHorizonMs;
    }
}
