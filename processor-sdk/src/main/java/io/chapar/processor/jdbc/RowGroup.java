package io.chapar.processor.jdbc;

import java.util.List;

/// The rows of one input record, which are written or refused together. `number` is the caller's.
public record RowGroup(int number, List<Row> rows) {
    public RowGroup {
        rows = List.copyOf(rows);
    }
}
