package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/// Steps through the records of one batch, in order. The accessors speak of the record that [#advance] reached last;
/// those that return numbers allocate nothing. Everything malformed is a [MalformedMessageException] out of
/// [#advance], after which the cursor is closed.
///
/// ```
/// record = length | attributes i8 | timestamp delta | offset delta | key length, key | value length, value
///          | header count | { key length, key | value length, value }*
/// ```
/// All numbers are zigzag varints; a length of -1 means null (not for header keys). Attributes are unused.
public final class RecordCursor implements AutoCloseable {
    private static final int MIN_HEADER_BYTES = 2;

    private final RecordBytes in;
    private final long baseOffset;
    private final long baseTimestamp;
    private final boolean appendTime;
    private final long maxTimestamp;
    private final int count;

    private int index;
    private int recordEnd;
    private long timestampDelta;
    private int offsetDelta;
    private int keyAt;
    private int keyLength;
    private int valueAt;
    private int valueLength;
    private int headersAt;
    private int headerCount;

    RecordCursor(RecordBatch batch, int maxDecompressedBytes) {
        count = batch.recordCount();
        if (count < 0) {
            throw new MalformedMessageException("record count " + count);
        }
        baseOffset = batch.baseOffset();
        baseTimestamp = batch.baseTimestamp();
        appendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
        maxTimestamp = batch.maxTimestamp();
        in = RecordBytes.of(batch.compression(), batch.payload(), maxDecompressedBytes, maxDecompressedBytes);
    }

    /// Moves to the next record; false behind the last. Bytes behind the last record are malformed, and are reported
    /// in its place.
    public boolean advance() {
        if (index == count && index > 0) {
            return false;
        }
        boolean fine = false;
        try {
            if (count > 0) {
                read();
                index++;
            }
            if (index == count) {
                in.requireEnd();
            }
            fine = true;
            return count > 0;
        } finally {
            if (!fine || index == count) {
                close();
            }
        }
    }

    private void read() {
        in.atLeast(5);
        int length = in.varint();
        if (length < 0 || in.atLeast(length) < length) {
            throw new MalformedMessageException("record of " + length + " bytes runs past the end of its batch");
        }
        recordEnd = in.position() + length;
        in.bound(recordEnd);
        in.skip(1);
        timestampDelta = in.varlong();
        offsetDelta = in.varint();
        keyLength = in.nullableLength();
        keyAt = in.position();
        in.skip(Math.max(0, keyLength));
        valueLength = in.nullableLength();
        valueAt = in.position();
        in.skip(Math.max(0, valueLength));
        headerCount = in.varint();
        headersAt = in.position();
        skipHeaders();
        if (in.position() != recordEnd) {
            throw new MalformedMessageException("record of " + length + " bytes has "
                    + (recordEnd - in.position()) + " left over");
        }
        in.unbound();
    }

    private void skipHeaders() {
        if (headerCount < 0 || headerCount > (recordEnd - headersAt) / MIN_HEADER_BYTES) {
            throw new MalformedMessageException("header count " + headerCount);
        }
        for (int i = 0; i < headerCount; i++) {
            in.skip(in.length());
            in.skip(Math.max(0, in.nullableLength()));
        }
    }

    public long offset() {
        return baseOffset + offsetDelta;
    }

    public int offsetDelta() {
        return offsetDelta;
    }

    public long timestamp() {
        return appendTime ? maxTimestamp : baseTimestamp + timestampDelta;
    }

    public boolean hasKey() {
        return keyLength >= 0;
    }

    /// A slice, or null.
    public @Nullable ByteBuffer key() {
        return slice(keyAt, keyLength);
    }

    /// A copy, or null.
    public byte @Nullable [] keyBytes() {
        return copy(keyAt, keyLength);
    }

    public boolean hasValue() {
        return valueLength >= 0;
    }

    /// In bytes; -1 for null.
    public int valueSize() {
        return valueLength;
    }

    /// A slice, or null.
    public @Nullable ByteBuffer value() {
        return slice(valueAt, valueLength);
    }

    /// A copy, or null.
    public byte @Nullable [] valueBytes() {
        return copy(valueAt, valueLength);
    }

    public List<Header> headers() {
        if (headerCount == 0) {
            return List.of();
        }
        int resume = in.position();
        in.position(headersAt);
        List<Header> headers = new ArrayList<>(headerCount);
        for (int i = 0; i < headerCount; i++) {
            String key = StandardCharsets.UTF_8.decode(in.slice(in.length())).toString();
            int length = in.nullableLength();
            headers.add(new Header(key, length < 0 ? null : in.slice(length)));
        }
        in.position(resume);
        return headers;
    }

    public Record record() {
        return new Record(offset(), timestamp(), key(), value(), headers());
    }

    /// The rest of the records.
    Iterator<Record> iterator() {
        if (count == 0) {
            advance();
        }
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return index < count;
            }

            @Override
            public Record next() {
                if (!advance()) {
                    throw new NoSuchElementException();
                }
                return record();
            }
        };
    }

    private byte @Nullable [] copy(int at, int length) {
        return length < 0 ? null : in.copyAt(at, length);
    }

    private @Nullable ByteBuffer slice(int at, int length) {
        return length < 0 ? null : in.sliceAt(at, length);
    }

    @Override
    public void close() {
        in.close();
    }
}
