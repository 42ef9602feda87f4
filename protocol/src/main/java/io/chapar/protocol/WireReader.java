package io.chapar.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/// Reads the primitive types of the wire from a buffer, from its position to its limit. Buffers and records that it
/// gives out are slices of that buffer, not copies.
///
/// Whatever the bytes claim, nothing larger than what remains is allocated; every other failure is a
/// [MalformedMessageException].
public final class WireReader {
    public static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();
    public static final UUID ZERO_UUID = new UUID(0, 0);
    /// Room that a list has before its elements have been seen.
    private static final int INITIAL_LIST = 64;

    private final ByteBuffer in;

    public WireReader(ByteBuffer bytes) {
        in = bytes.duplicate().order(ByteOrder.BIG_ENDIAN);
    }

    public int remaining() {
        return in.remaining();
    }

    public int position() {
        return in.position();
    }

    private void need(int bytes) {
        if (in.remaining() < bytes) {
            throw new MalformedMessageException(bytes + " bytes expected, " + in.remaining() + " left");
        }
    }

    public boolean bool() {
        return int8() != 0;
    }

    public byte int8() {
        need(1);
        return in.get();
    }

    public short int16() {
        need(2);
        return in.getShort();
    }

    public int uint16() {
        return int16() & 0xFFFF;
    }

    public int int32() {
        need(4);
        return in.getInt();
    }

    public long uint32() {
        return int32() & 0xFFFF_FFFFL;
    }

    public long int64() {
        need(8);
        return in.getLong();
    }

    public double float64() {
        need(8);
        return in.getDouble();
    }

    public UUID uuid() {
        need(16);
        long high = in.getLong();
        long low = in.getLong();
        return high == 0 && low == 0 ? ZERO_UUID : new UUID(high, low);
    }

    public int unsignedVarint() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte b = int8();
            if (shift == 28 && (b & 0xF0) != 0) {
                break;
            }
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new MalformedMessageException("a varint is longer than 32 bits");
    }

    /// The length of what follows, -1 for null.
    private int length(boolean flexible) {
        int length = flexible ? unsignedVarint() - 1 : int32();
        if (length < -1 || length > in.remaining()) {
            throw new MalformedMessageException("length " + length + " where " + in.remaining() + " bytes are left");
        }
        return length;
    }

    /// Null where the wire says so.
    public String string(boolean flexible) {
        int length = flexible ? unsignedVarint() - 1 : int16();
        if (length == -1) {
            return null;
        }
        if (length < 0 || length > Short.MAX_VALUE || length > in.remaining()) {
            throw new MalformedMessageException("string of " + length + " bytes, " + in.remaining() + " left");
        }
        if (length == 0) {
            return "";
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /// Null where the wire says so.
    public ByteBuffer bytes(boolean flexible) {
        int length = length(flexible);
        if (length == -1) {
            return null;
        }
        ByteBuffer slice = in.slice(in.position(), length);
        in.position(in.position() + length);
        return slice;
    }

    /// Null where the wire says so.
    public Records records(boolean flexible) {
        ByteBuffer bytes = bytes(flexible);
        return bytes == null ? null : new BufferRecords(bytes);
    }

    /// Null where the wire says so. An element takes at least one byte, so the count is bounded by what is left.
    public <T> List<T> list(boolean flexible, Function<WireReader, T> element) {
        int count = length(flexible);
        if (count == -1) {
            return null;
        }
        if (count == 0) {
            return List.of();
        }
        List<T> list = new ArrayList<>(Math.min(count, INITIAL_LIST));
        for (int i = 0; i < count; i++) {
            list.add(element.apply(this));
        }
        return list;
    }

    /// Whether a structure that may be null follows.
    public boolean isPresent() {
        return int8() >= 0;
    }

    public static <T> T required(T value, String field) {
        if (value == null) {
            throw new MalformedMessageException(field + " is null");
        }
        return value;
    }

    // ---- tagged fields

    public int taggedFieldCount() {
        int count = unsignedVarint();
        // Each takes a tag and a size at least.
        if (count < 0 || count > in.remaining() / 2) {
            throw new MalformedMessageException(count + " tagged fields in " + in.remaining() + " bytes");
        }
        return count;
    }

    public int tag() {
        return unsignedVarint();
    }

    /// The position after the field that follows, from its size.
    public int taggedFieldEnd() {
        int size = unsignedVarint();
        if (size < 0 || size > in.remaining()) {
            throw new MalformedMessageException("tagged field of " + size + " bytes, " + in.remaining() + " left");
        }
        return in.position() + size;
    }

    public void skipTo(int end) {
        in.position(end);
    }

    public void expectAt(int end) {
        if (in.position() != end) {
            throw new MalformedMessageException("a tagged field ends at " + in.position() + ", not at " + end);
        }
    }

    public void skipTaggedFields() {
        for (int left = taggedFieldCount(); left > 0; left--) {
            tag();
            skipTo(taggedFieldEnd());
        }
    }
}
