package io.chapar.broker.log;

import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.CompletedTxn;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// One file of consecutive batches with its indexes. The file comes to be with the first batch.
///
/// Indexes of a sealed segment live in the data folder's bounded cache, those of the active one here.
final class Segment {
    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
    /// A shorter segment is as soon read as its index.
    private static final int WORTH_AN_INDEX_BYTES = 64 << 10;
    private final IndexTruth truth = new IndexTruth(this);

    private final String folder;
    private final long baseOffset;
    private final DataFolder data;
    private final RenewedIndexes renewed;
    private final IndexRepair repair;
    private final String logPath;
    private int size;
    /// The active segment's, else null.
    private @Nullable SegmentIndex ownIndex;
    private int savedEntries;
    private int savedTimes;
    private final TxnIndexFile aborted;
    /// Of the first batch, once known; segments age from there.
    private long firstTimestamp = Long.MIN_VALUE;

    /// @param size bytes in the log file, 0 for a segment that does not exist yet
    /// @param in the folder of its log
    /// @param abortedChecksum of its transaction index
    Segment(LogFolder in, long baseOffset, int size, long abortedChecksum) {
        this.folder = in.name();
        this.baseOffset = baseOffset;
        this.data = in.data();
        this.renewed = in.renewed();
        this.repair = in.repair();
        this.logPath = PartitionFiles.segmentFile(folder, baseOffset, PartitionFiles.LOG);
        this.size = size;
        this.aborted = new TxnIndexFile(this, in, abortedChecksum);
        if (size == 0) {
            ownIndex = new SegmentIndex();
        }
    }

    long baseOffset() {
        return baseOffset;
    }

    int size() {
        return size;
    }

    String path(String suffix) {
        return PartitionFiles.segmentFile(folder, baseOffset, suffix);
    }

    List<String> paths() {
        return List.of(
                logPath,
                path(PartitionFiles.OFFSET_INDEX),
                path(PartitionFiles.TIME_INDEX),
                path(PartitionFiles.TXN_INDEX));
    }

    // ---- write

    /// Writes what [#appended] then has to be told of, batch by batch.
    void write(ByteBuffer bytes) throws IOException {
        activeIndex();
        data.write(logPath, bytes, size);
    }

    void appended(RecordBatch batch, int intervalBytes) throws IOException {
        int length = batch.sizeInBytes();
        if (size == 0) {
            firstTimestamp = batch.maxTimestamp();
        }
        activeIndex().add((int) (batch.lastOffset() - baseOffset), size, length, batch.maxTimestamp(), intervalBytes);
        size += length;
    }

    /// Makes the file, empty, so that its name keeps the log end offset.
    void create() throws IOException {
        data.files().acquire(logPath).release();
    }

    /// Writes the bytes from the position on once more, as they are.
    void rewrite(int from) throws IOException {
        if (from >= size) {
            return;
        }
        OpenFile file = data.files().acquire(logPath);
        try {
            ByteBuffer piece = ByteBuffer.allocate(Math.clamp(size - from, 0, BatchScan.FAR));
            for (int at = from; at < size; at += piece.limit()) {
                piece.clear().limit(Math.min(piece.capacity(), size - at));
                file.file().read(piece, at);
                file.file().write(piece.flip(), at);
            }
        } finally {
            file.release();
        }
    }

    /// Brings the index files up to the arrays.
    void saveIndexes() throws IOException {
        if (ownIndex != null && size > 0) {
            if (ownIndex.entries() > savedEntries) {
                data.write(path(PartitionFiles.OFFSET_INDEX), ownIndex.offsetBytes(savedEntries),
                        (long) savedEntries * SegmentIndex.OFFSET_ENTRY_BYTES);
                savedEntries = ownIndex.entries();
            }
            if (ownIndex.times() > savedTimes) {
                if (ownIndex.entries() == 0) {
                    // Kafka's tool opens it beside every time index.
                    data.files().acquire(path(PartitionFiles.OFFSET_INDEX)).release();
                }
                data.write(path(PartitionFiles.TIME_INDEX), ownIndex.timeBytes(savedTimes),
                        (long) savedTimes * SegmentIndex.TIME_ENTRY_BYTES);
                savedTimes = ownIndex.times();
            }
        }
        aborted.save();
    }

    /// Closes the time index with the largest timestamp and saves; the arrays stay while the segment is active.
    void sealIndexes() throws IOException {
        if (size > 0) {
            activeIndex().seal();
            saveIndexes();
        }
    }

    /// No batch will follow: from now on the indexes come from their files.
    void seal() throws IOException {
        sealIndexes();
        if (size > 0) {
            data.indexes().put(logPath, activeIndex());
            ownIndex = null;
            aborted.release();
        }
    }

