package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;
import java.util.List;

/// How a cleaned segment takes the place of those that it was made from, so that a crash at any moment leaves either
/// them or it. Renames become durable in the order in which they were made.
///
/// 1. The four files are there as `.cleaned`, synced.
/// 2. They become `.swap`, the log last: from here on the cleaned segment counts.
/// 3. The old files are renamed to be deleted.
/// 4. The `.swap` files get their final names, the log last.
///
/// A start that finds a log in `.swap` does 3 and 4 again. Every other `.cleaned` or `.swap` file is of a swap that did
/// not come to 2, and is deleted.
final class SegmentSwap {
    /// Of a segment's files, in the order in which they are renamed.
    static final List<String> SUFFIXES = List.of(
            PartitionFiles.OFFSET_INDEX, PartitionFiles.TIME_INDEX, PartitionFiles.TXN_INDEX, PartitionFiles.LOG);

    private static final String LOG_SWAP = PartitionFiles.LOG + PartitionFiles.SWAP;

    private SegmentSwap() {}

    static void decide(Disk disk, String folder, long baseOffset) throws IOException {
        for (String suffix : SUFFIXES) {
            String path = PartitionFiles.segmentFile(folder, baseOffset, suffix);
            disk.rename(path + PartitionFiles.CLEANED, path + PartitionFiles.SWAP);
        }
    }

    static void complete(Disk disk, String folder, long baseOffset) throws IOException {
        for (String suffix : SUFFIXES) {
            String path = PartitionFiles.segmentFile(folder, baseOffset, suffix);
            if (disk.exists(path + PartitionFiles.SWAP)) {
                disk.rename(path + PartitionFiles.SWAP, path);
            }
        }
    }

    /// Ends swaps that a crash cut short. Before the folder's segments are looked at.
    ///
    /// @param names of what the folder holds
    /// @return what it holds now
    static List<String> recover(Disk disk, String folder, List<String> names) throws IOException {
        if (names.stream().noneMatch(SegmentSwap::isOfASwap)) {
            return names;
        }
        for (String name : names) {
            long base = PartitionFiles.baseOffset(name, LOG_SWAP);
            if (base >= 0) {
                long end = endOffset(disk, folder + "/" + name);
                for (String other : names) {
                    if (isReplaced(other, base, end)) {
                        disk.delete(folder + "/" + other);
                    }
                }
                complete(disk, folder, base);
            }
        }
        for (String name : disk.list(folder)) {
            if (isOfASwap(name)) {
                disk.delete(folder + "/" + name);
            }
        }
        return disk.list(folder);
    }

    private static boolean isOfASwap(String name) {
        return name.endsWith(PartitionFiles.CLEANED) || name.endsWith(PartitionFiles.SWAP);
    }

    /// The files of a segment that begins within the cleaned one. Those of the same base are replaced by the renames.
    private static boolean isReplaced(String name, long base, long end) {
        for (String suffix : SUFFIXES) {
            long other = PartitionFiles.baseOffset(name, suffix);
            if (other > base && other < end) {
                return true;
            }
        }
        return false;
    }

    private static long endOffset(Disk disk, String path) throws IOException {
        long end = 0;
        try (DiskFile file = disk.open(path)) {
            int size = (int) Math.min(Integer.MAX_VALUE, file.size());
            BatchScan scan = new BatchScan(file, 0, size, BatchScan.FAR, false);
            for (RecordBatch batch = scan.advance(); batch != null; batch = scan.advance()) {
                end = batch.nextOffset();
            }
        }
        return end;
    }
}
