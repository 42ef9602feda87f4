package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.runtime.Loop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// A log as it is at one moment, kept under second names of its files while it goes on: what a kill at that moment
/// would leave.
///
/// Segments grow at their ends alone, so that the bytes of then are the first ones of the file. What else changes
/// files does so when nothing else has the disk to itself ([Checkpoints#alone]): whatever comes after the moment waits
/// until the files have their second names, so that no recovery point lies beyond the cut and no segment is missing.
/// Compaction asks [#isBeingMade].
public final class LogCut {
    private final PartitionLog log;
    private final LogFolder folder;
    private final boolean exists;
    private final SortedMap<Long, Integer> sizes = new TreeMap<>();
    private final long end;

    /// A file that the cut has, and how many of its bytes belong to it.
    ///
    /// @param path relative to the data folder
    /// @param size [#WHOLE] for all that it has when it is read: what came since is passed over by a recovery
    public record Kept(String path, long size) {
        public static final long WHOLE = -1;
    }

    /// On the log's loop, with null where all went well.
    @FunctionalInterface
    public interface Told {
        void accept(List<Kept> files, IOException failure);
    }

    private LogCut(PartitionLog log) {
        this.log = log;
        this.folder = log.checkpoints.folder();
        this.exists = folder.exists();
        this.end = log.logEnd();
        log.segments.forEach((base, segment) -> sizes.put(base, segment.size()));
    }

    /// Of this moment, on the log's loop. It has to be linked in the same turn.
    public static LogCut now(PartitionLog log) {
        return new LogCut(log);
    }

    /// Whether no segment may be replaced now.
    public static boolean isBeingMade(PartitionLog log) {
        return log.checkpoints.isBeingCut();
    }

    /// Runs it on the loop after each cut: for syncs that had to wait.
    public static void afterwards(PartitionLog log, Runnable resume) {
        log.checkpoints.afterCuts(resume);
    }

    /// Gives the files names in a folder of the partition's name below that one, away from the loop.
    public void link(String into, Loop loop, Told done) {
        Checkpoints checkpoints = log.checkpoints;
        checkpoints.cutBegins();
        List<Kept> files = new ArrayList<>();
        checkpoints.alone(() -> folder.disk().runLater(() -> linkAll(into, files), loop, failure -> {
            checkpoints.cutEnds();
            IOException wrong = failure == null && log.isAbandoned()
                    ? new IOException(folder.name() + " was deleted or went offline meanwhile") : failure;
            checkpoints.next();
            checkpoints.resumeAfterCut();
            done.accept(files, wrong);
        }));
    }

    private void linkAll(String into, List<Kept> files) throws IOException {
        if (!exists) {
            return;
        }
        Disk disk = folder.disk();
        disk.createFolder(into + "/" + folder.name());
        for (Map.Entry<Long, Integer> segment : sizes.entrySet()) {
            String log = PartitionFiles.segmentFile(folder.name(), segment.getKey(), PartitionFiles.LOG);
            if (segment.getValue() > 0 || disk.exists(log)) {
                link(log, segment.getValue(), into, files);
            }
            for (String suffix : SegmentSwap.SUFFIXES) {
                if (!suffix.equals(PartitionFiles.LOG)) {
                    linkIfThere(PartitionFiles.segmentFile(folder.name(), segment.getKey(), suffix), into, files);
                }
            }
        }
        for (String name : disk.list(folder.name())) {
            long offset = PartitionFiles.baseOffset(name, PartitionFiles.SNAPSHOT);
            if (offset >= 0 && offset <= end) {
                linkIfThere(folder.path(name), into, files);
            }
        }
        for (String name : List.of(PartitionFiles.OFFSETS, PartitionFiles.LEADER_EPOCHS,
                PartitionFiles.CLEANER_OFFSET, PartitionFiles.METADATA)) {
            linkIfThere(folder.path(name), into, files);
        }
        disk.createFolder(into + "/" + PartitionFiles.BEGUN);
        disk.open(into + "/" + folder.begunPath()).close();
        files.add(new Kept(folder.begunPath(), 0));
    }

    /// A snapshot may go at any moment: an older one tells the same with more to read.
    private void linkIfThere(String path, String into, List<Kept> files) throws IOException {
        try {
            if (folder.disk().exists(path)) {
                link(path, Kept.WHOLE, into, files);
            }
        } catch (IOException e) {
            if (folder.disk().exists(path)) {
                throw e;
            }
        }
    }

    private void link(String path, long size, String into, List<Kept> files) throws IOException {
        folder.disk().link(path, into + "/" + path);
        files.add(new Kept(path, size));
    }
}
