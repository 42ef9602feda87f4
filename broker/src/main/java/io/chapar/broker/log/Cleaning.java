package io.chapar.broker.log;

import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What of a log can be compacted, and how a compacted segment gets into its place.
public final class Cleaning {
    private final PartitionLog log;
    private final LogFolder folder;
    private final CleanPoint cleaned;
    private Object shape = new Object();

    Cleaning(PartitionLog log, LogFolder folder, TopicPartition id) {
        this.log = log;
        this.folder = folder;
        this.cleaned = new CleanPoint(id, folder.disk());
    }

    CleanPoint point() {
        return cleaned;
    }

    /// The same object until something is compacted away.
    public Object shape() {
        return shape;
    }

    /// As [PartitionLog#cleanable].
    Cleanable cleanable(long nowMs, long stableOffset) throws IOException {
        LogConfig config = log.config();
        if (!config.compact() || log.segments.size() == 1) {
            return Cleanable.NOTHING;
        }
        long firstDirty = Math.max(cleaned.offset(), log.logStart());
        long synced = log.checkpoints.compactableTo();
        long end = log.segments.firstKey();
        long cleanBytes = 0;
        long dirtyBytes = 0;
        boolean overdue = nowMs >= cleaned.nextHorizonMs();
        for (Segment segment : log.segments.headMap(log.segments.lastKey(), false).values()) {
            long segmentEnd = log.segmentEnd(segment);
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
        overdue &= end > log.segments.firstKey();
        return new Cleanable(Math.min(firstDirty, end), end, cleanBytes, dirtyBytes, overdue);
    }

    private boolean isOverdue(Segment segment, long nowMs) throws IOException {
        long maxLagMs = log.config().maxCompactionLagMs();
        return maxLagMs != Long.MAX_VALUE
                && segment.size() > 0
                && segment.firstTimestamp() >= 0
                && nowMs - segment.firstTimestamp() > maxLagMs;
    }

    /// As [PartitionLog#compact].
    @Nullable Compaction begin(long nowMs, long stableOffset, long keyBytes) throws IOException {
        Cleanable range = cleanable(nowMs, stableOffset);
        List<Segment> inputs = List.copyOf(log.segments.headMap(range.end(), false).values());
        return inputs.isEmpty()
                ? null
                : new Compaction(log, folder.name(), folder.data(), range, inputs, keyBytes, nowMs);
    }

    /// As [PartitionLog#rollIfOverdue].
    void rollIfOverdue(long nowMs) throws IOException {
        Segment active = log.segments.lastEntry().getValue();
        if (log.config().compact() && isOverdue(active, nowMs)) {
            log.rolling.roll().create();
        }
    }

    /// Puts a cleaned segment, whose files are there, in the place of those that it was made from.
    void replace(List<Segment> sources, SegmentRewrite cleanedSegment) throws IOException {
        long base = sources.getFirst().baseOffset();
        shape = new Object();
        SegmentSwap.decide(folder.disk(), folder.name(), base);
        List<String> paths = new ArrayList<>();
        for (Segment source : sources) {
            source.forgetFiles();
            paths.addAll(source.paths());
            if (source.baseOffset() != base) {
                log.segments.remove(source.baseOffset());
                paths.add(folder.snapshotPath(source.baseOffset()));
            }
        }
        folder.deleteLater(paths);
        SegmentSwap.complete(folder.disk(), folder.name(), base);
        log.segments.put(base, folder.segment(base, cleanedSegment.size(), cleanedSegment.abortedChecksum()));
        log.memory.changed();
    }

    /// A snapshot tells of transactions that were open where it was taken. All of them have ended since, and compaction
    /// may drop their markers, which a replay from the snapshot would miss: they would be open for ever. Away from the
    /// loop.
    ///
    /// @param segments where those begin that lie in `[from, end)`
    void settleSnapshots(Set<Long> segments, long from, long end) throws IOException {
        for (String name : folder.disk().list(folder.name())) {
            long offset = PartitionFiles.baseOffset(name, PartitionFiles.SNAPSHOT);
            if (offset < from || offset >= end) {
                continue;
            }
            String path = folder.snapshotPath(offset);
            ProducerTable table = new ProducerTable();
            if (!segments.contains(offset)) {
                folder.disk().delete(path);
            } else if (ProducerSnapshot.read(folder.disk().read(path), table) && table.endTransactions()) {
                folder.saveSnapshot(offset, table);
            }
        }
    }
}
