package io.chapar.protocol;

import java.nio.ByteBuffer;

/// Record batches in memory. The buffer is shared, not copied: it is valid as long as the frame it was cut from.
public record BufferRecords(ByteBuffer bytes) implements Records {
    public static final BufferRecords EMPTY = new BufferRecords(ByteBuffer.allocate(0).asReadOnlyBuffer());

    @Override
    public int sizeInBytes() {
        return bytes.remaining();
    }
}
