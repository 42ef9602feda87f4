package io.chapar.broker.log;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.CompletedTxn;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/// The log of one partition: its segments, its producers, its leader epochs, and where it begins and ends.
///
/// What is appended is visible to [#slice] at once; the partition keeps readers below the high watermark. Every
/// IOException leaves the memory behind the disk: the log is then of no use until it is opened again.
///
/// Appending is done here; the rest has its own places: [LogRecovery] opens, [LogReads] and [TimeSearch] find,
/// [Checkpoints] brings to stable storage, [Retention] moves the beginning, [Truncation] the end, and [Cleaning] knows
/// what may be compacted. They belong to the same loop as this.
public final class PartitionLog {
    private final LogFolder folder;
    private LogConfig config;

    final NavigableMap<Long, Segment> segments = new TreeMap<>();
    /// Where the segment before ends, by base offset, of those that begin behind it: see [LogOffsets.Sealed].
    final NavigableMap<Long, Long> holes = new TreeMap<>();
    final LeaderEpochs epochs = new LeaderEpochs();
    final Checkpoints checkpoints;
    final Rolling rolling;
    final LogMemory memory;
    private final RecentBatches recent = new RecentBatches();
    private final LogReads reads;
    private final Retention retention;
    private final Cleaning cleaning;
    private ProducerTable producers = new ProducerTable();
    private long logStart;
    private long logEnd;
    long scannedBytes;
    /// Or given up: the folder's name may belong to another topic by now, or to another instance of this log.
    private boolean abandoned;
    private boolean closed;
    /// Cuts so far: what a sync under way has reached may be cut and written anew before it ends.
    private int truncations;

    private PartitionLog(TopicPartition id, UUID topicId, LogConfig config, DataFolder data) {
        this.folder = new LogFolder(id.toString(), topicId, data, segments);
        this.config = config;
        this.checkpoints = new Checkpoints(this, folder);
        this.rolling = new Rolling(this, folder, recent);
        this.memory = new LogMemory(this, data.memory());
        this.reads = new LogReads(this, segments, recent);
        this.retention = new Retention(this, folder);
        this.cleaning = new Cleaning(this, folder, id);
    }

    /// Opens what is there, or an empty log without a file; a tail behind the recovery point is scanned, and cut where
    /// it is torn.
    public static PartitionLog open(TopicPartition id, UUID topicId, LogConfig config, DataFolder data)
            throws IOException {
        return open(id, topicId, config, data, false);
    }

    /// Opens anew what a failing disk has put an end to. After a failed sync the system may hold bytes for written that
    /// the disk never got: what no sync has covered is written once more.
    public static PartitionLog reopen(TopicPartition id, UUID topicId, LogConfig config, DataFolder data)
            throws IOException {
        return open(id, topicId, config, data, true);
    }

    /// A log that begins there, in place of one that was given up. Blocks. Until it has batches an opening finds none.
    public static PartitionLog beginAt(
            TopicPartition id, UUID topicId, LogConfig config, DataFolder data, long offset) throws IOException {
        PartitionLog log = new PartitionLog(id, topicId, config, data);
        log.folder.discard();
        log.segments.put(offset, log.folder.newSegment(offset));
        log.recovered(new ProducerTable(), offset, offset, LogOffsets.beginningAt(offset), false);
        return log;
    }

    private static PartitionLog open(
            TopicPartition id, UUID topicId, LogConfig config, DataFolder data, boolean rewrite) throws IOException {
        PartitionLog log = new PartitionLog(id, topicId, config, data);
        try {
            log.open(rewrite);
        } catch (IOException e) {
            // What is deleted in place of it would go on to take room while it is open here.
            log.abandon();
            throw e;
        }
        return log;
    }

    private void open(boolean rewrite) throws IOException {
        if (!folder.claim()) {
            segments.put(0L, folder.newSegment(0));
            recovered(new ProducerTable(), 0, 0, LogOffsets.NONE, false);
            return;
        }
        new LogRecovery(this, folder).run();
        cleaning.point().load();
        if (rewrite) {
            LogOffsets saved = checkpoints.saved();
            for (Segment segment : checkpoints.unsyncedSegments()) {
                segment.rewrite(segment.baseOffset() == saved.segment() ? saved.recoveryPosition() : 0);
            }
        }
        if (config.flushAcks() && syncedTo() < logEnd) {
            checkpoints.now(savedHighWatermark());
        }
    }

