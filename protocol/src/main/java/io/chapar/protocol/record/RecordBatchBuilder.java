package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.Compression;
import io.chapar.protocol.record.compress.GrowingBytes;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// Builds one batch. Records are laid down uncompressed as they come; [#build()] compresses them together, writes the
/// header and checksums, once. Without compression nothing is copied after it was appended.
///
/// Base offset, base timestamp and delete horizon are settled by the first record; everything else may be set until
/// the batch is built, so that a producer assigns its sequence when the batch leaves.
public final class RecordBatchBuilder {
    private static final int INITIAL_BYTES = 512;
    /// Length, attributes, the two deltas, key and value length, header count, each at its longest.
    private static final int MAX_RECORD_OVERHEAD_BYTES = 5 + 1 + 10 + 5 + 5 + 5 + 5;
    private static final int MAX_LENGTH_BYTES = 5;

    private final Compression compression;
    /// Null once the batch is built.
    private @Nullable GrowingBytes out;
    private int attributes;
    private int leaderEpoch = RecordBatch.NO_LEADER_EPOCH;
    private long producerId = RecordBatch.NO_PRODUCER_ID;
    private short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
    private int baseSequence = RecordBatch.NO_SEQUENCE;
    private long baseOffset;
    private long lastOffset = -1;
    private boolean lastOffsetKnown;
    private long lastAppended;
    private long baseTimestamp = RecordBatch.NO_TIMESTAMP;
    private boolean baseTimestampKnown;
    private long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    private long appendTime;
    private int count;
    private int plainBytes;

    public RecordBatchBuilder(Compression compression) {
        this(compression, INITIAL_BYTES);
    }

    public RecordBatchBuilder(Compression compression, int initialBytes) {
        this.compression = compression;
        out = new GrowingBytes(Math.max(RecordBatch.HEADER_BYTES, initialBytes));
        out.advance(RecordBatch.HEADER_BYTES);
        attributes = compression.id();
    }

    /// 0 unless set.
    public RecordBatchBuilder baseOffset(long offset) {
        requireNoRecords();
        baseOffset = offset;
        return this;
    }

    /// The last offset that the batch covers, where that is more than its records.
    public RecordBatchBuilder lastOffset(long offset) {
        lastOffset = offset;
        lastOffsetKnown = true;
        return this;
    }

    /// The first record's timestamp unless set.
    public RecordBatchBuilder baseTimestamp(long ms) {
        requireNoRecords();
        baseTimestamp = ms;
        baseTimestampKnown = true;
        return this;
    }

    /// All records count as written at this time; their own timestamps are kept beneath.
    public RecordBatchBuilder logAppendTime(long ms) {
        attributes |= RecordBatch.APPEND_TIME;
        appendTime = ms;
        return this;
    }

    public RecordBatchBuilder partitionLeaderEpoch(int epoch) {
        leaderEpoch = epoch;
        return this;
    }

    public RecordBatchBuilder producer(long id, short epoch, int firstSequence) {
        producerId = id;
        producerEpoch = epoch;
        baseSequence = firstSequence;
        return this;
    }

    public RecordBatchBuilder transactional() {
        attributes |= RecordBatch.TRANSACTIONAL;
        return this;
    }

    public RecordBatchBuilder control() {
        attributes |= RecordBatch.CONTROL;
        return this;
    }

    /// Appends at the next offset. Key and value may be null; the buffers are read from position to limit and not
    /// moved.
    public RecordBatchBuilder append(long timestamp, @Nullable ByteBuffer key, @Nullable ByteBuffer value,
            List<Header> headers) {
        return append(nextOffset(), timestamp, key, value, headers);
    }

    public RecordBatchBuilder append(long timestamp, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        return append(timestamp, key, value, List.of());
    }

    public RecordBatchBuilder append(Record record) {
        return append(record.offset(), record.timestamp(), record.key(), record.value(), record.headers());
    }

    /// Appends at a given offset, which is at least [#nextOffset()].
    public RecordBatchBuilder append(
            long offset, long timestamp, @Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers) {
        return append(offset, timestamp, new OneBody(key, value, headers), 0);
    }

    /// Appends the one with number `index` of `bodies` at the next offset.
    public RecordBatchBuilder append(long timestamp, RecordBodies bodies, int index) {
        return append(nextOffset(), timestamp, bodies, index);
    }

    private RecordBatchBuilder append(long offset, long timestamp, RecordBodies bodies, int index) {
        bodies.writeTo(begin(offset, timestamp, bodies.sizeInBytes(index)), index);
        appended(offset, timestamp);
        return this;
    }

    /// Writes what stands before a record's body.
    private GrowingBytes begin(long offset, long timestamp, int bodySize) {
        GrowingBytes target = out;
        if (target == null || offset < nextOffset() || offset - baseOffset > Integer.MAX_VALUE) {
            throw new IllegalStateException(target == null ? "the batch is built already"
                    : "offset " + offset + " after " + nextOffset() + " in a batch from " + baseOffset);
        }
        if (count == 0 && !baseTimestampKnown) {
            baseTimestamp = timestamp;
        }
        int offsetDelta = (int) (offset - baseOffset);
        long timestampDelta = timestamp - baseTimestamp;
        int size = Math.toIntExact(1L + GrowingBytes.sizeOfVarint(timestampDelta)
                + GrowingBytes.sizeOfVarint(offsetDelta) + bodySize);
        target.writeVarint(size);
        target.write(0);
        target.writeVarint(timestampDelta);
        target.writeVarint(offsetDelta);
        return target;
    }

