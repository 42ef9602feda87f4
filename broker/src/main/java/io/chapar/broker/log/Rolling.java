package io.chapar.broker.log;

import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.List;

/// Which segment is appended to, and when it ends.
final class Rolling {
    private final PartitionLog log;
    private final LogFolder folder;
    private final RecentBatches recent;
    /// Whose indexes are being built anew: it ends when something is appended or saved. A read changes no file of the
    /// log, so that what a start finds is what the stop before it left. Null for none.
    private @Nullable Segment damaged;

    /// @param recent the last batches of the active segment
    Rolling(PartitionLog log, LogFolder folder, RecentBatches recent) {
        this.log = log;
        this.folder = folder;
        this.recent = recent;
    }

    private Segment last() {
        return log.segments.lastEntry().getValue();
    }

    /// The one that is appended to. A segment whose indexes cannot be believed ends here, so that nobody who appends
    /// waits until they are built anew.
    Segment active() throws IOException {
        Segment last = last();
        boolean isSound = folder.repair().isAtOnce() || (last != damaged && last.hasIndexes());
        return isSound ? last : rollDamaged(last);
    }

    /// Nothing is appended to the segment any more: its indexes are built anew.
    void endWithout(Segment segment) {
        if (last() == segment) {
            damaged = segment;
        }
    }

    private Segment rollDamaged(Segment last) throws IOException {
        last.sealDamaged();
        damaged = null;
        Segment next = next();
        next.create();
        return next;
    }

    /// A segment begins where the one before it ends, so that recovery sees when an end is missing.
    Segment roll() throws IOException {
        Segment active = active();
        if (active.size() == 0) {
            return active;
        }
        active.seal();
        return next();
    }

    private Segment next() throws IOException {
        folder.leaveSnapshot(log.logEnd(), log.producers());
        Segment segment = folder.newSegment(log.logEnd());
        log.segments.put(log.logEnd(), segment);
        log.memory.changed();
        recent.clear();
        return segment;
    }

    /// For a batch of so many bytes.
    Segment segmentFor(RecordBatch batch, int bytes) throws IOException {
        Segment active = active();
        return isDue(active, batch, bytes) ? roll() : active;
    }

    /// Whether batches of so many bytes go into one segment, the active one.
    boolean fitTogether(List<RecordBatch> batches, int bytes) throws IOException {
        Segment active = active();
        long entries = (long) active.index().entries() + batches.size();
        return bytes <= log.config().segmentBytes()
                && entries * SegmentIndex.OFFSET_ENTRY_BYTES < log.config().segmentIndexBytes()
                && !isDue(active, batches.getLast(), bytes);
    }

    private boolean isDue(Segment active, RecordBatch next, int bytes) throws IOException {
        if (active.size() == 0) {
            return false;
        }
        if (next.lastOffset() - active.baseOffset() > Integer.MAX_VALUE) {
            return true;
        }
        if (log.memory.endsFor(active.txns().kept())) {
            return true;
        }
        long size = (long) active.size() + bytes;
        if (log.memory.keepsWhole(size)) {
            return false;
        }
        LogConfig config = log.config();
        boolean full = size > config.segmentBytes()
                || (long) active.index().entries() * SegmentIndex.OFFSET_ENTRY_BYTES >= config.segmentIndexBytes();
        boolean old = next.maxTimestamp() - active.firstTimestamp() > config.rollMs();
        return full || old;
    }
}
