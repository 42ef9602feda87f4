package io.chapar.broker.producer;

import io.chapar.protocol.record.Crc32c;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/// The table at one offset as a file, so that only the log behind it has to be replayed.
/// ```
/// version i16 = 1 | crc u32, CRC-32C of all that follows
/// count i32, then per producer:
///   producer id i64 | epoch i16 | last sequence i32 | last offset i64 | offset delta i32 | timestamp i64
///   | coordinator epoch i32 | first offset of the open transaction i64
/// tail: magic i32 | count i32, then per producer of which the above does not tell all:
///   producer id i64 | batches i32 | per batch, oldest first:
///     last sequence i32 | last offset i64 | offset delta i32 | timestamp i64
///   | count i32, then per transaction that has its marker at or above the high watermark:
///     first offset i64 | offset of the marker i64
/// ```
/// Up to the tail this is Kafka's format version 1, which knows the last batch alone; Kafka's reader passes over the
/// tail. With it the whole window against duplicates survives a restart, and readers of committed data stop where they
/// did: a transaction counts as decided when its marker is below the high watermark. That one only rises, so who opens
/// the log with one that is saved later is told of all such transactions, and forgets those that have passed since.
/// A tail without the transactions is of Chapar before it wrote them; so is one that does not end with how many
/// sequences before the window stand in the log, too.
public final class ProducerSnapshot {
    private static final short VERSION = 1;
    private static final int CRC_AT = 2;
    private static final int BODY_AT = 6;
    private static final int ENTRY_BYTES = 46;
    private static final int BATCH_BYTES = 24;
    private static final int TXN_BYTES = 16;
    private static final int LONGER_BYTES = 12;
    private static final int TAIL_MAGIC = 0x43485057;

    private ProducerSnapshot() {}

    public static ByteBuffer write(ProducerTable table) {
        int size = BODY_AT + 4 + table.size() * ENTRY_BYTES + 8 + 4 + table.unreplicated().size() * TXN_BYTES;
        int windows = 0;
        int longer = 0;
        for (ProducerEntry entry : table.entries()) {
            if (needsTail(entry)) {
                windows++;
                size += 12 + entry.batches() * BATCH_BYTES;
            }
            longer += entry.isLongerThanItsWindow() ? 1 : 0;
        }
        size += 4 + longer * LONGER_BYTES;
        ByteBuffer out = ByteBuffer.allocate(size);
        out.putShort(VERSION).putInt(0).putInt(table.size());
        for (ProducerEntry entry : table.entries()) {
            writeEntry(entry, out);
        }
        out.putInt(TAIL_MAGIC).putInt(windows);
        for (ProducerEntry entry : table.entries()) {
            if (needsTail(entry)) {
                out.putLong(entry.producerId()).putInt(entry.batches());
                for (int i = 0; i < entry.batches(); i++) {
                    out.putInt(entry.lastSequence(i))
                            .putLong(entry.lastOffset(i))
                            .putInt(entry.offsetDelta(i))
                            .putLong(entry.timestamp(i));
                }
            }
        }
        out.putInt(table.unreplicated().size());
        table.unreplicated().forEach((first, marker) -> out.putLong(first).putLong(marker));
        out.putInt(longer);
        for (ProducerEntry entry : table.entries()) {
            if (entry.isLongerThanItsWindow()) {
                out.putLong(entry.producerId()).putInt(entry.contiguous());
            }
        }
        out.flip();
        return out.putInt(CRC_AT, (int) Crc32c.of(out, BODY_AT, out.limit() - BODY_AT));
    }

    private static boolean needsTail(ProducerEntry entry) {
        int n = entry.batches();
        return n > 1 || (n == 1 && entry.timestamp(0) != entry.lastTimestamp());
    }

    private static void writeEntry(ProducerEntry entry, ByteBuffer out) {
        int last = entry.batches() - 1;
        out.putLong(entry.producerId()).putShort(entry.epoch());
        out.putInt(entry.lastSequence())
                .putLong(last < 0 ? -1 : entry.lastOffset(last))
                .putInt(last < 0 ? 0 : entry.offsetDelta(last));
        out.putLong(entry.lastTimestamp()).putInt(entry.coordinatorEpoch()).putLong(entry.txnFirstOffset());
    }

    /// Fills an empty table. False, and the table untouched, when the content is not a whole snapshot.
    public static boolean read(@Nullable ByteBuffer content, ProducerTable into) {
        if (content == null || content.remaining() < BODY_AT + 4) {
            return false;
        }
        ByteBuffer in = content.slice();
        boolean whole = in.getShort() == VERSION
                && in.getInt() == (int) Crc32c.of(in, BODY_AT, in.limit() - BODY_AT);
        int count = whole ? in.getInt() : -1;
        if (count < 0 || count > in.remaining() / ENTRY_BYTES) {
            return false;
        }
        int tailAt = in.position() + count * ENTRY_BYTES;
        ProducerTable older = new ProducerTable();
        readTail(in.slice(tailAt, in.limit() - tailAt), older, into);
        for (int i = 0; i < count; i++) {
            into.restore(readEntry(in, older));
        }
        return true;
    }

    /// Whether this is a whole snapshot without Chapar's tail, or none at all.
    public static boolean isKafkas(@Nullable ByteBuffer content) {
        if (content == null) {
            return true;
        }
        ByteBuffer in = content.slice();
        if (!read(in, new ProducerTable())) {
            return false;
        }
        int tailAt = BODY_AT + 4 + in.getInt(BODY_AT) * ENTRY_BYTES;
        return in.limit() - tailAt < 4 || in.getInt(tailAt) != TAIL_MAGIC;
    }

    private static ProducerEntry readEntry(ByteBuffer in, ProducerTable older) {
        long producerId = in.getLong();
        short epoch = in.getShort();
        int lastSequence = in.getInt();
        long lastOffset = in.getLong();
        int offsetDelta = in.getInt();
        long timestamp = in.getLong();
        int coordinatorEpoch = in.getInt();
        long txnFirstOffset = in.getLong();
        ProducerEntry window = older.entry(producerId);
        ProducerEntry entry = window == null ? new ProducerEntry(producerId) : window;
        if (window == null && lastOffset >= 0) {
            entry.addBatch(lastSequence, lastOffset, offsetDelta, timestamp);
        }
        entry.restore(epoch, coordinatorEpoch, timestamp, txnFirstOffset);
        return entry;
    }

    /// A snapshot of Kafka's has no tail.
    private static void readTail(ByteBuffer in, ProducerTable older, ProducerTable into) {
        if (in.remaining() < 8 || in.getInt() != TAIL_MAGIC) {
            return;
        }
        int windows = in.getInt();
        for (int w = 0; w < windows; w++) {
            ProducerEntry entry = new ProducerEntry(in.getLong());
            int batches = in.getInt();
            for (int i = 0; i < batches; i++) {
                entry.addBatch(in.getInt(), in.getLong(), in.getInt(), in.getLong());
            }
            older.restore(entry);
        }
        for (int txns = in.hasRemaining() ? in.getInt() : 0; txns > 0; txns--) {
            into.restoreUnreplicated(in.getLong(), in.getLong());
        }
        for (int longer = in.hasRemaining() ? in.getInt() : 0; longer > 0; longer--) {
            ProducerEntry entry = older.entry(in.getLong());
            int sequences = in.getInt();
            if (entry != null) {
                entry.restoreContiguous(sequences);
            }
        }
    }
}