    /// What recovery found.
    void recovered(ProducerTable table, long start, long end, LogOffsets offsets, boolean folderExists) {
        producers = table;
        logStart = start;
        logEnd = end;
        folder.found(folderExists);
        checkpoints.recovered(offsets);
        memory.changed();
    }

    // ---- state

    public long logStart() {
        return logStart;
    }

    /// In memory alone.
    void startAt(long offset) {
        logStart = offset;
    }

    public long logEnd() {
        return logEnd;
    }

    /// As far as it was known when the log was closed, whatever was synced since; readers may go on from there.
    public long savedHighWatermark() {
        return Math.clamp(checkpoints.saved().highWatermark(), logStart, logEnd);
    }

    /// Everything below survives the loss of power.
    public long recoveryPoint() {
        return checkpoints.saved().recoveryPoint();
    }

    /// Every batch below survives the loss of power; at or above the recovery point.
    public long syncedTo() {
        return checkpoints.sync.synced();
    }

    /// Appended since the last checkpoint began: about what a recovery would have to read.
    public long bytesSinceCheckpoint() {
        return checkpoints.sync.bytesSinceCheckpoint();
    }

    public ProducerTable producers() {
        return producers;
    }

    public LogConfig config() {
        return config;
    }

    public void configure(LogConfig to) {
        config = to;
    }

    /// Adds up: 4 ms of the processor for 100,000 segments.
    public long sizeInBytes() {
        long total = 0;
        for (Segment segment : segments.values()) {
            total += segment.size();
        }
        return total;
    }

    public int segmentCount() {
        return segments.size();
    }

    /// What the last opening had to read, batch by batch.
    public long scannedBytes() {
        return scannedBytes;
    }

    // ---- leader epochs

    /// A leadership begins at the log end.
    public void beginEpoch(int epoch) {
        epochs.assign(epoch, logEnd);
    }

    public int latestEpoch() {
        return epochs.latest();
    }

    /// `{epoch, end offset}` as in OffsetForLeaderEpoch; both -1 when unknown.
    public long[] endOfEpoch(int epoch) {
        LeaderEpochs.Entry end = epochs.endOf(epoch, logEnd);
        return new long[] {end.epoch(), end.startOffset()};
    }

    /// Of the last batch; -1 for none.
    public int lastEpoch() {
        return logEnd > logStart ? epochs.epochAt(logEnd - 1) : -1;
    }

    /// Leaderships at the log end that wrote nothing are forgotten.
    public void endLeadership() {
        epochs.truncateFromEnd(logEnd);
    }

    public int epochAt(long offset) {
        return epochs.epochAt(offset);
    }

    // ---- append

    /// Appends a batch that has been judged, with its final offsets; the bytes are those of the batch and are written
    /// as they are.
    public void append(RecordBatch batch) throws IOException {
        Check.that(batch.baseOffset() >= logEnd, "append below the log end");
        ByteBuffer bytes = batch.bytes();
        write(rolling.segmentFor(batch, bytes.remaining()), batch, bytes);
        appended(batch);
    }

    /// Appends batches of the same time and the same leader, one behind the other, as [#append] does with each: in one
    /// write, unless a segment ends among them.
    public void append(List<RecordBatch> batches) throws IOException {
        int size = 0;
        for (RecordBatch batch : batches) {
            size += batch.sizeInBytes();
        }
        if (batches.size() > 1 && rolling.fitTogether(batches, size)) {
            ByteBuffer together = ByteBuffer.allocate(size);
            long end = logEnd;
            for (RecordBatch batch : batches) {
                Check.that(batch.baseOffset() >= end, "append below the log end");
                end = batch.nextOffset();
                together.put(batch.bytes());
            }
            write(segments.lastEntry().getValue(), batches.getFirst(), together.flip());
            for (RecordBatch batch : batches) {
                appended(batch);
            }
        } else {
            for (RecordBatch batch : batches) {
                append(batch);
            }
        }
    }

    private void write(Segment active, RecordBatch first, ByteBuffer bytes) throws IOException {
        if (first.partitionLeaderEpoch() != epochs.latest()) {
            epochs.assign(first.partitionLeaderEpoch(), first.baseOffset());
        }
        folder.prepare(epochs, checkpoints.sync);
        if (active.size() == 0) {
            checkpoints.sync.created(active.path(PartitionFiles.LOG));
        }
        checkpoints.sync.appended(bytes.remaining());
        active.write(bytes);
    }

