package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.CompletedTxn;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/// The log of one partition: its segments, its producers, its leader epochs, and where it begins and ends.
///
/// What is appended is visible to [#slice] at once, and it is the
/// partition that keeps readers below the high watermark. Every IOException leaves the memory behind the disk: the log
/// is then of no use until it is opened again.
public final class PartitionLog {
    private static final int SNAPSHOT_WORTH_BYTES = 16 << 20;

    private final String folder;
    private final DataFolder data;
    private final UUID topicId;
    private LogConfig config;

    final NavigableMap<Long, Segment> segments = new TreeMap<>();
    final LeaderEpochs epochs = new LeaderEpochs();
    private final RecentBatches recent = new RecentBatches();
    private ProducerTable producers = new ProducerTable();
    private boolean folderExists;
    private long logStart;
    private long logEnd;
    private LogOffsets saved = LogOffsets.NONE;
    /// To be saved when what it vouches for is synced.
    private LogOffsets marking;
    private final SyncState sync = new SyncState();
    /// Of the last checkpoint, where no segment begins; -1 for none.
    private long loneSnapshot = -1;
    long scannedBytes;
    /// Or given up: the folder's name may belong to another topic by now, or to another instance of this log.
    private boolean deleted;
    private boolean closed;
    /// Cuts so far: what a sync under way has reached may be cut and written anew before it ends.
    private int truncations;
    /// No transaction that began below was undecided at the recovery point: what ended it is on stable storage.
    private long checkpointedDecided;
    private final CleanPoint cleaned;

