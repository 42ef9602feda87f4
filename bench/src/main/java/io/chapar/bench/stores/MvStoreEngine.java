package io.chapar.bench.stores;

import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.function.BiConsumer;

/// H2's MVStore: copy-on-write pages, one file, pure Java.
final class MvStoreEngine implements StoreEngine {
    private final MVStore store;
    private final MVMap<byte[], byte[]> map;

    MvStoreEngine(Path folder, int cacheMegabytes) {
        store = new MVStore.Builder().fileName(folder.resolve("store.mv").toString()).cacheSize(cacheMegabytes)
                .autoCommitDisabled().compress().open();
        map = store.openMap("entries", new MVMap.Builder<byte[], byte[]>().keyType(new Unsigned())
                .valueType(ByteArrayDataType.INSTANCE));
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return map.get(key);
    }

    @Override
    public void range(byte[] from, int atMost, BiConsumer<byte[], byte[]> each) {
        var cursor = map.cursor(from);
        for (int count = 0; count < atMost && cursor.hasNext(); count++) {
            byte[] key = cursor.next();
            each.accept(key, cursor.getValue());
        }
    }

    @Override
    public void commit(NavigableMap<byte[], byte @Nullable []> changes) {
        changes.forEach((key, value) -> {
            if (value == null) {
                map.remove(key);
            } else {
                map.put(key, value);
            }
        });
        store.commit();
    }

    @Override
    public void close() {
        store.close();
    }

    /// Byte arrays in their unsigned order.
    private static final class Unsigned extends BasicDataType<byte[]> {
        @Override
        public int getMemory(byte[] bytes) {
            return 24 + bytes.length;
        }

        @Override
        public void write(WriteBuffer buffer, byte[] bytes) {
            buffer.putVarInt(bytes.length).put(bytes);
        }

        @Override
        public byte[] read(ByteBuffer buffer) {
            byte[] bytes = new byte[DataUtils.readVarInt(buffer)];
            buffer.get(bytes);
            return bytes;
        }

        @Override
        public byte[][] createStorage(int size) {
            return new byte[size][];
        }

        @Override
        public int compare(byte[] one, byte[] other) {
            return Arrays.compareUnsigned(one, other);
        }
    }
}