    private void appended(long offset, long timestamp) {
        count++;
        maxTimestamp = count == 1 ? timestamp : Math.max(maxTimestamp, timestamp);
        if (!lastOffsetKnown || offset > lastOffset) {
            lastOffset = offset;
        }
        lastAppended = offset;
    }

    public long nextOffset() {
        return count == 0 ? baseOffset : lastAppended + 1;
    }

    public int recordCount() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public Compression compression() {
        return compression;
    }

    /// The size so far without compression, header included: exactly what an uncompressed batch will take.
    public int sizeInBytes() {
        return out == null ? plainBytes : out.size();
    }

    /// Whether the record can come in without the size passing `limitBytes`, uncompressed. The first record always can.
    public boolean hasRoomFor(int limitBytes, @Nullable ByteBuffer key, @Nullable ByteBuffer value,
            List<Header> headers) {
        return hasRoomFor(limitBytes, maxSizeOf(key, value, headers));
    }

    /// As [#hasRoomFor(int, ByteBuffer, ByteBuffer, List)], for one of which [#maxSizeOf] is known.
    public boolean hasRoomFor(int limitBytes, int maxSize) {
        return isEmpty() || (long) sizeInBytes() + maxSize <= limitBytes;
    }

    /// The most bytes this record takes in any batch, uncompressed and without the batch's header.
    public static int maxSizeOf(@Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers) {
        return maxSizeOf(key == null ? 0 : key.remaining(), value == null ? 0 : value.remaining(), headers);
    }

    /// As [#maxSizeOf(ByteBuffer, ByteBuffer, List)], of a key and a value of so many bytes.
    public static int maxSizeOf(int keyBytes, int valueBytes, List<Header> headers) {
        long size = (long) MAX_RECORD_OVERHEAD_BYTES + keyBytes + valueBytes;
        for (Header header : headers) {
            size += 2L * MAX_LENGTH_BYTES + utf8Length(header.key());
            size += header.value() == null ? 0 : header.value().remaining();
        }
        return Math.toIntExact(size);
    }

    /// The batch, from position to limit. The builder is spent. A batch without records needs [#lastOffset(long)].
    public ByteBuffer build() {
        if (out == null || (count == 0 && !lastOffsetKnown)) {
            throw new IllegalStateException(out == null ? "the batch is built already" : "the batch is empty");
        }
        GrowingBytes finished = count == 0 || compression == Compression.NONE ? out : compressed(out);
        plainBytes = out.size();
        out = null;
        ByteBuffer batch = finished.toBuffer();
        if (count == 0) {
            attributes &= ~RecordBatch.CODEC_MASK;
        }
        putHeader(batch);
        return batch;
    }

    private GrowingBytes compressed(GrowingBytes plain) {
        int length = plain.size() - RecordBatch.HEADER_BYTES;
        GrowingBytes target = new GrowingBytes(RecordBatch.HEADER_BYTES + Math.max(64, length / 2));
        target.advance(RecordBatch.HEADER_BYTES);
        compression.compress(plain.array(), RecordBatch.HEADER_BYTES, length, target);
        return target;
    }

    private void putHeader(ByteBuffer batch) {
        boolean appended = (attributes & RecordBatch.APPEND_TIME) != 0;
        batch.putLong(RecordBatch.BASE_OFFSET_AT, baseOffset);
        batch.putInt(RecordBatch.LENGTH_AT, batch.limit() - RecordBatch.PREFIX_BYTES);
        batch.putInt(RecordBatch.LEADER_EPOCH_AT, leaderEpoch);
        batch.put(RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
        batch.putShort(RecordBatch.ATTRIBUTES_AT, (short) attributes);
        batch.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, Math.toIntExact(lastOffset - baseOffset));
        batch.putLong(RecordBatch.BASE_TIMESTAMP_AT, baseTimestamp);
        batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, appended ? appendTime : maxTimestamp);
        batch.putLong(RecordBatch.PRODUCER_ID_AT, producerId);
        batch.putShort(RecordBatch.PRODUCER_EPOCH_AT, producerEpoch);
        batch.putInt(RecordBatch.BASE_SEQUENCE_AT, baseSequence);
        batch.putInt(RecordBatch.RECORD_COUNT_AT, count);
        int crcLength = batch.limit() - RecordBatch.ATTRIBUTES_AT;
        batch.putInt(RecordBatch.CRC_AT, (int) Crc32c.of(batch, RecordBatch.ATTRIBUTES_AT, crcLength));
    }

    private void requireNoRecords() {
        if (count > 0) {
            throw new IllegalStateException("the first record is in the batch already");
        }
    }

    /// What `getBytes(UTF_8)` will take; a lone surrogate becomes one question mark.
    static int utf8Length(String text) {
        int length = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                continue;
            }
            if (c < 0x800) {
                length++;
            } else if (!Character.isSurrogate(c)) {
                length += 2;
            } else if (Character.isHighSurrogate(c) && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                length += 2;
                i++;
            }
        }
        return length;
    }
}
