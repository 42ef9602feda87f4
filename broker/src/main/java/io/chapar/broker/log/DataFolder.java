package io.chapar.broker.log;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.chapar.broker.budget.Budget;
import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;

/// The data folder as all partitions of a broker share it: the disk, and a bound on the files kept open.
/// Callable from any loop.
public final class DataFolder {
    /// Open segment and index files, over all partitions; the least recently used are closed beyond it. Transfers
    /// under way keep theirs open besides.
    public static final int MAX_OPEN_FILES = 512;

    /// Indexes of sealed segments kept in memory, over all partitions, in bytes.
    public static final long MAX_INDEX_BYTES = 32L << 20;

    /// The same of their aborted transactions.
    public static final long MAX_ABORTED_BYTES = 16L << 20;

    private final Disk disk;
    private final Reserve reserve;
    private final OpenFiles files;
    private final Budget memory;
    private final Cache<String, SegmentIndex> indexes = Caffeine.newBuilder()
            .maximumWeight(MAX_INDEX_BYTES)
            .weigher((String _, SegmentIndex index) -> index.weight())
            .executor(Runnable::run)
            .build();

    private final Cache<String, AbortedTxnIndex> abortedTxns = Caffeine.newBuilder()
            .maximumWeight(MAX_ABORTED_BYTES)
            .weigher((String _, AbortedTxnIndex index) -> index.weight())
            .executor(Runnable::run)
            .build();

    public DataFolder(Disk disk) {
        this(disk, MAX_OPEN_FILES);
    }

    public DataFolder(Disk disk, Reserve reserve) {
        this(disk, MAX_OPEN_FILES, reserve);
    }

    public DataFolder(Disk disk, int maxOpenFiles) {
        this(disk, maxOpenFiles, Reserve.none(disk));
    }

    public DataFolder(Disk disk, int maxOpenFiles, Reserve reserve) {
        this(disk, maxOpenFiles, reserve, Budget.unbounded());
    }

    /// @param memory of all logs together
    public DataFolder(Disk disk, int maxOpenFiles, Reserve reserve, Budget memory) {
        this.disk = disk;
        this.reserve = reserve;
        this.memory = memory;
        this.files = new OpenFiles(disk, maxOpenFiles);
    }

    public Reserve reserve() {
        return reserve;
    }

    public Disk disk() {
        return disk;
    }

    /// What segments and their indexes take, over all partitions: see [LogMemory].
    public Budget memory() {
        return memory;
    }

    OpenFiles files() {
        return files;
    }

    /// By the path of the segment. An index here does not change any more.
    Cache<String, SegmentIndex> indexes() {
        return indexes;
    }

    /// By the path of the file, of segments that get no more of them.
    Cache<String, AbortedTxnIndex> abortedTxns() {
        return abortedTxns;
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
    @Nullable ByteBuffer head(String path, int bytes) throws IOException {
        ByteBuffer content = bytes == 0 ? null : disk.read(path);
        return content == null ? null : content.limit(Math.min(content.limit(), bytes));
    }

    /// What the file ends with; null when it has not so many bytes, or is not there.
    @Nullable ByteBuffer lastBytes(String path, int bytes) throws IOException {
        long size = disk.size(path);
        if (size < bytes) {
            return null;
        }
        ByteBuffer end = ByteBuffer.allocate(bytes);
        try (DiskFile file = disk.open(path)) {
            file.read(end, size - bytes);
        }
        return end.flip();
    }

    /// After a loss of power its end may be missing: for files of which that is noticed.
    void replace(String path, ByteBuffer bytes) throws IOException {
        files.forget(path);
        disk.replace(path, bytes);
    }

    // ---- names

    /// The longest name that file systems take.
    private static final int LONGEST_NAME = 255;

    /// A partition's folder with a suffix, which is not lost where the topic's name is long: that is cut instead.
    public static String folderName(String partition, String suffix) {
        int over = partition.length() + suffix.length() - LONGEST_NAME;
        int dash = partition.lastIndexOf('-');
        return (over <= 0 ? partition : partition.substring(0, dash - over) + partition.substring(dash)) + suffix;
    }

    /// The file that says that the partition has a folder.
    static String begunPath(String partition, UUID topicId) {
        return PartitionFiles.BEGUN + "/" + hex(topicId) + partition.substring(partition.lastIndexOf('-'));
    }

    static String hex(UUID id) {
        return "%016x%016x".formatted(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    /// Nobody expects the folder any more.
    static void forget(Disk disk, String partition, UUID topicId) throws IOException {
        disk.delete(begunPath(partition, topicId));
    }

    /// Whether a partition may be expected to have a folder.
    public interface Expected {
        boolean isHere(UUID topicId, int partition);
    }

    /// No other partition is expected to have a folder.
    public static void forgetAllBut(Disk disk, Expected expected) throws IOException {
        for (String name : disk.list(PartitionFiles.BEGUN)) {
            if (name.matches("[0-9a-f]{32}-[0-9]{1,6}")
                    && !expected.isHere(new UUID(Long.parseUnsignedLong(name, 0, 16, 16),
                            Long.parseUnsignedLong(name, 16, 32, 16)), Integer.parseInt(name, 33, name.length(), 10))) {
                disk.delete(PartitionFiles.BEGUN + "/" + name);
            }
        }
    }

    // ---- start and end

    /// A loss of power may keep a part of it: nobody misses the folder when it goes, and what is left of it under its
    /// new name is removed at the next start.
    public static void discard(Disk disk, String partition, UUID owner) throws IOException {
        forget(disk, partition, owner);
        if (!disk.exists(partition)) {
            return;
        }
        String doomed = folderName(partition, "." + hex(owner) + PartitionFiles.DELETED_FOLDER);
        disk.delete(doomed);
        disk.rename(partition, doomed);
        disk.deleteLater(List.of(doomed));
    }

    /// Deletes what there is of a log that could not be opened.
    public void deleteUnopened(TopicPartition id, UUID topicId) throws IOException {
        new LogFolder(id.toString(), topicId, this, new TreeMap<>()).discard();
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
