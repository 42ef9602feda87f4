package io.chapar.protocol.record;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// One record as a reader sees it: absolute offset, timestamp in milliseconds since 1970, key and value or null.
///
/// Key, value and header values are slices of the batch (or of what it was decompressed into) and share its bytes:
/// valid as long as the batch is, and not to be written to. They are equal when their contents are.
@SuppressWarnings("AvoidCommonTypeNames")
public record Record(long offset, long timestamp, @Nullable ByteBuffer key, @Nullable ByteBuffer value,
        List<Header> headers) {
    public Record {
        headers = List.copyOf(headers);
    }
}
