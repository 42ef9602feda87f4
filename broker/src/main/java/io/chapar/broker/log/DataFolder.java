package io.chapar.broker.log;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.chapar.broker.log.disk.Disk;

import java.io.IOException;

/// The data folder as all partitions of a broker share it: the disk, and a bound on the files kept open.
/// Callable from any loop.
public final class DataFolder {
    /// Open segment and index files, over all partitions; the least recently used are closed beyond it. Transfers
    /// under way keep theirs open besides.
    public static final int MAX_OPEN_FILES = 512;

    /// Indexes of sealed segments kept in memory, over all partitions, in bytes.
    public static final long MAX_INDEX_BYTES = 32L << 20;

    private final Disk disk;
    private final OpenFiles files;
    private final Cache<String, SegmentIndex> indexes = Caffeine.newBuilder()
            .maximumWeight(MAX_INDEX_BYTES)
            .weigher((String _, SegmentIndex index) -> index.weight())
            .executor(Runnable::run)
            .build();

    public DataFolder(Disk disk) {
        this(disk, MAX_OPEN_FILES);
    }

    public DataFolder(Disk disk, int maxOpenFiles) {
        this.disk = disk;
        this.files = new OpenFiles(disk, maxOpenFiles);
    }

    public Disk disk() {
        return disk;
    }

    OpenFiles files() {
        return files;
    }

    /// By the path of the segment. An index here does not change any more.
    Cache<String, SegmentIndex> indexes() {
        return indexes;
    }

    /// Removes folders of partitions whose deletion a crash cut short. At start, before any partition is opened.
    public void removeDeleted() throws IOException {
        for (String name : disk.list("")) {
            if (name.endsWith(PartitionFiles.DELETED_FOLDER)) {
                disk.delete(name);
            }
        }
    }

    /// Closes every cached file.
    public void close() {
        files.closeAll();
    }
}
