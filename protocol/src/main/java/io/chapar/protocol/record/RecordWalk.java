package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;

/// Steps through the records of one batch, in order, as [RecordCursor] does, but for somebody who wants no more of them
/// than their numbers and their keys: whatever a record's size, no more of it is in memory than a piece. The accessors
/// speak of the record that [#advance] reached last. Everything malformed is a [MalformedMessageException] out of
/// [#advance], after which the walk is closed; a [TooLargeException] if it is the bound that is passed.
public final class RecordWalk implements AutoCloseable {
    /// A snappy block is decompressed in one piece; a larger one is refused.
    public static final int MAX_BLOCK_BYTES = 32 * 1024 * 1024;
    private static final int MIN_HEADER_BYTES = 2;
    private static final int MAX_NUMBER_BYTES = 10;

    private final RecordBytes in;
    private final KeyPieces keys;
    /// Whether anybody looks at keys.
    private final boolean showsKeys;
    private final long baseOffset;
    private final long baseTimestamp;
    private final boolean appendTime;
    private final long maxTimestamp;
    private final int count;

    private int index;
    private int length;
    /// Of a record that is read in pieces, not yet passed.
    private int left;
    private long timestampDelta;
    private int offsetDelta;
    private int keyLength;
    private int valueLength;

    RecordWalk(RecordBatch batch, int maxDecompressedBytes, KeyPieces keys) {
        this.keys = keys;
        showsKeys = !keys.equals(KeyPieces.NONE);
        count = batch.recordCount();
        if (count < 0) {
            throw new MalformedMessageException("record count " + count);
        }
        baseOffset = batch.baseOffset();
        baseTimestamp = batch.baseTimestamp();
        appendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
        maxTimestamp = batch.maxTimestamp();
        in = RecordBytes.of(
                batch.compression(), batch.payload(), maxDecompressedBytes, MAX_BLOCK_BYTES);
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
        in.atLeast(MAX_NUMBER_BYTES);
        length = in.varint();
        if (length < 0) {
            throw new MalformedMessageException("record of " + length + " bytes");
        }
        // As one piece where that is possible, as it nearly always is.
        if (in.atLeast(Math.min(length, RecordBytes.CHUNK_BYTES)) >= length) {
            readWhole();
        } else {
            readInPieces();
        }
        in.unbound();
    }

    /// All of it is in the window: its end alone bounds what lengths may claim.
    private void readWhole() {
        int end = in.position() + length;
        in.bound(end);
        in.skip(1);
        timestampDelta = in.varlong();
        offsetDelta = in.varint();
        keyLength = in.nullableLength();
        if (keyLength >= 0) {
            int at = in.position();
            in.skip(keyLength);
            if (showsKeys) {
                keys.begin();
                keys.piece(in.lend(at, keyLength));
            }
        }
        valueLength = in.nullableLength();
        in.skip(Math.max(0, valueLength));
        int headers = in.varint();
        requireRoomFor(headers, end - in.position());
        for (int i = 0; i < headers; i++) {
            in.skip(in.length());
            in.skip(Math.max(0, in.nullableLength()));
        }
        requireNoneLeft(end - in.position());
    }

    private void readInPieces() {
        left = length;
        pass(1, false);
        timestampDelta = number();
        offsetDelta = narrow(number());
        keyLength = nullable(number());
        if (keyLength >= 0) {
            keys.begin();
            pass(keyLength, showsKeys);
        }
        valueLength = nullable(number());
        pass(Math.max(0, valueLength), false);
        int headers = narrow(number());
        requireRoomFor(headers, left);
        for (int i = 0; i < headers; i++) {
            int name = narrow(number());
            if (name < 0) {
                throw new MalformedMessageException("length " + name);
            }
            pass(name, false);
            pass(Math.max(0, nullable(number())), false);
        }
        requireNoneLeft(left);
    }

    private static void requireRoomFor(int headers, int bytes) {
        if (headers < 0 || headers > bytes / MIN_HEADER_BYTES) {
            throw new MalformedMessageException("header count " + headers);
        }
    }

    private void requireNoneLeft(int bytes) {
        if (bytes != 0) {
            throw new MalformedMessageException("record of " + length + " bytes has " + bytes + " left over");
        }
    }

    private long number() {
        if (in.bounded() < Math.min(left, MAX_NUMBER_BYTES)) {
            in.atLeast(Math.min(left, MAX_NUMBER_BYTES));
            in.bound(in.position() + Math.min(left, in.bounded()));
        }
        int before = in.position();
        long value = in.varlong();
        take(in.position() - before);
        return value;
    }

    private void take(int bytes) {
        if (bytes > left) {
            throw new MalformedMessageException("length " + bytes + " where " + left + " bytes remain");
        }
        left -= bytes;
    }

    private void pass(int bytes, boolean shown) {
        take(bytes);
        int rest = bytes;
        do {
            int here = Math.min(rest, in.bounded());
            if (shown) {
                keys.piece(in.lend(in.position(), here));
            }
            in.skip(here);
            rest -= here;
        } while (rest > 0 && in.atLeast(1) > 0);
        if (rest > 0) {
            throw new MalformedMessageException("record of " + length + " bytes runs past the end of its batch");
        }
    }

    private static int narrow(long value) {
        if (value != (int) value) {
            throw new MalformedMessageException("varint " + value + " does not fit 32 bits");
        }
        return (int) value;
    }

    private static int nullable(long value) {
        if (value < -1) {
            throw new MalformedMessageException("length " + value);
        }
        return narrow(value);
    }

    /// Without compression, and without the number that says so.
    public int sizeInBytes() {
        return length;
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

    public boolean hasValue() {
        return valueLength >= 0;
    }

    @Override
    public void close() {
        in.close();
    }
}
