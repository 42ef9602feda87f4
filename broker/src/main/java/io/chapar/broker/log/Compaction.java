package io.chapar.broker.log;

import io.chapar.broker.log.compact.BatchCleaner;
import io.chapar.broker.log.compact.DirtyKeys;
import io.chapar.broker.log.compact.KeyOffsets;
import io.chapar.broker.log.compact.TxnTrail;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.LiveProducers;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// One compaction of one log, in small steps: [#work] and [#proceed] in turn until that says that it is over.
///
/// `work` reads sealed segments and writes new files, and may run on any thread; `proceed` belongs to the log's loop,
/// which meanwhile appends, reads and deletes as always. First the keys of the dirty stretch are gathered, then all
/// segments up to its end are written anew, small ones together, each group taking the place of its sources at once.
/// A compaction that is given up on, or that a crash ends, leaves the groups that it came to and the old rest: the next
/// one begins anew.
public final class Compaction {
    /// Read in one step, about.
    static final int STEP_BYTES = 1 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(Compaction.class);

    private final PartitionLog log;
    private final DataFolder data;
    private final String folder;
    private final LogConfig config;
    private final Cleanable range;
    private final List<Segment> inputs;
    private final long keyBytes;
    private final LiveProducers live;
    private final List<AbortedTxnIndex.Entry> aborted;
    private final long nowMs;
    private final int truncations;

    /// Null until work begins.
    private @Nullable Keys keys;
    /// Null until the keys are known.
    private @Nullable Rewriting rewriting;
    private int group;
    /// Where the segments of the group begin, and where the last one ends.
    private SortedSet<Long> starts = new TreeSet<>();
    private long groupEnd;
    private @Nullable SegmentRewrite rewrite;
    /// Of the inputs, or of the group's.
    private int next;
    private Segment.@Nullable Reader reader;
    private int inputBytes;
    private boolean readerDone;
    private boolean keysDone;
    private long moved;
    private long removed;
    private @Nullable String failure;
    private boolean over;

    /// What the first walk collects.
    private record Keys(KeyOffsets offsets, DirtyKeys dirty) {
    }

    /// What the second walk is made with.
    private record Rewriting(KeyOffsets keys, TxnTrail trail, BatchCleaner cleaner, List<List<Segment>> groups) {
    }

    /// @param inputs sealed segments from the first one on, up to `range.end()`
    Compaction(PartitionLog log, String folder, DataFolder data, Cleanable range, List<Segment> inputs, long keyBytes,
            long nowMs) throws IOException {
        this.log = log;
        this.folder = folder;
        this.data = data;
        this.config = log.config();
        this.range = range;
        this.inputs = inputs;
        this.keyBytes = keyBytes;
        this.nowMs = nowMs;
        this.live = log.producers().live();
        this.aborted = log.aborted(inputs.getFirst().baseOffset(), range.end());
        this.truncations = log.truncations();
        while (next < inputs.size() && log.segmentEnd(inputs.get(next)) <= range.firstDirty()) {
            next++;
        }
        openNextInput();
    }

    // ---- anywhere

    /// Does the next piece of work. Blocks on the disk.
    public void work() {
        if (failure != null) {
            return;
        }
        try {
            Rewriting second = rewriting;
            if (second == null) {
                gather(keys().dirty);
            } else {
                rewrite(second);
            }
        } catch (IOException | RuntimeException | Error e) {
            failed(e);
        }
    }

    /// Whatever it is, it costs no more than this compaction: nothing that the log knows of has been touched yet.
    private void failed(Throwable why) {
        failure = folder + " is not compacted: " + why;
        LOG.debug("Why {}", failure, why);
    }

    private Keys keys() {
        Keys known = keys;
        if (known == null) {
            KeyOffsets offsets = new KeyOffsets(keyBytes, range.end() - range.firstDirty(), range.firstDirty());
            known = new Keys(offsets, new DirtyKeys(offsets, new TxnTrail(aborted), range.firstDirty()));
            keys = known;
        }
        return known;
    }

    private void gather(DirtyKeys dirty) throws IOException {
        long until = moved + STEP_BYTES;
        while (!readerDone && moved < until) {
            RecordBatch batch = read();
            if (batch != null && !dirty.take(batch)) {
                readerDone = true;
                keysDone = true;
            }
        }
    }

    private void rewrite(Rewriting second) throws IOException {
        SegmentRewrite target = requireNonNull(rewrite, "a group is rewritten into a segment");
        long until = moved + STEP_BYTES;
        boolean lastInput = next == second.groups.get(group).size();
        while (!readerDone && moved < until) {
            RecordBatch batch = read();
            if (batch == null) {
                break;
            }
            boolean last = lastInput && reader != null
                    && reader.scan().position() + batch.sizeInBytes() == inputBytes;
            ByteBuffer left = second.cleaner.clean(batch, last);
            removed += batch.sizeInBytes();
            if (left != null) {
                removed -= left.remaining();
                moved += left.remaining();
                target.append(left);
            }
        }
        if (readerDone && lastInput) {
            target.finish(second.trail.takeLeft());
            log.cleaning().settleSnapshots(starts, starts.first(), groupEnd);
        }
    }