    /// The batch has been written behind all others.
    private void appended(RecordBatch batch) throws IOException {
        Segment active = segments.lastEntry().getValue();
        recent.add(batch.baseOffset(), batch.lastOffset(), active.size());
        active.appended(batch, memory.indexInterval());
        memory.changed();
        logEnd = batch.nextOffset();
        CompletedTxn completed = producers.fold(batch);
        if (completed != null && completed.aborted()) {
            active.txns().add(completed);
        }
    }

    // ---- read

    /// Whole batches of one segment: from the one that holds `from` (or the next one there is) up to `upper`, a batch
    /// boundary, within `maxBytes` or at least one if so asked. Null when there is nothing.
    public @Nullable Slice slice(long from, long upper, int maxBytes, boolean atLeastOne) throws IOException {
        return reads.slice(from, upper, maxBytes, atLeastOne);
    }

    /// @param endOffset first offset behind the slice, a batch boundary
    public record Slice(FileRecords records, long baseOffset, long endOffset) {}

    long segmentEnd(Segment segment) {
        Map.Entry<Long, Segment> next = segments.higherEntry(segment.baseOffset());
        return next == null ? logEnd : next.getKey();
    }

    /// The aborted transactions that reach into `[from, upper)`, by first offset.
    public List<AbortedTxnIndex.Entry> aborted(long from, long upper) throws IOException {
        return reads.aborted(from, upper);
    }

    /// From now on indexes that are damaged are built anew away from the loop, which owns the log: who asks for what
    /// they tell is told [IndexBeingBuilt]. Before that, at once.
    public void repairAwayFrom(Loop loop) {
        folder.repair().awayFrom(loop, this);
    }

    /// Runs it in another turn, once no index is being built, or one less is. What it gives keeps it from being run.
    public Runnable onIndexed(Loop loop, Runnable wake) {
        return folder.repair().onIndexed(loop, wake);
    }

    /// For the first record, from the log start on, whose timestamp is at least the given one.
    public TimeSearch searchTime(long timestamp) {
        return TimeSearch.firstAtOrAfter(this, timestamp);
    }

    /// For the first record, from the log start on, with the largest timestamp of all.
    public TimeSearch searchLargestTime() {
        return TimeSearch.ofLargest(this);
    }

    // ---- start and end

    /// Readers begin at the offset from now on; segments wholly below it go. Not below the present start.
    /// `done` runs on the loop when that is so for good, or with what went wrong.
    public void advanceLogStart(long to, long highWatermark, Loop loop, Consumer<IOException> done) {
        retention.advance(to, highWatermark, loop, done);
    }

    /// Deletes what the topic's settings have outlived, never beyond the high watermark. `done` as in
    /// [#advanceLogStart].
    public void retain(long nowMs, long highWatermark, Loop loop, Consumer<IOException> done) throws IOException {
        retention.retain(nowMs, highWatermark, loop, done);
    }

    /// Cuts everything at and behind the offset, or the log start of then, away from the loop, when no sync is under
    /// way: a follower whose history differs. Nobody looks at the log until `done` has run on the loop.
    public void truncateLater(long offset, Loop loop, Consumer<IOException> done) {
        checkpoints.alone(() -> {
            Runnable awayAgain = folder.repair().atOnce();
            folder.disk().runLater(() -> truncateTo(Math.max(offset, logStart)), loop, failure -> {
                awayAgain.run();
                checkpoints.ended(failure, done);
            });
        });
    }

    /// As [#truncateLater], here and now; blocks.
    void truncateTo(long offset) throws IOException {
        if (offset >= logEnd) {
            return;
        }
        Check.that(offset >= logStart, "truncation below the log start");
        truncations++;
        logEnd = Truncation.cut(this, folder, offset);
        recent.clear();
        holes.tailMap(logEnd, false).clear();
        cleaning.point().truncateTo(logEnd);
        checkpoints.truncated(logEnd);
        epochs.truncateFromEnd(logEnd);
        folder.prepare(epochs, checkpoints.sync);
        producers = new LogRecovery(this, folder).truncated(producers);
    }

    int truncations() {
        return truncations;
    }

    // ---- compaction

