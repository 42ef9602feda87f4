package io.chapar.broker.log;

import java.io.IOException;
import java.util.List;

/// Cuts the end of a log off, so that whatever crash comes in between, the cut is brought to its end by the next
/// opening, and nothing of what was cut comes back.
final class Truncation {
    private Truncation() {}

    /// The log's files alone. The log itself takes note afterwards.
    ///
    /// @return where the log ends now
    static long cut(PartitionLog log, LogFolder folder, long offset) throws IOException {
        Segment last = log.segments.floorEntry(offset).getValue();
        Segment.Place cut = last.size() == 0 ? null : last.locate(offset);
        int position = cut == null ? last.size() : cut.position();
        long end = last.endBefore(position);
        long logStart = Math.min(log.logStart(), end);
        log.startAt(logStart);
        if (folder.exists()) {
            // Durable before anything else: a recovery point that outlived its bytes would vouch for other ones, and a
            // cut that was not brought to its end must be known as one.
            mark(folder);
            LogOffsets saved = log.checkpoints.saved();
            boolean lower = saved.recoveryPoint() > last.baseOffset();
            if (lower || logStart < saved.logStart()) {
                LogOffsets trusted = lower ? saved.distrustFrom(last.baseOffset()) : saved;
                log.checkpoints.save(trusted.readableFrom(logStart, Math.min(saved.highWatermark(), end)));
            }
            folder.disk().sync(List.of(folder.offsetsPath()));
        }
        // From the end on: whenever a crash comes, what is left is a log without a gap.
        for (Segment gone : List.copyOf(log.segments.tailMap(last.baseOffset(), false).descendingMap().values())) {
            log.segments.remove(gone.baseOffset());
            gone.forgetFiles();
            for (String path : gone.paths()) {
                folder.disk().delete(path);
            }
        }
        if (position < last.size()) {
            last.truncate(position, end);
        }
        log.memory.changed();
        // What was cut must not come back after a loss of power, beside what will be written in its place.
        folder.disk().sync(last.paths());
        folder.disk().delete(folder.path(PartitionFiles.TRUNCATING));
        return end;
    }

    static void mark(LogFolder folder) throws IOException {
        String mark = folder.path(PartitionFiles.TRUNCATING);
        folder.disk().open(mark).close();
        folder.disk().sync(List.of(mark));
    }
}
