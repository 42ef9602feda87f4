package io.chapar.broker.log;

import io.chapar.broker.budget.Budget;

/// What one log keeps in memory for as long as it is open, whether anybody uses it or not: something for each segment,
/// and the indexes of the segment that is appended to. It counts to what all logs of the broker may keep.
///
/// Topics say how large segments are and how dense indexes, and clients fill them, so nobody is refused where there is
/// no room, but less is kept for as many bytes: from half of the bound on indexes get sparser, and when it is tight a
/// segment ends late. Aborted transactions cannot be left out; a segment that has many of them ends, and then they are
/// read when they are asked for.
/// ```
/// 0 ---- as topics have it ---- half ---- sparser indexes ---- tight ---- large segments ---- bound
/// ```
/// Owned by whoever owns the log.
final class LogMemory {
    /// Of a segment with the text of its path, without its index.
    static final int SEGMENT_BYTES = 512;
    /// Where it is tight no segment ends before.
    static final int LARGE_SEGMENT_BYTES = 64 << 20;
    /// Aborted transactions of one segment, each of which is looked through by readers of what lies there.
    static final int MANY_ABORTED = 16_384;
    /// The same beyond half of the bound; they take far more than another segment does.
    static final int MANY_ABORTED_THEN = 256;
    /// From here on intervals double.
    private static final int INTERVAL_BYTES = 4096;
    /// The interval doubles with each part of the upper half of the bound.
    private static final int PARTS = 16;
    private static final int MOST_DOUBLINGS =
            Integer.numberOfTrailingZeros(SegmentIndex.LONGEST_INTERVAL_BYTES / INTERVAL_BYTES);

    private final PartitionLog log;
    private final Budget.Share share;

    LogMemory(PartitionLog log, Budget all) {
        this.log = log;
        this.share = all.share();
    }

    /// Segments, or entries of the index, have come or gone.
    void changed() {
        share.holds(log.isClosed() ? 0 : (long) log.segments.size() * SEGMENT_BYTES
                + (log.segments.isEmpty() ? 0 : log.segments.lastEntry().getValue().indexBytes()));
    }

    /// The log is of no use any more.
    void letGo() {
        share.holds(0);
    }

    private long overHalf() {
        return share.budget().used() - share.budget().limit() / 2;
    }

    /// Whether a segment with so many aborted transactions ends, however small it is.
    boolean endsFor(int aborted) {
        return aborted >= MANY_ABORTED || (aborted >= MANY_ABORTED_THEN && overHalf() > 0);
    }

    /// Bytes between two entries of the index.
    int indexInterval() {
        int asked = log.config().indexIntervalBytes();
        long half = share.budget().limit() / 2;
        long over = overHalf();
        if (over <= 0) {
            return asked;
        }
        long doublings = Math.min(MOST_DOUBLINGS, 1 + over / Math.max(1, half / PARTS));
        long sparser = (long) Math.max(asked, INTERVAL_BYTES) << doublings;
        return Math.max(asked, (int) Math.min(SegmentIndex.LONGEST_INTERVAL_BYTES, sparser));
    }

    /// Whether a segment of that size goes on, whatever its topic says of it.
    boolean keepsWhole(long segmentBytes) {
        return segmentBytes <= LARGE_SEGMENT_BYTES && share.budget().isTight();
    }
}