    /// What compaction would find now. Only sealed segments below the stable offset count, and of those only what is
    /// on stable storage together with the ends of its transactions: recovery reads nothing there any more, and a loss
    /// of power does not undo what made a record obsolete.
    ///
    /// @param stableOffset no transaction that began below is undecided, and nothing below can be taken back
    public Cleanable cleanable(long nowMs, long stableOffset) throws IOException {
        return cleaning.cleanable(nowMs, stableOffset);
    }

    /// Begins to compact what [#cleanable] tells of, one at a time, as far as keys fit into `keyBytes`; null for none.
    public @Nullable Compaction compact(long nowMs, long stableOffset, long keyBytes) throws IOException {
        return cleaning.begin(nowMs, stableOffset, keyBytes);
    }

    /// Seals the active segment when its first record has waited for compaction as long as it may.
    public void rollIfOverdue(long nowMs) throws IOException {
        cleaning.rollIfOverdue(nowMs);
    }

    /// Sealed segments could be compacted if they, and the ends of their transactions, were on stable storage.
    public boolean needsCheckpoint(long stableOffset) {
        return checkpoints.isDue(stableOffset);
    }

    public Cleaning cleaning() {
        return cleaning;
    }

    /// Below it every key has one record at most, together with what lies above.
    public long cleanedUpTo() {
        return cleaning.point().offset();
    }

    boolean holds(Segment segment) {
        return segments.get(segment.baseOffset()) == segment;
    }

    // ---- durability

    /// Begins a checkpoint away from the loop: batches, indexes and producers up to the log end are synced, then the
    /// recovery point moves there; `failed` runs on the loop if that goes wrong. While a sync is under way another is
    /// not begun; then false.
    public boolean flushLater(Loop loop, long highWatermark, Consumer<IOException> failed) throws IOException {
        return syncLater(true, loop, highWatermark, failure -> {
            if (failure != null) {
                failed.accept(failure);
            }
        });
    }

    /// Why so many bytes should not be written now for what can wait; null when they may be.
    public @Nullable String noRoomFor(long bytes) {
        Reserve reserve = folder.data().reserve();
        return reserve.hasRoomFor(bytes) ? null : reserve.refusal();
    }

    /// Syncs away from the loop what lies behind [#syncedTo], or for a checkpoint behind the recovery point; `done`
    /// runs on the loop with what went wrong, or null. It does not run for a log that was given up meanwhile.
    ///
    /// @return false when another sync is under way, and this one was not begun
    public boolean syncLater(boolean checkpoint, Loop loop, long highWatermark, Consumer<IOException> done)
            throws IOException {
        return checkpoints.later(checkpoint, loop, highWatermark, done);
    }

    /// Puts the index files that were built anew into their places. `done` as in [#advanceLogStart].
    public void adoptIndexes(Loop loop, Consumer<IOException> done) {
        folder.renewed().adoptLater(this, loop, done);
    }

    // ---- end

    /// Syncs everything and leaves a producer snapshot at the log end, so that the next open reads nothing twice.
    public void close(long highWatermark) throws IOException {
        folder.disk().sync(beginClose(highWatermark));
        folder.disk().sync(endClose());
        forgetFiles();
    }

    /// The first half of a close in two halves, for whoever closes many logs: writes what is still in memory and gives
    /// the files to sync before [#endClose].
    public List<String> beginClose(long highWatermark) throws IOException {
        closed = true;
        List<String> paths = new ArrayList<>(checkpoints.begin(highWatermark));
        paths.addAll(folder.renewed().unsynced());
        return paths;
    }

    /// Marks the log as whole up to its end; gives the file to sync after it.
    public List<String> endClose() throws IOException {
        folder.renewed().adopt(folder.renewed().unsynced(), this::holds);
        memory.letGo();
        return checkpoints.end();
    }

    /// Lets go of the files; the log is of no use afterwards, and a sync under way changes nothing any more.
    public void abandon() {
        abandoned = true;
        forgetFiles();
    }

    boolean isAbandoned() {
        return abandoned;
    }

    boolean isClosed() {
        return closed || abandoned;
    }

    private void forgetFiles() {
        memory.letGo();
        segments.values().forEach(Segment::forgetFiles);
    }

    /// Deletes everything. Transfers under way go on.
    public void delete() throws IOException {
        abandon();
        folder.discard();
    }
}