    /// As [#seal], where one of its indexes cannot be believed: that will be built anew when it is asked for.
    void sealDamaged() throws IOException {
        aborted.save();
        aborted.release();
        ownIndex = null;
        data.indexes().invalidate(logPath);
    }

    /// Whether the indexes are known, or their files can be believed, so that it may be appended to.
    boolean hasIndexes() throws IOException {
        if (ownIndex == null) {
            SegmentIndex read = readIndex();
            if (read == null) {
                return false;
            }
            own(read);
        }
        return aborted.isSound();
    }

    /// Cuts the segment at a batch boundary.
    void truncate(int position, long offset) throws IOException {
        SegmentIndex index = activeIndex();
        OpenFile file = data.files().acquire(logPath);
        try {
            file.file().truncate(position);
        } finally {
            file.release();
        }
        size = position;
        index.truncate(position, (int) Math.min(Integer.MAX_VALUE, offset - baseOffset));
        relearnMaxTimestamp(index);
        aborted.truncateTo(offset);
        savedEntries = Math.min(savedEntries, index.entries());
        savedTimes = Math.min(savedTimes, index.times());
        // Cut, not written anew: the recovery point may vouch for their beginnings.
        cutIndexFiles();
        firstTimestamp = Long.MIN_VALUE;
    }

    /// The tail behind the last entry may hold a larger timestamp than the entries tell.
    private void relearnMaxTimestamp(SegmentIndex index) throws IOException {
        int boundary = index.floorBoundary(size);
        try (Reader reader = reader(truth.isSound(index, boundary) ? boundary : 0, BatchScan.FAR, false)) {
            for (RecordBatch b = reader.scan().advance(); b != null; b = reader.scan().advance()) {
                index.noteTimestamp((int) (b.lastOffset() - baseOffset), b.maxTimestamp());
            }
        }
    }

    /// Takes the given number of entries from the index files and forgets what lies behind the position; the scan that
    /// follows adds it again.
    SegmentIndex beginReindex(int position, long offset, LogOffsets.Indexed trusted) throws IOException {
        ownIndex = SegmentIndex.read(
                data.head(path(PartitionFiles.OFFSET_INDEX), trusted.offsets() * SegmentIndex.OFFSET_ENTRY_BYTES),
                data.head(path(PartitionFiles.TIME_INDEX), trusted.times() * SegmentIndex.TIME_ENTRY_BYTES),
                size);
        ownIndex.truncate(position, (int) Math.min(Integer.MAX_VALUE, Math.max(0, offset - baseOffset)));
        aborted.begin(trusted.aborted(), offset);
        savedEntries = ownIndex.entries();
        savedTimes = ownIndex.times();
        return ownIndex;
    }

    /// Whether the index files begin with so many entries, and the last one in time is true of the log.
    boolean hasSound(LogOffsets.Indexed trusted) throws IOException {
        SegmentIndex index = SegmentIndex.read(
                data.head(path(PartitionFiles.OFFSET_INDEX), trusted.offsets() * SegmentIndex.OFFSET_ENTRY_BYTES),
                data.head(path(PartitionFiles.TIME_INDEX), trusted.times() * SegmentIndex.TIME_ENTRY_BYTES),
                size);
        return index.entries() == trusted.offsets() && index.times() == trusted.times()
                && aborted.beginsWith(trusted.aborted())
                && truth.isTrue(index, index.times() - 1);
    }

    /// Whether the index files hold just so many entries.
    boolean isIndexed(LogOffsets.Indexed so) throws IOException {
        return holds(PartitionFiles.OFFSET_INDEX, so.offsets(), SegmentIndex.OFFSET_ENTRY_BYTES)
                && holds(PartitionFiles.TIME_INDEX, so.times(), SegmentIndex.TIME_ENTRY_BYTES)
                && holds(PartitionFiles.TXN_INDEX, so.aborted(), AbortedTxnIndex.ENTRY_BYTES);
    }

    private boolean holds(String suffix, int entries, int entryBytes) throws IOException {
        return data.disk().size(path(suffix)) == (long) entries * entryBytes;
    }

    /// Entries in the index files.
    LogOffsets.Indexed indexed() throws IOException {
        activeIndex();
        aborted.index();
        return new LogOffsets.Indexed(savedEntries, savedTimes, aborted.saved());
    }

    /// After the scan: cuts what no batch covers, in the log and in its index files.
    void endReindex(int position) throws IOException {
        data.cut(logPath, position);
        size = position;
        cutIndexFiles();
    }

