package io.chapar.broker.log;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TooLargeException;
import io.chapar.protocol.record.KeyPieces;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordWalk;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Objects;

import static java.util.Objects.requireNonNull;

/// Finds a record by its timestamp, exact to the record, in steps that do not hold the log's loop for long: each goes
/// on from the offset where the one before ended, whatever has become of the log meanwhile. A batch that decompresses
/// to much is looked at by [#finishBatch], which needs nothing of the log. On the log's loop, but for that.
///
/// Of a client's compressed batch nobody has checked that its largest timestamp is one of its records': a search may
/// have to look at many for nothing.
public final class TimeSearch {
    /// Bytes of batches that one step goes over, more or less.
    private static final int STEP_BYTES = 2 << 20;
    /// As so many bytes counts what a segment costs of which nothing is read.
    private static final int SEGMENT_COST = 4096;
    /// What a batch may decompress to that is looked at within a step.
    private static final int SHORT_BYTES = 1 << 20;
    private static final long ANY = -1;

    private final PartitionLog log;
    /// That is wanted; not while the largest is.
    private final long timestamp;
    private final boolean ofLargest;

    /// An offset in the segment that is looked through.
    private long inside = Long.MIN_VALUE;
    /// Of that segment, all below has been looked at in this pass.
    private long from = Long.MIN_VALUE;
    /// The second pass over a segment whose largest timestamp is none of a record's behind the log start.
    private boolean behindStart;
    private @Nullable Hit best;
    private boolean ended;
    private @Nullable LargeBatch large;

    private TimeSearch(PartitionLog log, long timestamp, boolean ofLargest) {
        this.log = log;
        this.timestamp = timestamp;
        this.ofLargest = ofLargest;
    }

    public record Hit(long offset, long timestamp, int leaderEpoch) {}

    /// For the first record at or after the log start whose timestamp is at least the given one.
    static TimeSearch firstAtOrAfter(PartitionLog log, long timestamp) {
        return new TimeSearch(log, timestamp, false);
    }

    /// For the first record at or behind the log start that has the largest timestamp of all there.
    static TimeSearch ofLargest(PartitionLog log) {
        return new TimeSearch(log, ANY, true);
    }

    /// The whole search at once; null when there is no such record.
    public @Nullable Hit atOnce() throws IOException {
        while (!step()) {
            if (needsFinish()) {
                finishBatch();
            }
        }
        return found();
    }

    /// After the end; null when there is no such record.
    public @Nullable Hit found() {
        return best;
    }

    /// False when there is more to do: after [#finishBatch] where [#needsFinish], else in another turn. Throws
    /// [MalformedMessageException] where a batch that may hold the record cannot be read.
    public boolean step() throws IOException {
        if (large != null) {
            takeIn(large);
        }
        for (int left = STEP_BYTES; !ended && left > 0 && large == null; ) {
            Segment segment = at();
            left = lookThrough(segment, left - SEGMENT_COST);
        }
        return ended;
    }

    public boolean needsFinish() {
        return large != null;
    }

    /// Looks at the batch that decompresses to much. From any thread, between two steps.
    public void finishBatch() {
        requireNonNull(large, "a batch waits to be looked at").look();
    }

    /// Nobody will go on.
    public void abandon() {
        if (large != null) {
            large.reader().close();
            large = null;
        }
    }

    private void takeIn(LargeBatch looked) throws IOException {
        abandon();
        if (looked.failure instanceof IOException e) {
            throw e;
        }
        if (looked.failure instanceof RuntimeException e) {
            throw e;
        }
        taken(looked.hit, at());
    }

    private Segment at() {
        return log.segments.floorEntry(Math.max(inside, log.segments.firstKey())).getValue();
    }

    /// What a batch gave of what is wanted in this pass.
    private void taken(@Nullable Hit hit, Segment segment) {
        if (hit != null) {
            best = hit;
            if (!behindStart) {
                passed(segment);
                ended |= !ofLargest;
            }
        }
    }

    /// The rest of the segment is of no interest.
    private void passed(Segment segment) {
        Long next = log.segments.higherKey(segment.baseOffset());
        behindStart = false;
        from = next == null ? from : next;
        inside = from;
        ended = next == null;
    }

