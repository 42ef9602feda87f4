package io.chapar.broker.log;

import io.chapar.broker.producer.CompletedTxn;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/// Opens a log that has a folder after whatever end the last run had.
///
/// Below the recovery point the files are as they were written, or the log is not opened: [VouchedSegments]. Behind it
/// every batch is read and its checksum tested; the first one that is torn, or does not continue the log, and
/// everything after it, was never on stable storage as a whole and is cut. Nothing of it can have been acknowledged as
/// durable; what of it can be read is [Unexplained]. Then producers and aborted transactions are rebuilt from the
/// newest snapshot that lies below, batch by batch.
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);

    private final PartitionLog log;
    private final LogFolder folder;
    /// Aborted transactions with markers from here on are to be indexed again.
    private long reindexFrom = Long.MAX_VALUE;

    /// The last run was cutting the log when it ended.
    private boolean truncating;

    LogRecovery(PartitionLog log, LogFolder folder) {
        this.log = log;
        this.folder = folder;
    }

    void run() throws IOException {
        List<String> names =
                SegmentSwap.recover(folder.disk(), folder.name(), folder.disk().list(folder.name()));
        LogOffsets saved = LogOffsets.read(folder.disk().read(folder.offsetsPath()));
        log.epochs.restore(saved.epochs());
        for (String name : names) {
            long base = PartitionFiles.baseOffset(name, PartitionFiles.LOG);
            if (base >= 0) {
                long size = folder.disk().size(folder.path(name));
                log.segments.put(base, folder.segment(base, (int) Math.min(Integer.MAX_VALUE, size),
                        saved.aborted().getOrDefault(base, 0L)));
            }
        }
        log.holes.putAll(saved.sealed().holes());
        new VouchedSegments(log, folder, saved).require();
        if (log.segments.isEmpty()) {
            log.segments.put(saved.logStart(), folder.newSegment(saved.logStart()));
        }
        dropBelow(saved.logStart());
        removeLeftovers(names);
        truncating = names.contains(PartitionFiles.TRUNCATING);
        saved = withSoundIndexes(saved);
        long end = scan(saved);
        if (truncating) {
            folder.disk().delete(folder.path(PartitionFiles.TRUNCATING));
        }
        LogOffsets offsets = saved.recoveryPoint() > end
                ? distrust(saved, log.segments.firstKey(), Math.min(saved.highWatermark(), end))
                : saved;
        ProducerTable producers = rebuildProducers(names, end, reindexFrom);
        if (end < saved.logStart()) {
            end = beginAt(saved.logStart(), producers);
        }
        dropBelow(saved.logStart());
        long start = Math.max(saved.logStart(), log.segments.firstKey());
        log.epochs.truncateFromEnd(end);
        log.epochs.truncateFromStart(start);
        folder.compare(log.epochs);
        log.recovered(producers, start, end, offsets, true);
    }

    /// The end that was lost lay behind the log start: all that is left was deleted by request, and goes. The offsets
    /// of what was deleted are not given again.
    private long beginAt(long logStart, ProducerTable producers) throws IOException {
        Segment empty = folder.newSegment(logStart);
        folder.saveSnapshot(logStart, producers);
        empty.create();
        folder.disk().sync(List.of(folder.snapshotPath(logStart), empty.path(PartitionFiles.LOG)));
        for (Segment gone : List.copyOf(log.segments.values())) {
            log.segments.remove(gone.baseOffset());
            remove(gone);
        }
        log.segments.put(logStart, empty);
        return logStart;
    }

    /// Durable before anything is written anew: see [Truncation].
    private LogOffsets distrust(LogOffsets saved, long from, long highWatermark) throws IOException {
        LogOffsets lower = saved.distrustFrom(from)
                .readableFrom(Math.max(saved.logStart(), log.segments.firstKey()), highWatermark);
        lower = lower.withSealed(log.checkpoints.sealedIn(lower));
        lower.save(folder.disk(), folder.name());
        folder.disk().sync(List.of(folder.offsetsPath()));
        return lower;
    }

    /// Segments that retention had given up before the crash. Of what the producers did there, the snapshot behind them
    /// alone will tell; while that is not there, nothing has been deleted yet, and nothing is.
    private void dropBelow(long logStart) throws IOException {
        Long first = log.segments.floorKey(logStart);
        if (first == null || first.equals(log.segments.firstKey())
                || !ProducerSnapshot.read(folder.disk().read(folder.snapshotPath(first)), new ProducerTable())) {
            return;
        }
        folder.disk().sync(List.of(folder.snapshotPath(first)));
        while (log.segments.firstKey() < first) {
            remove(log.segments.pollFirstEntry().getValue());
        }
    }

    private void remove(Segment segment) throws IOException {
        segment.forgetFiles();
        for (String path : segment.paths()) {
            folder.disk().delete(path);
        }
    }

    /// Index files without a log, and what an interrupted replacement or deletion left.
    private void removeLeftovers(List<String> names) throws IOException {
        for (String name : names) {
            boolean orphan = name.endsWith(PartitionFiles.UNFINISHED) || name.endsWith(".new")
                    || name.endsWith(PartitionFiles.DELETED_FILE);
            for (String suffix : List.of(
                    PartitionFiles.OFFSET_INDEX, PartitionFiles.TIME_INDEX, PartitionFiles.TXN_INDEX)) {
                long base = PartitionFiles.baseOffset(name, suffix);
                orphan |= base >= 0 && !log.segments.containsKey(base);
            }
            if (orphan) {
                folder.disk().delete(folder.path(name));
            }
        }
    }

    /// Index files that are damaged below the recovery point are made anew, and until they are synced nobody vouches
    /// for them. After a clean stop they are looked at when they are read.
    private LogOffsets withSoundIndexes(LogOffsets saved) throws IOException {
        Segment segment = log.segments.get(saved.segment());
        return segment == null || isWhole(saved) || segment.hasSound(saved.indexed())
                ? saved
                : distrust(saved, segment.baseOffset(), saved.highWatermark());
    }

    private boolean isWhole(LogOffsets saved) throws IOException {
        Segment last = log.segments.lastEntry().getValue();
        return !truncating
                && saved.segment() == last.baseOffset()
                && saved.recoveryPoint() >= last.baseOffset()
                && saved.recoveryPosition() == last.size()
                && last.isIndexed(saved.indexed());
    }

    /// Gives the log end.
    private long scan(LogOffsets saved) throws IOException {
        if (isWhole(saved)) {
            return saved.recoveryPoint();
        }
        long end = log.segments.firstKey();
        List<Segment> all = List.copyOf(log.segments.values());
        for (int i = 0; i < all.size(); i++) {
            Segment segment = all.get(i);
            boolean isLast = i + 1 == all.size();
            if (!isLast && all.get(i + 1).baseOffset() <= saved.recoveryPoint()) {
                end = all.get(i + 1).baseOffset();
                continue;
            }
            int size = segment.size();
            boolean follows = segment.baseOffset() == end || isKnownHole(segment, end) || isForeignHole(segment, end);
            if (follows) {
                end = scan(segment, saved);
            }
            int first = follows ? i + 1 : i;
            if (!follows || segment.size() < size) {
                setAside(all.subList(first, all.size()), end);
                break;
            }
            if (!isLast) {
                segment.seal();
            }
        }
        return end;
    }

    private boolean isKnownHole(Segment segment, long end) {
        return log.holes.getOrDefault(segment.baseOffset(), -1L) == end;
    }

    /// Chapar's segments begin where the one before them ends, and where they do not, an end is missing. In a folder of
    /// Kafka's, which has no checkpoint of its own, compaction may have left holes there. A snapshot of Chapar's at the
    /// segment's beginning, or a torn one, says that it is not such a folder.
    private boolean isForeignHole(Segment segment, long end) throws IOException {
        boolean foreign = log.config().compact()
                && segment.baseOffset() > end
                && !folder.disk().exists(folder.offsetsPath())
                && ProducerSnapshot.isKafkas(folder.disk().read(folder.snapshotPath(segment.baseOffset())));
        if (foreign) {
            log.holes.put(segment.baseOffset(), end);
        }
        return foreign;
    }

    private void setAside(List<Segment> behind, long end) throws IOException {
        List<Segment> readable = new ArrayList<>();
        for (Segment segment : behind) {
            log.segments.remove(segment.baseOffset());
            if (segment.size() == 0) {
                remove(segment);
            } else {
                readable.add(segment);
            }
        }
        if (!readable.isEmpty()) {
            new Unexplained(folder).setAside(readable, end);
        }
    }

    /// Reads the segment from the recovery point on, or wholly, indexes what it finds and cuts the rest.
    private long scan(Segment segment, LogOffsets saved) throws IOException {
        boolean partly = saved.segment() == segment.baseOffset()
                && saved.recoveryPoint() >= segment.baseOffset()
                && saved.recoveryPosition() <= segment.size();
        int from = partly ? saved.recoveryPosition() : 0;
        long end = partly ? saved.recoveryPoint() : segment.baseOffset();
        log.epochs.truncateFromEnd(end);
        reindexFrom = Math.min(reindexFrom, end);
        SegmentIndex index = segment.beginReindex(from, end, partly ? saved.indexed() : LogOffsets.Indexed.NONE);
        int position;
        String fault;
        try (Segment.Reader reader = segment.reader(from, BatchScan.FAR, true)) {
            BatchScan scan = reader.scan();
            RecordBatch batch = scan.advance();
            while (batch != null && fault(batch, segment, end) == null) {
                log.epochs.assign(batch.partitionLeaderEpoch(), batch.baseOffset());
                index.add((int) (batch.lastOffset() - segment.baseOffset()), scan.position(), batch.sizeInBytes(),
                        batch.maxTimestamp(), log.memory.indexInterval());
                log.memory.changed();
                end = batch.nextOffset();
                batch = scan.advance();
            }
            position = scan.position();
            fault = batch == null ? "no whole batch" : fault(batch, segment, end);
        }
        log.scannedBytes += position - from;
        if (position < segment.size()) {
            LOG.warn("{}: {} at byte {}; that and the {} bytes behind it are cut, the log ends at offset {}",
                    segment.path(PartitionFiles.LOG), fault, position, segment.size() - position, end);
            new Unexplained(folder).copyReadable(segment, position, end, fault);
            if (!truncating) {
                Truncation.mark(folder);
                truncating = true;
            }
        }
        segment.endReindex(position);
        if (truncating) {
            // Here, or by a truncation that the last run did not bring to its end. It must not come back after a loss
            // of power, in front of a segment that began where it was cut.
            folder.disk().sync(segment.paths());
        }
        return end;
    }

    /// Why a batch cannot be the next one; null when it can.
    private @Nullable String fault(RecordBatch batch, Segment segment, long end) {
        if (!batch.isCrcValid()) {
            return "a batch with a wrong checksum";
        }
        if (batch.baseOffset() < end || batch.lastOffset() - segment.baseOffset() > Integer.MAX_VALUE) {
            return "a batch at offset " + batch.baseOffset() + " where " + end + " is expected";
        }
        return batch.partitionLeaderEpoch() >= log.epochs.latest()
                ? null
                : "a batch of leader epoch " + batch.partitionLeaderEpoch() + " behind " + log.epochs.latest();
    }

    /// The producers at the log end, behind which something was cut off.
    ///
    /// @param before what was known of them up to there
    ProducerTable truncated(ProducerTable before) throws IOException {
        ProducerTable table = rebuildProducers(folder.disk().list(folder.name()), log.logEnd(), Long.MAX_VALUE);
        table.highWatermarkAdvanced(Math.min(before.highWatermark(), log.logEnd()));
        return table;
    }

    /// The table at the log end: the newest snapshot that can be trusted, and the batches behind it.
    ///
    /// @param indexFrom aborted transactions whose markers lie here or behind are put into the index again
    private ProducerTable rebuildProducers(List<String> names, long end, long indexFrom) throws IOException {
        NavigableSet<Long> snapshots = new TreeSet<>();
        List<String> beyond = new ArrayList<>();
        for (String name : names) {
            long offset = PartitionFiles.baseOffset(name, PartitionFiles.SNAPSHOT);
            if (offset > end) {
                beyond.add(folder.path(name));
            } else if (offset >= 0) {
                snapshots.add(offset);
            }
        }
        for (String path : beyond) {
            folder.disk().delete(path);
        }
        // Else they might come back after a loss of power, when the log has grown past them again in another way.
        folder.disk().sync(beyond);
        ProducerTable table = new ProducerTable();
        long from = log.segments.firstKey();
        for (long offset : snapshots.headSet(indexFrom, true).descendingSet()) {
            if (ProducerSnapshot.read(folder.disk().read(folder.snapshotPath(offset)), table)) {
                from = Math.max(from, offset);
                break;
            }
            folder.disk().delete(folder.snapshotPath(offset));
        }
        List<String> outdated = new ArrayList<>();
        for (long offset : snapshots.headSet(from, false)) {
            if (!log.segments.containsKey(offset)) {
                outdated.add(folder.snapshotPath(offset));
            }
        }
        if (!outdated.isEmpty()) {
            folder.disk().deleteLater(outdated);
        }
        if (from < end) {
            replay(from, indexFrom, table);
        }
        return table;
    }

    /// Leaves a snapshot at the beginning of each segment: once older segments are gone, nothing else tells of them.
    private void replay(long from, long indexFrom, ProducerTable table) throws IOException {
        for (Segment segment : log.segments.tailMap(log.segments.floorKey(from), true).values()) {
            if (segment.baseOffset() > from) {
                folder.saveSnapshot(segment.baseOffset(), table);
            }
            Segment.Place start = segment.size() == 0 ? null : segment.locate(Math.max(from, segment.baseOffset()));
            if (start == null) {
                continue;
            }
            try (Segment.Reader reader = segment.reader(start.position(), BatchScan.FAR, true)) {
                BatchScan scan = reader.scan();
                for (RecordBatch batch = scan.advance(); batch != null; batch = scan.advance()) {
                    // One that was spoilt below the recovery point says nothing that can be believed.
                    CompletedTxn completed = batch.isCrcValid() ? table.fold(batch) : null;
                    if (completed != null && completed.aborted() && completed.markerOffset() >= indexFrom) {
                        segment.txns().add(completed);
                    }
                }
                reader.requireWhole();
            }
            segment.saveIndexes();
            if (segment.baseOffset() < log.segments.lastKey()) {
                segment.txns().release();
            }
        }
    }
}
