package io.chapar.broker.log;

import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

/// Whether what a checkpoint vouches for is there. Names and sizes tell as a rule; where they are not those that the
/// checkpoint knew, which a compaction or a deletion can explain as well, each segment is asked where it ends: at the
/// beginning of the next one, or something is lost.
///
/// A log that has lost records is not opened: it would pretend that they never were, and could not tell which
/// transactions were aborted there. It is opened when they are back, or when the checkpoint that knows of them is gone.
final class VouchedSegments {
    private final PartitionLog log;
    private final LogFolder folder;
    private final LogOffsets saved;

    VouchedSegments(PartitionLog log, LogFolder folder, LogOffsets saved) {
        this.log = log;
        this.folder = folder;
        this.saved = saved;
    }

    /// Throws when something is missing. Changes nothing on the disk; notes the holes that are none.
    void require() throws IOException {
        if (saved.recoveryPoint() <= saved.logStart()) {
            // Of nothing that can be read; so it is where nothing was saved, and where all was deleted.
            return;
        }
        requireEnd();
        LogOffsets.Sealed found = log.checkpoints.sealedIn(saved);
        if (!saved.sealed().agreesWith(found)) {
            requireBeginning();
            requireNoHoles();
        }
    }

    private void requireEnd() throws IOException {
        if (saved.recoveryPosition() == 0) {
            return;
        }
        Segment last = log.segments.get(saved.segment());
        String path = PartitionFiles.segmentFile(folder.name(), saved.segment(), PartitionFiles.LOG);
        if (last == null) {
            throw lost(path + " is missing, with offsets " + saved.segment() + " to " + (saved.recoveryPoint() - 1));
        }
        if (last.size() < saved.recoveryPosition()) {
            throw lost(path + " ends at byte " + last.size() + " where " + saved.recoveryPosition()
                    + " were known, up to offset " + (saved.recoveryPoint() - 1));
        }
    }

    private void requireBeginning() throws IOException {
        long first = log.segments.isEmpty() ? saved.segment() : log.segments.firstKey();
        if (saved.logStart() < saved.segment() && first > saved.logStart()) {
            throw lost("offsets " + saved.logStart() + " to " + (first - 1) + " are missing, the first file is "
                    + PartitionFiles.segmentFile(folder.name(), first, PartitionFiles.LOG));
        }
    }

    private void requireNoHoles() throws IOException {
        // Kafka's compaction leaves holes, and a version that did not count segments did not remember them either.
        boolean mayBeKafkas = saved.sealed().count() < 0 && log.config().compact();
        List<Segment> all = new ArrayList<>(log.checkpoints.vouchedBy(saved).values());
        for (int i = 0; i < all.size(); i++) {
            long next = i + 1 < all.size() ? all.get(i + 1).baseOffset() : saved.segment();
            Ending ending = endOf(all.get(i));
            if (ending.offset() == next || log.holes.getOrDefault(next, -1L) == ending.offset()) {
                continue;
            }
            if (mayBeKafkas && ending.position() == all.get(i).size() && ending.position() > 0) {
                log.holes.put(next, ending.offset());
                continue;
            }
            throw lost(all.get(i).path(PartitionFiles.LOG) + " ends at byte " + ending.position()
                    + ", and offsets " + ending.offset() + " to " + (next - 1) + " are missing");
        }
    }

    /// The offset behind the last batch, and where its bytes end.
    private record Ending(long offset, int position) {}

    private Ending endOf(Segment segment) throws IOException {
        try (Segment.Reader reader = segment.reader(lastIndexed(segment), BatchScan.NEAR, false)) {
            return walk(segment, reader.scan());
        }
    }

    private static Ending walk(Segment segment, BatchScan scan) throws IOException {
        long end = segment.baseOffset();
        for (RecordBatch batch = scan.advance(); batch != null; batch = scan.advance()) {
            end = batch.nextOffset();
        }
        return new Ending(end, scan.position());
    }

    /// Where the batch of the last index entry begins, if it is there; else 0.
    private int lastIndexed(Segment segment) throws IOException {
        ByteBuffer entry = folder.data().lastBytes(
                segment.path(PartitionFiles.OFFSET_INDEX), SegmentIndex.OFFSET_ENTRY_BYTES);
        if (entry == null) {
            return 0;
        }
        long lastOffset = segment.baseOffset() + entry.getInt();
        int position = entry.getInt();
        if (position < 0 || position >= segment.size()) {
            return 0;
        }
        try (Segment.Reader reader = segment.reader(position, RecordBatch.HEADER_BYTES, false)) {
            RecordBatch batch = reader.scan().advance();
            return batch != null && batch.lastOffset() == lastOffset ? position : 0;
        }
    }

    private IOException lost(String what) {
        return new IOException(what + ". " + folder.offsetsPath() + " vouches for them. Put the file back, or delete "
                + folder.offsetsPath() + ": then the log ends where its first gap is, and what lies behind is set"
                + " aside");
    }
}
