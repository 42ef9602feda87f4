package io.chapar.processor;

import io.chapar.client.RetriableException;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/// Stores that stay when their instance dies, as on a disk, which is full now and then.
final class LastingRows implements CommittedRows {
    /// The disk of one instance.
    static final class Disk implements Storage {
        private final Map<String, MemoryRows> stores = new TreeMap<>();
        private final BooleanSupplier full;

        /// `full`: asked at each commit.
        Disk(BooleanSupplier full) {
            this.full = full;
        }

        @Override
        public CommittedRows rows(String step, int partition) {
            return new LastingRows(stores.computeIfAbsent(step + "-" + partition,
                    name -> new MemoryRows(new StateBudget(Long.MAX_VALUE))), full);
        }
    }

    private final MemoryRows rows;
    private final BooleanSupplier full;
    private boolean closed;
    /// Until it is opened or written to again.
    private boolean cutOff;

    private LastingRows(MemoryRows rows, BooleanSupplier full) {
        this.rows = rows;
        this.full = full;
    }

    private MemoryRows rows() {
        if (closed) {
            throw new IllegalStateException("Nothing is asked of a closed store");
        }
        if (cutOff) {
            throw new StateLostException("The disk was full", null);
        }
        return rows;
    }

    @Override
    public void open() {
        cutOff = false;
        rows().open();
    }

    @Override
    public void from(byte[] from, int atMost, BiConsumer<byte[], byte[]> each) {
        rows().from(from, atMost, each);
    }

    @Override
    public void commit(Overlay changes, @Nullable Standing standing) {
        cutOff = full.getAsBoolean();
        if (cutOff) {
            throw new RetriableException(ErrorCode.NONE, "The disk is full");
        }
        rows().commit(changes, standing);
    }

    @Override
    public @Nullable Standing standing() {
        return rows.standing();
    }

    @Override
    public void clear() {
        rows().clear();
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return rows().get(key);
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
        return rows().first(from, to);
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
        return rows().last(from, to);
    }

    @Override
    public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
        return rows().range(from, to);
    }
}
