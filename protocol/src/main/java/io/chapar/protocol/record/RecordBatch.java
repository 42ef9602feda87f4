package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;

/// One record batch, format version 2, seen in place: a buffer and a position. Nothing is copied or cached, so the
/// view always tells what the bytes say now. Reading a field allocates nothing, whether the buffer is direct or not;
/// the position and limit of the buffer are neither used after construction nor moved.
///
/// ```
/// byte  field
///    0  base offset            i64
///    8  length                 i32   of everything behind this field
///   12  partition leader epoch i32
///   16  magic                  i8    2
///   17  checksum               u32   CRC-32C of byte 21 to the end
///   21  attributes             i16   0-2 codec, 3 append time, 4 transactional, 5 control, 6 has delete horizon
///   23  last offset delta      i32
///   27  base timestamp         i64   the delete horizon if bit 6 is set
///   35  max timestamp          i64   the append time if bit 3 is set
///   43  producer id            i64   -1 none
///   51  producer epoch         i16
///   53  base sequence          i32   -1 none
///   57  record count           i32
///   61  records                      compressed together if a codec is set
/// ```
/// What lies before byte 21 can be stamped without a new checksum, which is how a broker assigns offset and epoch.
///
/// The buffer may end behind the header (a log reads headers alone); then only the header's fields can be asked for.
public final class RecordBatch {
    public static final int HEADER_BYTES = 61;
    /// Base offset and length: what has to be read to know where the batch ends.
    public static final int PREFIX_BYTES = 12;
    public static final byte MAGIC = 2;
    public static final long NO_PRODUCER_ID = -1;
    public static final short NO_PRODUCER_EPOCH = -1;
    public static final int NO_SEQUENCE = -1;
    public static final int NO_LEADER_EPOCH = -1;
    public static final long NO_TIMESTAMP = -1;
    /// The most bytes that the records of one batch may decompress to; more is refused as malformed.
    public static final int MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024;

    /// The checksum covers the batch from here on.
    public static final int CHECKED_FROM = 21;

    static final int BASE_OFFSET_AT = 0;
    static final int LENGTH_AT = 8;
    static final int LEADER_EPOCH_AT = 12;
    static final int MAGIC_AT = 16;
    static final int CRC_AT = 17;
    static final int ATTRIBUTES_AT = 21;
    static final int LAST_OFFSET_DELTA_AT = 23;
    static final int BASE_TIMESTAMP_AT = 27;
    static final int MAX_TIMESTAMP_AT = 35;
    static final int PRODUCER_ID_AT = 43;
    static final int PRODUCER_EPOCH_AT = 51;
    static final int BASE_SEQUENCE_AT = 53;
    static final int RECORD_COUNT_AT = 57;

    static final int CODEC_MASK = 0x07;
    static final int APPEND_TIME = 0x08;
    static final int TRANSACTIONAL = 0x10;
    static final int CONTROL = 0x20;
    static final int DELETE_HORIZON = 0x40;

    private final ByteBuffer buffer;
    private final int start;

    private RecordBatch(ByteBuffer buffer, int start) {
        this.buffer = buffer;
        this.start = start;
    }

    /// The batch whose first byte is at `position`. Its header must lie before the buffer's limit, be of format
    /// version 2 and carry a possible length; the rest of it is looked at by [#fault()].
    public static RecordBatch at(ByteBuffer buffer, int position) {
        if (buffer.limit() - position < HEADER_BYTES) {
            throw new MalformedMessageException("a batch header takes " + HEADER_BYTES + " bytes, "
                    + (buffer.limit() - position) + " remain");
        }
        RecordBatch batch = new RecordBatch(
                buffer.order() == ByteOrder.BIG_ENDIAN ? buffer : buffer.duplicate(), position);
        if (batch.magic() != MAGIC) {
            throw new MalformedMessageException("batch format version " + batch.magic() + " is not supported");
        }
        int length = batch.buffer.getInt(position + LENGTH_AT);
        if (length < HEADER_BYTES - PREFIX_BYTES || length > Integer.MAX_VALUE - PREFIX_BYTES) {
            throw new MalformedMessageException("batch length " + length + " is impossible");
        }
        return batch;
    }

    public long baseOffset() {
        return buffer.getLong(start + BASE_OFFSET_AT);
    }

    /// The whole batch, header included.
    public int sizeInBytes() {
        return PREFIX_BYTES + buffer.getInt(start + LENGTH_AT);
    }

