package io.chapar.bench.stores;

import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.BiConsumer;

/// RocksDB: a log-structured tree with a log of its own for what is not in tables yet; a native library.
final class RocksEngine implements StoreEngine {
    private static final long MEGABYTE = 1L << 20;
    private static final int BLOOM_BITS = 10;

    private final LRUCache cache;
    private final WriteBufferManager buffers;
    private final BloomFilter filter;
    private final Options options;
    private final WriteOptions writing;
    private final RocksDB database;

    RocksEngine(Path folder, int cacheMegabytes) throws RocksDBException {
        RocksDB.loadLibrary();
        filter = new BloomFilter(BLOOM_BITS, false);
        writing = new WriteOptions();
        // With few parts, so that the top of an index fits into each.
        cache = new LRUCache(cacheMegabytes * MEGABYTE, 1);
        // Write buffers are counted as a part of the cache.
        buffers = new WriteBufferManager(cacheMegabytes * MEGABYTE / 2, cache);
        options = new Options().setCreateIfMissing(true).setWriteBufferManager(buffers)
                .setWriteBufferSize(cacheMegabytes * MEGABYTE / 4).setMaxBackgroundJobs(2)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(filter)
                        .setCacheIndexAndFilterBlocks(true).setPinL0FilterAndIndexBlocksInCache(true)
                        .setIndexType(IndexType.kTwoLevelIndexSearch).setPartitionFilters(true));
        database = RocksDB.open(options, folder.toString());
    }

    @Override
    public byte @Nullable [] get(byte[] key) throws RocksDBException {
        return database.get(key);
    }

    @Override
    public void range(byte[] from, int atMost, BiConsumer<byte[], byte[]> each) {
        try (RocksIterator iterator = database.newIterator()) {
            iterator.seek(from);
            for (int count = 0; count < atMost && iterator.isValid(); count++) {
                each.accept(iterator.key(), iterator.value());
                iterator.next();
            }
        }
    }

    @Override
    public void commit(NavigableMap<byte[], byte @Nullable []> changes) throws RocksDBException {
        try (WriteBatch batch = new WriteBatch()) {
            for (Map.Entry<byte[], byte @Nullable []> change : changes.entrySet()) {
                byte[] value = change.getValue();
                if (value == null) {
                    batch.delete(change.getKey());
                } else {
                    batch.put(change.getKey(), value);
                }
            }
            database.write(writing, batch);
        }
    }

    @Override
    public void close() {
        database.close();
        writing.close();
        options.close();
        filter.close();
        buffers.close();
        cache.close();
    }
}