    /// The next batch of the reader's segment; null at its end. A batch that is spoilt must not get a new checksum.
    private @Nullable RecordBatch read() throws IOException {
        if (reader == null) {
            readerDone = true;
            return null;
        }
        RecordBatch batch = reader.scan().advance();
        if (batch == null) {
            reader.requireWhole();
            readerDone = true;
            return null;
        }
        if (!batch.isCrcValid()) {
            throw new IOException("checksum of the batch at byte " + reader.scan().position() + " of the segment of "
                    + batch.baseOffset() + " is wrong");
        }
        moved += batch.sizeInBytes();
        return batch;
    }

    // ---- on the log's loop

    /// Takes in what was done, and prepares the next piece of work; false when there is none. An IOException leaves the
    /// log behind its disk, as after a failed append.
    public boolean proceed() throws IOException {
        if (over) {
            return false;
        }
        if (failure != null || log.isClosed() || log.truncations() != truncations) {
            cancel();
            return false;
        }
        if (!readerDone) {
            return true;
        }
        try {
            advance();
        } catch (RuntimeException e) {
            failed(e);
            cancel();
        }
        return !over;
    }

    private void advance() throws IOException {
        closeReader();
        Rewriting second = rewriting;
        if (second == null) {
            keysDone |= next == inputs.size();
            if (keysDone) {
                beginRewriting(keys().offsets);
            } else {
                openNextInput();
            }
        } else if (next == second.groups.get(group).size()) {
            finishGroup(second);
        } else {
            openNext(second.groups.get(group));
        }
    }

    /// Does everything at once, on the log's loop.
    public void runAll() throws IOException {
        do {
            work();
        } while (proceed());
    }

    private void openNextInput() throws IOException {
        while (next < inputs.size() && !log.holds(inputs.get(next))) {
            next++;
        }
        if (next < inputs.size()) {
            openNext(inputs);
        } else {
            readerDone = true;
        }
    }

    private void openNext(List<Segment> from) throws IOException {
        Segment segment = from.get(next++);
        readerDone = false;
        if (log.holds(segment)) {
            inputBytes = segment.size();
            reader = segment.reader(0, BatchScan.FAR, true);
        } else {
            failure = folder + ": the oldest segments went while they were compacted";
        }
    }

    private void closeReader() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }

    private void beginRewriting(KeyOffsets keys) throws IOException {
        List<Segment> left = new ArrayList<>();
        for (Segment segment : inputs) {
            if (segment.baseOffset() <= keys.latest() && log.holds(segment)) {
                left.add(segment);
            }
        }
        TxnTrail trail = new TxnTrail(aborted);
        BatchCleaner cleaner = new BatchCleaner(keys, trail, live, nowMs, config.deleteRetentionMs());
        Rewriting second = new Rewriting(keys, trail, cleaner, grouped(left));
        rewriting = second;
        group = -1;
        nextGroup(second);
    }

    /// As many neighbours together as fit into one segment by their present sizes.
    private List<List<Segment>> grouped(List<Segment> segments) {
        List<List<Segment>> all = new ArrayList<>();
        long bytes = 0;
        for (Segment segment : segments) {
            boolean fits = !all.isEmpty()
                    && bytes + segment.size() <= config.segmentBytes()
                    && log.segmentEnd(segment) - all.getLast().getFirst().baseOffset() <= Integer.MAX_VALUE;
            if (!fits) {
                all.add(new ArrayList<>());
                bytes = 0;
            }
            all.getLast().add(segment);
            bytes += segment.size();
        }
        return all;
    }

    private void nextGroup(Rewriting second) throws IOException {
        group++;
        if (group == second.groups.size()) {
            over = true;
            log.cleaning().point().moveTo(second.keys.latest() + 1, second.cleaner.nextHorizonMs());
            return;
        }
        List<Segment> sources = second.groups.get(group);
        starts = new TreeSet<>();
        sources.forEach(source -> starts.add(source.baseOffset()));
        groupEnd = log.segmentEnd(sources.getLast());
        next = 0;
        rewrite = new SegmentRewrite(data, folder, sources.getFirst().baseOffset(), config.indexIntervalBytes());
        openNext(sources);
    }

    private void finishGroup(Rewriting second) throws IOException {
        for (Segment source : second.groups.get(group)) {
            if (!log.holds(source)) {
                failure = folder + ": the oldest segments went while they were compacted";
                cancel();
                return;
            }
        }
        SegmentRewrite done = requireNonNull(rewrite, "a group is rewritten into a segment");
        rewrite = null;
        try {
            log.cleaning().replace(second.groups.get(group), done);
        } catch (RuntimeException e) {
            throw new IOException("a compacted segment was not taken in: " + e, e);
        }
        nextGroup(second);
    }

    /// Lets go of everything. Not while `work` runs.
    public void cancel() throws IOException {
        over = true;
        closeReader();
        if (rewrite != null) {
            SegmentRewrite unwanted = rewrite;
            rewrite = null;
            unwanted.discard();
        }
    }

    /// Read and written so far.
    public long movedBytes() {
        return moved;
    }

    /// Less on disk than before.
    public long removedBytes() {
        return removed;
    }

    /// Why it did not come to its end, or null.
    public @Nullable String failure() {
        return failure;
    }
}