    public int partitionLeaderEpoch() {
        return buffer.getInt(start + LEADER_EPOCH_AT);
    }

    public byte magic() {
        return buffer.get(start + MAGIC_AT);
    }

    /// The stored checksum, unsigned.
    public long crc() {
        return buffer.getInt(start + CRC_AT) & 0xFFFFFFFFL;
    }

    public short attributes() {
        return buffer.getShort(start + ATTRIBUTES_AT);
    }

    /// Whether [#compression()] can be asked.
    public boolean hasKnownCodec() {
        return Compression.ofId(attributes() & CODEC_MASK) != null;
    }

    /// Fails as malformed on a codec that does not exist; [#fault()] and [#hasKnownCodec()] tell before.
    public Compression compression() {
        int id = attributes() & CODEC_MASK;
        Compression compression = Compression.ofId(id);
        if (compression == null) {
            throw new MalformedMessageException("compression codec " + id + " is unknown");
        }
        return compression;
    }

    public TimestampType timestampType() {
        return has(APPEND_TIME) ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
    }

    public boolean isTransactional() {
        return has(TRANSACTIONAL);
    }

    public boolean isControl() {
        return has(CONTROL);
    }

    public boolean hasDeleteHorizon() {
        return has(DELETE_HORIZON);
    }

    public int lastOffsetDelta() {
        return buffer.getInt(start + LAST_OFFSET_DELTA_AT);
    }

    /// The last offset the batch covers. After compaction no record need be there.
    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    public long nextOffset() {
        return lastOffset() + 1;
    }

    /// What the records' timestamps are deltas to; the delete horizon in milliseconds when there is one.
    public long baseTimestamp() {
        return buffer.getLong(start + BASE_TIMESTAMP_AT);
    }

    public long maxTimestamp() {
        return buffer.getLong(start + MAX_TIMESTAMP_AT);
    }

    public long producerId() {
        return buffer.getLong(start + PRODUCER_ID_AT);
    }

    public boolean hasProducerId() {
        return producerId() > NO_PRODUCER_ID;
    }

    public short producerEpoch() {
        return buffer.getShort(start + PRODUCER_EPOCH_AT);
    }

    public int baseSequence() {
        return buffer.getInt(start + BASE_SEQUENCE_AT);
    }

    /// The sequence of the last offset, whether its record is still there or not; -1 without sequences.
    public int lastSequence() {
        int base = baseSequence();
        return base == NO_SEQUENCE ? NO_SEQUENCE : Sequences.next(base, lastOffsetDelta());
    }

    public int recordCount() {
        return buffer.getInt(start + RECORD_COUNT_AT);
    }

    /// Whether the buffer holds the whole batch, and not its beginning alone.
    public boolean isComplete() {
        return sizeInBytes() <= buffer.limit() - start;
    }

    /// Not where there is but the header.
    public boolean isCrcValid() {
        return isComplete() && crc() == computeCrc();
    }

    /// What is wrong with the header of a batch in a log, or null. The checksum is asked for separately, since a log
    /// that reads headers alone does not have the bytes.
    public @Nullable BatchFault fault() {
        if (baseOffset() < 0) {
            return BatchFault.BASE_OFFSET;
        }
        if (Compression.ofId(attributes() & CODEC_MASK) == null) {
            return BatchFault.COMPRESSION;
        }
        int delta = lastOffsetDelta();
        if (delta < 0 || lastOffset() < 0) {
            return BatchFault.LAST_OFFSET;
        }
        int count = recordCount();
        return count < 0 || count - 1 > delta ? BatchFault.RECORD_COUNT : null;
    }

    /// What is wrong with a whole batch that a client wants appended, checksum included, or null. The records inside
    /// have not been looked at.
    public @Nullable BatchFault faultFromClient() {
        BatchFault fault = fault();
        if (fault != null) {
            return fault;
        }
        if (!isCrcValid()) {
            return BatchFault.CHECKSUM;
        }
        if (baseOffset() != 0) {
            return BatchFault.CLIENT_OFFSET;
        }
        if (recordCount() == 0 || recordCount() - 1 != lastOffsetDelta()) {
            return BatchFault.NOT_CONTIGUOUS;
        }
        if (isControl() || hasDeleteHorizon()) {
            return BatchFault.CLIENT_CONTROL;
        }
        if (timestampType() == TimestampType.LOG_APPEND_TIME) {
            return BatchFault.CLIENT_APPEND_TIME;
        }
        boolean producerFits = hasProducerId()
                ? producerEpoch() >= 0 && baseSequence() >= 0
                : producerId() == NO_PRODUCER_ID && !isTransactional();
        return producerFits ? null : BatchFault.CLIENT_PRODUCER;
    }

