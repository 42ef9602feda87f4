package io.chapar.broker.log;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.chapar.broker.log.disk.Disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

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

    // ---- files next to the segments

    void write(String path, ByteBuffer bytes, long position) throws IOException {
        OpenFile file = files.acquire(path);
        try {
            file.file().write(bytes, position);
        } finally {
            file.release();
        }
    }

    /// Leaves so many bytes of a file that may be longer.
    void cut(String path, long length) throws IOException {
        if (disk.size(path) <= length) {
            return;
        }
        OpenFile file = files.acquire(path);
        try {
            file.file().truncate(length);
        } finally {
            file.release();
        }
    }

    /// What the file begins with, at most so many bytes; null for none.
    ByteBuffer head(String path, int bytes) throws IOException {
        ByteBuffer content = bytes == 0 ? null : disk.read(path);
        return content == null ? null : content.limit(Math.min(content.limit(), bytes));
    }

    /// What a loss of power leaves is the file before, or this one: one that lost its end might not be noticed.
    void replace(String path, ByteBuffer bytes) throws IOException {
        files.forget(path);
        disk.replace(path + ".new", bytes);
        disk.sync(List.of(path + ".new"));
        disk.rename(path + ".new", path);
    }

    // ---- start and end

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
