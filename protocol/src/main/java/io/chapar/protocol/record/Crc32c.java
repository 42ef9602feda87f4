package io.chapar.protocol.record;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// CRC-32C (Castagnoli) of a range of a buffer, on the heap or off it, without copying and without moving the buffer.
public final class Crc32c {
    private Crc32c() {
    }

    /// The checksum as the unsigned 32-bit value, in the low half of a long.
    public static long of(ByteBuffer buffer, int position, int length) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().clear().position(position).limit(position + length));
        return crc.getValue();
    }
}
