package io.chapar.broker.log.compact;

import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordWalk;

/// The first walk of a compaction, through what came since the last one: notes the newest offset of every key. Markers
/// and aborted records do not count.
public final class DirtyKeys {
    private final KeyOffsets keys;
    private final TxnTrail txns;
    private final long from;

    /// @param from the dirty stretch begins here, perhaps within a batch
    public DirtyKeys(KeyOffsets keys, TxnTrail txns, long from) {
        this.keys = keys;
        this.txns = txns;
        this.from = from;
    }

    /// False once there is no room for a key: the walk ends there, and [KeyOffsets#latest()] tells how far it came.
    public boolean take(RecordBatch batch) {
        if (batch.lastOffset() < from) {
            return true;
        }
        if (batch.isControl()) {
            EndTxnMarker marker = EndTxnMarker.of(batch);
            if (marker != null) {
                txns.ends(batch, marker.commit());
            }
        } else if (!txns.isAborted(batch) && !takeRecords(batch)) {
            return false;
        }
        keys.reached(batch.lastOffset());
        return true;
    }

    private boolean takeRecords(RecordBatch batch) {
        try (RecordWalk walk = batch.walk(BatchCleaner.MAX_DECOMPRESSED_BYTES, keys)) {
            while (walk.advance()) {
                boolean counts = walk.offset() >= from && walk.hasKey();
                if (counts && !keys.put(walk.offset())) {
                    return false;
                }
                if (walk.offset() >= from) {
                    keys.reached(walk.offset());
                }
            }
        }
        return true;
    }
}
