package io.chapar.broker.log;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// What of a log is on stable storage, and how it gets there: by a sync of the batches, or by a checkpoint, which syncs
/// indexes and producers as well and moves the recovery point.
final class Checkpoints {
    private static final int SNAPSHOT_WORTH_BYTES = 16 << 20;

    final SyncState sync = new SyncState();
    private final PartitionLog log;
    private final LogFolder folder;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    /// Ends that are still to be followed by who waits.
    private int ends;
    private LogOffsets saved = LogOffsets.NONE;
    /// To be saved when what it vouches for is synced.
    private @Nullable LogOffsets marking;
    /// No transaction that began below was undecided at the recovery point: what ended it is on stable storage.
    private long decided;
    /// Of the last checkpoint, where no segment begins; -1 for none.
    private long loneSnapshot = -1;
    private int cuts;
    private @Nullable Runnable afterCut;

    Checkpoints(PartitionLog log, LogFolder folder) {
        this.log = log;
        this.folder = folder;
    }

    LogFolder folder() {
        return folder;
    }

    /// No segment may take the place of others until the files of this moment have a second name.
    boolean isBeingCut() {
        return cuts > 0;
    }

    void cutBegins() {
        cuts++;
    }

    void cutEnds() {
        cuts--;
    }

    void afterCuts(Runnable then) {
        afterCut = then;
    }

    /// When the disk is free for others again.
    void resumeAfterCut() {
        if (afterCut != null) {
            afterCut.run();
        }
    }

    LogOffsets saved() {
        return saved;
    }

    /// Blocks: see [#saveLater].
    void save(LogOffsets given) throws IOException {
        LogOffsets offsets = given.withSealed(sealedIn(given));
        offsets.save(folder.disk(), folder.name());
        saved = offsets;
    }

    /// Saves them away from the loop, durably, and by whoever has the disk to itself ([#alone]).
    void saveLater(LogOffsets given, Away away, Away.Step then) throws IOException {
        LogOffsets offsets = given.withSealed(sealedIn(given));
        away.sync(List.of(offsets.prepare(folder.disk(), folder.name())), () -> {
            LogOffsets.adopt(folder.disk(), folder.name());
            saved = offsets;
            away.sync(List.of(folder.offsetsPath()), then);
        });
    }

    // ---- one at a time

    /// Runs the task, on the loop, while no sync is under way: now, or when the one that is has ended. None is begun
    /// until the task calls [#next].
    void alone(Runnable task) {
        waiting.add(task);
        if (!sync.isUnderWay()) {
            next();
        }
    }

    /// Who had the disk to itself, or a sync, has ended. Thousands may wait that end at once: they are run one after
    /// the other, and not each inside the one before.
    void next() {
        ends++;
        if (ends > 1) {
            return;
        }
        try {
            do {
                runNext();
                ends--;
            } while (ends > 0);
        } finally {
            ends = 0;
        }
    }

    private void runNext() {
        Runnable task = waiting.poll();
        if (task == null) {
            sync.release();
        } else {
            sync.hold();
            task.run();
        }
    }

    /// What there is now of the segments that such offsets vouch for.
    LogOffsets.Sealed sealedIn(LogOffsets offsets) {
        SortedMap<Long, Integer> sizes = new TreeMap<>();
        vouchedBy(offsets).forEach((base, segment) -> sizes.put(base, segment.size()));
        return LogOffsets.Sealed.of(sizes, log.holes.headMap(offsets.segment() + 1));
    }

    /// The segments below that of the recovery point, without those that lie below the log start and may go.
    SortedMap<Long, Segment> vouchedBy(LogOffsets offsets) {
        Long first = log.segments.floorKey(offsets.logStart());
        long from = first == null ? offsets.logStart() : first;
        return log.segments.subMap(Math.min(from, offsets.segment()), offsets.segment());
    }

    /// Everything up to here may be compacted as far as the disk is concerned: segments below lie wholly below the
    /// recovery point, and so do the ends of their transactions.
    long compactableTo() {
        return Math.min(decided, Math.min(saved.recoveryPoint(), saved.segment()));
    }

    /// As [PartitionLog#needsCheckpoint].
    boolean isDue(long stableOffset) {
        long last = log.segments.lastKey();
        return !isComplete() && (saved.segment() < last || decided < Math.min(stableOffset, last));
    }

    /// A checkpoint now would vouch for nothing more. Not yet so where the log was rolled while the last one was under
    /// way, also if it has reached the log end.
    private boolean isComplete() {
        return saved.recoveryPoint() >= log.logEnd()
                && saved.segment() >= log.segments.lastKey()
                && decided >= decidedUpTo();
    }

    void recovered(LogOffsets offsets) {
        saved = offsets;
        decided = offsets.recoveryPoint() >= log.logEnd() ? decidedUpTo() : 0;
        sync.recovered(Math.min(offsets.recoveryPoint(), log.logEnd()), log.scannedBytes());
    }

    void truncated(long end) {
        decided = Math.min(decided, end);
        sync.truncated(end);
    }

    private long decidedUpTo() {
        return Math.min(log.logEnd(), log.producers().firstUndecidedOffset());
    }

