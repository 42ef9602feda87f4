package io.chapar.protocol;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/// Writes the wire's types, in big-endian order. What is written is a sequence of parts: bytes that were collected
/// here, and between them [Records] as they were handed over, so that nothing of theirs is copied.
public final class WireWriter {
    private static final int FIRST_CAPACITY = 256;
    private static final int UUID_BYTES = 16;
    /// In either form, so that what was read in the one can be written in the other.
    public static final int MAX_STRING_BYTES = Short.MAX_VALUE;
    private static final int LONGEST_MESSAGE = 4096;
    /// Records in memory that are smaller are copied: a part of their own would cost more.
    private static final int COPY_BELOW = 1024;

    /// What is longer goes on in a part of its own: growing by copies would take three times its size.
    private static final int CHUNK = 1 << 20;

    private static final ByteBuffer NO_ROOM = ByteBuffer.allocate(0);

    private final List<Part> done = new ArrayList<>(1);
    private long doneBytes;
    private ByteBuffer out;

    /// A piece of a message, in order.
    public sealed interface Part {
        /// `bytes` from position to limit.
        record Bytes(ByteBuffer bytes) implements Part {
        }

        record Batches(Records records) implements Part {
        }
    }

    public WireWriter() {
        this(FIRST_CAPACITY);
    }

    public WireWriter(int firstCapacity) {
        out = ByteBuffer.allocate(firstCapacity);
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes && out.position() >= CHUNK / 2) {
            cut(Math.max(CHUNK, bytes));
        } else if (out.remaining() < bytes) {
            int wanted = Math.max(Math.addExact(out.position(), bytes), Math.min(2 * out.capacity(), CHUNK));
            out = ByteBuffer.allocate(wanted).put(out.flip());
        }
        return out;
    }

    /// Bytes written so far, records included.
    public int size() {
        return Math.toIntExact(doneBytes + out.position());
    }

    /// Everything written, in order. Ends the writer.
    public List<Part> parts() {
        if (out.position() > 0) {
            doneBytes += out.position();
            done.add(new Part.Bytes(out.flip()));
            out = NO_ROOM;
        }
        return done;
    }

    /// Everything written in one buffer. Ends the writer. Throws [IllegalStateException] when there are records that
    /// are not in memory.
    public ByteBuffer toBuffer() {
        if (done.isEmpty()) {
            return out.flip();
        }
        ByteBuffer whole = ByteBuffer.allocate(size());
        for (Part part : parts()) {
            switch (part) {
                case Part.Bytes(ByteBuffer bytes) -> whole.put(bytes.duplicate());
                case Part.Batches(BufferRecords(ByteBuffer bytes)) -> whole.put(bytes.duplicate());
                case Part.Batches(Records elsewhere) -> throw new IllegalStateException("records outside of memory");
            }
        }
        return whole.flip();
    }

    private void cut(int nextCapacity) {
        if (out.position() > 0) {
            doneBytes += out.position();
            done.add(new Part.Bytes(out.flip()));
            out = ByteBuffer.allocate(nextCapacity);
        }
    }

    public void bool(boolean value) {
        room(Byte.BYTES).put((byte) (value ? 1 : 0));
    }

    public void int8(byte value) {
        room(Byte.BYTES).put(value);
    }

    public void int16(short value) {
        room(Short.BYTES).putShort(value);
    }

    public void uint16(int value) {
        room(Short.BYTES).putShort((short) value);
    }

    public void int32(int value) {
        room(Integer.BYTES).putInt(value);
    }

    public void uint32(long value) {
        room(Integer.BYTES).putInt((int) value);
    }

    public void int64(long value) {
        room(Long.BYTES).putLong(value);
    }

    public void float64(double value) {
        room(Double.BYTES).putDouble(value);
    }

    public void uuid(UUID value) {
        room(UUID_BYTES).putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits());
    }

    public void unsignedVarint(int value) {
        int left = value;
        while ((left & ~0x7f) != 0) {
            int8((byte) ((left & 0x7f) | 0x80));
            left >>>= 7;
        }
        int8((byte) left);
    }

    /// Throws [StringTooLongException] beyond [#MAX_STRING_BYTES].
    public void string(@Nullable String value, boolean flexible) {
        if (value == null) {
            nullLength(flexible, Short.BYTES);
            return;
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_STRING_BYTES) {
            throw new StringTooLongException(value, bytes.length);
        }
        if (flexible) {
            unsignedVarint(bytes.length + 1);
        } else {
            int16((short) bytes.length);
        }
        room(bytes.length).put(bytes);
    }

    /// Text for people. It may quote what somebody said, and is cut where it gets too long.
    public void message(@Nullable String value, boolean flexible) {
        string(value != null && value.length() > LONGEST_MESSAGE ? value.substring(0, LONGEST_MESSAGE) + "..." : value,
                flexible);
    }

    public void bytes(@Nullable ByteBuffer value, boolean flexible) {
        if (value == null) {
            nullLength(flexible, Integer.BYTES);
            return;
        }
        length(value.remaining(), flexible);
        room(value.remaining()).put(value.duplicate());
    }

    public void records(@Nullable Records value, boolean flexible) {
        if (value == null) {
            nullLength(flexible, Integer.BYTES);
            return;
        }
        int size = value.sizeInBytes();
        length(size, flexible);
        if (size < COPY_BELOW && value instanceof BufferRecords(ByteBuffer bytes)) {
            room(size).put(bytes.duplicate());
        } else if (size > 0) {
            cut(FIRST_CAPACITY);
            done.add(new Part.Batches(value));
            doneBytes += size;
        }
    }

    public <T> void list(@Nullable List<T> values, boolean flexible, BiConsumer<WireWriter, T> element) {
        if (values == null) {
            nullLength(flexible, Integer.BYTES);
            return;
        }
        length(values.size(), flexible);
        for (T value : values) {
            element.accept(this, value);
        }
    }

    private void length(int length, boolean flexible) {
        if (flexible) {
            unsignedVarint(length + 1);
        } else {
            int32(length);
        }
    }

    private void nullLength(boolean flexible, int width) {
        if (flexible) {
            unsignedVarint(0);
        } else if (width == Short.BYTES) {
            int16((short) -1);
        } else {
            int32(-1);
        }
    }

    /// What stands before a structure that may be null; whether it is there.
    public boolean presence(@Nullable Object value) {
        int8((byte) (value == null ? -1 : 1));
        return value != null;
    }

    /// The same as the content of a tagged field.
    public boolean taggedPresence(@Nullable Object value) {
        unsignedVarint(value == null ? 0 : 1);
        return value != null;
    }

    public void noTaggedFields() {
        unsignedVarint(0);
    }

    /// A writer for the content of a tagged field, whose size stands before it.
    public WireWriter nested() {
        return new WireWriter();
    }

    public void taggedField(int tag, WireWriter content) {
        unsignedVarint(tag);
        ByteBuffer bytes = content.toBuffer();
        unsignedVarint(bytes.remaining());
        room(bytes.remaining()).put(bytes);
    }
}