    /// @return what is left of the step
    private int lookThrough(Segment segment, int before) throws IOException {
        long top = segment.size() == 0 ? ANY : segment.index().maxTimestamp();
        boolean hasIt = ofLargest ? top >= 0 && (best == null || top > best.timestamp()) : top >= timestamp;
        if (segment.size() == 0 || !(hasIt || behindStart)) {
            passed(segment);
            return before;
        }
        int start = startIn(segment);
        if (start < 0) {
            atItsEnd(segment);
            return before;
        }
        Segment.Reader reader = segment.reader(start, BatchScan.FAR, true);
        try {
            return scan(segment, reader, ofLargest ? top : timestamp, before);
        } finally {
            if (large == null) {
                reader.close();
            }
        }
    }

    private int scan(Segment segment, Segment.Reader reader, long wanted, int before) throws IOException {
        BatchScan scan = reader.scan();
        for (int left = before; left > 0; ) {
            RecordBatch batch = scan.advance();
            if (batch == null) {
                atItsEnd(segment);
                return left;
            }
            left -= batch.sizeInBytes();
            inside = batch.lastOffset();
            from = inside + 1;
            Pass pass = new Pass(wanted, behindStart, behindStart ? best : null, log.logStart());
            Hit hit = null;
            if (pass.mayHold(batch)) {
                int most = log.config().maxDecompressedBytes();
                try {
                    hit = pass.look(batch, Math.min(SHORT_BYTES, most));
                } catch (TooLargeException notShort) {
                    large = new LargeBatch(reader, scan.position(), batch.sizeInBytes(), pass, most);
                    return left;
                }
                taken(hit, segment);
            }
            if (hit != null && !behindStart) {
                return left;
            }
        }
        return 0;
    }

    private void atItsEnd(Segment segment) {
        if (ofLargest && !behindStart) {
            behindStart = true;
            from = segment.baseOffset();
            inside = from;
        } else {
            passed(segment);
        }
    }

    /// Where to look on; -1 when there is nothing behind what has been looked at.
    private int startIn(Segment segment) throws IOException {
        int start = 0;
        if (!behindStart) {
            start = ofLargest
                    ? segment.startOf(segment.index().maxTimestampOffset()) : segment.startOfTime(timestamp);
        }
        long next = behindStart ? Math.max(from, log.logStart()) : from;
        if (next <= segment.baseOffset()) {
            return start;
        }
        Segment.Place place = segment.locate(next);
        return place == null ? -1 : Math.max(start, place.position());
    }

    /// What a pass looks for in each batch: the first record at or after a time, or in a second pass one that is later
    /// than the best so far.
    private record Pass(long wanted, boolean later, @Nullable Hit best, long logStart) {
        boolean mayHold(RecordBatch batch) {
            boolean late = later
                    ? best == null || batch.maxTimestamp() > best.timestamp() : batch.maxTimestamp() >= wanted;
            return late && batch.lastOffset() >= logStart;
        }

        @Nullable Hit look(RecordBatch batch, int most) {
            Hit found = null;
            long above = best == null ? ANY : best.timestamp();
            try (RecordWalk walk = batch.walk(most, KeyPieces.NONE)) {
                while (walk.advance()) {
                    boolean fits = later ? walk.timestamp() > above : walk.timestamp() >= wanted;
                    if (fits && walk.offset() >= logStart) {
                        found = new Hit(walk.offset(), walk.timestamp(), batch.partitionLeaderEpoch());
                        above = walk.timestamp();
                        if (!later) {
                            return found;
                        }
                    }
                }
            }
            return found;
        }
    }

    /// One that decompresses to much. It is not in memory until it is looked at; its file stays open.
    private static final class LargeBatch {
        private final Segment.Reader reader;
        private final int position;
        private final int size;
        private final Pass pass;
        private final int maxBytes;
        private @Nullable Hit hit;
        private @Nullable Exception failure;

        LargeBatch(Segment.Reader reader, int position, int size, Pass pass, int maxBytes) {
            this.reader = reader;
            this.position = position;
            this.size = size;
            this.pass = pass;
            this.maxBytes = maxBytes;
        }

        Segment.Reader reader() {
            return reader;
        }

        void look() {
            try {
                BatchScan scan = new BatchScan(reader.file().file(), position, position + size, size, true);
                RecordBatch batch = Objects.requireNonNull(scan.advance(), "a batch that was there before");
                hit = pass.look(batch, maxBytes);
            } catch (IOException | MalformedMessageException e) {
                failure = e;
            }
        }
    }
}