    /// As [PartitionLog#syncLater].
    boolean later(boolean checkpoint, Loop loop, long highWatermark, Consumer<IOException> done) throws IOException {
        if (sync.isUnderWay()) {
            return false;
        }
        if ((checkpoint ? isComplete() : sync.synced() >= log.logEnd()) || !folder.exists()) {
            return true;
        }
        List<String> paths = new ArrayList<>();
        if (checkpoint) {
            paths.addAll(dirtyPaths());
        } else {
            unsyncedSegments().forEach(segment -> paths.add(segment.path(PartitionFiles.LOG)));
        }
        LogOffsets reached = offsetsAtEnd(highWatermark);
        long decidedThen = decidedUpTo();
        if (checkpoint) {
            snapshotForCheckpoint(paths);
            paths.add(reached.prepare(folder.disk(), folder.name()));
        }
        List<String> names = sync.begin(checkpoint);
        paths.addAll(names);
        folder.disk().syncLater(paths, checkpoint || !names.isEmpty(), loop, failure -> {
            sync.ended(failure == null, names, reached.recoveryPoint());
            if (log.isAbandoned()) {
                next();
                return;
            }
            IOException wrong = failure;
            try {
                if (checkpoint && wrong == null) {
                    LogOffsets.adopt(folder.disk(), folder.name());
                    saved = reached;
                    decided = decidedThen;
                }
            } catch (IOException e) {
                wrong = e;
            }
            ended(wrong, done);
        });
        return true;
    }

    /// What failed takes the log with it, so that nothing else is begun on it.
    void ended(IOException failure, Consumer<IOException> done) {
        if (failure != null) {
            done.accept(failure);
        }
        next();
        if (failure == null) {
            done.accept(null);
        }
    }

    Collection<Segment> unsyncedSegments() {
        Long first = log.segments.floorKey(sync.synced());
        return log.segments.tailMap(first == null ? log.segments.firstKey() : first, true).values();
    }

    private List<String> dirtyPaths() throws IOException {
        List<String> paths = new ArrayList<>();
        folder.prepare(log.epochs, sync);
        log.rolling.active().sealIndexes();
        Map.Entry<Long, Segment> first = log.segments.floorEntry(saved.recoveryPoint());
        // That of the recovery point too, where the next one begins at it: a recovery may have cut its index files.
        long from = Math.min(saved.segment(), first == null ? log.segments.firstKey() : first.getKey());
        for (Segment segment : log.segments.tailMap(from, true).values()) {
            paths.addAll(segment.paths());
            paths.add(folder.snapshotPath(segment.baseOffset()));
        }
        paths.add(folder.path(PartitionFiles.LEADER_EPOCHS));
        return paths;
    }

    /// In a long segment the producers are saved in between, so that a recovery need not read it from its beginning.
    private void snapshotForCheckpoint(List<String> paths) throws IOException {
        if (log.segments.lastEntry().getValue().size() < SNAPSHOT_WORTH_BYTES) {
            return;
        }
        long end = log.logEnd();
        folder.leaveSnapshot(end, log.producers());
        paths.add(folder.snapshotPath(end));
        if (loneSnapshot >= 0 && loneSnapshot != end && !log.segments.containsKey(loneSnapshot)) {
            folder.disk().delete(folder.snapshotPath(loneSnapshot));
        }
        loneSnapshot = end;
    }

    LogOffsets offsetsAtEnd(long highWatermark) throws IOException {
        Segment active = log.rolling.active();
        LogOffsets.Indexed indexed = active.indexed();
        LogOffsets offsets = new LogOffsets(log.logEnd(), active.baseOffset(), active.size(), indexed,
                log.epochs.below(log.logEnd()), abortedBelow(log.logEnd()), LogOffsets.Sealed.NONE, log.logStart(),
                highWatermark);
        return offsets.withSealed(sealedIn(offsets));
    }

    /// A recovery point at the beginning of a segment, everything below which is synced.
    LogOffsets offsetsAt(long segmentStart, long highWatermark) {
        return new LogOffsets(segmentStart, segmentStart, 0, LogOffsets.Indexed.NONE,
                log.epochs.below(segmentStart), abortedBelow(segmentStart), LogOffsets.Sealed.NONE,
                log.logStart(), highWatermark);
    }

    private SortedMap<Long, Long> abortedBelow(long offset) {
        SortedMap<Long, Long> checksums = new TreeMap<>();
        log.segments.headMap(offset).forEach((base, segment) -> {
            long checksum = segment.txns().checksum();
            if (checksum != 0) {
                checksums.put(base, checksum);
            }
        });
        return checksums;
    }

    /// A checkpoint here and now; blocks.
    void now(long highWatermark) throws IOException {
        folder.disk().sync(begin(highWatermark));
        folder.disk().sync(end());
    }

    /// A checkpoint in two halves, with a producer snapshot at the log end: gives what to sync before [#end].
    List<String> begin(long highWatermark) throws IOException {
        if (!folder.exists() || (saved.recoveryPoint() >= log.logEnd() && saved.highWatermark() == highWatermark
                && saved.aborted().equals(abortedBelow(log.logEnd())) && saved.sealed().equals(sealedIn(saved)))) {
            return List.of();
        }
        List<String> paths = dirtyPaths();
        folder.saveSnapshot(log.logEnd(), log.producers());
        paths.add(folder.snapshotPath(log.logEnd()));
        marking = offsetsAtEnd(highWatermark);
        paths.add(marking.prepare(folder.disk(), folder.name()));
        paths.addAll(sync.begin(true));
        return paths;
    }

    /// Gives what to sync after it.
    List<String> end() throws IOException {
        if (marking == null) {
            return List.of();
        }
        LogOffsets.adopt(folder.disk(), folder.name());
        saved = marking;
        decided = decidedUpTo();
        marking = null;
        sync.ended(true, List.of(), log.logEnd());
        return List.of(folder.offsetsPath());
    }
}
