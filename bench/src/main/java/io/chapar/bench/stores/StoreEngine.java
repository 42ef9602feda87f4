package io.chapar.bench.stores;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.function.BiConsumer;

/// What a store of the processor SDK asks of a library: sorted bytes on disk, changed by one atomic commit at a time
/// that a killed process does not lose.
interface StoreEngine extends AutoCloseable {
    enum Kind {
        ROCKSDB, MVSTORE;

        StoreEngine open(Path folder, int cacheMegabytes) throws Exception {
            return switch (this) {
                case MVSTORE -> new MvStoreEngine(folder, cacheMegabytes);
                case ROCKSDB -> new RocksEngine(folder, cacheMegabytes);
            };
        }
    }

    byte @Nullable [] get(byte[] key) throws Exception;

    /// In the order of keys, up to so many from `from` on.
    void range(byte[] from, int atMost, BiConsumer<byte[], byte[]> each) throws Exception;

    /// Null values: removed.
    void commit(NavigableMap<byte[], byte @Nullable []> changes) throws Exception;

    @Override
    void close();
}
