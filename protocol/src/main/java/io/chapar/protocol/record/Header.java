package io.chapar.protocol.record;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Objects;

/// One header of a record. The value may be null; keys may repeat, and their order is kept.
public record Header(String key, @Nullable ByteBuffer value) {
    public Header {
        Objects.requireNonNull(key, "key");
    }
}