    private void cutIndexFiles() throws IOException {
        data.cut(path(PartitionFiles.OFFSET_INDEX), (long) savedEntries * SegmentIndex.OFFSET_ENTRY_BYTES);
        data.cut(path(PartitionFiles.TIME_INDEX), (long) savedTimes * SegmentIndex.TIME_ENTRY_BYTES);
        aborted.cut();
    }

    void forgetFiles() {
        for (String path : paths()) {
            data.files().forget(path);
        }
        data.indexes().invalidate(logPath);
        data.abortedTxns().invalidate(path(PartitionFiles.TXN_INDEX));
    }

    // ---- read

    private SegmentIndex activeIndex() throws IOException {
        if (ownIndex == null) {
            SegmentIndex read = readIndex();
            own(read == null ? anew() : read);
        }
        return requireNonNull(ownIndex, "it is known by now");
    }

    private void own(SegmentIndex known) throws IOException {
        ownIndex = known;
        if (renewed.drop(this)) {
            replaceFiles(known);
        }
        savedEntries = known.entries();
        savedTimes = known.times();
        data.indexes().invalidate(logPath);
    }

    SegmentIndex index() throws IOException {
        if (ownIndex != null) {
            return ownIndex;
        }
        SegmentIndex cached = data.indexes().getIfPresent(logPath);
        if (cached == null) {
            SegmentIndex read = readIndex();
            if (read == null) {
                return anew();
            }
            data.indexes().put(logPath, read);
            cached = read;
        }
        return cached;
    }

    /// Of a segment that nothing was appended to since its index files were closed; null where they are missing or
    /// damaged.
    private @Nullable SegmentIndex readIndex() throws IOException {
        ByteBuffer offsets = data.disk().read(renewed.place(path(PartitionFiles.OFFSET_INDEX)));
        ByteBuffer times = data.disk().read(renewed.place(path(PartitionFiles.TIME_INDEX)));
        SegmentIndex index = SegmentIndex.read(offsets, times, size);
        boolean isBare = index.times() == 0 && index.entries() == 0 && size < WORTH_AN_INDEX_BYTES;
        boolean isMissing = index.entries() == 0 && size >= WORTH_AN_INDEX_BYTES && !truth.isRightlyEmpty();
        if (isMissing || hasRest(offsets) || hasRest(times) || (!isBare && !truth.isComplete(index))) {
            return null;
        }
        if (isBare && size > 0) {
            try (Reader reader = reader(0, BatchScan.FAR, false)) {
                for (RecordBatch b = reader.scan().advance(); b != null; b = reader.scan().advance()) {
                    index.noteTimestamp((int) (b.lastOffset() - baseOffset), b.maxTimestamp());
                }
            }
        }
        return index;
    }

    /// Bytes that are no entry, or none that can follow those before.
    private static boolean hasRest(@Nullable ByteBuffer content) {
        return content != null && content.hasRemaining();
    }

    AbortedTxnIndex aborted() throws IOException {
        return aborted.index();
    }

    TxnIndexFile txns() {
        return aborted;
    }

    long firstTimestamp() throws IOException {
        if (firstTimestamp == Long.MIN_VALUE && size > 0) {
            try (Reader reader = reader(0, RecordBatch.HEADER_BYTES, false)) {
                RecordBatch first = reader.scan().advance();
                firstTimestamp = first == null ? -1 : first.maxTimestamp();
            }
        }
        return firstTimestamp;
    }

    /// That the indexes take of memory while they are kept here.
    int indexBytes() {
        return (ownIndex == null ? 0 : ownIndex.weight()) + aborted.kept() * AbortedTxnIndex.BYTES_PER_ENTRY;
    }

    /// Where to begin looking for a relative offset.
    int startOf(int relative) throws IOException {
        int from = index().floorPosition(relative);
        return truth.isSound(index(), from) ? from : anew().floorPosition(relative);
    }

    /// Where to begin looking for the first batch with a timestamp at or after the given one.
    int startOfTime(long timestamp) throws IOException {
        SegmentIndex index = index();
        SegmentIndex sound = truth.isTrue(index, index.floorOfTime(timestamp)) ? index : anew();
        int entry = sound.floorOfTime(timestamp);
        return startOf(entry < 0 ? 0 : sound.timeOffset(entry));
    }

    /// The start of a batch that is not beyond the position, and near it.
    private int boundary(int position) throws IOException {
        int boundary = index().floorBoundary(position);
        return truth.isSound(index(), boundary) ? boundary : anew().floorBoundary(position);
    }

    /// In place of one that is missing or contradicts the log; or throws [IndexBeingBuilt].
    private SegmentIndex anew() throws IOException {
        repair.build(this, new IndexRebuild(this));
        return index();
    }

