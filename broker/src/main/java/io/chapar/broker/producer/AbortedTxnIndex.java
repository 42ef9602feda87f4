package io.chapar.broker.producer;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// The aborted transactions whose markers lie in one segment, in the order of the markers. The file's entries:
/// ```
/// version i16 = 0 | producer id i64 | first offset i64 | last offset i64, the marker's | last stable offset i64
/// ```
/// The last stable offset is the one right after the marker; a search for transactions that begin below some offset
/// ends with the first entry that has it there or beyond.
public final class AbortedTxnIndex {
    public static final int ENTRY_BYTES = 34;
    private static final short VERSION = 0;

    /// That an entry takes of memory.
    public static final int BYTES_PER_ENTRY = 48;
    private static final int OWN_BYTES = 128;

    private final List<Entry> entries = new ArrayList<>();
    /// Of the entries as they stand in the file.
    private final CRC32C checksum = new CRC32C();

    public record Entry(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

    /// From a file's content, up to the first entry that cannot be: what follows a torn write is not to be believed,
    /// and is left in the buffer.
    public static AbortedTxnIndex read(@Nullable ByteBuffer content) {
        AbortedTxnIndex index = new AbortedTxnIndex();
        long previous = -1;
        while (content != null && content.remaining() >= ENTRY_BYTES) {
            short version = content.getShort();
            Entry entry = new Entry(content.getLong(), content.getLong(), content.getLong(), content.getLong());
            if (version != VERSION || entry.lastOffset() <= previous || entry.firstOffset() >= entry.lastOffset()) {
                content.position(content.position() - ENTRY_BYTES);
                break;
            }
            previous = entry.lastOffset();
            index.add(entry);
        }
        return index;
    }

    public void add(CompletedTxn txn) {
        add(new Entry(txn.producerId(), txn.firstOffset(), txn.markerOffset(), txn.stableAfter()));
    }

    /// An entry as it stands in another segment's index.
    public void add(Entry entry) {
        entries.add(entry);
        sum(entry);
    }

    private void sum(Entry entry) {
        ByteBuffer bytes = ByteBuffer.allocate(ENTRY_BYTES);
        put(entry, bytes);
        checksum.update(bytes.flip());
    }

    /// CRC-32C of the file's content; 0 of none.
    public long checksum() {
        return checksum.getValue();
    }

    /// Whether a marker at or behind the offset is in it.
    public boolean reaches(long offset) {
        return !entries.isEmpty() && entries.getLast().lastOffset() >= offset;
    }

    public int size() {
        return entries.size();
    }

    /// What it takes of memory, about.
    public int weight() {
        return (int) Math.min(Integer.MAX_VALUE, OWN_BYTES + (long) BYTES_PER_ENTRY * entries.size());
    }

    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /// Drops entries whose marker is at or beyond the offset.
    public void truncateTo(long offset) {
        if (!reaches(offset)) {
            return;
        }
        entries.subList(firstReaching(offset), entries.size()).clear();
        checksum.reset();
        entries.forEach(this::sum);
    }

    /// Index of the first entry whose marker is at or behind the offset.
    private int firstReaching(long offset) {
        int low = 0;
        int high = entries.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).lastOffset() < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// Gives those that reach into `[from, upper)`: marker at or after `from`, begun before `upper`.
    ///
    /// @return whether no later entry, in any segment, can be one of them
    public boolean collect(long from, long upper, Consumer<Entry> into) {
        for (Entry entry : entries.subList(firstReaching(from), entries.size())) {
            if (entry.firstOffset() < upper) {
                into.accept(entry);
            }
            if (entry.lastStableOffset() >= upper) {
                return true;
            }
        }
        return false;
    }

    /// The entries from the given one on, as they stand in the file.
    public ByteBuffer bytesFrom(int first) {
        ByteBuffer bytes = ByteBuffer.allocate((entries.size() - first) * ENTRY_BYTES);
        for (Entry entry : entries.subList(first, entries.size())) {
            put(entry, bytes);
        }
        return bytes.flip();
    }

    private static void put(Entry entry, ByteBuffer into) {
        into.putShort(VERSION)
                .putLong(entry.producerId())
                .putLong(entry.firstOffset())
                .putLong(entry.lastOffset())
                .putLong(entry.lastStableOffset());
    }
}
