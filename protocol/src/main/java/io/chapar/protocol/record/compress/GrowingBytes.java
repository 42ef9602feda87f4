package io.chapar.protocol.record.compress;

import io.chapar.protocol.TooLargeException;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/// A byte array that grows as it is written. The array is exposed, so that codecs write into it and a finished batch
/// leaves it without a copy; it is replaced whenever [#reserve] has to grow it.
public final class GrowingBytes extends OutputStream {
    private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    private final int maxBytes;
    private byte[] array;
    private int size;

    public GrowingBytes(int initialBytes) {
        this(initialBytes, MAX_ARRAY_BYTES);
    }

    /// Never grows beyond `maxBytes`, not for a moment: what asks for more room fails as a [TooLargeException].
    public GrowingBytes(int initialBytes, int maxBytes) {
        this.maxBytes = Math.min(maxBytes, MAX_ARRAY_BYTES);
        array = new byte[initialBytes];
    }

    /// Forgets what was written.
    public void clear() {
        size = 0;
    }

    public byte[] array() {
        return array;
    }

    public int size() {
        return size;
    }

    /// What was written, sharing the array.
    public ByteBuffer toBuffer() {
        return ByteBuffer.wrap(array, 0, size).slice();
    }

    /// Makes room for `count` more bytes behind the size.
    public void reserve(int count) {
        long needed = (long) size + count;
        if (needed <= array.length) {
            return;
        }
        if (needed > maxBytes) {
            throw new TooLargeException("a batch would grow to " + needed + " bytes, beyond " + maxBytes);
        }
        array = Arrays.copyOf(array, (int) Math.min(maxBytes, Math.max(needed, 2L * array.length)));
    }

    /// Counts `count` bytes, written straight into the reserved part of the array, as written.
    public void advance(int count) {
        Objects.checkFromIndexSize(size, count, array.length);
        size += count;
    }

    @Override
    public void write(int value) {
        reserve(1);
        array[size++] = (byte) value;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        reserve(length);
        System.arraycopy(source, offset, array, size, length);
        size += length;
    }

    /// Appends the bytes from position to limit; the buffer is not moved.
    public void write(ByteBuffer source) {
        int length = source.remaining();
        reserve(length);
        source.get(source.position(), array, size, length);
        size += length;
    }

    public void writeIntBigEndian(int value) {
        reserve(4);
        array[size++] = (byte) (value >>> 24);
        array[size++] = (byte) (value >>> 16);
        array[size++] = (byte) (value >>> 8);
        array[size++] = (byte) value;
    }

    public void writeIntLittleEndian(int value) {
        writeIntBigEndian(Integer.reverseBytes(value));
    }

    /// A signed number as a zigzag varint of 1 to 10 bytes; small magnitudes are short.
    public void writeVarint(long value) {
        reserve(10);
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7FL) != 0) {
            array[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[size++] = (byte) rest;
    }

    /// How many bytes [#writeVarint] takes for this value. An int has the same form as the long of equal value.
    public static int sizeOfVarint(long value) {
        long zigzag = (value << 1) ^ (value >> 63);
        return (70 - Long.numberOfLeadingZeros(zigzag | 1)) / 7;
    }
}