    /// The index has been built from the log itself.
    void renew(SegmentIndex fresh) throws IOException {
        LOG.warn("The index of {} was missing or damaged and has been built anew", logPath);
        if (ownIndex == null) {
            data.indexes().put(logPath, fresh);
            renewed.put(this, path(PartitionFiles.OFFSET_INDEX), fresh.offsetBytes(0));
            renewed.put(this, path(PartitionFiles.TIME_INDEX), fresh.timeBytes(0));
        } else {
            // Of the active segment a recovery believes no more than it can prove.
            replaceFiles(fresh);
            ownIndex = fresh;
            savedEntries = fresh.entries();
            savedTimes = fresh.times();
        }
    }

    private void replaceFiles(SegmentIndex with) throws IOException {
        data.replace(path(PartitionFiles.OFFSET_INDEX), with.offsetBytes(0));
        data.replace(path(PartitionFiles.TIME_INDEX), with.timeBytes(0));
    }

    /// The batch that holds the offset, or the first one behind it; null when the segment ends before.
    @Nullable Place locate(long offset) throws IOException {
        int relative = Math.clamp(offset - baseOffset, 0, Integer.MAX_VALUE);
        try (Reader reader = reader(startOf(relative), BatchScan.NEAR, false)) {
            BatchScan scan = reader.scan();
            for (RecordBatch batch = scan.advance(); batch != null; batch = scan.advance()) {
                if (batch.lastOffset() >= offset) {
                    return new Place(scan.position(), batch.baseOffset(), batch.sizeInBytes());
                }
            }
            return complain(scan);
        }
    }

    /// The first batch that does not end by `limit`, searched from a boundary at or before `start`; null when all do.
    /// Where the log cannot be read any further, that is the place: what lies before it is whole.
    @Nullable Place firstNotFitting(int start, int limit) throws IOException {
        try (Reader reader = reader(Math.max(start, boundary(limit)), BatchScan.NEAR, false)) {
            BatchScan scan = reader.scan();
            long end = -1;
            for (RecordBatch batch = scan.advance(); batch != null; batch = scan.advance()) {
                if (batch.sizeInBytes() > limit - scan.position()) {
                    return new Place(scan.position(), batch.baseOffset(), batch.sizeInBytes());
                }
                end = batch.nextOffset();
            }
            return scan.torn() && end >= 0 ? new Place(scan.position(), end, 0) : complain(scan);
        }
    }

    /// Where the batches before a boundary end: behind the last of them.
    long endBefore(int position) throws IOException {
        long end = baseOffset;
        if (position > 0) {
            try (Reader reader = reader(boundary(position - 1), BatchScan.NEAR, false)) {
                BatchScan scan = reader.scan();
                for (RecordBatch b = scan.advance(); b != null && scan.position() < position; b = scan.advance()) {
                    end = b.nextOffset();
                }
            }
        }
        return end;
    }

    private @Nullable Place complain(BatchScan scan) throws IOException {
        if (scan.torn()) {
            throw new IOException("no batch at byte " + scan.position() + " of " + logPath);
        }
        return null;
    }

    /// Batches from a boundary on. The reader holds the file open until it is closed.
    Reader reader(int start, int windowBytes, boolean whole) throws IOException {
        OpenFile file = data.files().acquire(logPath);
        return new Reader(file, new BatchScan(file.file(), start, size, windowBytes, whole), logPath);
    }

    /// Tells the producers' table of all batches of a reader from the beginning on, and what completed. One that is
    /// spoilt says nothing. Closes the reader.
    static void fold(Reader opened, ProducerTable table, Consumer<CompletedTxn> into) throws IOException {
        try (Reader reader = opened) {
            for (RecordBatch batch = reader.scan().advance(); batch != null; batch = reader.scan().advance()) {
                CompletedTxn completed = batch.isCrcValid() ? table.fold(batch) : null;
                if (completed != null) {
                    into.accept(completed);
                }
            }
            reader.requireWhole();
        }
    }

    FileRecords slice(int start, int end) throws IOException {
        return new FileRecords(data.files().acquire(logPath), logPath, start, end - start);
    }

    record Place(int position, long baseOffset, int sizeInBytes) {}

    record Reader(OpenFile file, BatchScan scan, String path) implements AutoCloseable {
        /// Complains where a scan that should have reached the end did not.
        void requireWhole() throws IOException {
            if (scan.torn()) {
                throw new IOException("no batch at byte " + scan.position() + " of " + path);
            }
        }

        @Override
        public void close() {
            file.release();
        }
    }
}
