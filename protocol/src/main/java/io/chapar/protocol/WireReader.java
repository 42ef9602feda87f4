package io.chapar.protocol;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/// Reads the wire's types from a buffer, in big-endian order. Every length is checked against what remains before
/// anything is allocated; what does not fit is a [MalformedMessageException]. Bytes and records are slices of the
/// buffer.
///
/// An element of a list can take one byte on the wire and a hundred in memory. So a reader of what a stranger sent has
/// an allowance of elements, over all lists of the message, and refuses a list that goes beyond it before its first
/// element is made: [TooManyElementsException].
public final class WireReader {
    public static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();
    public static final UUID ZERO_UUID = new UUID(0, 0);
    private static final int UUID_BYTES = 16;
    private static final int VARINT_BITS = 35;
    /// Lists grow to more than this only as fast as their elements are really there.
    private static final int FIRST_CAPACITY = 64;

    private final ByteBuffer in;
    private final int allowance;
    private int elements;

    /// For what is known to be of a bounded size, or of our own making: as many elements as there are bytes.
    public WireReader(ByteBuffer in) {
        this(in, Integer.MAX_VALUE);
    }

    /// @param allowance elements that the lists read here may have together
    public WireReader(ByteBuffer in, int allowance) {
        this.in = in;
        this.allowance = allowance;
    }

    /// Elements of all lists read so far.
    public int elements() {
        return elements;
    }

    public int remaining() {
        return in.remaining();
    }

    private void need(int bytes) {
        if (bytes < 0 || in.remaining() < bytes) {
            throw new MalformedMessageException("a field of " + bytes + " bytes, and " + in.remaining() + " left");
        }
    }

    public boolean bool() {
        need(Byte.BYTES);
        return in.get() != 0;
    }

    public byte int8() {
        need(Byte.BYTES);
        return in.get();
    }

    public short int16() {
        need(Short.BYTES);
        return in.getShort();
    }

    public int uint16() {
        return Short.toUnsignedInt(int16());
    }

    public int int32() {
        need(Integer.BYTES);
        return in.getInt();
    }

    public long uint32() {
        return Integer.toUnsignedLong(int32());
    }

    public long int64() {
        need(Long.BYTES);
        return in.getLong();
    }

    public double float64() {
        need(Double.BYTES);
        return in.getDouble();
    }

    public UUID uuid() {
        need(UUID_BYTES);
        return new UUID(in.getLong(), in.getLong());
    }

    public int unsignedVarint() {
        int value = 0;
        for (int shift = 0; shift < VARINT_BITS; shift += 7) {
            byte next = int8();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new MalformedMessageException("a varint of more than five bytes");
    }

    /// A length as the compact form has it: one more than the length, 0 for null. -1 for null here.
    private int compactLength() {
        int oneMore = unsignedVarint();
        if (oneMore < 0) {
            throw new MalformedMessageException("a negative length");
        }
        return oneMore - 1;
    }

    /// A length that may say null; -1 for null here.
    private static int nullableLength(int length) {
        if (length < -1) {
            throw new MalformedMessageException("a length of " + length);
        }
        return length;
    }

    private ByteBuffer slice(int length) {
        need(length);
        ByteBuffer slice = in.slice(in.position(), length);
        in.position(in.position() + length);
        return slice;
    }

    /// Null where the wire says null.
    public @Nullable String string(boolean flexible) {
        int length = flexible ? compactLength() : nullableLength(int16());
        if (length < 0) {
            return null;
        }
        if (length > WireWriter.MAX_STRING_BYTES) {
            // Only the newer form could say it, and nothing could hand it on in the older one.
            throw new MalformedMessageException("a string of " + length + " bytes");
        }
        need(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        if (isAscii(bytes)) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new MalformedMessageException("a string that is not UTF-8", e);
        }
    }

    /// As nearly all names are; they need no decoder.
    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    /// Null where the wire says null.
    public @Nullable ByteBuffer bytes(boolean flexible) {
        int length = flexible ? compactLength() : nullableLength(int32());
        return length < 0 ? null : slice(length);
    }

    /// Null where the wire says null.
    public @Nullable Records records(boolean flexible) {
        ByteBuffer bytes = bytes(flexible);
        return bytes == null ? null : new BufferRecords(bytes);
    }

    /// Null where the wire says null. An element takes at least a byte, so a count beyond what remains is a lie.
    public <T> @Nullable List<T> list(boolean flexible, Function<WireReader, T> element) {
        int count = flexible ? compactLength() : nullableLength(int32());
        if (count < 0) {
            return null;
        }
        need(count);
        if (count > allowance - elements) {
            throw new TooManyElementsException(allowance);
        }
        elements += count;
        List<T> all = new ArrayList<>(Math.min(count, FIRST_CAPACITY));
        for (int i = 0; i < count; i++) {
            all.add(element.apply(this));
        }
        return all;
    }

    /// What stands before a structure that may be null.
    public boolean isPresent() {
        return int8() >= 0;
    }

    /// The same as the content of a tagged field.
    public boolean isTaggedPresent() {
        return unsignedVarint() > 0;
    }

    public int taggedFieldCount() {
        return unsignedVarint();
    }

    public int tag() {
        return unsignedVarint();
    }

    /// Reads a tagged field's size and returns the position at which it ends.
    public int taggedFieldEnd() {
        int size = unsignedVarint();
        need(size);
        return in.position() + size;
    }

    public void skipTo(int end) {
        in.position(end);
    }

    public void expectAt(int end) {
        if (in.position() != end) {
            throw new MalformedMessageException(
                    "a tagged field that ends at " + end + " was read up to " + in.position());
        }
    }

    public void skipTaggedFields() {
        int count = taggedFieldCount();
        for (int i = 0; i < count; i++) {
            unsignedVarint();
            skipTo(taggedFieldEnd());
        }
    }

    /// The value, unless it is null where the schema allows no null.
    public static <T> T required(@Nullable T value, String name) {
        if (value == null) {
            throw new MalformedMessageException(name + " is null");
        }
        return value;
    }
}