    PartitionLog(TopicPartition id, UUID topicId, LogConfig config, DataFolder data) {
        this.folder = id.toString();
        this.topicId = topicId;
        this.config = config;
        this.data = data;
        this.cleaned = new CleanPoint(id, data.disk());
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

    private static PartitionLog open(
            TopicPartition id, UUID topicId, LogConfig config, DataFolder data, boolean rewrite) throws IOException {
        PartitionLog log = new PartitionLog(id, topicId, config, data);
        UUID owner = PartitionMetadata.read(data.disk(), log.folder);
        if (owner != null && !owner.equals(topicId)) {
            // An older topic of the same name was deleted before this partition of it was ever opened.
            discard(log.folder, owner, data);
        } else if (owner == null && data.disk().exists(log.folder)) {
            PartitionMetadata.write(data.disk(), log.folder, topicId);
        }
        new LogRecovery(log, log.folder, data).run();
        log.cleaned.load();
        if (rewrite) {
            for (Segment segment : log.unsyncedSegments()) {
                segment.rewrite(segment.baseOffset() == log.saved.segment() ? log.saved.recoveryPosition() : 0);
            }
        }
        if (config.flushAcks() && log.sync.synced() < log.logEnd) {
            log.checkpoint(log.logEnd);
        }
        return log;
    }

    // ---- state

    public long logStart() {
        return logStart;
    }

    public long logEnd() {
        return logEnd;
    }

    /// As far as it was known when the log was closed; readers may go on from there.
    public long savedHighWatermark() {
        return Math.clamp(saved.highWatermark(), logStart, logEnd);
    }

    /// Everything below survives the loss of power.
    public long recoveryPoint() {
        return saved.recoveryPoint();
    }

    /// Every batch below survives the loss of power; at or above the recovery point.
    public long syncedTo() {
        return sync.synced();
    }

    /// Appended since the last checkpoint began: about what a recovery would have to read.
    public long bytesSinceCheckpoint() {
        return sync.bytesSinceCheckpoint();
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

    public int epochAt(long offset) {
        return epochs.epochAt(offset);
    }

    // ---- append

    /// Appends a batch that has been judged, with its final offsets; the bytes are those of the batch and are written
    /// as they are.
    ///
    /// @return the transaction that it ended, or null
    public CompletedTxn append(RecordBatch batch) throws IOException {
        Check.that(batch.baseOffset() >= logEnd, "append below the log end");
        ByteBuffer bytes = batch.bytes();
        Segment active = rollIfDue(batch, bytes.remaining());
        if (batch.partitionLeaderEpoch() != epochs.latest()) {
            epochs.assign(batch.partitionLeaderEpoch(), batch.baseOffset());
        }
        prepareFolder();
        int position = active.size();
        if (position == 0) {
            sync.created(active.path(PartitionFiles.LOG));
        }
        sync.appended(bytes.remaining());
        active.append(batch, bytes, config.indexIntervalBytes());
        recent.add(batch.baseOffset(), batch.lastOffset(), position);
        logEnd = batch.nextOffset();
        CompletedTxn completed = producers.fold(batch);
        if (completed != null && completed.aborted()) {
            active.addAborted(completed);
        }
        return completed;
    }

    private void prepareFolder() throws IOException {
        if (!folderExists) {
            data.disk().createFolder(folder);
            PartitionMetadata.write(data.disk(), folder, topicId);
            folderExists = true;
            sync.created(folder);
            sync.created(folder + "/" + PartitionFiles.METADATA);
        }
        if (epochs.takeDirty()) {
            data.disk().replace(folder + "/" + PartitionFiles.LEADER_EPOCHS, epochs.bytes());
        }
    }

    private Segment rollIfDue(RecordBatch next, int bytes) throws IOException {
        Segment active = segments.lastEntry().getValue();
        if (active.size() == 0) {
            return active;
        }
        boolean full = (long) active.size() + bytes > config.segmentBytes()
                || next.lastOffset() - active.baseOffset() > Integer.MAX_VALUE
                || (long) active.index().entries() * SegmentIndex.OFFSET_ENTRY_BYTES >= config.segmentIndexBytes();
        boolean old = next.maxTimestamp() - active.firstTimestamp() > config.rollMs();
        return full || old ? roll(logEnd) : active;
    }

    /// A segment begins where the one before it ends, so that recovery sees when an end is missing.
    private Segment roll(long baseOffset) throws IOException {
        segments.lastEntry().getValue().seal();
        saveSnapshot(baseOffset);
        Segment segment = new Segment(folder, baseOffset, data, 0);
        segments.put(baseOffset, segment);
        recent.clear();
        return segment;
    }

    private void saveSnapshot(long offset) throws IOException {
        saveSnapshot(offset, producers);
    }

    /// One that is there already may be on stable storage, and be needed: it gives way only to one that is there too.
    void saveSnapshot(long offset, ProducerTable table) throws IOException {
        String path = snapshotPath(offset);
        ByteBuffer content = ProducerSnapshot.write(table);
        ByteBuffer before = data.disk().read(path);
        if (before == null) {
            data.disk().replace(path, content);
        } else if (!before.equals(content)) {
            data.disk().replace(path + ".new", content);
            data.disk().sync(List.of(path + ".new"));
            data.disk().rename(path + ".new", path);
        }
    }

    String snapshotPath(long offset) {
        return PartitionFiles.segmentFile(folder, offset, PartitionFiles.SNAPSHOT);
    }

    // ---- read

    /// Whole batches of one segment: from the one that holds `from` (or the next one there is) up to `upper`, a batch
    /// boundary, within `maxBytes` or at least one if so asked. Null when there is nothing.
    public Slice slice(long from, long upper, int maxBytes, boolean atLeastOne) throws IOException {
        Map.Entry<Long, Segment> entry = segments.floorEntry(from);
        Segment segment = entry == null ? segments.firstEntry().getValue() : entry.getValue();
        while (segment != null) {
            if (segment.baseOffset() >= upper) {
                return null;
            }
            Segment.Place start = start(segment, from);
            if (start != null) {
                return start.baseOffset() >= upper ? null : slice(segment, start, upper, maxBytes, atLeastOne);
            }
            Map.Entry<Long, Segment> next = segments.higherEntry(segment.baseOffset());
            segment = next == null ? null : next.getValue();
        }
        return null;
    }

    private Segment.Place start(Segment segment, long from) throws IOException {
        if (segment.size() == 0) {
            return null;
        }
        if (segment.baseOffset() == segments.lastKey()) {
            int i = recent.find(from);
            if (i >= 0) {
                int position = recent.position(i);
                int end = recent.endPosition(i, segment.size());
                return new Segment.Place(position, recent.baseOffset(i), end - position);
            }
        }
        if (from <= segment.baseOffset()) {
            return segment.locate(segment.baseOffset());
        }
        return segment.locate(from);
    }

    private Slice slice(Segment segment, Segment.Place start, long upper, int maxBytes, boolean atLeastOne)
            throws IOException {
        int endPosition = segment.size();
        long endOffset = segmentEnd(segment);
        if (upper < endOffset) {
            endPosition = start(segment, upper).position();
            endOffset = upper;
        }
        int limit = (int) Math.min(endPosition, (long) start.position() + Math.max(0, maxBytes));
        if (limit < endPosition) {
            if (start.position() + start.sizeInBytes() > limit) {
                if (!atLeastOne) {
                    return null;
                }
                limit = start.position() + start.sizeInBytes();
            }
            if (limit < endPosition) {
                Segment.Place cut = segment.firstNotFitting(start.position(), limit);
                if (cut != null) {
                    endPosition = cut.position();
                    endOffset = cut.baseOffset();
                }
            }
        }
        return new Slice(segment.slice(start.position(), endPosition), start.baseOffset(), endOffset);
    }

    long segmentEnd(Segment segment) {
        Map.Entry<Long, Segment> next = segments.higherEntry(segment.baseOffset());
        return next == null ? logEnd : next.getKey();
    }

    /// @param endOffset first offset behind the slice, a batch boundary
    public record Slice(FileRecords records, long baseOffset, long endOffset) {}

    /// The aborted transactions that reach into `[from, upper)`, by first offset.
    public List<AbortedTxnIndex.Entry> aborted(long from, long upper) throws IOException {
        List<AbortedTxnIndex.Entry> found = new ArrayList<>();
        Map.Entry<Long, Segment> entry = segments.floorEntry(from);
        while (entry != null && !entry.getValue().aborted().collect(from, upper, found::add)) {
            entry = segments.higherEntry(entry.getKey());
        }
        if (found.size() > 1) {
            found.sort(Comparator.comparingLong(AbortedTxnIndex.Entry::firstOffset));
        }
        return found;
    }

    public TimeSearch timeSearch() {
        return new TimeSearch(this);
    }

    // ---- start

    /// Readers begin at the offset from now on; segments wholly below it go. Not below the present start.
    public void advanceLogStart(long to, long highWatermark) throws IOException {
        Check.that(to <= logEnd, "log start beyond the log end");
        if (to <= logStart) {
            return;
        }
        logStart = to;
        if (to == logEnd && segments.lastEntry().getValue().size() > 0) {
            roll(to).create();
        }
        epochs.truncateFromStart(to);
        List<Segment> gone = new ArrayList<>();
        while (segments.size() > 1 && segments.higherKey(segments.firstKey()) <= to) {
            gone.add(segments.pollFirstEntry().getValue());
        }
        if (!folderExists) {
            return;
        }
        boolean same = saved.recoveryPoint() >= segments.firstKey();
        if (!gone.isEmpty() && saved.recoveryPoint() <= segments.firstKey()) {
            // Of what the producers did in the segments that go, this snapshot alone will tell.
            data.disk().sync(List.of(snapshotPath(segments.firstKey())));
        }
        save(new LogOffsets(
                Math.max(saved.recoveryPoint(), segments.firstKey()),
                same ? saved.segment() : segments.firstKey(),
                same ? saved.recoveryPosition() : 0,
                same ? saved.indexed() : LogOffsets.Indexed.NONE,
                logStart,
                highWatermark));
        // What was deleted stays so; and the segments before may end before this one begins.
        data.disk().sync(List.of(offsetsPath()));
        if (epochs.takeDirty()) {
            data.disk().replace(folder + "/" + PartitionFiles.LEADER_EPOCHS, epochs.bytes());
        }
        List<String> paths = new ArrayList<>();
        for (Segment each : gone) {
            each.forgetFiles();
            paths.addAll(each.paths());
            paths.add(snapshotPath(each.baseOffset()));
        }
        deleteLater(paths);
    }

    /// By names of their own: until the deletion comes to them, a new topic may have files of the old names here.
    private void deleteLater(List<String> paths) throws IOException {
        List<String> doomed = new ArrayList<>();
        for (String path : paths) {
            if (data.disk().exists(path)) {
                data.disk().rename(path, path + PartitionFiles.DELETED_FILE);
                doomed.add(path + PartitionFiles.DELETED_FILE);
            }
        }
        data.disk().deleteLater(doomed);
    }

    /// Deletes what the topic's settings have outlived, never beyond the high watermark.
    public void retain(long nowMs, long highWatermark) throws IOException {
        if (!config.delete()) {
            return;
        }
        long over = config.retentionBytes() < 0 ? 0 : sizeInBytes() - config.retentionBytes();
        long start = logStart;
        for (Segment segment : segments.values()) {
            long end = segmentEnd(segment);
            if (segment.size() == 0 || end > highWatermark) {
                break;
            }
            boolean active = segment.baseOffset() == segments.lastKey();
            boolean expired = config.retentionMs() >= 0
                    && segment.index().maxTimestamp() >= 0
                    && nowMs - segment.index().maxTimestamp() > config.retentionMs();
            boolean tooMuch = config.retentionBytes() >= 0 && !active && over >= segment.size();
            if (!expired && !tooMuch) {
                break;
            }
            over -= segment.size();
            start = end;
        }
        if (start > logStart) {
            advanceLogStart(start, highWatermark);
        }
    }

    // ---- compaction

    private long decidedUpTo() {
        return Math.min(logEnd, producers.firstUndecidedOffset());
    }

    /// What compaction would find now. Only sealed segments below the stable offset count, and of those only what is
    /// on stable storage together with the ends of its transactions: recovery reads nothing there any more, and a loss
    /// of power does not undo what made a record obsolete.
    ///
    /// @param stableOffset no transaction that began below is undecided, and nothing below can be taken back
    public Cleanable cleanable(long nowMs, long stableOffset) throws IOException {
        if (!config.compact() || segments.size() == 1) {
            return Cleanable.NOTHING;
        }
        long firstDirty = Math.max(cleaned.offset(), logStart);
        long synced = Math.min(checkpointedDecided, Math.min(saved.recoveryPoint(), saved.segment()));
        long end = segments.firstKey();
        long cleanBytes = 0;
        long dirtyBytes = 0;
        boolean overdue = nowMs >= cleaned.nextHorizonMs();
        for (Segment segment : segments.headMap(segments.lastKey(), false).values()) {
            long segmentEnd = segmentEnd(segment);
            boolean isDirty = segmentEnd > firstDirty;
            boolean young = isDirty && config.minCompactionLagMs() > 0
                    && segment.index().maxTimestamp() > nowMs - config.minCompactionLagMs();
            if (segmentEnd > stableOffset || segmentEnd > synced || young) {
                break;
            }
            end = segmentEnd;
            if (isDirty) {
                dirtyBytes += segment.size();
                overdue |= isOverdue(segment, nowMs);
            } else {
                cleanBytes += segment.size();
            }
        }
        overdue &= end > segments.firstKey();
        return new Cleanable(Math.min(firstDirty, end), end, cleanBytes, dirtyBytes, overdue);
    }

    private boolean isOverdue(Segment segment, long nowMs) throws IOException {
        return config.maxCompactionLagMs() != Long.MAX_VALUE
                && segment.size() > 0
                && segment.firstTimestamp() >= 0
                && nowMs - segment.firstTimestamp() > config.maxCompactionLagMs();
    }

    /// Begins to compact what [#cleanable] tells of; null when that is nothing. One at a time.
    ///
    /// @param keyBytes memory for the keys of the dirty stretch; if it does not suffice, the compaction goes as far as
    ///        it does
    public Compaction compact(long nowMs, long stableOffset, long keyBytes) throws IOException {
        Cleanable range = cleanable(nowMs, stableOffset);
        List<Segment> inputs = List.copyOf(segments.headMap(range.end(), false).values());
        return inputs.isEmpty() ? null : new Compaction(this, folder, data, range, inputs, keyBytes, nowMs);
    }

    /// Seals the active segment when its first record has waited for compaction as long as it may.
    public void rollIfOverdue(long nowMs, long highWatermark) throws IOException {
        Segment active = segments.lastEntry().getValue();
        if (config.compact() && isOverdue(active, nowMs)) {
            boolean synced = saved.recoveryPoint() == logEnd;
            roll(logEnd).create();
            if (synced) {
                save(offsetsAtEnd(highWatermark));
            }
        }
    }

    /// Sealed segments could be compacted if they, and the ends of their transactions, were on stable storage.
    public boolean needsCheckpoint(long stableOffset) {
        long last = segments.lastKey();
        return saved.recoveryPoint() < logEnd
                && (saved.segment() < last || checkpointedDecided < Math.min(stableOffset, last));
    }

    /// Puts a cleaned segment, whose files are there, in the place of those that it was made from.
    void replace(List<Segment> sources, int size) throws IOException {
        long base = sources.getFirst().baseOffset();
        settleSnapshots(base, segmentEnd(sources.getLast()));
        SegmentSwap.decide(data.disk(), folder, base);
        List<String> paths = new ArrayList<>();
        for (Segment source : sources) {
            source.forgetFiles();
            paths.addAll(source.paths());
            if (source.baseOffset() != base) {
                segments.remove(source.baseOffset());
                paths.add(snapshotPath(source.baseOffset()));
            }
        }
        deleteLater(paths);
        SegmentSwap.complete(data.disk(), folder, base);
        segments.put(base, new Segment(folder, base, data, size));
    }

    /// A snapshot tells of transactions that were open where it was taken. All of them have ended since, and compaction
    /// may drop their markers, which a replay from the snapshot would miss: they would be open for ever.
    private void settleSnapshots(long from, long end) throws IOException {
        for (String name : data.disk().list(folder)) {
            long offset = PartitionFiles.baseOffset(name, PartitionFiles.SNAPSHOT);
            if (offset < from || offset >= end) {
                continue;
            }
            ProducerTable table = new ProducerTable();
            if (!segments.containsKey(offset)) {
                data.disk().delete(snapshotPath(offset));
            } else if (ProducerSnapshot.read(data.disk().read(snapshotPath(offset)), table) && table.endTransactions()) {
                saveSnapshot(offset, table);
            }
        }
    }

    void cleanedUpTo(long offset, long nextHorizonMs) throws IOException {
        cleaned.moveTo(offset, nextHorizonMs);
    }

    /// Below it every key has one record at most, together with what lies above.
    public long cleanedUpTo() {
        return cleaned.offset();
    }

    boolean holds(Segment segment) {
        return segments.get(segment.baseOffset()) == segment;
    }

    int truncations() {
        return truncations;
    }

    boolean isClosed() {
        return closed || deleted;
    }

    // ---- truncation

    /// Cuts everything at and behind the offset: a follower whose history differs.
    public void truncateTo(long offset) throws IOException {
        if (offset >= logEnd) {
            return;
        }
        Check.that(offset >= logStart, "truncation below the log start");
        truncations++;
        Segment last = segments.floorEntry(offset).getValue();
        Segment.Place cut = last.size() == 0 ? null : last.locate(offset);
        int position = cut == null ? last.size() : cut.position();
        long end = last.endBefore(position);
        logStart = Math.min(logStart, end);
        if (folderExists) {
            // Durable before anything else: a recovery point that outlived its bytes would vouch for other ones, and a
            // cut that was not brought to its end must be known as one.
            markTruncation(data.disk(), folder);
            boolean lower = saved.recoveryPoint() > last.baseOffset();
            if (lower || logStart < saved.logStart()) {
                LogOffsets trusted = lower ? saved.distrustFrom(last.baseOffset()) : saved;
                save(trusted.readableFrom(logStart, Math.min(saved.highWatermark(), end)));
            }
            data.disk().sync(List.of(offsetsPath()));
        }
        for (Segment gone : List.copyOf(segments.tailMap(last.baseOffset(), false).values())) {
            segments.remove(gone.baseOffset());
            gone.forgetFiles();
            for (String path : gone.paths()) {
                data.disk().delete(path);
            }
        }
        if (position < last.size()) {
            last.truncate(position, end);
        }
        // What was cut must not come back after a loss of power, beside what will be written in its place.
        data.disk().sync(last.paths());
        data.disk().delete(folder + "/" + PartitionFiles.TRUNCATING);
        recent.clear();
        logEnd = end;
        cleaned.truncateTo(end);
        checkpointedDecided = Math.min(checkpointedDecided, end);
        sync.truncated(end);
        epochs.truncateFromEnd(end);
        prepareFolder();
        producers = new LogRecovery(this, folder, data).rebuildProducers(end, Long.MAX_VALUE);
    }

    static void markTruncation(Disk disk, String folder) throws IOException {
        String mark = folder + "/" + PartitionFiles.TRUNCATING;
        disk.open(mark).close();
        disk.sync(List.of(mark));
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

    /// Syncs away from the loop what lies behind [#syncedTo], or for a checkpoint behind the recovery point; `done` runs
    /// on the loop with what went wrong, or null. It does not run for a log that was given up meanwhile.
    ///
    /// @return false when another sync is under way, and this one was not begun
    public boolean syncLater(boolean checkpoint, Loop loop, long highWatermark, Consumer<IOException> done)
            throws IOException {
        if (sync.isUnderWay()) {
            return false;
        }
        if ((checkpoint ? saved.recoveryPoint() : sync.synced()) >= logEnd || !folderExists) {
            return true;
        }
        List<String> paths = new ArrayList<>();
        if (checkpoint) {
            paths.addAll(dirtyPaths());
        } else {
            unsyncedSegments().forEach(segment -> paths.add(segment.path(PartitionFiles.LOG)));
        }
        LogOffsets reached = offsetsAtEnd(highWatermark);
        LogOffsets before = saved;
        long decided = decidedUpTo();
        int cutsBefore = truncations;
        if (checkpoint) {
            snapshotForCheckpoint(paths);
            paths.add(reached.prepare(data.disk(), folder));
        }
        List<String> names = sync.begin(checkpoint);
        paths.addAll(names);
        data.disk().syncLater(paths, checkpoint || !names.isEmpty(), loop, failure -> {
            boolean uncut = cutsBefore == truncations;
            sync.ended(failure == null && uncut, names, reached.recoveryPoint());
            if (deleted) {
                return;
            }
            try {
                if (failure != null) {
                    throw failure;
                }
                if (checkpoint && uncut && saved.equals(before)) {
                    LogOffsets.adopt(data.disk(), folder);
                    saved = reached;
                    checkpointedDecided = decided;
                } else if (checkpoint && uncut && reached.recoveryPoint() > saved.recoveryPoint()) {
                    save(new LogOffsets(reached.recoveryPoint(), reached.segment(), reached.recoveryPosition(),
                            reached.indexed(), logStart, reached.highWatermark()));
                }
                done.accept(null);
            } catch (IOException e) {
                done.accept(e);
            }
        });
        return true;
    }

    private Collection<Segment> unsyncedSegments() {
        Long first = segments.floorKey(sync.synced());
        return segments.tailMap(first == null ? segments.firstKey() : first, true).values();
    }

    private List<String> dirtyPaths() throws IOException {
        List<String> paths = new ArrayList<>();
        prepareFolder();
        segments.lastEntry().getValue().sealIndexes();
        Map.Entry<Long, Segment> first = segments.floorEntry(saved.recoveryPoint());
        long from = first == null ? segments.firstKey() : first.getKey();
        for (Segment segment : segments.tailMap(from, true).values()) {
            paths.addAll(segment.paths());
            paths.add(snapshotPath(segment.baseOffset()));
        }
        paths.add(folder + "/" + PartitionFiles.LEADER_EPOCHS);
        return paths;
    }

    /// In a long segment the producers are saved in between, so that a recovery need not read it from its beginning.
    private void snapshotForCheckpoint(List<String> paths) throws IOException {
        if (segments.lastEntry().getValue().size() < SNAPSHOT_WORTH_BYTES) {
            return;
        }
        saveSnapshot(logEnd);
        paths.add(snapshotPath(logEnd));
        if (loneSnapshot >= 0 && loneSnapshot != logEnd && !segments.containsKey(loneSnapshot)) {
            data.disk().delete(snapshotPath(loneSnapshot));
        }
        loneSnapshot = logEnd;
    }

    private LogOffsets offsetsAtEnd(long highWatermark) throws IOException {
        Segment active = segments.lastEntry().getValue();
        return new LogOffsets(logEnd, active.baseOffset(), active.size(), active.indexed(), logStart, highWatermark);
    }

    /// As [#flushLater], but here and now; blocks.
    private void checkpoint(long highWatermark) throws IOException {
        data.disk().sync(beginMark(highWatermark));
        data.disk().sync(endMark());
    }

    /// Syncs everything and leaves a producer snapshot at the log end, so that the next open reads nothing twice.
    public void close(long highWatermark) throws IOException {
        data.disk().sync(beginClose(highWatermark));
        data.disk().sync(endClose());
        forgetFiles();
    }

    /// The first half of a close in two halves, for whoever closes many logs: writes what is still in memory and gives
    /// the files to sync before [#endClose].
    public List<String> beginClose(long highWatermark) throws IOException {
        closed = true;
        return beginMark(highWatermark);
    }

    /// Marks the log as whole up to its end; gives the file to sync after it.
    public List<String> endClose() throws IOException {
        return endMark();
    }

    private List<String> beginMark(long highWatermark) throws IOException {
        if (!folderExists || (saved.recoveryPoint() >= logEnd && saved.highWatermark() == highWatermark)) {
            return List.of();
        }
        List<String> paths = dirtyPaths();
        saveSnapshot(logEnd);
        paths.add(snapshotPath(logEnd));
        marking = offsetsAtEnd(highWatermark);
        paths.add(marking.prepare(data.disk(), folder));
        paths.addAll(sync.begin(true));
        return paths;
    }

    private List<String> endMark() throws IOException {
        if (marking == null) {
            return List.of();
        }
        LogOffsets.adopt(data.disk(), folder);
        saved = marking;
        checkpointedDecided = decidedUpTo();
        marking = null;
        sync.ended(true, List.of(), logEnd);
        return List.of(offsetsPath());
    }

    /// Lets go of the files; the log is of no use afterwards, and a sync under way changes nothing any more.
    public void abandon() {
        deleted = true;
        forgetFiles();
    }

    private void forgetFiles() {
        for (Segment segment : segments.values()) {
            segment.forgetFiles();
        }
    }

    /// Deletes everything. Transfers under way go on.
    public void delete() throws IOException {
        abandon();
        if (folderExists) {
            discard(folder, topicId, data);
        }
    }

    private static void discard(String folder, UUID topicId, DataFolder data) throws IOException {
        String doomed = folder + "." + Long.toHexString(topicId.getMostSignificantBits())
                + Long.toHexString(topicId.getLeastSignificantBits()) + PartitionFiles.DELETED_FOLDER;
        data.disk().delete(doomed);
        data.disk().rename(folder, doomed);
        data.disk().deleteLater(List.of(doomed));
    }

    private String offsetsPath() {
        return folder + "/" + PartitionFiles.OFFSETS;
    }

    private void save(LogOffsets offsets) throws IOException {
        offsets.save(data.disk(), folder);
        saved = offsets;
    }

    /// What recovery found.
    void recovered(ProducerTable table, long start, long end, LogOffsets offsets, boolean exists) throws IOException {
        producers = table;
        logStart = start;
        logEnd = end;
        saved = offsets;
        checkpointedDecided = saved.recoveryPoint() >= end ? decidedUpTo() : 0;
        folderExists = exists;
        sync.known(Math.min(offsets.recoveryPoint(), end));
    }
}
