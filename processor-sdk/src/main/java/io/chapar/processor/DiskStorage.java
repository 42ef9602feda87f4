package io.chapar.processor;

import io.chapar.client.UsageException;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// The folder in which an instance keeps its stores, one RocksDB each, and the memory that they share. Used by all
/// threads of the instance; one process has it at a time.
///
/// ```
/// STATE_DIRECTORY/APPLICATION/.lock
/// STATE_DIRECTORY/APPLICATION/STEP-PARTITION/              what RocksDB keeps, and whose it is (StoreFolder)
/// STATE_DIRECTORY/APPLICATION/STEP-PARTITION.aside-MS/     could not be read, or was another one's
/// ```
final class DiskStorage implements Storage, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskStorage.class);
    /// What nobody has written to for so long is deleted at a start: partitions that went elsewhere.
    private static final long UNUSED_MS = Duration.ofDays(1).toMillis();
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-][a-zA-Z0-9._-]*");
    private static final int BLOOM_BITS = 10;
    /// Of the shared memory, what one store may have of writes that are in no table yet.
    private static final int WRITES_SHARE = 8;
    private static final long MAX_WRITES = 16L << 20;
    /// Of the shared memory, what stores may have of entries that were in use last.
    private static final int RECENT_SHARE = 4;
    private static final int MAX_OPEN_FILES = 128;
    /// Of folders that are no stores, in a line of the log.
    private static final int MAX_NAMED = 10;

    private final Path folder;
    private final long recentBytes;
    private final FileChannel lock;
    private final LRUCache cache;
    private final WriteBufferManager writes;
    private final BloomFilter filter;
    private final Options options;
    /// Those that are open.
    private final Map<Path, DiskRows> open = new ConcurrentHashMap<>();

    private DiskStorage(Path folder, FileChannel lock, long memoryBytes) {
        this.folder = folder;
        this.lock = lock;
        recentBytes = memoryBytes / RECENT_SHARE;
        // In few parts, so that a large block does not drive out a whole one.
        cache = new LRUCache(memoryBytes - recentBytes, 1);
        writes = new WriteBufferManager(memoryBytes / 2, cache);
        filter = new BloomFilter(BLOOM_BITS, false);
        options = new Options().setCreateIfMissing(true).setWriteBufferManager(writes)
                .setWriteBufferSize(Math.min(MAX_WRITES, memoryBytes / WRITES_SHARE))
                .setCompressionType(CompressionType.LZ4_COMPRESSION).setMaxOpenFiles(MAX_OPEN_FILES)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL).setKeepLogFileNum(2).setStatsDumpPeriodSec(0)
                .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(filter)
                        .setCacheIndexAndFilterBlocks(true).setPinL0FilterAndIndexBlocksInCache(true)
                        .setIndexType(IndexType.kTwoLevelIndexSearch).setPartitionFilters(true));
    }

    /// [UsageException] when the folder cannot be used, or another instance has it. [LinkageError] without the library.
    static DiskStorage open(Path directory, String applicationId, long memoryBytes) {
        RocksDB.loadLibrary();
        if (!NAME.matcher(applicationId).matches()) {
            throw new UsageException("An application with state on disk has an id of letters, digits, '.', '_' and '-',"
                    + " not '" + applicationId + "'");
        }
        Path folder = directory.resolve(applicationId);
        try {
            Files.createDirectories(folder);
            DiskStorage storage = new DiskStorage(folder, lock(folder), memoryBytes);
            storage.deleteUnused(System.currentTimeMillis());
            return storage;
        } catch (IOException e) {
            throw new UsageException("State cannot be kept in " + folder + ": " + e);
        }
    }

    private static FileChannel lock(Path folder) throws IOException {
        FileChannel file = FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        try {
            if (file.tryLock() != null) {
                return file;
            }
        } catch (OverlappingFileLockException e) {
            LOG.debug("{} is in use in this process", folder);
        } catch (IOException e) {
            file.close();
            throw e;
        }
        file.close();
        throw new UsageException("State folder " + folder + " is in use by another instance: give each instance a"
                + " stateDirectory of its own");
    }

    /// Of stores that bear our mark alone. What else is there is left, and said once.
    private void deleteUnused(long nowMs) throws IOException {
        List<Path> left = new ArrayList<>();
        for (StoreFolder store : StoreFolder.allIn(folder)) {
            if (!store.isOurs()) {
                left.add(store.path().getFileName());
                continue;
            }
            try {
                if (nowMs - store.usedMs() > UNUSED_MS) {
                    LOG.info("Deleting {}, which nobody has used for a day", store.path());
                    store.delete();
                }
            } catch (IOException e) {
                LOG.warn("{} is not used and cannot be deleted: {}", store.path(), e.toString());
            }
        }
        if (!left.isEmpty()) {
            LOG.warn("In {} are folders that are not known as stores of this application ({} of them: {}). They are"
                    + " left as they are", folder, left.size(), left.subList(0, Math.min(left.size(), MAX_NAMED)));
        }
    }

    @Override
    public CommittedRows rows(String step, int partition) {
        return new DiskRows(this, folder.resolve(step + "-" + partition));
    }

    Options options() {
        return options;
    }

    /// What one store may take of memory for what was in use last.
    long recentBytes() {
        return recentBytes / Math.max(1, open.size());
    }

    /// False when another thread still has it.
    boolean claim(Path store, DiskRows rows) {
        DiskRows owner = open.putIfAbsent(store, rows);
        return owner == null || owner.equals(rows);
    }

    void release(Path store, DiskRows rows) {
        open.remove(store, rows);
    }

    /// When all stores are closed.
    @Override
    public void close() {
        options.close();
        filter.close();
        writes.close();
        cache.close();
        try {
            lock.close();
        } catch (IOException e) {
            LOG.warn("The lock of {} is not released before this process ends", folder, e);
        }
    }
}
