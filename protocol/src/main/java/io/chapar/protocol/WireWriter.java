package io.chapar.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/// Writes the primitive types of the wire into a buffer that grows. Records are not copied: they are remembered at
/// their place, and [#pieces] gives the message as a sequence of byte runs and records.
public final class WireWriter {
    private static final int INITIAL_BYTES = 256;

    private ByteBuffer out = ByteBuffer.allocate(INITIAL_BYTES);
    /// Records with the position in `out` before which they stand; ascending.
    private final List<Inset> insets = new ArrayList<>();
    private long insetBytes;

    private record Inset(int position, Records records) {}

    /// Bytes written so far, records included.
    public int size() {
        return Math.toIntExact(out.position() + insetBytes);
    }

    /// The message in order. Byte runs are [BufferRecords] over this writer's own memory.
    public List<Records> pieces() {
        List<Records> pieces = new ArrayList<>(2 * insets.size() + 1);
        int from = 0;
        for (Inset inset : insets) {
            if (inset.position > from) {
                pieces.add(new BufferRecords(out.slice(from, inset.position - from)));
            }
            pieces.add(inset.records);
            from = inset.position;
        }
        if (out.position() > from) {
            pieces.add(new BufferRecords(out.slice(from, out.position() - from)));
        }
        return pieces;
    }

    /// The whole message in one buffer. Only for messages whose records are in memory.
    public ByteBuffer toBuffer() {
        if (insets.isEmpty()) {
            return out.slice(0, out.position());
        }
        ByteBuffer whole = ByteBuffer.allocate(size());
        for (Records piece : pieces()) {
            if (!(piece instanceof BufferRecords inMemory)) {
                throw new IllegalStateException("records of " + piece.getClass() + " are not in memory");
            }
            whole.put(inMemory.bytes().duplicate());
        }
        return whole.flip();
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            int needed = Math.addExact(out.position(), bytes);
            ByteBuffer larger = ByteBuffer.allocate((int) Math.max(needed, Math.min(2L * out.capacity(), 1 << 30)));
            larger.put(out.flip());
            out = larger;
        }
        return out;
    }

    public void bool(boolean value) {
        int8((byte) (value ? 1 : 0));
    }

    public void int8(byte value) {
        room(1).put(value);
    }

    public void int16(short value) {
        room(2).putShort(value);
    }

    public void uint16(int value) {
        if (value < 0 || value > 0xFFFF) {
            throw new IllegalStateException(value + " does not fit 16 bits");
        }
        int16((short) value);
    }

    public void int32(int value) {
        room(4).putInt(value);
    }

    public void uint32(long value) {
        if (value < 0 || value > 0xFFFF_FFFFL) {
            throw new IllegalStateException(value + " does not fit 32 bits");
        }
        int32((int) value);
    }

    public void int64(long value) {
        room(8).putLong(value);
    }

    public void float64(double value) {
        room(8).putDouble(value);
    }

    public void uuid(UUID value) {
        room(16).putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits());
    }

    public void unsignedVarint(int value) {
        room(5);
        int left = value;
        while ((left & ~0x7F) != 0) {
            out.put((byte) (left | 0x80));
            left >>>= 7;
        }
        out.put((byte) left);
    }

    private void length(int length, boolean flexible) {
        if (flexible) {
            unsignedVarint(length + 1);
        } else {
            int32(length);
        }
    }

    public void string(String value, boolean flexible) {
        if (value == null) {
            if (flexible) {
                unsignedVarint(0);
            } else {
                int16((short) -1);
            }
            return;
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > Short.MAX_VALUE) {
            throw new IllegalStateException("a string of " + bytes.length + " bytes does not fit the wire");
        }
        if (flexible) {
            unsignedVarint(bytes.length + 1);
        } else {
            int16((short) bytes.length);
        }
        room(bytes.length).put(bytes);
    }

    public void bytes(ByteBuffer value, boolean flexible) {
        if (value == null) {
            length(-1, flexible);
            return;
        }
        length(value.remaining(), flexible);
        room(value.remaining()).put(value.duplicate());
    }

    public void records(Records value, boolean flexible) {
        if (value == null) {
            length(-1, flexible);
            return;
        }
        int size = value.sizeInBytes();
        length(size, flexible);
        if (size > 0) {
            insets.add(new Inset(out.position(), value));
            insetBytes += size;
        }
    }

    public <T> void list(List<T> value, boolean flexible, BiConsumer<WireWriter, T> element) {
        if (value == null) {
            length(-1, flexible);
            return;
        }
        length(value.size(), flexible);
        for (T each : value) {
            element.accept(this, each);
        }
    }

    /// Says whether a structure follows that may be null.
    public boolean presence(Object value) {
        int8((byte) (value == null ? -1 : 1));
        return value != null;
    }

    // ---- tagged fields

    public void noTaggedFields() {
        unsignedVarint(0);
    }

    /// A writer for a tagged field's content, whose size has to be known before it is written.
    public WireWriter nested() {
        return new WireWriter();
    }

    public void taggedField(int tag, WireWriter content) {
        unsignedVarint(tag);
        unsignedVarint(content.size());
        ByteBuffer bytes = content.toBuffer();
        room(bytes.remaining()).put(bytes);
    }
}
