package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;

import java.io.IOException;

/// The data folder as all partitions of a broker share it: the disk, and a bound on the files kept open.
/// Callable from any loop.
public final class DataFolder {
    /// Open segment and index files, over all partitions; the least recently used are closed beyond it. Transfers
    /// under way keep theirs open besides.
    public static final int MAX_OPEN_FILES = 512;

    private final Disk disk;
    private final OpenFiles files;

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
