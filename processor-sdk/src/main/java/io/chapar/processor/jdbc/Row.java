package io.chapar.processor.jdbc;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// One row to be written: a statement and what stands for its question marks, which may be null and is never changed.
public record Row(String sql, List<@Nullable Object> values) {
    private static final int ROW_BYTES = 48;
    private static final int VALUE_BYTES = 24;

    public Row {
        values = Collections.unmodifiableList(Arrays.asList(values.toArray()));
    }

    /// About what it takes while it waits to be written.
    public long sizeInBytes() {
        long size = ROW_BYTES;
        for (Object value : values) {
            size += VALUE_BYTES + (value instanceof byte[] bytes ? bytes.length
                    : value instanceof CharSequence text ? text.length() : 0);
        }
        return size;
    }
}