    /// Assigns offset and leader epoch in place. The checksum does not cover them.
    public void stamp(long baseOffset, int leaderEpoch) {
        buffer.putLong(start + BASE_OFFSET_AT, baseOffset);
        buffer.putInt(start + LEADER_EPOCH_AT, leaderEpoch);
    }

    /// Makes every record's timestamp this append time, in place, and renews the checksum.
    public void stampLogAppendTime(long ms) {
        buffer.putShort(start + ATTRIBUTES_AT, (short) (attributes() | APPEND_TIME));
        buffer.putLong(start + MAX_TIMESTAMP_AT, ms);
        renewCrc();
    }

    /// Corrects the largest create time in place and renews the checksum, if it differs.
    public void stampMaxTimestamp(long ms) {
        if (maxTimestamp() != ms) {
            buffer.putLong(start + MAX_TIMESTAMP_AT, ms);
            renewCrc();
        }
    }

    /// Puts the delete horizon in the place of the base timestamp, in place, and renews the checksum.
    void stampDeleteHorizon(long ms) {
        buffer.putShort(start + ATTRIBUTES_AT, (short) (attributes() | DELETE_HORIZON));
        buffer.putLong(start + BASE_TIMESTAMP_AT, ms);
        renewCrc();
    }

    /// Gives the batch another producer id, epoch and first sequence in place and renews the checksum: a producer's
    /// batch that waits while its epoch is bumped.
    public void stampProducer(long producerId, short producerEpoch, int baseSequence) {
        buffer.putLong(start + PRODUCER_ID_AT, producerId);
        buffer.putShort(start + PRODUCER_EPOCH_AT, producerEpoch);
        buffer.putInt(start + BASE_SEQUENCE_AT, baseSequence);
        renewCrc();
    }

    /// The bytes of the whole batch, shared.
    public ByteBuffer bytes() {
        return buffer.slice(start, requireComplete());
    }

    /// The records behind the header, compressed if the batch is, shared.
    public ByteBuffer payload() {
        return buffer.slice(start + HEADER_BYTES, requireComplete() - HEADER_BYTES);
    }

    /// Steps through the records without making an object of each. The caller closes it, or runs it to its end.
    public RecordCursor cursor() {
        return cursor(MAX_DECOMPRESSED_BYTES);
    }

    /// As [#cursor()], with another bound on the decompressed size.
    public RecordCursor cursor(int maxDecompressedBytes) {
        return new RecordCursor(this, maxDecompressedBytes);
    }

    /// Steps through the records for their numbers and keys alone, in little memory whatever their sizes.
    public RecordWalk walk(int maxDecompressedBytes, KeyPieces keys) {
        return new RecordWalk(this, maxDecompressedBytes, keys);
    }

    /// The records, decompressed as they are asked for. Whatever does not hold what the header or a length promises
    /// is a [MalformedMessageException] when the iteration gets there.
    public Iterable<Record> records() {
        return this::iterator;
    }

    private Iterator<Record> iterator() {
        return cursor().iterator();
    }

    private boolean has(int attribute) {
        return (attributes() & attribute) != 0;
    }

    private int requireComplete() {
        if (!isComplete()) {
            throw new MalformedMessageException("a batch of " + sizeInBytes() + " bytes where "
                    + (buffer.limit() - start) + " remain");
        }
        return sizeInBytes();
    }

    private long computeCrc() {
        return Crc32c.of(buffer, start + ATTRIBUTES_AT, requireComplete() - ATTRIBUTES_AT);
    }

    private void renewCrc() {
        buffer.putInt(start + CRC_AT, (int) computeCrc());
    }

    @Override
    public String toString() {
        return "batch[offsets " + baseOffset() + ".." + lastOffset() + ", " + recordCount() + " records, "
                + sizeInBytes() + " bytes, leader epoch " + partitionLeaderEpoch()
                + (hasProducerId() ? ", producer " + producerId() + "/" + producerEpoch()
                        + " sequences " + baseSequence() + ".." + lastSequence() : "")
                + (isTransactional() ? ", transactional" : "") + (isControl() ? ", control" : "") + "]";
    }
}
