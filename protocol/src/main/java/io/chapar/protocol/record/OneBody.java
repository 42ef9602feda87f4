package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.GrowingBytes;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// That of one record, which is not copied before it comes into its batch. Key and value may be null; the buffers are
/// read from position to limit and not moved.
public record OneBody(@Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers)
        implements RecordBodies {
    @Override
    public int sizeInBytes(int index) {
        long size = sizeOf(key) + sizeOf(value) + GrowingBytes.sizeOfVarint(headers.size());
        for (Header header : headers) {
            int nameLength = RecordBatchBuilder.utf8Length(header.key());
            size += (long) GrowingBytes.sizeOfVarint(nameLength) + nameLength + sizeOf(header.value());
        }
        return Math.toIntExact(size);
    }

    private static long sizeOf(@Nullable ByteBuffer bytes) {
        return bytes == null ? 1 : (long) GrowingBytes.sizeOfVarint(bytes.remaining()) + bytes.remaining();
    }

    @Override
    public void writeTo(GrowingBytes out, int index) {
        write(out, key);
        write(out, value);
        writeTo(out, headers);
    }

    static void writeTo(GrowingBytes out, List<Header> headers) {
        out.writeVarint(headers.size());
        for (Header header : headers) {
            byte[] name = header.key().getBytes(StandardCharsets.UTF_8);
            out.writeVarint(name.length);
            out.write(name, 0, name.length);
            write(out, header.value());
        }
    }

    private static void write(GrowingBytes out, @Nullable ByteBuffer bytes) {
        if (bytes == null) {
            out.writeVarint(-1);
        } else {
            out.writeVarint(bytes.remaining());
            out.write(bytes);
        }
    }

    @Override
    public OneBody alone(int index) {
        return this;
    }
}
